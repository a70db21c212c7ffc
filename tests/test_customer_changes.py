from odoo.tests import freeze_time

from .common import DeadlineCommon


@freeze_time("2026-03-10 09:00:00")
class TestCustomerChanges(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Other")
        cls.contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)

    def test_deadline_of_a_contact_belongs_to_its_company(self):
        deadline = self._sell(self.monthly, partner_id=self.contact.id)
        self.assertEqual(deadline.partner_id, self.contact)
        self.assertEqual(deadline.commercial_partner_id, self.customer)

    def test_contact_who_leaves_takes_nothing_along(self):
        deadline = self._sell(self.monthly, partner_id=self.contact.id)
        self.contact.parent_id = self.other
        self.assertEqual(deadline.commercial_partner_id, self.customer)

    def test_customer_who_joins_a_company_brings_its_deadlines(self):
        freelance = self._create_customer("Freelance", is_company=False)
        deadline = self._sell(self.monthly, partner_id=freelance.id)
        freelance.parent_id = self.other
        self.assertEqual(deadline.commercial_partner_id, self.other)

    def test_company_that_becomes_a_person_joins_its_parent(self):
        branch = self._create_customer("Branch", parent_id=self.other.id)
        deadline = self._sell(self.monthly, partner_id=branch.id)
        self.assertEqual(deadline.commercial_partner_id, branch)
        branch.is_company = False
        self.assertEqual(deadline.commercial_partner_id, self.other)

    def test_merged_customers_keep_everything(self):
        deadlines = self._sell(self.monthly) + self._sell(self.yearly, partner_id=self.other.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer + self.other).ids, self.other)
        deadlines.invalidate_recordset()
        self.assertEqual(deadlines.partner_id, self.other)
        self.assertEqual(deadlines.commercial_partner_id, self.other)

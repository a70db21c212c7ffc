from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user

from .common import NoticeCommon


class TestCustomerCard(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create({"name": "ann", "parent_id": cls.customer.id})
        cls.first = cls._create_ending(40, amount=100)
        cls.second = cls._create_ending(20, amount=50, partner_id=cls.contact.id)
        cls.over = cls._create_ending(-300, amount=30)
        cls.customer.invalidate_recordset()

    def test_figures(self):
        renewed = self._create_ending(-10, amount=10)
        self._renew(renewed)
        self._create_ending(5, amount=1000).action_cancel()
        self.assertRecordValues(
            self.customer,
            [
                {
                    "deadline_count": 3,
                    "deadline_active_amount": 150 + renewed.next_id.amount,
                    "deadline_concluded_amount": 40,
                    "deadline_next_end": self.second.date_end,
                    "deadline_renewal_count": 1,
                }
            ],
        )

    def test_a_telephone_shows_cards(self):
        view = self.env.ref("deadline_management.view_partner_form")
        arch = etree.fromstring(self.customer.get_view(view.inherit_id.id, "form")["arch"])
        for name in ("deadline_ids", "multipack_ids", "deadline_action_ids"):
            self.assertTrue(arch.xpath(f"//field[@name='{name}']/kanban"), name)

    def test_contacts_count_into_their_company(self):
        self.assertIn(self.second, self.customer.deadline_ids)
        self.assertEqual(self.contact.deadline_active_amount, 0)
        self.assertEqual(self.contact.deadline_count, 1)
        action = self.contact.action_view_deadlines()
        found = self.env["deadline.deadline"].search(action["domain"])
        self.assertEqual(found, self.second)

    def test_button_opens_what_it_shows(self):
        action = self.customer.action_view_deadlines()
        found = self.env["deadline.deadline"].search(action["domain"])
        self.assertEqual(found, (self.first + self.second + self.over).sorted("date_end"))

    def test_another_companys_are_left_out(self):
        company = self.env["res.company"].create({"name": "Other"})
        self._create_ending(3, amount=7, company_id=company.id)
        self.assertEqual(self.customer.deadline_active_amount, 150)
        other = self.customer.with_company(company)
        self.assertEqual(other.deadline_active_amount, 7)

    def test_list_sorts_and_searches_by_figures(self):
        other = self._create_customer("Other")
        self._create_ending(3, amount=500, partner_id=other.id)
        nobody = self._create_customer("Nobody")
        all_three = self.customer + other + nobody
        among = [("id", "in", all_three.ids)]
        search = self.customer.search
        for name, ascending in (
            ("deadline_active_amount", nobody + self.customer + other),
            ("deadline_concluded_amount", None),
            ("deadline_next_end", other + self.customer + nobody),
        ):
            found = search(among, order=name)
            if ascending:
                self.assertEqual(found, ascending, name)
        self.assertEqual(search([*among, ("deadline_active_amount", ">", 150)]), other)
        self.assertEqual(
            search([*among, ("deadline_active_amount", ">=", 150)]), self.customer + other
        )
        self.assertEqual(search([*among, ("deadline_concluded_amount", ">", 1)]), self.customer)
        self.assertEqual(
            search([*among, ("deadline_next_end", "<=", self.TODAY + timedelta(days=10))]), other
        )

    def test_list_finds_by_every_operator(self):
        nobody = self._create_customer("Nobody")
        among = [("id", "in", (self.customer + nobody).ids)]
        for condition, expected in (
            (("deadline_next_end", "!=", False), self.customer),
            (("deadline_next_end", "=", False), nobody),
            (("deadline_next_end", "=", self.second.date_end), self.customer),
            (("deadline_active_amount", "=", 150), self.customer),
            (("deadline_active_amount", "=", 0), nobody),
            (("deadline_active_amount", "<", 1), nobody),
            (("deadline_active_amount", "!=", 0), self.customer),
            (("recall_age", "=", 0), self.customer.browse()),
        ):
            self.assertEqual(self.customer.search([*among, condition]), expected, condition)
        with self.assertRaisesRegex(UserError, "“abc” is not a number"):
            self.customer.search([("deadline_active_amount", ">", "abc")])

    def test_filter_finds_whose_deadlines_end(self):
        domain = [
            (
                "deadline_ids",
                "any",
                [("state", "=", "active"), ("days_left", ">=", 0), ("days_left", "<=", 30)],
            )
        ]
        self.assertIn(self.customer, self.customer.search(domain))
        self.second.date_end += timedelta(days=100)
        self.assertNotIn(self.customer, self.customer.search(domain))

    def test_new_deadline_has_the_customer(self):
        action = self.customer.action_add_deadline()
        with Form(self.env["deadline.deadline"].with_context(**action["context"])) as form:
            form.product_id = self.yearly
        self.assertEqual(form.record.partner_id, self.customer)

    def test_form_opens_for_every_colleague(self):
        for group in (
            "base.group_user",
            "sales_team.group_sale_salesman",
            "base.group_partner_manager",
        ):
            user = new_test_user(self.env, login=group, groups=f"base.group_user,{group}")
            self.assertTrue(Form(self.customer.with_user(user)))

    def test_figures_are_not_for_colleagues_without_the_group(self):
        user = new_test_user(self.env, login="plain", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.customer.with_user(user).read(["deadline_active_amount"])
        with self.assertRaises(AccessError):
            self.customer.with_user(user).search([], order="deadline_active_amount")
        with self.assertRaises(AccessError):
            self.customer.with_user(user).search([("deadline_active_amount", ">", 0)])

    def test_merged_customers_keep_everything(self):
        other = self._create_customer("Acme again", email="acme@example.com")
        third = self._create_ending(3, partner_id=other.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": (self.customer + other).ids, "dst_partner_id": self.customer.id}
        )
        wizard.action_merge()
        self.env.invalidate_all()
        self.assertEqual(third.commercial_partner_id, self.customer)
        self.assertEqual(self.customer.deadline_next_end, third.date_end)


class TestDigest(NoticeCommon):
    def test_counts_what_was_due_and_what_was_renewed(self):
        self._create_ending(-3)
        self._renew(self._create_ending(-4))
        self._create_ending(-40)
        digest = self.env["digest.digest"].create({"name": "Ours", "periodicity": "weekly"})
        digest = digest.with_context(
            start_datetime=self.TODAY - timedelta(days=7), end_datetime=self.TODAY
        )
        self.assertEqual(digest.kpi_deadline_due_value, 2)
        self.assertEqual(digest.kpi_deadline_renewal_rate_value, 50)

    def test_is_left_out_for_others(self):
        user = new_test_user(self.env, login="plain", groups="base.group_user")
        digest = self.env["digest.digest"].create({"name": "Ours"}).with_user(user)
        with self.assertRaises(AccessError):
            digest._count_deadlines_due()

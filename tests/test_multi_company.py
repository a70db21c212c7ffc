from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, freeze_time

from .common import DeadlineCommon, NoticeCommon


@freeze_time("2026-03-10 09:00:00")
class TestMultiCompany(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Elsewhere", "currency_id": cls.company.currency_id.id}
        )
        cls.env.user.company_ids += cls.other

    def _sell_elsewhere(self):
        order = (
            self.env["sale.order"]
            .with_company(self.other)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": self.other.id,
                    "order_line": [Command.create({"product_id": self.monthly.id})],
                }
            )
        )
        # Confirmed from the first company, as a payment or a shared inbox may do.
        order.with_company(self.company).action_confirm()
        return order.order_line.deadline_ids

    def test_deadline_belongs_to_the_company_of_its_order(self):
        self.assertEqual(self._sell_elsewhere().company_id, self.other)

    def test_users_see_those_of_their_companies(self):
        here, there = self._sell(self.monthly), self._sell_elsewhere()
        user = self._create_user("desk", "deadline_management.group_deadline_user")
        self.assertEqual(self.env["deadline.deadline"].with_user(user).search([]), here)
        with self.assertRaises(AccessError):
            there.with_user(user).read(["name"])
        with self.assertRaises(AccessError):
            there.with_user(user).write({"amount": 0})

    def test_customer_sees_those_of_the_companies_it_may(self):
        here, there = self._sell(self.monthly), self._sell_elsewhere()
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        ann = self._create_user("ann", "base.group_portal", partner_id=contact.id)
        Deadline = self.env(user=ann, context={})["deadline.deadline"]
        self.assertEqual(Deadline.search([]), here)
        self.assertFalse(Deadline.browse(there.id).has_access("read"))

    def test_renewal_quotations_are_made_in_each_company(self):
        deadlines = self._sell(self.monthly) + self._sell_elsewhere()
        action = deadlines.action_renew()
        orders = self.env["sale.order"].search(action["domain"])
        self.assertEqual(orders.company_id, self.company + self.other)
        for order in orders:
            self.assertEqual(order.order_line.renewed_deadline_id.company_id, order.company_id)

    def test_form_with_an_emptied_company_waits_for_another(self):
        self.env.user.group_ids += self.env.ref("base.group_multi_company")
        with Form(self.env["deadline.deadline"]) as form:
            form.company_id = self.env["res.company"]
            form.partner_id = self.customer
            form.product_id = self.monthly
            form.company_id = self.company
        self.assertEqual(form.record.amount, 100)

    def test_settings_of_each_company_hold(self):
        self.other.deadline_grace_days = 0
        here, there = (
            self._create_deadline(
                company_id=company.id, date_start=date(2026, 2, 3), product_id=self.monthly.id
            )
            for company in (self.company, self.other)
        )  # both ended on 2 March
        day = date(2026, 3, 10)
        self.assertEqual(here._prepare_renewal_period(day)["date_start"], date(2026, 3, 3))
        self.assertEqual(there._prepare_renewal_period(day)["date_start"], day)

    def test_origin_of_another_company_stays_there(self):
        origin = self.env["deadline.origin"].create({"name": "Fair", "company_id": self.other.id})
        user = self._create_user("desk", "deadline_management.group_deadline_user")
        self.assertNotIn(origin, self.env["deadline.origin"].with_user(user).search([]))


class TestCompanyChange(NoticeCommon):
    """A deadline may be handed to another company while it has no history."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Elsewhere", "currency_id": cls.company.currency_id.id}
        )

    def _assert_refused(self, deadline, *texts):
        with self.assertRaises(UserError) as refusal:
            deadline.company_id = self.other
        for text in (deadline.name, *texts):
            self.assertIn(text, str(refusal.exception))
        self.assertEqual(deadline.company_id, self.company)

    def test_typing_error_can_be_corrected(self):
        deadline = self._create_ending(40)
        deadline.company_id = self.other
        self.assertEqual(deadline.company_id, self.other)

    def test_same_company_is_no_change(self):
        deadline = self._sell(self.monthly)
        deadline.write({"company_id": self.company.id, "note": "seen"})
        self.assertEqual(deadline.note, "seen")

    def test_sold_one_stays(self):
        deadline = self._sell(self.monthly)
        self._assert_refused(deadline, deadline.order_id.name, "cancel")

    def test_one_about_to_be_renewed_stays(self):
        deadline = self._create_ending(5)
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        self._assert_refused(deadline, order.name)

    def test_notified_one_stays(self):
        deadline = self._create_ending(7)
        self._notify()
        self._assert_refused(deadline, "cancel it")

    def test_renewed_one_and_its_successor_stay(self):
        deadline = self._create_ending(20)
        following = self._create_deadline(
            product_id=self.yearly.id,
            previous_id=deadline.id,
            date_start=deadline.date_end + timedelta(days=1),
        )
        for one in (deadline, following):
            self._assert_refused(one, "cancel it")

    def test_one_of_several_is_named(self):
        free, sold = self._create_ending(40), self._sell(self.monthly)
        with self.assertRaisesRegex(UserError, sold.name):
            (free + sold).write({"company_id": self.other.id})
        self.assertEqual(free.company_id, self.company)

from datetime import date

from odoo.tests import freeze_time

from .common import DeadlineCommon


@freeze_time("2026-03-10 09:00:00")
class TestRepurchase(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.monthly.deadline_repurchase = "renew"

    def _buy(self, **values):
        return self._sell(self.monthly, **values)

    def test_extends_the_only_open_deadline(self):
        first = self._buy()
        second = self._buy()
        self.assertEqual(second.previous_id, first)
        self.assertEqual(second.date_start, date(2026, 4, 10))
        self.assertEqual(first.state, "renewed")

    def test_separate_products_open_another(self):
        self.monthly.deadline_repurchase = "separate"
        first = self._buy()
        self.assertFalse(self._buy().previous_id)
        self.assertEqual(first.state, "active")

    def test_several_open_ones_open_another_and_say_so(self):
        first = self._create_deadline(date_start=date(2026, 3, 1))
        second = self._create_deadline(date_start=date(2026, 3, 5))
        bought = self._buy()
        self.assertFalse(bought.previous_id)
        self.assertEqual((first + second).mapped("state"), ["active", "active"])
        body = bought.order_id.message_ids[0].body
        self.assertIn(first.name, body)
        self.assertIn(second.name, body)
        self.assertFalse(bought.order_id.activity_ids, "nothing is wrong")

    def test_two_lines_do_not_renew_the_same(self):
        first = self._buy()
        bought = self._sell(self.monthly, self.monthly)
        self.assertEqual(len(bought), 2)
        self.assertEqual(bought.previous_id, first)
        self.assertEqual(len(bought.filtered("previous_id")), 1)

    def test_expired_within_late_renewal_is_extended(self):
        with freeze_time("2026-01-05 09:00:00"):
            first = self._buy()
        second = self._buy()
        self.assertEqual(second.previous_id, first)
        self.assertEqual(second.date_start, date(2026, 3, 10))

    def test_expired_long_ago_is_not(self):
        with freeze_time("2025-01-05 09:00:00"):
            self._buy()
        self.assertFalse(self._buy().previous_id)

    def test_colleague_of_the_same_company_extends_it(self):
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        first = self._buy()
        second = self._buy(partner_id=contact.id)
        self.assertEqual(second.previous_id, first)
        self.assertEqual(second.partner_id, self.customer)

    def test_other_customers_are_not_concerned(self):
        self._buy()
        other = self._create_customer("Other")
        self.assertFalse(self._buy(partner_id=other.id).previous_id)

    def test_other_companies_are_not_concerned(self):
        self._buy()
        branch = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids += branch
        bought = (
            self.env["sale.order"]
            .with_company(branch)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": branch.id,
                    "order_line": [(0, 0, {"product_id": self.monthly.id})],
                }
            )
        )
        bought.action_confirm()
        self.assertFalse(bought.order_line.deadline_ids.previous_id)

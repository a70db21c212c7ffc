from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from .common import DeadlineCommon


@freeze_time("2026-02-20 09:00:00")
class TestRenewalQuotation(DeadlineCommon):
    def _renew_orders(self, deadlines):
        action = deadlines.action_renew()
        if action.get("res_id"):
            return self.env["sale.order"].browse(action["res_id"])
        return self.env["sale.order"].search(action["domain"])

    def test_line_names_the_period_it_buys(self):
        deadline = self._create_deadline(description="example.com")
        line = self._renew_orders(deadline).order_line
        self.assertEqual(line.renewed_deadline_id, deadline)
        self.assertEqual(line.order_id.state, "draft")
        self.assertIn("example.com", line.name)
        self.assertIn(f"Renewal of {deadline.name}: 02/28/2026 - 03/30/2026", line.name)

    def test_line_speaks_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.customer.lang = "it_IT"
        line = self._renew_orders(self._create_deadline()).order_line
        self.assertIn("28/02/2026", line.name)

    def test_one_quotation_for_each_customer(self):
        other = self._create_customer("Other")
        first = self._create_deadline()
        second = self._create_deadline(product_id=self.yearly.id, date_start=date(2025, 3, 1))
        third = self._create_deadline(partner_id=other.id)
        orders = self._renew_orders(first + second + third)
        self.assertEqual(len(orders), 2)
        self.assertEqual(orders.partner_id, self.customer + other)
        order = orders.filtered(lambda order: order.partner_id == self.customer)
        self.assertEqual(order.order_line.renewed_deadline_id, first + second)
        order.action_confirm()
        self.assertEqual((first + second).mapped("state"), ["renewed", "renewed"])
        self.assertEqual(third.state, "active")

    def test_contacts_of_one_company_share_its_quotation(self):
        ann, bob = (
            self._create_customer(name, is_company=False, parent_id=self.customer.id)
            for name in ("Ann", "Bob")
        )
        deadlines = self._create_deadline(partner_id=ann.id) + self._create_deadline(
            partner_id=bob.id
        )
        order = self._renew_orders(deadlines)
        self.assertEqual(order.partner_id, self.customer)
        order.action_confirm()
        self.assertEqual(deadlines.next_ids.partner_id, ann + bob)

    def test_one_in_progress_is_reopened(self):
        first, second = self._create_deadline(), self._create_deadline()
        order = self._renew_orders(first)
        self.assertEqual(first.renewal_status, "in_progress")
        self.assertEqual(self._renew_orders(first), order)
        order.action_quotation_sent()
        self.assertEqual(self._renew_orders(first), order)
        both = self._renew_orders(first + second)
        self.assertIn(order, both)
        self.assertEqual(both.order_line.renewed_deadline_id, first + second)
        self.assertEqual(len(both.order_line), 2)

    def test_cancelled_quotation_is_made_again(self):
        deadline = self._create_deadline()
        order = self._renew_orders(deadline)
        order.action_cancel()
        self.assertNotEqual(self._renew_orders(deadline), order)

    def test_refusal_names_every_culprit_and_makes_nothing(self):
        renewed, withdrawn = self._create_culprits()
        before = self.env["sale.order"].search_count([])
        with self.assertRaises(UserError) as refusal:
            (renewed + withdrawn).action_renew()
        self.assertIn(f"“{renewed.name}” was already renewed", str(refusal.exception))
        self.assertIn(f"“{withdrawn.name}” was withdrawn", str(refusal.exception))
        self.assertEqual(self.env["sale.order"].search_count([]), before)

    def _create_culprits(self):
        renewed, withdrawn = (self._create_deadline() for _i in range(2))
        self._renew(renewed)
        withdrawn.state = "withdrawn"
        return renewed, withdrawn

    def test_of_several_the_good_ones_are_renewed_and_the_others_named(self):
        good = self._create_deadline()
        renewed, withdrawn = self._create_culprits()
        action = (good + renewed + withdrawn).action_renew()
        self.assertEqual(action["tag"], "display_notification")
        self.assertTrue(action["params"]["sticky"])
        self.assertIn(f"“{renewed.name}” was already renewed", action["params"]["message"])
        self.assertIn(f"“{withdrawn.name}” was withdrawn", action["params"]["message"])
        order = self.env["sale.order"].browse(action["params"]["next"]["res_id"])
        self.assertEqual(order.order_line.renewed_deadline_id, good)

    def test_several_quotations_are_shown_as_quotations(self):
        other = self._create_customer("Bolt")
        action = (
            self._create_deadline() + self._create_deadline(partner_id=other.id)
        ).action_renew()
        self.assertEqual(action["name"], "Renewal Quotations (2)")
        self.assertEqual(action["views"][0], (self.env.ref("sale.view_quotation_tree").id, "list"))
        self.assertEqual(self.env["sale.order"].search_count(action["domain"]), 2)

    def test_nothing_is_renewed_long_after_its_end(self):
        deadline = self._create_deadline(date_start=date(2025, 1, 1))
        with self.assertRaisesRegex(UserError, f"{deadline.name}.*too long ago"):
            deadline.action_renew()

    def test_archived_customer_or_product_is_refused(self):
        deadline = self._create_deadline()
        self.monthly.active = False
        with self.assertRaisesRegex(UserError, "Hosting.*archived"):
            deadline.action_renew()
        self.monthly.active = True
        self.customer.active = False
        with self.assertRaisesRegex(UserError, "Acme.*archived"):
            deadline.action_renew()

    def test_renewal_needs_the_right_to_sell(self):
        deadline = self._create_deadline()
        user = self._create_user("desk", "deadline_management.group_deadline_user")
        with self.assertRaises(AccessError):
            deadline.with_user(user).action_renew()

    def test_salesman_renews_though_he_sees_only_his_own(self):
        deadline = self._create_deadline()
        user = self._create_user("seller", "sales_team.group_sale_salesman")
        order = self.env["sale.order"].browse(deadline.with_user(user).action_renew()["res_id"])
        order.with_user(user).action_confirm()
        self.assertEqual(deadline.state, "renewed")

    def test_copied_quotation_is_an_ordinary_purchase(self):
        deadline = self._create_deadline()
        copy = self._renew_orders(deadline).copy()
        self.assertFalse(copy.order_line.renewed_deadline_id)
        self.assertNotIn(deadline.name, copy.order_line.name)

    def test_foreign_deadline_is_refused_on_the_line(self):
        other = self._create_customer("Other")
        deadline = self._create_deadline(partner_id=other.id)
        line = {"product_id": self.monthly.id, "renewed_deadline_id": deadline.id}
        with self.assertRaisesRegex(UserError, f"{deadline.name}.*does not belong to “Acme”"):
            self._create_order([line])

    def test_other_product_is_refused_on_the_line(self):
        deadline = self._create_deadline()
        line = {"product_id": self.yearly.id, "renewed_deadline_id": deadline.id}
        with self.assertRaisesRegex(UserError, f"{deadline.name}.*Hosting"):
            self._create_order([line])

    def test_same_deadline_twice_in_an_order_is_refused(self):
        deadline = self._create_deadline()
        line = {"product_id": self.monthly.id, "renewed_deadline_id": deadline.id}
        with self.assertRaisesRegex(UserError, f"{deadline.name}.*twice"):
            self._create_order([line, line])

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time

from .common import DeadlineCommon


@freeze_time("2026-03-10 09:00:00")
class TestCancelling(DeadlineCommon):
    def test_cancelled_order_takes_back_its_deadlines(self):
        deadlines = self._sell(self.monthly, self.yearly)
        deadlines.order_id.action_cancel()
        self.assertEqual(set(deadlines.mapped("state")), {"cancelled"})

    def test_reconfirmed_order_opens_new_ones(self):
        deadline = self._sell(self.monthly)
        order = deadline.order_id
        order.action_cancel()
        order.action_draft()
        with freeze_time("2026-03-20 09:00:00"):
            order.action_confirm()
        opened = order.order_line.deadline_ids - deadline
        self.assertEqual(opened.date_start, date(2026, 3, 20))
        self.assertEqual(deadline.state, "cancelled")

    def test_cancelled_renewal_reopens_the_period_it_renewed(self):
        first = self._sell(self.monthly)
        second = self._renew(first)
        second.order_id.action_cancel()
        self.assertRecordValues(
            first + second,
            [
                {"state": "active", "next_id": False, "expired_on": False},
                {"state": "cancelled", "next_id": False, "expired_on": False},
            ],
        )
        self.assertEqual(self._renew(first).date_start, second.date_start)

    def test_reopened_period_catches_up_with_its_line(self):
        first = self._sell(self.monthly)
        second = self._renew(first)
        first.sale_line_id.product_uom_qty = 5
        self.assertEqual((first.quantity, first.amount), (1, 100))
        second.order_id.action_cancel()
        self.assertEqual((first.quantity, first.amount), (5, 500))

    def test_reopened_past_its_end_is_expired(self):
        first = self._sell(self.monthly)
        second = self._renew(first)
        with freeze_time("2026-05-01 09:00:00"):
            second.order_id.action_cancel()
        self.assertRecordValues(first, [{"state": "expired", "expired_on": date(2026, 4, 9)}])

    def test_renewed_deadline_holds_its_order(self):
        first = self._sell(self.monthly)
        second = self._renew(first)
        with self.assertRaisesRegex(UserError, f"{first.name}.*{second.name}"):
            first.order_id.action_cancel()
        self.assertEqual(first.order_id.state, "sale")
        second.order_id.action_cancel()
        first.order_id.action_cancel()
        self.assertEqual(first.state, "cancelled")

    def test_order_that_renewed_its_own_deadline_is_cancelled(self):
        self.monthly.deadline_repurchase = "renew"
        order = self._sell(self.monthly).order_id
        order.order_line = [Command.create({"product_id": self.monthly.id})]
        deadlines = order.order_line.deadline_ids
        self.assertEqual(deadlines.mapped("state"), ["renewed", "active"])
        order.action_cancel()
        self.assertEqual(deadlines.mapped("state"), ["cancelled", "cancelled"])

    def test_withdrawn_deadline_holds_its_order(self):
        deadline = self._sell(self.monthly)
        deadline.state = "withdrawn"
        with self.assertRaisesRegex(UserError, deadline.name):
            deadline.order_id.action_cancel()

    def test_quantity_of_a_renewed_line_stays_above_zero(self):
        first = self._sell(self.monthly)
        self._renew(first)
        with self.assertRaisesRegex(UserError, first.name):
            first.sale_line_id.product_uom_qty = 0

    def test_entered_by_hand_is_cancelled_by_hand(self):
        deadline = self._create_deadline(date_start=date(2026, 3, 1))
        deadline.action_cancel()
        self.assertEqual(deadline.state, "cancelled")

    def test_sold_is_cancelled_through_its_order_only(self):
        deadline = self._sell(self.monthly)
        with self.assertRaisesRegex(UserError, deadline.order_id.name):
            deadline.action_cancel()

    def test_cancelled_twice_reopens_once(self):
        first = self._create_deadline(date_start=date(2026, 3, 1))
        cancelled = self._create_deadline(previous_id=first.id, date_start=date(2026, 4, 1))
        cancelled.action_cancel()
        self._create_deadline(previous_id=first.id, date_start=date(2026, 4, 1))
        cancelled.action_cancel()
        self.assertEqual(first.state, "renewed")

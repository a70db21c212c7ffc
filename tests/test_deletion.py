from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from .common import DeadlineCommon, MultipackCommon


@freeze_time("2026-03-10 09:00:00")
class TestDeletion(DeadlineCommon):
    def test_entered_by_hand_is_deleted(self):
        deadline = self._create_deadline()
        deadline.unlink()
        self.assertFalse(deadline.exists())

    def test_sold_is_kept(self):
        deadline = self._sell(self.monthly)
        with self.assertRaisesRegex(UserError, f"{deadline.name}.*{deadline.order_id.name}"):
            deadline.unlink()

    def test_renewed_is_kept(self):
        first = self._create_deadline()
        second = self._create_deadline(previous_id=first.id, date_start=date(2026, 2, 28))
        with self.assertRaisesRegex(UserError, f"{first.name}.*{second.name}"):
            first.unlink()

    def test_renewal_in_progress_is_kept(self):
        deadline = self._create_deadline(date_start=date(2026, 3, 1))
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        with self.assertRaisesRegex(UserError, f"{deadline.name}.*{order.name}"):
            deadline.unlink()

    def test_deleted_renewal_reopens_what_it_renewed(self):
        first = self._create_deadline(date_start=date(2026, 3, 1))
        second = self._create_deadline(previous_id=first.id, date_start=date(2026, 4, 1))
        self.assertEqual(first.state, "renewed")
        second.unlink()
        self.assertEqual(first.state, "active")

    def test_deleted_renewal_that_was_cancelled_reopens_nothing(self):
        first = self._create_deadline(date_start=date(2026, 3, 1))
        cancelled = self._create_deadline(previous_id=first.id, date_start=date(2026, 4, 1))
        cancelled.action_cancel()
        self._create_deadline(previous_id=first.id, date_start=date(2026, 4, 1))
        cancelled.unlink()
        self.assertEqual(first.state, "renewed")

    def test_cancelled_renewal_is_deleted_and_what_it_renewed_after_its_order(self):
        first = self._create_deadline(date_start=date(2026, 3, 1))
        second = self._renew(first)
        order = second.order_id
        order._action_cancel()
        with self.assertRaisesRegex(UserError, f"{first.name}.*{second.name}"):
            first.unlink()
        second.unlink()
        with self.assertRaisesRegex(UserError, f"{first.name}.*{order.name}.*is cancelled"):
            first.unlink()
        order.unlink()
        first.unlink()
        self.assertFalse(first.exists())

    def test_cancelled_with_its_order_it_is_cancelled_once_more_without_a_word(self):
        deadline = self._sell(self.monthly)
        deadline.order_id._action_cancel()
        deadline.action_cancel()
        self.assertEqual(deadline.state, "cancelled")

    def test_order_with_a_cancelled_deadline_is_deleted(self):
        deadline = self._sell(self.monthly)
        order = deadline.order_id
        order._action_cancel()
        order.unlink()
        self.assertEqual((order.exists(), deadline.state), (order.browse(), "cancelled"))
        deadline.unlink()

    def test_whole_chain_goes_together(self):
        first = self._create_deadline(date_start=date(2026, 3, 1))
        second = self._create_deadline(previous_id=first.id, date_start=date(2026, 4, 1))
        (first + second).unlink()
        self.assertFalse((first + second).exists())

    @mute_logger("odoo.sql_db")
    def test_customer_with_deadlines_is_kept(self):
        self._create_deadline()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.customer.unlink()


class TestDeletionOfMultipacks(MultipackCommon):
    """A cancelled sale goes whole, or says what has to be kept."""

    def test_order_goes_with_its_cancelled_multipack(self):
        multipack = self._sell_multipack()
        order, deadlines = multipack.order_id, multipack.deadline_ids
        installments = multipack.installment_ids
        order._action_cancel()
        order.unlink()
        self.env.flush_all()
        for gone in (order, multipack, deadlines, installments):
            self.assertFalse(gone.exists())

    def test_so_does_its_line_alone(self):
        multipack = self._sell_multipack()
        order = multipack.order_id
        order._action_cancel()
        order.action_draft()
        order.order_line.unlink()
        self.env.flush_all()
        self.assertFalse(multipack.exists())
        self.assertTrue(order.exists())

    def test_cancelled_part_is_deleted_by_hand(self):
        multipack = self._sell_multipack()
        multipack.order_id._action_cancel()
        multipack.deadline_ids[0].unlink()
        self.assertEqual(len(multipack.deadline_ids), 1)

    def test_cancelled_period_of_a_running_multipack_is_kept(self):
        monthly = self._sell_multipack(self.flat, day=date(2026, 3, 1))
        self._run_on("extend", date(2026, 3, 28))
        self._leave(monthly, date(2026, 3, 20))
        cancelled = monthly.deadline_ids.filtered(lambda one: one.state == "cancelled")
        self.assertTrue(cancelled)
        with self.assertRaisesRegex(UserError, f"{cancelled[0].name}.*{monthly.name}"):
            cancelled[0].unlink()

    def test_renewed_one_waits_for_its_renewal(self):
        first = self._sell_multipack()
        renewal = self.env["sale.order"].browse(first.action_renew()["res_id"])
        renewal.action_confirm()
        second = renewal.order_line.multipack_ids
        renewal._action_cancel()
        first.order_id._action_cancel()
        with self.assertRaisesRegex(UserError, f"{first.name}.*{second.name}"):
            first.order_id.unlink()
        renewal.unlink()
        first.order_id.unlink()
        self.assertFalse((first + second).exists())

    def test_what_the_ledger_speaks_of_is_kept(self):
        multipack = self._sell_multipack()
        installment = multipack.installment_ids[0]
        notice = self.env["deadline.notice.line"]
        notice.create(
            {
                "company_id": self.company.id,
                "installment_id": installment.id,
                "kind": "payment_due",
                "date": self.TODAY,
                "date_end": installment.date_due,
                "verdict": "skipped",
                "reason": "no_address",
            }
        )
        multipack.order_id._action_cancel()
        with self.assertRaisesRegex(UserError, f"{multipack.order_id.name}.*{multipack.name}"):
            multipack.order_id.unlink()

    def test_who_may_not_delete_orders_deletes_nothing(self):
        multipack = self._sell_multipack()
        multipack.order_id._action_cancel()
        with self.assertRaises(AccessError):
            multipack.order_id.with_user(self.seller).unlink()
        self.assertTrue(multipack.exists())

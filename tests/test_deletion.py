from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from .common import DeadlineCommon


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

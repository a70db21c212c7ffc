from datetime import date
from unittest.mock import patch

from odoo.exceptions import LockError, UserError
from odoo.tests import freeze_time

from .common import MultipackCommon


class TestWithdrawal(MultipackCommon):
    """What a withdrawal does to installments, invoices and deadlines."""

    # Installments are due on 10 March, 10 April, 10 May and 10 June 2026.

    def _withdraw(self, multipack, day, on=None):
        with freeze_time(f"{on or day} 10:00:00"):
            return self._leave(multipack, day)

    def test_later_installments_are_removed_earlier_ones_stay(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(
            multipack.installment_ids.mapped("state"), ["planned", "planned", "removed", "removed"]
        )
        self.assertEqual(
            multipack.installment_ids.mapped("withdrawal_outcome"),
            ["debt", "debt", "removed", "removed"],
        )
        self.assertEqual(multipack.state, "withdrawn")
        self.assertEqual(multipack.date_end, date(2026, 4, 30))

    def test_an_installment_due_on_the_last_valid_day_stays(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 10))
        self.assertEqual(multipack.installment_ids[1].withdrawal_outcome, "debt")
        self.assertEqual(multipack.installment_ids[2].withdrawal_outcome, "removed")

    def test_what_stays_is_invoiced_when_due_and_nothing_else(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 30), on=date(2026, 3, 20))
        for day in (date(2026, 4, 10), date(2026, 6, 30), date(2027, 4, 1)):
            self._run_on("invoice", day)
            self._run_on("extend", day)
            self._expire(day)
        self.assertEqual(
            multipack.installment_ids.mapped("state"),
            ["invoiced", "invoiced", "removed", "removed"],
        )
        self.assertEqual(len(multipack.order_id.invoice_ids), 2)
        self.assertEqual(multipack.order_id.invoice_status, "invoiced")
        self.assertEqual(multipack.order_id.amount_to_invoice, 0.0)

    def test_what_somebody_else_is_working_on_is_named(self):
        multipack = self._sell_multipack()
        model = self.env.registry["deadline.installment"]
        with (
            patch.object(model, "lock_for_update", side_effect=LockError("Locked")),
            self.assertRaisesRegex(UserError, f"{multipack.name}-1.*try again"),
        ):
            self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(multipack.state, "active")

    def test_draft_invoice_is_cancelled(self):
        self.company.deadline_invoice_posting = "draft"
        multipack = self._sell_multipack()
        multipack.installment_ids[2].action_invoice()
        draft = multipack.installment_ids[2].move_id
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(draft.state, "cancel")
        self.assertEqual(multipack.installment_ids[2].withdrawal_outcome, "cancelled")
        self.assertEqual(multipack.installment_ids[2].state, "removed")

    def test_posted_invoice_is_credited(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[:3].action_invoice()
        kept, gone = multipack.installment_ids[1].move_id, multipack.installment_ids[2].move_id
        self._withdraw(multipack, date(2026, 4, 30), on=date(2026, 5, 2))
        self.assertEqual((gone.state, gone.payment_state), ("posted", "reversed"))
        note = gone.reversal_move_ids
        self.assertEqual((note.amount_total, note.amount_residual), (250.0, 0.0))
        self.assertEqual(note.invoice_date, date(2026, 5, 2))
        self.assertEqual((kept.payment_state, kept.amount_residual), ("not_paid", 250.0))

    def test_of_a_partly_paid_invoice_the_rest_is_credited(self):
        multipack = self._sell_multipack()
        installment = multipack.installment_ids[2]
        installment.action_invoice()
        self._pay(installment, 100.0)
        withdrawal = self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(installment.move_id.reversal_move_ids.amount_total, 150.0)
        self.assertEqual(installment.move_id.amount_residual, 0.0)
        self.assertEqual(installment.state, "removed")
        self.assertRecordValues(
            withdrawal.line_ids, [{"amount_paid": 100.0, "amount_removed": 400.0}]
        )

    def test_paid_installment_is_left_alone(self):
        multipack = self._sell_multipack()
        installment = multipack.installment_ids[2]
        installment.action_invoice()
        self._pay(installment)
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual((installment.state, installment.withdrawal_outcome), ("paid", "paid"))
        self.assertFalse(installment.move_id.reversal_move_ids)

    def test_credited_installment_is_left_alone(self):
        multipack = self._sell_multipack()
        installment = multipack.installment_ids[2]
        installment.action_invoice()
        installment.move_id._reverse_moves(cancel=True)
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(installment.withdrawal_outcome, "credited")
        self.assertEqual(len(installment.move_id.reversal_move_ids), 1)

    def test_invoice_cancelled_by_hand_is_removed(self):
        multipack = self._sell_multipack()
        installment = multipack.installment_ids[2]
        installment.action_invoice()
        installment.move_id.button_cancel()
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(installment.state, "removed")

    def test_credit_note_keeps_taxes(self):
        tax = self.env["account.tax"].create({"name": "22 %", "amount": 22.0})
        self.pack.taxes_id = tax
        multipack = self._sell_multipack()
        installment = multipack.installment_ids[3]
        installment.action_invoice()
        self._withdraw(multipack, date(2026, 4, 30))
        invoice, note = installment.move_id, installment.move_id.reversal_move_ids
        self.assertEqual(note.amount_tax, invoice.amount_tax)
        self.assertEqual(note.invoice_line_ids.account_id, invoice.invoice_line_ids.account_id)

    def test_locked_period_does_not_stop_it(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[3].action_invoice()
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertEqual(multipack.installment_ids[3].move_id.payment_state, "reversed")

    def test_payment_method_is_taken_off_what_stays(self):
        line = self.env["account.payment.method.line"].search(
            [("payment_type", "=", "inbound"), ("company_id", "=", self.company.id)], limit=1
        )
        self.assertTrue(line)
        self.pack.multipack_collection = "method"
        self.customer.property_inbound_payment_method_line_id = line
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        invoice = multipack.installment_ids[0].move_id
        self.assertEqual(invoice.preferred_payment_method_line_id, line)
        self._withdraw(multipack, date(2026, 4, 30))
        self.assertFalse(invoice.preferred_payment_method_line_id)
        self.assertEqual(multipack.collection, "manual")
        self._run_on("invoice", date(2026, 4, 10))
        self.assertEqual(multipack.installment_ids[1].state, "invoiced")

    def test_day_in_the_past(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[:3].action_invoice()
        self._withdraw(multipack, date(2026, 3, 31), on=date(2026, 5, 20))
        self.assertEqual(
            multipack.installment_ids.mapped("withdrawal_outcome"),
            ["debt", "refunded", "refunded", "removed"],
        )
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"withdrawn"})
        self.assertEqual(set(multipack.deadline_ids.mapped("date_end")), {date(2026, 3, 31)})

    def test_day_to_come_ends_the_deadlines_only_then(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 30), on=date(2026, 3, 20))
        deadlines = multipack.deadline_ids
        self.assertEqual(set(deadlines.mapped("state")), {"active"})
        self.assertFalse(self._notify(date(2026, 4, 25)))
        self.assertEqual(set(deadlines.mapped("renewal_status")), {"closed"})
        self._expire(date(2026, 4, 30))
        self.assertEqual(set(deadlines.mapped("state")), {"active"})
        self._expire(date(2026, 5, 1))
        self.assertEqual(set(deadlines.mapped("state")), {"withdrawn"})
        self.assertFalse(any(deadlines.mapped("expired_on")))
        self.assertFalse(self._notify(date(2026, 5, 1)))

    def test_day_before_it_begins(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 3, 9), on=date(2026, 3, 10))
        self.assertEqual(set(multipack.installment_ids.mapped("state")), {"removed"})
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"cancelled"})

    def test_day_after_its_end_is_refused(self):
        multipack = self._sell_multipack()
        with self.assertRaisesRegex(UserError, multipack.name):
            self._withdraw(multipack, date(2027, 3, 10), on=date(2026, 5, 1))
        self.assertEqual(multipack.state, "active")

    def test_monthly_one_is_extended_up_to_the_day(self):
        multipack = self._sell_multipack(self.flat)
        self._withdraw(multipack, date(2026, 5, 20), on=date(2026, 3, 20))
        self.assertEqual(
            multipack.installment_ids.mapped("date_due"),
            [date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)],
        )
        self.assertEqual(set(multipack.installment_ids.mapped("withdrawal_outcome")), {"debt"})
        self.assertEqual(multipack.date_end, date(2026, 5, 20))
        self.assertEqual(max(multipack.deadline_ids.mapped("date_end")), date(2026, 5, 20))
        self._run_on("extend", date(2026, 5, 20))
        self.assertEqual(len(multipack.installment_ids), 3)

    def test_monthly_one_loses_the_month_that_was_opened_ahead(self):
        multipack = self._sell_multipack(self.flat)
        self._run_on("extend", date(2026, 4, 7))
        self._run_on("invoice", date(2026, 4, 7))
        self.assertEqual(len(multipack.installment_ids), 2)
        self._withdraw(multipack, date(2026, 4, 9), on=date(2026, 4, 8))
        first, second = multipack.deadline_ids.sorted("date_start").grouped("date_start").values()
        self.assertEqual(set(first.mapped("state")), {"active"})
        self.assertEqual(set(first.mapped("date_end")), {date(2026, 4, 9)})
        self.assertEqual(set(second.mapped("state")), {"cancelled"})
        self.assertEqual(multipack.installment_ids[1].withdrawal_outcome, "refunded")

    def test_renewed_one_leaves_the_renewal_as_it_is(self):
        multipack = self._sell_multipack()
        with freeze_time("2027-03-01 09:00:00"):
            order = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
            order.action_confirm()
        renewed = order.order_line.multipack_ids
        with freeze_time("2027-03-02 09:00:00"):
            self._leave(renewed, date(2027, 3, 9))
        self.assertEqual(set(renewed.installment_ids.mapped("state")), {"removed"})
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"active"})

    def test_sales_order_of_it_is_not_cancelled(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 30))
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.order_id._action_cancel()

    def test_it_is_final(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 30))
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.sudo().state = "active"
        with self.assertRaisesRegex(UserError, multipack.name):
            self._leave(multipack, date(2026, 5, 30))

    def test_several_at_once(self):
        multipacks = self._sell_multipack() | self._sell_multipack(self.flat)
        withdrawal = self._withdraw(multipacks, date(2026, 4, 30), on=date(2026, 3, 20))
        self.assertEqual(set(multipacks.mapped("state")), {"withdrawn"})
        self.assertEqual(withdrawal.line_ids.multipack_id, multipacks)

    def test_archiving_the_customer_changes_nothing(self):
        multipack = self._sell_multipack()
        self._withdraw(multipack, date(2026, 4, 30), on=date(2026, 3, 20))
        self.customer.active = False
        self._run_on("invoice", date(2026, 4, 10))
        self.assertEqual(
            multipack.installment_ids.mapped("state"),
            ["invoiced", "invoiced", "removed", "removed"],
        )

from odoo.tests import freeze_time

from .common_oca import OcaWithdrawalCommon


class TestOcaReturned(OcaWithdrawalCommon):
    """What becomes of withdrawn installments whose debit fails, or is given back."""

    def _check_removed(self, order):
        self.assertEqual(set(self.later.mapped("state")), {"removed"})
        self.assertEqual(self.later.mapped("removal_pending"), [False, False])
        self.assertEqual(set(self.later.move_id.mapped("amount_residual")), {0.0})
        self.assertEqual(len(self.later.move_id.reversal_move_ids), 2)
        self.assertEqual(self.earlier.mapped("withdrawal_outcome"), ["debt", "debt"])
        self.assertEqual(set(self.earlier.mapped("state")), {"invoiced"})
        for invoice in self.earlier.move_id:
            self.assertFalse(self._get_method(invoice))
        self.assertFalse(self._get_candidates() - self.foreign)

    def test_what_is_at_the_bank_waits(self):
        order = self._collect("open")
        self._leave_on_day()
        for state in ("open", "generated"):
            self._advance(order, state)
            self._remove()
            self.assertEqual(self._get_outcomes(), ["bank"] * 4)
            self.assertEqual(set(self.multipack.installment_ids.mapped("state")), {"invoiced"})

    def test_order_cancelled_before_it_was_sent(self):
        order = self._collect("generated")
        self._leave_on_day()
        order.action_cancel()
        self._remove()
        self._check_removed(order)
        order.cancel2draft()
        self.assertEqual(self._get_invoices(order), self.foreign)

    def test_order_reset_to_draft(self):
        order = self._collect("open")
        self._leave_on_day()
        order.action_cancel()
        order.cancel2draft()
        self._remove()
        self._check_removed(order)
        self._advance(order, "generated")
        self.assertEqual(self._get_invoices(order), self.foreign)

    def test_order_cancelled_after_it_was_sent(self):
        order = self._collect("generated")
        self._leave_on_day()
        self._advance(order, "uploaded")
        order.action_cancel()
        self.assertEqual(set(self.multipack.installment_ids.mapped("state")), {"invoiced"})
        self._remove()
        self._check_removed(order)

    def test_collected_and_given_back_later(self):
        self._set_entries()
        order = self._collect("generated")
        self._leave_on_day()
        self._advance(order, "uploaded")
        self._remove()
        self.assertEqual(self.later.mapped("removal_pending"), [False, False])
        self.assertEqual(set(self.later.mapped("state")), {"paid"})
        todos = self.multipack.activity_ids
        self.assertEqual(
            set(todos.mapped("summary")),
            {f"Collected after the withdrawal: {one.display_name}" for one in self.later},
        )
        self._give_back(order)
        self._remove()
        self._check_removed(order)
        self.assertFalse(self.multipack.activity_ids)  # there is nothing to refund

    def test_paid_before_the_withdrawal_and_given_back_after_it(self):
        self._set_entries()
        order = self._collect("uploaded")
        self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["paid"] * 4)
        self._remove()
        self.assertFalse(self.later.move_id.reversal_move_ids)
        self._give_back(order)
        self._remove()
        self._check_removed(order)

    def test_one_of_them_whose_payment_was_taken_off(self):
        self._set_entries()
        self._collect("uploaded")
        self._leave_on_day()
        self.later[1].move_id.line_ids.remove_move_reconcile()
        self._remove()
        self.assertEqual(self.later.mapped("state"), ["paid", "removed"])
        self.assertEqual(set(self.earlier.mapped("state")), {"paid"})

    def test_payments_without_entries(self):
        if self.family.field == "payment_mode_id":
            self.skipTest("always makes entries")
        order = self._collect("uploaded")
        self._leave_on_day()
        self._remove()
        self.assertEqual(self.later.mapped("removal_pending"), [True, True])
        arrived, rejected = (
            order.payment_ids.filtered(lambda payment, one=one: one.move_id in payment.invoice_ids)
            for one in self.later
        )
        arrived.action_validate()
        rejected.action_reject()
        self._remove()
        self.assertEqual(self.later.mapped("state"), ["paid", "removed"])
        self.assertEqual(self.later.mapped("removal_pending"), [False, False])
        self.assertEqual(len(self.multipack.activity_ids), 1)

    def test_given_back_while_the_multipack_runs_it_is_collected_again(self):
        self._set_entries()
        self._give_back(self._collect("uploaded"))
        self._remove()
        installments = self.multipack.installment_ids
        self.assertEqual(set(installments.mapped("state")), {"invoiced"})
        self.assertFalse(installments.move_id.reversal_move_ids)
        self.assertLessEqual(installments.move_id, self._get_candidates())

    def test_customers_are_asked_to_pay_a_debt_only_after_it_came_back(self):
        order = self._collect("generated")
        self._leave_on_day()
        self._run_on("notify_payments", self.TODAY)
        told = self.env["deadline.notice.line"].search([("kind", "=", "payment_due")])
        self.assertFalse(told)
        order.action_cancel()
        with freeze_time("2026-03-11 03:00:00"):
            self._run_cron("remove")
            self._run_cron("notify_payments")
        told = self.env["deadline.notice.line"].search([("kind", "=", "payment_due")])
        self.assertEqual(told.installment_id, self.earlier[0])

from odoo.fields import Domain

from .common_oca import OcaWithdrawalCommon


class TestOcaWithdrawal(OcaWithdrawalCommon):
    """What a withdrawal does to installments, by the state of the order that collects them."""

    def test_in_no_order(self):
        self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["debt", "debt", "refunded", "refunded"])
        self.assertEqual(set(self.later.move_id.mapped("payment_state")), {"reversed"})
        self.assertEqual(self._get_candidates(), self.foreign)

    def test_debt_is_no_longer_collected(self):
        self._leave_on_day()
        for invoice in self.earlier.move_id:
            self.assertFalse(self._get_method(invoice))
            self.assertFalse(invoice.mandate_id)

    def test_draft_order_loses_them(self):
        order = self._collect("draft")
        self.assertEqual(len(order.payment_line_ids), 5)
        self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["debt", "debt", "refunded", "refunded"])
        self.assertEqual(self._get_invoices(order), self.foreign)
        self.assertIn(self.later[0].display_name, order.message_ids[0].body)
        self._advance(order, "generated")
        invoices = self.multipack.installment_ids.move_id + self.foreign
        self.assertEqual(self._read_file(order, invoices), self.foreign)
        self._advance(order, "uploaded")
        self.assertIn(self.foreign.payment_state, ("in_payment", "paid"))
        self.assertEqual(set(self.earlier.move_id.mapped("payment_state")), {"not_paid"})

    def test_order_of_nothing_else_is_left_empty(self):
        order = self._collect("draft", partner_ids=self.customer.ids)
        self._leave_on_day()
        self.assertFalse(order.payment_line_ids)
        order.unlink()

    def test_draft_invoices_in_a_draft_order(self):
        self.company.deadline_invoice_posting = "draft"
        self.multipack = self._sell_debited(4)
        drafts = self.multipack.installment_ids.move_id
        order = self._collect("draft", target_move="all")
        self.assertLessEqual(drafts, self._get_invoices(order))
        self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["debt", "debt", "cancelled", "cancelled"])
        self.assertFalse(self._get_invoices(order) & drafts)
        self.assertEqual(drafts.mapped("state"), ["draft", "draft", "cancel", "cancel"])

    def test_confirmed_order_keeps_them(self):
        self._check_at_bank("open")

    def test_file_that_was_generated_keeps_them(self):
        self._check_at_bank("generated")

    def _check_at_bank(self, state):
        order = self._collect(state)
        withdrawal = self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["bank"] * 4)
        self.assertEqual(self.later.mapped("removal_pending"), [True, True])
        self.assertEqual(self.earlier.mapped("removal_pending"), [False, False])
        self.assertEqual(withdrawal.line_ids.amount_bank, 1000.0)
        self.assertEqual(withdrawal.line_ids.amount_removed, 0.0)
        self.assertEqual(len(order.payment_line_ids), 5)
        invoices = self.multipack.installment_ids.move_id
        self.assertEqual(set(invoices.mapped("payment_state")), {"not_paid"})
        self.assertFalse(invoices.reversal_move_ids)
        self._advance(order, "generated")
        self.assertEqual(self._read_file(order, invoices), invoices)
        listed = Domain("removal_pending", "=", True)
        self.assertEqual(self.env["deadline.installment"].search(listed), self.later)

    def test_uploaded_file_has_paid_them(self):
        self._set_entries()
        self._collect("uploaded")
        withdrawal = self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["paid"] * 4)
        self.assertEqual(withdrawal.line_ids.amount_paid, 1000.0)
        self.assertFalse(self.later.move_id.reversal_move_ids)

    def test_uploaded_file_whose_payments_have_no_entries_yet(self):
        if self.family.field == "payment_mode_id":
            self.skipTest("always makes entries")
        self._collect("uploaded")
        self.assertEqual(set(self.multipack.installment_ids.mapped("state")), {"paid"})
        withdrawal = self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["bank"] * 4)
        self.assertEqual(self.later.mapped("removal_pending"), [True, True])
        self.assertEqual(withdrawal.line_ids.amount_bank, 1000.0)

    def test_cancelled_order_does_not_collect_them_once_it_is_reset(self):
        order = self._collect("cancel")
        self._leave_on_day()
        self.assertEqual(self._get_outcomes(), ["debt", "debt", "refunded", "refunded"])
        order.cancel2draft()
        self._advance(order, "generated")
        self.assertEqual(self._get_invoices(order), self.foreign)

    def test_preview_says_the_same_and_changes_nothing(self):
        order = self._collect("draft")
        later = self._sell_debited(1)
        self._collect("open")
        plan = (self.multipack + later)[1]._get_withdrawal_plan(self.DAY)
        self.assertEqual([row["outcome"] for row in plan], ["bank", "debt", "removed", "removed"])
        plan = self.multipack._get_withdrawal_plan(self.DAY)
        outcomes = [row["outcome"] for row in plan]
        self.assertEqual(outcomes, ["debt", "debt", "refunded", "refunded"])
        self.assertEqual(len(order.payment_line_ids), 5)

from datetime import date
from unittest.mock import patch

from odoo.tests import freeze_time

from .common import ChargeCommon


class TestWithdrawalBank(ChargeCommon):
    """Withdrawing while money is under way."""

    def _leave_today(self, installment, day=None):
        return self._leave(installment.multipack_id, day or date(2026, 3, 9))

    def test_what_is_at_the_bank_is_left_alone(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        withdrawal = self._leave_today(installment)
        self.assertEqual(installment.withdrawal_outcome, "bank")
        self.assertTrue(installment.removal_pending)
        self.assertEqual(installment.state, "invoiced")
        self.assertEqual(withdrawal.line_ids.amount_bank, 250.0)
        self.assertEqual(withdrawal.line_ids.amount_removed, 750.0)

    def test_it_is_removed_once_the_bank_gives_it_back(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self._leave_today(installment)
        self._run_on("remove", self.TODAY)
        self.assertTrue(installment.removal_pending)
        self._tell(installment.transaction_ids, "error")
        self._run_on("remove", self.TODAY)
        self.assertEqual((installment.state, installment.removal_pending), ("removed", False))
        self.assertEqual(installment.move_id.payment_state, "reversed")
        self.assertFalse(self._run_charges(day=date(2026, 3, 20)))

    def test_collected_after_all_it_is_for_a_person(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self._leave_today(installment)
        self._tell(installment.transaction_ids, "done")
        installment.transaction_ids._post_process()
        self._run_on("remove", self.TODAY)
        self.assertEqual((installment.state, installment.removal_pending), ("paid", False))
        self.assertTrue(installment.multipack_id.activity_ids)

    def test_due_earlier_it_stays_debt_and_under_way(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self._leave_today(installment, self.TODAY)
        self.assertEqual(installment.withdrawal_outcome, "bank")
        self.assertFalse(installment.removal_pending)

    def test_nothing_is_charged_afterwards(self):
        installment = self._sell_charged()
        self._run_charges("error")
        self._leave_today(installment, self.TODAY)
        self.assertEqual(installment.multipack_id.collection, "manual")
        self.assertEqual((installment.state, installment.charge_state), ("invoiced", "none"))
        for day in (date(2026, 3, 13), date(2026, 3, 17), date(2026, 4, 10)):
            self._run_on("invoice", day)
            self.assertFalse(self._run_charges(day=day))
        self.assertTrue(self.token.active)

    def test_customer_who_is_paying_right_now_is_not_interrupted(self):
        installment = self._sell_charged()
        self.env["payment.transaction"].create(
            {
                **installment._prepare_charge(1),
                "operation": "online_direct",
                "deadline_installment_id": False,
            }
        )
        self._leave_today(installment)
        self.assertEqual(installment.withdrawal_outcome, "bank")

    def test_a_charge_whose_outcome_nobody_knows_holds_it_back(self):
        installment = self._sell_charged()
        self.env["payment.transaction"].create(installment._prepare_charge(1))
        with freeze_time("2026-03-12 10:00:00"):
            self._leave_today(installment)
        self.assertTrue(installment.removal_pending)

    def test_debt_that_was_at_the_bank_is_collected_by_hand_once_that_has_failed(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self._leave_today(installment, self.TODAY)
        self._run_on("notify_payments", self.TODAY)
        self.assertFalse(installment.is_due_told)
        self._tell(installment.transaction_ids, "error")
        self._run_on("remove", self.TODAY)
        self.assertEqual((installment.state, installment.withdrawal_outcome), ("invoiced", "debt"))
        self._run_on("notify_payments", self.TODAY)
        self.assertTrue(installment.is_due_told)

    def test_payment_that_is_taken_off_later_is_for_a_person(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self._leave_today(installment)
        self._tell(installment.transaction_ids, "done")
        installment.transaction_ids._post_process()
        self._run_on("remove", self.TODAY)
        installment.move_id.line_ids.remove_move_reconcile()
        self._run_on("remove", self.TODAY)
        self.assertEqual(installment.state, "invoiced")
        self.assertFalse(installment.move_id.reversal_move_ids)


class TestWithdrawalInProcess(ChargeCommon):
    """Payments without an entry, which databases with full accounting have until money arrives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        moves = cls.env.registry["account.move"]
        cls.startClassPatcher(
            patch.object(moves, "_get_invoice_in_payment_state", lambda move: "in_payment")
        )
        cls.multipack = cls._sell_multipack()
        cls.multipack.installment_ids._invoice()
        cls.earlier, cls.later = cls.multipack.installment_ids[0], cls.multipack.installment_ids[3]

    def setUp(self):
        super().setUp()
        self._pay(self.earlier + self.later)
        self.payment = self.later.move_id.matched_payment_ids
        self.assertFalse(self.payment.move_id)
        self.assertEqual(self.later.state, "paid")

    def test_money_that_has_not_arrived_is_at_the_bank(self):
        withdrawal = self._leave(self.multipack, self.TODAY)
        outcomes = self.multipack.installment_ids.mapped("withdrawal_outcome")
        self.assertEqual(outcomes, ["bank", "refunded", "refunded", "bank"])
        self.assertEqual(withdrawal.line_ids.amount_bank, 500.0)
        self.assertEqual((self.earlier.removal_pending, self.later.removal_pending), (False, True))
        self._run_on("remove", self.TODAY)
        self.assertTrue(self.later.removal_pending)

    def test_rejected_payment(self):
        self._leave(self.multipack, self.TODAY)
        (self.payment + self.earlier.move_id.matched_payment_ids).action_reject()
        self._run_on("remove", self.TODAY)
        self.assertEqual((self.later.state, self.later.removal_pending), ("removed", False))
        self.assertEqual(self.later.move_id.amount_residual, 0.0)
        self.assertEqual(self.earlier.withdrawal_outcome, "debt")

    def test_money_that_has_arrived(self):
        self._leave(self.multipack, self.TODAY)
        self.payment.action_validate()
        self._run_on("remove", self.TODAY)
        self.assertEqual((self.later.state, self.later.removal_pending), ("paid", False))
        self.assertTrue(self.multipack.activity_ids)

    def test_money_that_had_arrived_before(self):
        self.payment.action_validate()
        withdrawal = self._leave(self.multipack, self.TODAY)
        self.assertEqual(self.later.withdrawal_outcome, "paid")
        self.assertEqual(withdrawal.line_ids.amount_paid, 250.0)

    def test_card_is_not_charged_for_it(self):
        self.multipack._set_payment_token(self.token)
        self.assertFalse(self.earlier._is_to_charge())
        self.assertFalse(self._run_charges())

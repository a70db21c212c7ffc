from datetime import date

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

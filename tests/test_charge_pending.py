from datetime import date

from psycopg2.errors import UniqueViolation

from odoo.tools import mute_logger

from .common import ChargeCommon


class TestChargePending(ChargeCommon):
    """Direct debit, of which the provider knows the outcome days later."""

    def setUp(self):
        super().setUp()
        token = self._create_token(payment_method_id=self.direct_debit.id)
        self.installment = self._sell_charged(token)
        self._run_charges("pending")
        self.charge = self.installment.transaction_ids

    def test_pending_until_the_provider_tells(self):
        self.assertEqual(
            (self.installment.charge_state, self.installment.state), ("pending", "invoiced")
        )
        for day in range(11, 20):
            self.assertEqual(self._run_charges(day=date(2026, 3, day)), [])

    def test_done_by_notification(self):
        self._tell(self.charge, "done")
        self.assertEqual(self.installment.charge_state, "none")
        self.charge._post_process()  # as the payment module's own cron does
        self.assertEqual(self.installment.state, "paid")

    def test_accounting_that_nobody_did_is_made_up_for(self):
        self._tell(self.charge, "done")
        self.assertEqual(self._run_charges(day=date(2026, 3, 12)), [])
        self.assertEqual(self.installment.state, "paid")

    def test_failure_days_later_counts_from_then(self):
        self._tell(self.charge, "error")
        self.assertEqual(self.installment.charge_state, "failed")
        self.assertEqual(
            (self.installment.first_failed_on, self.installment.next_attempt),
            (self.TODAY, date(2026, 3, 13)),
        )

    def test_database_refuses_a_second_charge(self):
        values = {**self.installment._prepare_charge(2), "reference": "second"}
        for state in ("draft", "pending", "authorized", "done"):
            with (
                self.subTest(state),
                mute_logger("odoo.sql_db"),
                self.assertRaises(UniqueViolation),
                self.env.cr.savepoint(),
            ):
                self.env["payment.transaction"].create({**values, "state": state})
        self.env["payment.transaction"].create({**values, "state": "error"})

    def test_paid_meanwhile_keeps_it_pending(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.installment.move_id.ids
        ).create({})._create_payments()
        self.assertEqual(
            (self.installment.state, self.installment.charge_state), ("paid", "pending")
        )

from datetime import date, datetime
from unittest.mock import patch

import requests

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time

from odoo.addons.deadline_management.models.multipack.payment_transaction import UnknownOutcomeError

from .common import ChargeCommon

NO_CONNECTION, REFUSED = "No connection", "Refused"


class TestChargeCrash(ChargeCommon):
    """A worker ends at any line: the generator is left where the process would have been killed."""

    def _begin(self, installment):
        """Return the work on an installment, killed after it has committed its intent."""
        steps = installment.sudo()._charge()
        next(steps)
        self.env.flush_all()
        moment = datetime.combine(self.TODAY, datetime.min.time()).replace(hour=5)
        self.env.cr.execute("UPDATE payment_transaction SET create_date = %s", [moment])
        self.env.invalidate_all()
        return steps

    def _have_keys(self):
        self.startPatcher(
            patch.object(
                self.env.registry["payment.provider"], "_knows_charges_by_key", lambda _self: True
            )
        )

    def test_killed_before_the_outcome_was_known(self):
        installment = self._sell_charged()
        self._begin(installment)
        self.assertEqual(installment.charge_state, "charging")
        self.assertEqual(self._run_charges(), [])
        self.assertEqual(
            (installment.charge_state, installment.charge_problem), ("exception", "unknown")
        )
        self.assertEqual(len(installment.multipack_id.activity_ids), 1)
        self.assertEqual(self._run_charges(day=date(2026, 4, 1)), [])

    def test_provider_with_keys_is_asked_again_for_the_same(self):
        self._have_keys()
        installment = self._sell_charged()
        self._begin(installment)
        self.assertEqual(self._run_charges(), [f"{installment.multipack_id.name}-1-1"])
        self.assertEqual((installment.charge_state, installment.state), ("none", "paid"))

    def test_but_not_after_a_day(self):
        self._have_keys()
        installment = self._sell_charged()
        self._begin(installment)
        self.assertEqual(self._run_charges(day=date(2026, 3, 12)), [])
        self.assertEqual(installment.charge_problem, "unknown")

    def test_nor_once_it_is_paid_in_another_way(self):
        self._have_keys()
        installment = self._sell_charged()
        self._begin(installment)
        self._pay(installment)
        self.assertEqual(self._run_charges(), [])
        self.assertEqual(installment.charge_problem, "unknown")

    def test_nor_once_the_customer_has_left(self):
        self._have_keys()
        installment = self._sell_charged()
        self._begin(installment)
        self._leave(installment.multipack_id, date(2026, 3, 9))
        self.assertTrue(installment.removal_pending)
        self.assertEqual(self._run_charges(), [])
        self.assertEqual(installment.charge_problem, "unknown")

    def test_paid_in_another_way_after_the_intent(self):
        installment = self._sell_charged()
        steps = self._begin(installment)
        self._pay(installment)
        with patch.object(
            self.env.registry["payment.transaction"], "_charge_with_token", autospec=True
        ) as charge:
            self.assertEqual(list(steps), [])
        charge.assert_not_called()
        self.assertEqual((installment.state, installment.charge_state), ("paid", "none"))
        self.assertEqual(installment.transaction_ids.state, "error")

    def test_webhook_tells_the_outcome(self):
        installment = self._sell_charged()
        self._begin(installment)
        self._tell(installment.transaction_ids, "done")
        self.assertEqual(self._run_charges(), [])
        self.assertEqual((installment.charge_state, installment.state), ("none", "paid"))

    def test_webhook_settles_an_exception(self):
        installment = self._sell_charged()
        self._begin(installment)
        self._run_charges()
        self._tell(installment.transaction_ids, "done")
        self.assertEqual(installment.charge_state, "none")
        self.assertFalse(installment.multipack_id.activity_ids)

    def test_two_workers_one_of_them_in_between(self):
        installment = self._sell_charged()
        first = self._begin(installment)
        self.assertEqual(list(installment.sudo()._charge()), [])
        self.assertEqual(installment.charge_problem, "unknown")
        with patch.object(
            self.env.registry["payment.transaction"], "_charge_with_token", autospec=True
        ) as charge:
            self.assertEqual(list(first), [])
        charge.assert_not_called()
        self.assertEqual(installment.transaction_ids.state, "draft")

    def test_two_workers_the_other_one_has_it_locked(self):
        self._sell_charged()
        with patch.object(
            self.env.registry["deadline.installment"],
            "try_lock_for_update",
            lambda records, **_options: records.browse(),
        ):
            self.assertEqual(self._run_charges(), [])

    def test_lock_lost_after_the_intent(self):
        installment = self._sell_charged()
        locks = iter([True, False])

        def lock(records, **_options):
            return records if next(locks, False) else records.browse()

        registry = self.env.registry
        with patch.object(registry["deadline.installment"], "try_lock_for_update", lock):
            self.assertEqual(self._run_charges(), [])
        self.assertEqual(installment.charge_state, "charging")
        self.assertEqual(installment.transaction_ids.state, "draft")

    def test_provider_does_not_answer(self):
        installment = self._sell_charged()
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self.assertEqual(len(self._run_charges(UnknownOutcomeError("No answer"))), 1)
        self.assertEqual(installment.transaction_ids.state, "draft")
        self.assertEqual(installment.charge_state, "charging")
        self.assertEqual(self._run_charges(), [])
        self.assertEqual(
            (installment.charge_problem, installment.charge_error), ("unknown", "No answer")
        )

    def test_which_errors_leave_the_outcome_open(self):
        response = requests.Response()
        response.status_code = 502
        refused = requests.Response()
        refused.status_code = 402
        unknown = [
            requests.exceptions.ReadTimeout(),
            requests.exceptions.ConnectionError(),
            requests.exceptions.HTTPError(response=response),
        ]
        known = [
            requests.exceptions.ConnectTimeout(),
            requests.exceptions.HTTPError(response=refused),
            None,
        ]
        charge = self._begin_transaction()
        for errors, expected in ((unknown, UnknownOutcomeError), (known, ValidationError)):
            for error in errors:
                with self.subTest(error=error), self._answer(error), self.assertRaises(expected):
                    charge._send_api_request("POST", "/charges")

    def test_payments_of_customers_fail_as_ever(self):
        charge = self._begin_transaction()
        charge.deadline_installment_id = False
        error = requests.exceptions.ReadTimeout()
        with self._answer(error), self.assertRaises(ValidationError):
            charge._send_api_request("POST", "/charges")

    def test_provider_neither_charges_nor_refuses(self):
        installment = self._sell_charged()
        self._run_charges("draft")
        self.assertEqual(
            (installment.charge_state, installment.charge_problem), ("exception", "customer")
        )
        self.assertEqual(self._run_charges(day=date(2026, 3, 11)), [])

    def test_accounting_that_fails_is_done_later(self):
        installment = self._sell_charged()
        model = self.env.registry["payment.transaction"]
        with (
            patch.object(model, "_post_process", side_effect=UserError("The year is closed")),
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
        ):
            self._run_charges()
        self.assertEqual(installment.transaction_ids.state, "done")
        self.assertEqual(installment.batch_error, "The year is closed")
        self.assertEqual(self._run_charges(day=date(2026, 3, 11)), [])
        self.assertEqual((installment.state, installment.batch_error), ("paid", False))

    def test_provider_switched_off_before_the_charge(self):
        installment = self._sell_charged()
        steps = self._begin(installment)
        self.provider.state = "disabled"
        with freeze_time(f"{self.TODAY} 05:00:00"):
            self.assertEqual(list(steps), [])
        self.assertEqual(installment.transaction_ids.state, "error")
        self.assertEqual((installment.charge_state, installment.collection), ("none", "manual"))

    def _begin_transaction(self):
        installment = self._sell_charged()
        self._begin(installment)
        return installment.transaction_ids

    def _answer(self, error):
        """Have the provider's helper fail as Odoo's does, because of an error."""

        def send(*_args, **_options):
            try:
                if error:
                    raise error
            except type(error) as interruption:
                raise ValidationError(NO_CONNECTION) from interruption
            raise ValidationError(REFUSED)

        return patch.object(self.env.registry["payment.provider"], "_send_api_request", send)

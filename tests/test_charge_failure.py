from datetime import date

from odoo.exceptions import ValidationError

from .common import ChargeCommon


class TestChargeFailure(ChargeCommon):
    def test_tried_again_on_the_days_of_the_company(self):
        installment = self._sell_charged()
        name = f"{installment.multipack_id.name}-1"
        tried = [day for day in range(10, 30) if self._run_charges("error", day=date(2026, 3, day))]
        self.assertEqual(tried, [10, 13, 17, 24])
        self.assertEqual(
            installment.transaction_ids.sorted("id").mapped("reference"),
            [f"{name}-1", f"{name}-2", f"{name}-3", f"{name}-4"],
        )

    def test_failure_says_what_the_provider_said(self):
        installment = self._sell_charged()
        self._run_charges("error")
        self.assertRecordValues(
            installment,
            [
                {
                    "charge_state": "failed",
                    "charge_error": "No funds",
                    "first_failed_on": self.TODAY,
                    "next_attempt": date(2026, 3, 13),
                    "state": "invoiced",
                }
            ],
        )
        self.assertFalse(installment.multipack_id.activity_ids)

    def test_last_failure_makes_an_exception_with_a_to_do(self):
        self.company.deadline_retry_days = "2"
        installment = self._sell_charged()
        installment.multipack_id.user_id = self.seller
        self._run_charges("error")
        self._run_charges("cancel", day=date(2026, 3, 12))
        self.assertEqual(
            (installment.charge_state, installment.charge_problem, installment.next_attempt),
            ("exception", "refused", False),
        )
        activity = installment.multipack_id.activity_ids
        self.assertEqual(activity.user_id, self.seller)
        self.assertIn(installment.display_name, activity.summary)
        self.assertEqual(self._run_charges(day=date(2026, 6, 1)), [])

    def test_success_ends_it(self):
        self.company.deadline_retry_days = "2"
        installment = self._sell_charged()
        self._run_charges("error")
        self._run_charges("done", day=date(2026, 3, 12))
        self.assertRecordValues(
            installment,
            [
                {
                    "charge_state": "none",
                    "charge_error": False,
                    "first_failed_on": False,
                    "next_attempt": False,
                    "state": "paid",
                }
            ],
        )

    def test_paid_in_another_way_ends_it_and_its_to_do(self):
        self.company.deadline_retry_days = False
        installment = self._sell_charged()
        self._run_charges("error")
        self.assertEqual(installment.charge_state, "exception")
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=installment.move_id.ids
        ).create({})._create_payments()
        self.assertEqual((installment.state, installment.charge_state), ("paid", "none"))
        self.assertFalse(installment.multipack_id.activity_ids)

    def test_to_do_that_somebody_has_done_is_kept(self):
        self.company.deadline_retry_days = False
        installment = self._sell_charged()
        self._run_charges("error")
        todo = installment.charge_activity_id
        todo.action_feedback(feedback="She pays by transfer")
        self._pay(installment)
        self.assertEqual(installment.charge_state, "none")
        self.assertFalse(todo.active)
        self.assertEqual(todo.feedback, "She pays by transfer")

    def test_fails_where_no_activities_are_made(self):
        self.company.deadline_retry_days = False
        installment = self._sell_charged().with_context(mail_activity_automation_skip=True)
        installment._set_charge_exception("refused", "No funds")
        self.assertEqual(installment.charge_state, "exception")
        self.assertFalse(installment.charge_activity_id)

    def test_collected_after_all(self):
        """A provider may take a failure back, and nothing more is charged then."""
        installment = self._sell_charged()
        self._run_charges("error")
        self._tell(installment.transaction_ids, "done")
        self.assertEqual(installment.charge_state, "none")
        self.assertEqual(self._run_charges(day=date(2026, 3, 13)), [])
        self.assertEqual(installment.state, "paid")

    def test_collected_after_all_while_another_is_under_way(self):
        installment = self._sell_charged()
        self._run_charges("error")
        first = installment.transaction_ids
        self._run_charges("pending", day=date(2026, 3, 13))
        self._tell(first, "done")
        self.assertTrue(first.deadline_discarded)
        self.assertEqual(installment.charge_state, "pending")
        self.assertIn("twice", installment.multipack_id.activity_ids.summary)

    def test_retry_days_are_validated(self):
        for wrong in ("3, x", "0", "-1", "3, 3", "400", "3; 7", "2.5"):
            with self.assertRaises(ValidationError, msg=wrong):
                self.company.deadline_retry_days = wrong
        self.company.deadline_retry_days = " 7,2 ,"
        self.assertEqual(self.company._get_retry_days(), (7, 2))

from datetime import date

from odoo.exceptions import AccessError, UserError

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import ChargeCommon


class TestChargeResume(ChargeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("manager", "deadline_management.group_deadline_manager")

    def _check(self, installment):
        """Press the button and return what it says."""
        action = installment.with_user(self.manager).action_check_charge()
        self.env.invalidate_all()
        return action["params"]["message"]

    def _unknown(self):
        installment = self._sell_charged()
        next(installment.sudo()._charge())
        self._run_charges()
        return installment

    def test_failed_one_is_charged_again(self):
        self.company.deadline_retry_days = False
        installment = self._sell_charged()
        self._run_charges("error")
        self.assertIn("charged again", self._check(installment))
        self.assertFalse(installment.multipack_id.activity_ids)
        self.assertEqual(self._run_charges(), [f"{installment.multipack_id.name}-1-2"])
        self.assertEqual(installment.state, "paid")

    def test_unknown_one_is_charged_again_once_somebody_has_asked_the_provider(self):
        installment = self._unknown()
        self._check(installment)
        self.assertEqual(installment.transaction_ids.state, "error")
        self.assertEqual(len(self._run_charges()), 1)
        self.assertEqual(installment.state, "paid")

    def test_unknown_one_that_was_paid_in_another_way_is_given_up(self):
        installment = self._unknown()
        self._pay(installment)
        self.assertIn("is paid", self._check(installment))
        self.assertEqual(installment.transaction_ids.state, "error")
        self.assertEqual((installment.state, installment.charge_state), ("paid", "none"))

    def test_unknown_one_whose_customer_has_left_is_removed_once_it_is_given_up(self):
        installment = self._unknown()
        self._leave(installment.multipack_id, date(2026, 3, 9))
        self._run_on("remove", date(2026, 3, 20))
        self.assertEqual((installment.state, installment.removal_pending), ("invoiced", True))
        self._check(installment)
        self._run_on("remove", date(2026, 3, 21))
        self.assertEqual((installment.state, installment.removal_pending), ("removed", False))
        self.assertEqual(installment.move_id.amount_residual, 0.0)

    def test_nothing_is_charged_by_the_button_itself(self):
        installment = self._unknown()
        self._check(installment)
        self.assertEqual(len(installment.transaction_ids), 1)

    def test_pending_one_stays(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self.assertIn("pending", self._check(installment))
        self.assertEqual(self._run_charges(), [])

    def test_collected_one_is_concluded(self):
        installment = self._sell_charged()
        self._run_charges("pending")
        self._tell(installment.transaction_ids, "done")
        self.assertIn("is paid", self._check(installment))
        self.assertEqual(installment.state, "paid")

    def test_one_that_is_being_charged_is_left_alone(self):
        installment = self._sell_charged()
        next(installment.sudo()._charge())
        self.assertIn("being charged", self._check(installment))
        self.assertEqual(installment.transaction_ids.state, "draft")

    def test_one_collected_in_another_way_is_no_exception(self):
        installment = self._unknown()
        installment.multipack_id.collection = "manual"
        self.assertIn("another way", self._check(installment))
        self.assertEqual(installment.charge_state, "none")

    def test_several_at_once(self):
        self.company.deadline_retry_days = False
        both = self._sell_charged() + self._sell_charged()
        self._run_charges("error")
        said = self._check(both)
        for installment in both:
            self.assertIn(installment.display_name, said)

    def test_undone_payment_is_an_exception_and_not_charged(self):
        installment = self._sell_charged()
        self._run_charges()
        installment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(installment.state, "invoiced")
        self.assertEqual(self._run_charges(day=date(2026, 3, 20)), [])
        self.assertEqual(
            (installment.charge_state, installment.charge_problem), ("exception", "open")
        )
        self.assertEqual(len(installment.multipack_id.activity_ids), 1)
        self.assertIn("mark it as returned", self._check(installment))
        self.assertEqual(self._run_charges(day=date(2026, 3, 21)), [])

    def test_cancelled_payment_as_well(self):
        installment = self._sell_charged()
        self._run_charges()
        installment.transaction_ids.payment_id.action_cancel()
        self.assertEqual(self._run_charges(day=date(2026, 3, 20)), [])
        self.assertEqual(installment.charge_problem, "open")

    def test_reconciled_again_it_is_over(self):
        installment = self._sell_charged()
        self._run_charges()
        payment = installment.transaction_ids.payment_id
        installment.move_id.line_ids.remove_move_reconcile()
        self._run_charges(day=date(2026, 3, 20))
        lines = payment.move_id.line_ids + installment.move_id.line_ids
        lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()
        self.assertEqual((installment.state, installment.charge_state), ("paid", "none"))

    def test_returned_one_is_charged_again_after_its_payment_was_undone(self):
        installment = self._sell_charged()
        self._run_charges()
        charge = installment.transaction_ids
        installment.with_user(self.manager).action_mark_returned()
        self.assertTrue(charge.deadline_discarded)
        self.assertEqual(
            (installment.state, installment.charge_state, installment.charge_problem),
            ("paid", "exception", "returned"),
        )
        self.assertIn("undo the payment", self._check(installment))
        self.assertEqual(installment.charge_problem, "returned")
        installment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self._run_charges(day=date(2026, 3, 20)), [])
        self._check(installment)
        self.assertEqual(len(self._run_charges()), 1)
        self.assertEqual((charge.state, installment.state), ("done", "paid"))

    def test_only_what_was_collected_is_returned(self):
        installment = self._sell_charged()
        with self.assertRaisesRegex(UserError, installment.display_name):
            installment.with_user(self.manager).action_mark_returned()

    def test_told_again_of_what_was_collected_after_all_and_given_back(self):
        installment = self._sell_charged()
        self._run_charges("error")
        self._run_on("notify_payments", self.TODAY)
        self._tell(installment.transaction_ids, "done")
        installment.transaction_ids._post_process()
        installment.with_user(self.manager).action_mark_returned()
        installment.move_id.line_ids.remove_move_reconcile()
        for day in ("2026-03-11", "2026-03-12"):
            self._run_on("notify_payments", day)
        lines = self.env["deadline.notice.line"].search([("installment_id", "=", installment.id)])
        self.assertEqual(lines.mapped("kind"), ["payment_failed"] * 2)
        self.assertEqual(sorted(lines.mapped("attempt")), [1, 2])
        self.assertFalse(installment.batch_error)


class TestChargeAccess(ChargeCommon):
    def setUp(self):
        super().setUp()
        self.company.deadline_retry_days = False
        self.installment = self._sell_charged()
        self._run_charges("error")

    def test_users_decide_on_nothing(self):
        user = self._create_user("user", "deadline_management.group_deadline_user")
        for action in ("action_check_charge", "action_mark_returned"):
            with self.assertRaises(AccessError):
                getattr(self.installment.with_user(user), action)()

    def test_operator_without_accounting_resumes(self):
        manager = self._create_user("manager", "deadline_management.group_deadline_manager")
        self.assertFalse(manager.has_group("account.group_account_invoice"))
        self.installment.with_user(manager).action_check_charge()
        self.assertEqual(self.installment.charge_state, "failed")

    def test_customers_do_not_either(self):
        portal = mail_new_test_user(self.env, "buyer", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        self.env.invalidate_all()
        mine = self.installment.with_user(portal)
        self.assertEqual(mine.charge_state, "exception")
        for action in ("action_check_charge", "action_mark_returned"):
            with self.assertRaises(AccessError):
                getattr(mine, action)()
        for name in ("charge_error", "charge_problem", "charge_attempts", "transaction_ids"):
            with self.assertRaises(AccessError):
                mine.read([name])

    def test_charging_is_not_for_rpc(self):
        for model, methods in {
            "deadline.installment": ("_charge", "_cron_charge", "_resume_charge", "_plan_charge"),
            "deadline.multipack": ("_set_payment_token", "_adopt_payment_token"),
        }.items():
            for method in methods:
                self.assertTrue(hasattr(self.env[model], method))
                self.assertTrue(method.startswith("_"))

    def test_nobody_writes_what_became_of_a_charge(self):
        user = self._create_user("user", "sales_team.group_sale_manager")
        for values in (
            {"charge_state": "pending"},
            {"charge_attempts": 7},
            {"next_attempt": date(2026, 5, 1)},
        ):
            with self.assertRaises(AccessError):
                self.installment.with_user(user).write(values)

    def test_other_company_is_out_of_reach(self):
        other = self.env["res.company"].create({"name": "Other"})
        manager = self._create_user(
            "manager",
            "deadline_management.group_deadline_manager",
            company_id=other.id,
            company_ids=other.ids,
        )
        with self.assertRaises(AccessError):
            self.installment.with_user(manager).action_check_charge()

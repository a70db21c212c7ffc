from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time

from .common import MultipackCommon


class TestWithdrawalTodos(MultipackCommon):
    """Which to-dos and messages a withdrawal leaves, for whom, and what can be done about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multipack = cls._sell_multipack()
        cls.kind = cls.env.ref("deadline_management.mail_activity_type_withdrawal")

    def _get_open_actions(self):
        return self.env["mail.activity"].search([("customer_id", "=", self.customer.id)])

    def test_credit_notes_of_a_withdrawal_ask_nothing(self):
        self.multipack.installment_ids[2:].action_invoice()
        self._pay(self.multipack.installment_ids[2], 100.0)
        before = self.env["mail.mail"].search([])
        with freeze_time("2026-04-28 10:00:00"):
            self._leave(self.multipack, date(2026, 4, 30))
        self.assertEqual(set(self.multipack.deadline_ids.mapped("state")), {"active"})
        records = self.multipack.deadline_ids + self.multipack.deadline_ids
        self.assertFalse(records.activity_ids)
        self.assertFalse(self._get_open_actions())
        self.assertFalse(self.env["mail.mail"].search([]) - before)

    def test_credit_note_by_hand_asks_once_what_can_be_done(self):
        """An order of which installments are invoiced cannot be cancelled."""
        self.multipack.user_id = self.seller
        self.multipack.installment_ids[0].action_invoice()
        self.multipack.installment_ids[0].move_id._reverse_moves(cancel=True)
        self.assertFalse(self.multipack.deadline_ids.activity_ids)
        [todo] = self.multipack.activity_ids
        self.assertIn("Multipack Withdrawal", todo.note)
        self.assertEqual(todo.user_id, self.seller)

    def test_credit_note_over_a_debt_that_a_withdrawal_left_asks_nothing(self):
        self.multipack.installment_ids[0].action_invoice()
        self._leave(self.multipack, date(2026, 4, 30))
        self.multipack.installment_ids[0].move_id._reverse_moves(cancel=True)
        self.assertFalse(self.multipack.activity_ids + self.multipack.deadline_ids.activity_ids)

    def test_nothing_is_said_of_charges_of_what_is_removed(self):
        installment = self.multipack.installment_ids[3]
        installment.action_invoice()
        installment._set_charge_exception("refused")
        self.assertTrue(self.multipack.activity_ids)
        self._leave(self.multipack, date(2026, 4, 30))
        self.assertEqual(installment.charge_state, "none")
        self.assertFalse(self.multipack.activity_ids)

    def test_a_withdrawal_that_did_not_happen_is_not_recorded(self):
        wizards = self.env["deadline.action.wizard"].with_user(self.seller)
        for record in (self.customer, self.multipack.deadline_ids[0]):
            wizard = wizards.with_context(
                active_model=record._name, active_id=record.id, active_ids=record.ids
            ).create({"activity_type_id": self.kind.id, "is_done": "done"})
            with self.assertRaisesRegex(UserError, "Multipack Withdrawal"):
                wizard.action_record()

    def test_nor_by_rpc(self):
        model_id = self.env["ir.model"]._get_id("res.partner")
        values = {
            "res_model_id": model_id,
            "res_id": self.customer.id,
            "activity_type_id": self.kind.id,
        }
        activities = self.env["mail.activity"].with_user(self.seller)
        with self.assertRaises(UserError):
            activities.create(values | {"active": False})
        planned = activities.create(values)
        for close in (
            lambda: planned.action_done(),
            lambda: planned.action_feedback("He left"),
            lambda: planned.write({"active": False}),
        ):
            with self.assertRaises(UserError):
                close()
        todo = self.env.ref("mail.mail_activity_data_todo")
        other = activities.create(values | {"activity_type_id": todo.id})
        other.action_done()
        with self.assertRaises(UserError):
            other.activity_type_id = self.kind
        of_running = activities.create(
            values
            | {
                "res_model_id": self.env["ir.model"]._get_id("deadline.multipack"),
                "res_id": self.multipack.id,
            }
        )
        with self.assertRaises(UserError):
            of_running.action_done()

    def test_what_was_planned_can_be_done_once_it_has_happened(self):
        planned = self.customer.activity_schedule(
            activity_type_id=self.kind.id, user_id=self.seller.id
        )
        elsewhere = self._create_customer("Other").activity_schedule(
            activity_type_id=self.kind.id, user_id=self.seller.id
        )
        self._leave(self.multipack, date(2026, 4, 30))
        self.assertEqual(self._get_open_actions(), planned)
        self.assertEqual(
            (planned.res_model, planned.res_id), ("deadline.multipack", self.multipack.id)
        )
        self.assertEqual(elsewhere.res_model, "res.partner")
        of_service = self.multipack.deadline_ids[0].activity_schedule(
            activity_type_id=self.kind.id, user_id=self.seller.id
        )
        of_service.with_user(self.seller).action_done()
        self.assertFalse(of_service.active)
        planned.with_user(self.seller).action_done()
        self.assertFalse(planned.active)

    def test_note_does_not_leave_the_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user(
            "stranger",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self._leave(self.multipack, date(2026, 4, 30), note="Owes his landlord money")
        wizard = self.env["deadline.withdrawal.wizard"].with_context(active_id=self.customer.id)
        other = self._sell_multipack()
        wizard = wizard.create(
            {
                "date": date(2026, 4, 30),
                "multipack_ids": other.ids,
                "user_id": self.seller.id,
                "note": "Owes his landlord money",
            }
        )
        wizard.action_preview()
        wizard.action_ask()
        wizard.action_confirm()
        self.env.flush_all()
        theirs = self.env["mail.activity"].with_user(stranger).with_context(active_test=False)
        self.assertFalse(theirs.search([("customer_id", "=", self.customer.id)]))
        self.assertFalse(self.customer.with_user(stranger).deadline_action_ids)
        messages = self.env["mail.message"].with_user(stranger)
        self.assertFalse(messages.search([("body", "ilike", "landlord")]))
        of_contact = self.customer.message_ids.mapped("body")
        self.assertTrue([body for body in of_contact if "WD" in body])
        self.env.invalidate_all()
        own = self.customer.with_user(self.seller).deadline_action_ids
        self.assertIn("Owes his landlord money", own.filtered("feedback").mapped("feedback"))
        with self.assertRaises(AccessError):
            own.with_user(stranger).mapped("feedback")

    def test_uninstalling_leaves_no_type_behind(self):
        from odoo.addons.deadline_management import uninstall_hook

        withdrawal = self._leave(self.multipack, date(2026, 4, 30))
        self.env.flush_all()
        uninstall_hook(self.env)
        self.env.invalidate_all()
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.assertEqual(withdrawal.activity_type_id, todo)
        self.kind.unlink()
        self.assertFalse(self.kind.exists())

from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import MultipackCommon


class TestWithdrawalAccess(MultipackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multipack = cls._sell_multipack()
        cls.operator = cls._create_user(
            "operator", "deadline_management.group_multipack_withdrawal"
        )
        cls.clerk = cls._create_user("clerk", "deadline_management.group_deadline_user")
        cls.portal = cls._create_user("client", "base.group_portal", partner_id=cls.customer.id)
        cls.kind = cls.env.ref("deadline_management.mail_activity_type_withdrawal")

    def _register_as(self, user, multipack=None):
        withdrawals = self.env["deadline.withdrawal"].with_user(user)
        chosen = (multipack or self.multipack).with_user(user)
        return withdrawals._register_withdrawal(chosen, date(2026, 4, 30), self.kind)

    def _open_as(self, user):
        wizards = self.env["deadline.withdrawal.wizard"].with_user(user)
        return wizards.with_context(active_id=self.customer.id).create(
            {
                "date": date(2026, 4, 30),
                "activity_type_id": self.kind.id,
                "multipack_ids": [Command.set(self.multipack.ids)],
            }
        )

    def test_right_is_offered_on_the_users_form(self):
        """What belongs to no privilege is shown in developer mode only."""
        right = self.env.ref("deadline_management.group_multipack_withdrawal")
        offered = self.env["res.groups"]._get_view_group_hierarchy()
        privilege = offered["groups"][right.id]["privilege_id"]
        self.assertEqual(offered["privileges"][privilege]["group_ids"], right.ids)
        sales = self.env.ref("base.module_category_sales")
        category = next(one for one in offered["categories"] if one["id"] == sales.id)
        self.assertIn(privilege, category["privilege_ids"])

    def test_operator_without_accounting_rights_withdraws(self):
        self.multipack.installment_ids[3].action_invoice()
        self._pay(self.multipack.installment_ids[3], 50.0)
        withdrawal = self._register_as(self.operator)
        self.assertEqual(withdrawal.user_id, self.operator)
        self.assertEqual(self.multipack.installment_ids[3].state, "removed")
        note = self.multipack.installment_ids[3].move_id.reversal_move_ids
        self.assertEqual(note.create_uid, self.operator)
        self.assertEqual(self.customer.deadline_action_ids.done_by_id, self.operator)

    def test_the_whole_wizard_works_for_an_operator(self):
        wizard = self._open_as(self.operator)
        wizard.action_preview()
        wizard.action_ask()
        self.assertTrue(wizard.action_confirm()["res_id"])

    def test_others_may_not(self):
        for user in (self.clerk, self.seller, self.portal):
            with self.assertRaises(AccessError), self.cr.savepoint():
                self._register_as(user)
            with self.assertRaises(AccessError), self.cr.savepoint():
                self._open_as(user)
        self.assertEqual(self.multipack.state, "active")

    def test_nobody_confirms_the_wizard_of_somebody_else(self):
        wizard = self._open_as(self.operator)
        wizard.action_preview()
        wizard.action_ask()
        other = self._create_user("other", "deadline_management.group_multipack_withdrawal")
        with self.assertRaises(AccessError):
            wizard.with_user(other).action_confirm()

    def test_multipack_of_another_company_is_out_of_reach(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user(
            "stranger",
            "deadline_management.group_multipack_withdrawal",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        with self.assertRaises(AccessError):
            self._register_as(stranger)

    def test_records_are_read_by_users_only(self):
        withdrawal = self._register_as(self.operator)
        self.assertTrue(withdrawal.with_user(self.clerk).note)
        with self.assertRaises(AccessError):
            withdrawal.with_user(self.portal).read(["note"])
        with self.assertRaises(AccessError):
            withdrawal.with_user(self.clerk).create({"name": "WD1"})

    def test_portal_customer_reads_own_multipacks_only(self):
        other = self._sell_multipack(partner_id=self._create_customer("Other").id)
        mine = self.multipack.with_user(self.portal)
        self.assertEqual(mine.search([]), self.multipack)
        self.assertTrue(mine.installment_ids.mapped("amount"))
        with self.assertRaises(AccessError):
            other.with_user(self.portal).read(["name"])
        with self.assertRaises(AccessError):
            other.installment_ids.with_user(self.portal).read(["amount"])
        with self.assertRaises(AccessError):
            mine.write({"collection": "manual"})
        with self.assertRaises(AccessError):
            mine.read(["payment_token_id"])
        for name in ("action_invoice", "unlink"):
            with self.assertRaises(AccessError):
                getattr(mine.installment_ids, name)()

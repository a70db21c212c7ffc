from odoo.exceptions import AccessError

from .common_oca import OcaWithdrawalCommon


class TestOcaRights(OcaWithdrawalCommon):
    """Those who may withdraw, and may see neither invoices nor payment orders."""

    def setUp(self):
        super().setUp()
        self.operator = self._create_user(
            "operator", "deadline_management.group_multipack_withdrawal"
        )
        self.kind = self.env.ref("deadline_management.mail_activity_type_withdrawal")

    def _leave_as_operator(self):
        withdrawals = self.env["deadline.withdrawal"].with_user(self.operator)
        chosen = self.multipack.with_user(self.operator)
        return withdrawals._register_withdrawal(chosen, self.DAY, self.kind)

    def test_operator_may_not_touch_orders(self):
        order = self._collect("draft")
        for records in (order, order.payment_line_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.operator).check_access("read")

    def test_draft_order_is_left(self):
        order = self._collect("draft")
        self._leave_as_operator()
        self.assertEqual(self._get_outcomes(), ["debt", "debt", "refunded", "refunded"])
        self.assertEqual(self._get_invoices(order), self.foreign)
        self.assertEqual(order.message_ids[0].author_id, self.operator.partner_id)

    def test_confirmed_order_is_left_alone(self):
        order = self._collect("open")
        plan = self.multipack.with_user(self.operator)._get_withdrawal_plan(self.DAY)
        self.assertEqual([row["outcome"] for row in plan], ["bank"] * 4)
        withdrawal = self._leave_as_operator()
        self.assertEqual(withdrawal.line_ids.amount_bank, 1000.0)
        self.assertEqual(len(order.payment_line_ids), 5)

    def test_accountant_of_orders_needs_no_rights_on_deadlines(self):
        accountant = self._create_user(
            "accountant", "account.group_account_invoice", self.family.group
        )
        self._leave_as_operator()
        order = self._collect("draft").with_user(accountant)
        self._advance(order, "uploaded")
        self.assertEqual(self._get_invoices(order), self.foreign)
        self.assertIn(self.foreign.payment_state, ("in_payment", "paid"))

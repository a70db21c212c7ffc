from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


@tagged("post_install", "-at_install")
class TestCreditNote(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.product = cls.env["product.product"].create(
            {
                "name": "Hosting",
                "type": "service",
                "invoice_policy": "order",
                "list_price": 100.0,
                "is_deadline": True,
                "deadline_duration_unit": "year",
            }
        )
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.partner_a.id,
                "order_line": [Command.create({"product_id": cls.product.id})],
            }
        )
        cls.order.action_confirm()
        cls.deadline = cls.order.order_line.deadline_ids
        cls.invoice = cls.order._create_invoices()
        cls.invoice.action_post()

    def _credit(self):
        credit_note = self.invoice._reverse_moves(cancel=True)
        self.assertEqual(credit_note.state, "posted")
        return credit_note

    def test_credit_note_asks_the_responsible_and_changes_nothing(self):
        credit_note = self._credit()
        self.assertEqual(self.deadline.state, "active")
        activity = self.deadline.activity_ids
        self.assertEqual(activity.user_id, self.deadline.user_id)
        self.assertIn(credit_note.name, activity.summary)

    def test_invoice_asks_nothing(self):
        self.assertFalse(self.deadline.activity_ids)

    def test_concluded_deadline_asks_nothing(self):
        self.order.action_cancel()
        self._credit()
        self.assertFalse(self.deadline.activity_ids)

    def test_user_without_rights_on_deadlines_credits(self):
        group = self.env.ref("deadline_management.group_deadline_user")
        for name in ("account.group_account_invoice", "sales_team.group_sale_salesman"):
            self.env.ref(name).implied_ids -= group
        user = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "clerk",
                "group_ids": [Command.set([self.env.ref("account.group_account_invoice").id])],
                "company_ids": [Command.set(self.invoice.company_id.ids)],
                "company_id": self.invoice.company_id.id,
            }
        )
        self.assertFalse(user.has_group("deadline_management.group_deadline_user"))
        self.invoice = self.invoice.with_user(user)
        self._credit()
        self.assertTrue(self.deadline.activity_ids)

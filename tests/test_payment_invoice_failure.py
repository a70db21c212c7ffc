"""An installment's invoice that cannot be made does not hold up the order that paid for it."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestPaymentInvoiceFailure(ShopCommon):
    def setUp(self):
        super().setUp()
        self.seller = self._create_user("seller", "sales_team.group_sale_salesman_all_leads")
        self.website.salesperson_id = self.seller
        self._log_in()

    def _refuse_to_post(self):
        """Have the journal refuse invoices, as an archived one or a country's checks do."""
        moves = self.registry["account.move"]
        original = moves._post

        def post(records, soft=True):
            if "out_invoice" in records.mapped("move_type"):
                raise ValueError("The journal is archived")
            return original(records, soft=soft)

        return patch.object(moves, "_post", post)

    def _buy_refused(self, *products, **values):
        with (
            self._refuse_to_post(),
            self.assertLogs("odoo.addons.deadline_management", "ERROR") as logs,
        ):
            order = self._buy(*products, **values)
        self.assertIn("The journal is archived", str(logs.output))
        return order

    def _run_night(self):
        self.env.flush_all()
        with freeze_time(f"{self.today + timedelta(days=2)} 03:00:00"):
            with self.enter_registry_test_mode():
                self.env.ref("deadline_management.ir_cron_invoice").method_direct_trigger()
            self.env.invalidate_all()

    def test_order_is_confirmed_and_the_failure_is_kept(self):
        order = self._buy_refused(self.pack)
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.transaction_ids.is_post_processed)
        self.assertTrue(order.transaction_ids.payment_id)
        multipack = order.order_line.multipack_ids
        first = multipack.installment_ids[0]
        self.assertEqual((multipack.state, first.state), ("active", "planned"))
        self.assertIn("archived", first.batch_error)
        todo = multipack.activity_ids
        self.assertEqual(todo.user_id, self.seller)
        self.assertEqual(todo.date_deadline, self.today)
        self.assertIn(first.display_name, todo.summary)
        self.assertIn("archived", todo.note)

    def test_nightly_run_makes_the_invoice_and_takes_the_payment(self):
        order = self._buy_refused(self.pack)
        self._run_night()
        first, *rest = order.order_line.multipack_ids.installment_ids
        self.assertEqual(first.state, "paid")
        self.assertFalse(first.batch_error)
        self.assertEqual({one.state for one in rest}, {"planned"})
        self.assertEqual(order.invoice_ids.amount_total, 250.0)
        credit = order.transaction_ids.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertTrue(credit.reconciled)

    def test_drafts_that_cannot_be_posted(self):
        self.company.deadline_invoice_posting = "draft"
        order = self._buy_refused(self.pack)
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.transaction_ids.is_post_processed)
        self.assertFalse(order.invoice_ids)

    def test_one_that_fails_leaves_the_other(self):
        other = self._create_multipack("Other", price=400.0, is_published=True, website_id=False)
        invoices = self.registry["deadline.installment"]
        original = invoices._invoice

        def invoice(records):
            if records.multipack_id.product_id == other:
                raise ValueError("broken record")
            return original(records)

        with (
            patch.object(invoices, "_invoice", invoice),
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
        ):
            order = self._buy(self.pack, other)
        self.assertEqual(order.state, "sale")
        states = {
            one.product_id: one.installment_ids[0].state for one in order.order_line.multipack_ids
        }
        self.assertEqual(states, {self.pack: "paid", other: "planned"})

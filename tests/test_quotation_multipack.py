from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestQuotationMultipack(ShopCommon):
    """A quotation is paid online, by its customer or by whoever has its link."""

    def _send(self, *products, **values):
        order = self._create_order(
            products,
            **{
                "partner_id": self.ann.partner_id.id,
                "require_payment": True,
                "require_signature": False,
                "prepayment_percent": 1.0,
                **values,
            },
        )
        order.action_quotation_sent()
        return order

    def _open(self, order, **parameters):
        return html.fromstring(
            self.url_open(
                order.get_portal_url(
                    query_string="".join(f"&{k}={v}" for k, v in parameters.items())
                )
            ).content
        )

    def _pay(self, order, **values):
        return self._start(self._get_form(self._open(order)), **values)

    def test_link_asks_for_what_is_due_today(self):
        order = self._send(self.pack, self.book)
        page = self._open(order)
        self.assertEqual(self._get_form(page).get("data-amount"), "350.0")
        [sidebar] = page.xpath("//h2[hasclass('o_multipack_amount_today')]")
        self.assertIn("350.00", sidebar.text_content())
        [text] = page.xpath("//*[hasclass('o_multipack_schedule')]")
        self.assertIn("3 × $\xa0250.00 every month", text.text_content())
        self.assertFalse(page.xpath("//button[@name='o_sale_portal_amount_total_button']"))

    def test_paid_quotation_is_confirmed_and_its_first_installment_paid(self):
        order = self._send(self.pack)
        self._finish(self._pay(order))
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.amount_paid, 250.0)
        multipack = order.order_line.multipack_ids
        self.assertEqual(
            multipack.installment_ids.mapped("state"), ["paid", "planned", "planned", "planned"]
        )
        self.assertEqual(multipack.collection, "token")
        page = self._open(order)
        [paid] = page.xpath("//tr[@name='o_multipack_due_today']")
        self.assertIn("250.00", paid.text_content())
        [rest] = page.xpath("//tr[@name='o_multipack_due_later']")
        self.assertIn("750.00", rest.text_content())
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))

    def test_percentage_of_the_company_is_not_asked_of_multipacks(self):
        order = self._send(self.pack, prepayment_percent=0.1)
        page = self._open(order)
        self.assertEqual(self._get_form(page).get("data-amount"), "250.0")
        self.assertNotIn("10.0%", page.text_content())
        plain = self._send(self.book, prepayment_percent=0.1)
        self.assertEqual(self._get_form(self._open(plain)).get("data-amount"), "10.0")

    def test_amounts_from_the_browser_are_not_believed(self):
        order = self._send(self.pack)
        for amount in (1.0, 1000.0):
            self.assertEqual(self._find(self._pay(order, amount=amount)).amount, 250.0)
        page = self._open(order, payment_amount=900, amount_selection="full_amount")
        self.assertEqual(self._get_form(page).get("data-amount"), "250.0")

    def test_missing_token_flag_saves_all_the_same(self):
        order = self._send(self.pack)
        payment = self._find(self._pay(order, tokenization_requested=False))
        self.assertTrue(payment.tokenize)
        order = self._send(self.book)
        self.assertFalse(self._find(self._pay(order)).tokenize)

    def test_paid_order_is_not_paid_again(self):
        order = self._send(self.pack)
        form = self._get_form(self._open(order))
        self._finish(self._start(form))
        with self._refused("nothing to be paid today"):
            self._start(form)
        link = self.env["payment.link.wizard"].create(
            {
                **{
                    name: value
                    for name, value in order._get_default_payment_link_values().items()
                    if name in self.env["payment.link.wizard"]._fields
                },
                "res_model": "sale.order",
                "res_id": order.id,
            }
        )
        self.assertEqual(link.amount_max, 0.0)

    def test_payment_by_somebody_else_saves_nothing_for_the_customer(self):
        friend = self._create_customer("Friend", is_company=False)
        self._create_user(
            "friend@example.com",
            "base.group_portal",
            partner_id=friend.id,
            password="friend@example.com",
        )
        order = self._send(self.pack)
        self.authenticate("friend@example.com", "friend@example.com")
        self._finish(self._pay(order))
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.transaction_ids.token_id.partner_id, friend)
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.collection, "manual")
        self.assertFalse(multipack.payment_token_id)
        self.assertEqual(multipack.installment_ids[0].state, "paid")

    def test_payment_after_confirmation_pays_the_first_installment(self):
        order = self._send(self.pack)
        order.action_confirm()
        self.assertEqual(order._get_default_payment_link_values()["amount"], 250.0)
        page = self._open(order, payment_amount=250)
        self._finish(self._start(self._get_form(page)))
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.installment_ids[0].state, "paid")
        self.assertEqual(multipack.collection, "token")

    def test_invoice_made_before_the_payment_is_paid_by_it(self):
        order = self._send(self.pack)
        values = self._pay(order)
        order.action_confirm()
        first = order.order_line.multipack_ids.installment_ids[0]
        first.action_invoice()
        self._finish(values)
        self.assertEqual(order.invoice_ids, first.move_id)
        self.assertEqual(first.state, "paid")

    def test_installment_made_later_takes_the_payment_of_the_order(self):
        """Where the multipack could not be opened when its order was paid."""
        order = self._send(self.pack)
        components = self.pack.multipack_component_ids
        values = self._pay(order)
        quantities = [(one.product_id.id, one.quantity) for one in components]
        self.env.cr.execute(
            "DELETE FROM deadline_multipack_component WHERE id = ANY(%s)", [components.ids]
        )
        self.env.invalidate_all()
        self._finish(values)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.order_line.multipack_ids)
        for product, quantity in quantities:
            self.env["deadline.multipack.component"].create(
                {
                    "product_tmpl_id": self.pack.product_tmpl_id.id,
                    "product_id": product,
                    "quantity": quantity,
                }
            )
        order.action_open_deadlines()
        first = order.order_line.multipack_ids.installment_ids[0]
        first.action_invoice()
        self.assertEqual(first.state, "paid")

    def test_customer_reaches_none_of_it_by_remote_calls(self):
        order = self._send(self.pack)
        self._log_in()
        with self._refused_rpc():
            self.make_jsonrpc_request(
                "/web/dataset/call_kw",
                {
                    "model": "sale.order",
                    "method": "read",
                    "args": [order.ids, ["deadline_due_today"]],
                    "kwargs": {},
                },
            )
        for model, method in (
            ("sale.order", "_get_amount_due_today"),
            ("sale.order", "_charge_to_saved_method"),
            ("payment.provider", "_get_multipack_order"),
            ("payment.transaction", "_invoice_installments"),
            ("account.move", "_reconcile_rest_of_payments"),
        ):
            with self._refused_rpc():
                self.make_jsonrpc_request(
                    "/web/dataset/call_kw",
                    {"model": model, "method": method, "args": [order.ids], "kwargs": {}},
                )

    def _refused_rpc(self):
        return self._refused("")

    @mute_logger("odoo.addons.base.models.ir_qweb")
    def test_document_names_the_schedule(self):
        order = self._send(self.pack, self.flat)
        report = self.env["ir.actions.report"]
        text = html.fromstring(
            report._render_qweb_html("sale.report_saleorder", order.ids)[0]
        ).text_content()
        self.assertIn("250.00 today, then 3 ×", text)
        self.assertIn("until you withdraw", text)
        self.assertIn("Due today", text)

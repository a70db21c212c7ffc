"""What carts and quotations say of renewals paid elsewhere, before anybody clicks on Pay."""

from lxml import html

from odoo.fields import Command
from odoo.tests import tagged

from .test_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestRenewalObstacles(PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env.ref("payment.payment_provider_demo")
        if cls.provider.code != "demo":
            cls.skipTest(cls, "payment_demo is not installed")
        cls.carl = cls._create_portal("carl", cls.customer)

    def _quote(self, user=None):
        order = self._create_order(
            [self.due._prepare_renewal_order_line()],
            partner_id=(user or self.ann).partner_id.id,
            require_payment=True,
            require_signature=False,
        )
        order.action_quotation_sent()
        return order

    def _pay(self, order, user=None, state="pending"):
        transactions = self.env["payment.transaction"].with_user(user or self.ann).sudo()
        transaction = transactions.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        if state == "pending":
            transaction._set_pending()
        return transaction.with_user(self.env.user)

    def _put_in_cart(self, user):
        self._login(user)
        self._renew(self.due.id)
        return self._get_cart(user)

    def _assert_said(self, path, text):
        page = self.url_open(path).text
        self.assertIn("o_payment_obstacles", page, path)
        self.assertIn(text, page, path)
        return page

    def test_cart_checkout_and_payment_pages_say_it(self):
        cart = self._put_in_cart(self.carl)
        order = self._quote()
        self._pay(order)
        for path in ("/shop/cart", "/shop/checkout", "/shop/payment"):
            page = self._assert_said(path, "ann pays the renewal")
            self.assertIn(order.name, page)
            self.assertNotIn("o_payment_submit_button", page)
            self.assertNotIn('name="o_payment_submit', page)
        self.assertTrue(cart.order_line, "it can be bought if the payment fails")
        self.assertFalse(cart._is_cart_ready())

    def test_page_looks_for_obstacles_once(self):
        self._put_in_cart(self.carl)
        self._pay(self._quote())
        orders, asked = self.env.registry["sale.order"], []
        find = orders._find_cart_obstacles
        self.patch(
            orders, "_find_cart_obstacles", lambda order: asked.append(order.id) or find(order)
        )
        for path in ("/shop/cart", "/shop/checkout", "/shop/payment"):
            asked.clear()
            self._assert_said(path, "ann pays the renewal")
            self.assertEqual(len(asked), 1, path)

    def test_running_session_says_what_was_renewed_meanwhile(self):
        self._put_in_cart(self.carl)
        self._quote().action_confirm()
        for path in ("/shop/cart", "/shop/checkout", "/shop/payment"):
            page = self._assert_said(path, "already renewed")
            self.assertNotIn("renew that one", page)

    def test_cart_without_obstacle_says_nothing(self):
        self._put_in_cart(self.carl)
        page = self.url_open("/shop/payment").text
        self.assertNotIn("o_payment_obstacles", page)
        self.assertIn("o_payment_form", page)

    def test_own_cart_can_be_paid_at_the_second_try(self):
        cart = self._put_in_cart(self.carl)
        self._pay(cart, self.carl, state="draft")
        page = self.url_open("/shop/payment").text
        self.assertNotIn("o_payment_obstacles", page)
        self.assertIn("o_payment_form", page)

    def test_bought_renewal_is_no_obstacle_on_its_confirmation_page(self):
        self._put_in_cart(self.carl)
        page = html.fromstring(self.url_open("/shop/payment").content)
        [form] = page.xpath("//form[@id='o_payment_form']")
        values = self.make_jsonrpc_request(
            form.get("data-transaction-route"),
            {
                "access_token": form.get("data-access-token"),
                "amount": float(form.get("data-amount")),
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids.id,
                "token_id": None,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": form.get("data-landing-route"),
            },
        )
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": values["reference"],
                "payment_details": "4242",
                "simulated_state": "done",
            },
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.assertEqual(self.due.state, "renewed")
        page = self.url_open("/shop/payment/validate")
        self.assertTrue(page.url.endswith("/shop/confirmation"), page.url)
        self.assertNotIn("o_payment_obstacles", page.text)

    def test_looking_writes_nothing(self):
        self._put_in_cart(self.carl)
        self._pay(self._quote())
        self.url_open("/shop/payment")
        for name in ("deadline.deadline", "payment.transaction"):
            self.patch(self.registry[name], "write", lambda *args: self.fail("has written"))
        self._assert_said("/shop/payment", "ann pays the renewal")

    def test_forged_addition_to_the_cart_is_refused(self):
        self._pay(self._quote())
        self._login(self.carl)
        with self.assertRaises(Exception) as refusal:
            self.make_jsonrpc_request(
                "/shop/cart/add",
                {
                    "product_template_id": self.monthly.product_tmpl_id.id,
                    "product_id": self.monthly.id,
                    "quantity": 1,
                    "renewed_deadline_id": self.due.id,
                },
            )
        self.assertIn("UserError", str(refusal.exception))
        self.assertFalse(self._get_cart(self.carl).order_line)

    def test_stale_cart_of_an_earlier_session_says_what_it_lost(self):
        cart = self._put_in_cart(self.carl)
        self._quote().action_confirm()
        cart._verify_cart()
        self.assertFalse(cart.order_line)
        self.assertIn("already renewed", cart.shop_warning)

    def test_quotation_page_says_it_and_offers_no_payment(self):
        first, second = self._quote(), self._quote(self.carl)
        self._login(self.carl)
        self.assertIn("o_sale_portal_paynow", self.url_open(second.get_portal_url()).text)
        self._pay(first)
        page = self._assert_said(second.get_portal_url(), "ann pays the renewal")
        self.assertNotIn("o_sale_portal_paynow", page)
        link = second.get_portal_url(query_string=f"&payment_amount={second.amount_total}")
        page = self._assert_said(link, "ann pays the renewal")
        self.assertNotIn("o_payment_form", page)

    def test_quotation_that_is_signed_only_is_not_confirmed(self):
        first, second = self._quote(), self._quote(self.carl)
        second.write({"require_payment": False, "require_signature": True})
        self._pay(first)
        self.assertFalse(second._has_to_be_signed())
        answer = self.make_jsonrpc_request(
            second.get_portal_url(suffix="/accept"), {"name": "Carl", "signature": "iVBORw0KGgo="}
        )
        self.assertIn("error", answer)
        self.assertEqual(second.state, "sent")

    def test_begun_payment_keeps_the_quotation_open_for_its_payer(self):
        order = self._quote()
        self._pay(order, state="draft")
        self._login(self.ann)
        self.assertIn("o_sale_portal_paynow", self.url_open(f"/my/orders/{order.id}").text)
        self._login(self.carl)
        self._assert_said(f"/my/orders/{order.id}", "ann has begun to pay")

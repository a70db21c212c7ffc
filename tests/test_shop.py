from datetime import timedelta

from lxml import html

from odoo.tests import HttpCase, tagged

from .common import DeadlineCommon


@tagged("post_install", "-at_install")
class TestShop(DeadlineCommon, HttpCase):
    """A customer buys in the real shop and pays with Odoo's demo provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env.ref("payment.payment_provider_demo")
        if cls.provider.code != "demo":
            cls.skipTest(cls, "payment_demo is not installed")
        cls.website = cls.env.ref("website.default_website")
        cls.company = cls.website.company_id
        contact = cls._create_customer(
            "Ann", is_company=False, parent_id=cls.customer.id, email="ann@example.com"
        )
        cls.ann = cls._create_user(
            "ann@example.com",
            "base.group_portal",
            partner_id=contact.id,
            password="ann@example.com",
        )
        (cls.monthly + cls.yearly).write({"is_published": True, "website_id": False})
        cls.monthly.deadline_repurchase = "renew"

    def _buy(self, *products, state="done"):
        """Put products in the cart, check out, pay, and return the order."""
        for product in products:
            self.make_jsonrpc_request(
                "/shop/cart/add",
                {
                    "product_template_id": product.product_tmpl_id.id,
                    "product_id": product.id,
                    "quantity": 1,
                },
            )
        page = self.url_open("/shop/checkout?try_skip_step=true")
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        [form] = html.fromstring(page.content).xpath("//form[@id='o_payment_form']")
        transaction = self.make_jsonrpc_request(
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
                "reference": transaction["reference"],
                "payment_details": "4242",
                "simulated_state": state,
            },
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        return (
            self.env["payment.transaction"]
            .search([("reference", "=", transaction["reference"])])
            .sale_order_ids
        )

    def test_checkout_opens_a_deadline_and_a_second_one_renews_it(self):
        today = self.company._deadline_today()
        self.authenticate("ann@example.com", "ann@example.com")

        first = self._buy(self.monthly)
        self.assertEqual(first.state, "sale")
        opened = first.order_line.deadline_ids
        self.assertRecordValues(
            opened,
            [
                {
                    "partner_id": self.ann.partner_id.id,
                    "commercial_partner_id": self.customer.id,
                    "date_start": today,
                    "state": "active",
                }
            ],
        )

        second = self._buy(self.monthly, self.yearly)
        self.assertEqual(second.state, "sale")
        self.assertEqual(opened.state, "renewed")
        renewal = opened.next_id
        self.assertEqual(renewal.order_id, second)
        self.assertEqual(renewal.date_start, opened.date_end + timedelta(days=1))
        self.assertEqual(len(second.order_line.deadline_ids), 2)

    def test_pending_payment_opens_nothing_yet(self):
        self.authenticate("ann@example.com", "ann@example.com")
        order = self._buy(self.monthly, state="pending")
        self.assertEqual(order.state, "sent")
        self.assertFalse(order.order_line.deadline_ids)
        order.transaction_ids._set_done()
        order.transaction_ids._post_process()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line.deadline_ids.state, "active")

    def test_failed_payment_opens_nothing(self):
        self.authenticate("ann@example.com", "ann@example.com")
        order = self._buy(self.monthly, state="error")
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.order_line.deadline_ids)

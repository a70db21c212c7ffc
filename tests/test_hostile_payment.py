"""What a customer's own browser may send of a cart with a multipack, and must not."""

from odoo.tools import mute_logger

from .common import ShopCommon
from .hostile import JsonCommon

AMOUNTS = ["abc", "nan", "inf", "1e308", "", [1], {"a": 1}, 10**400, "²", None]
NUMBERS = [None, -1, 2**63, "abc", [1], {"a": 1}]


class TestHostilePayment(JsonCommon, ShopCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.http", "odoo.sql_db"))
        self._log_in()
        self._add(self.pack)
        self.form = self._get_form(self._open_payment())
        self.route = self.form.get("data-transaction-route")
        self.values = {
            "access_token": self.form.get("data-access-token"),
            "amount": float(self.form.get("data-amount")),
            "provider_id": self.provider.id,
            "payment_method_id": self.provider.payment_method_ids.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/shop/payment/validate",
        }

    def _ask(self, **values):
        """Ask for a transaction with some values of the page changed, and return its answer."""
        with self.subTest(values=str(values)[:200]):
            response = self._call(self.route, {**self.values, **values})
            self._assert_answered(response)
        return response.json()

    def _get_transactions(self):
        return self.env["payment.transaction"].search([("partner_id", "=", self.ann.partner_id.id)])

    def test_the_page_itself_is_served(self):
        self.assertIn("result", self._ask())
        self.assertRecordValues(self._get_transactions(), [{"amount": self.values["amount"]}])

    def test_amounts_that_are_none(self):
        for amount in AMOUNTS:
            error = self._ask(amount=amount).get("error")
            if amount:
                self.assertIn("has been updated", error["data"]["message"], amount)
        for transaction in self._get_transactions():
            self.assertEqual(transaction.amount, self.values["amount"])

    def test_providers_and_methods_that_are_none(self):
        for number in NUMBERS:
            self._ask(provider_id=number)
            self._ask(payment_method_id=number)
            self._ask(token_id=number)
            self._ask(flow=number)
            self._ask(landing_route=number)
        for transaction in self._get_transactions():
            self.assertEqual(transaction.provider_id, self.provider)
            self.assertEqual(transaction.amount, self.values["amount"])

    def test_what_the_page_always_sends_is_missing(self):
        for name in self.values:
            values = {key: value for key, value in self.values.items() if key != name}
            with self.subTest(missing=name):
                self._assert_answered(self._call(self.route, values))

    def test_cart_of_numbers_that_are_none(self):
        carts = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        line = {"line_id": carts.order_line.id, "quantity": 1}
        product = {
            "product_template_id": self.monthly.product_tmpl_id.id,
            "product_id": self.monthly.id,
            "quantity": 1,
        }
        for number in NUMBERS:
            for route, values in (
                ("/shop/cart/update", {**line, "quantity": number}),
                ("/shop/cart/update", {**line, "line_id": number}),
                ("/shop/cart/update", {**line, "renewed_deadline_id": number}),
                ("/shop/cart/add", {**product, "renewed_deadline_id": number}),
            ):
                with self.subTest(route=route, values=values):
                    self._assert_answered(self._call(route, values))

"""Renewals of services that give different membership levels, which Odoo has in no one order."""

from odoo.tests import tagged

from .test_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestRenewalLevels(PortalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold, cls.silver = cls.env["res.partner.grade"].create(
            [{"name": "Gold"}, {"name": "Silver"}]
        )
        cls.of_gold = cls._create_level("Gold Club", cls.gold)
        cls.of_silver = cls._create_level("Silver Club", cls.silver)

    @classmethod
    def _create_level(cls, name, grade):
        product = cls._create_product(
            name, service_tracking="partnership", grade_id=grade.id, is_published=True
        )
        return cls._create_running(5, product_id=product.id)

    def _get_lines(self, order):
        return order.order_line.renewed_deadline_id

    def test_one_quotation_for_each_level(self):
        second = self._create_level("Gold Lounge", self.gold)
        chosen = self.of_gold + self.due + self.of_silver + second
        action = chosen.action_renew()
        orders = self.env["sale.order"].search(action["domain"])
        self.assertEqual(len(orders), 2)
        self.assertEqual(self._get_lines(orders), chosen)
        for order in orders:
            self.assertEqual(len(order.order_line.product_id.grade_id), 1)
        orders.action_confirm()
        self.assertEqual(set(chosen.mapped("state")), {"renewed"})

    def test_no_level_at_all_is_one_quotation(self):
        other = self._create_running(3)
        action = (self.due + other).action_renew()
        self.assertTrue(action["res_id"])

    def test_portal_renews_what_it_can_and_names_the_rest(self):
        self._login(self.ann)
        page = self._renew(self.of_gold.id, self.due.id, self.of_silver.id)
        self.assertIn("/shop/cart", page.url)
        for text in ("Silver Club", self.of_silver.name, "Gold Club", "cannot give both"):
            self.assertIn(text, page.text)
        cart = self._get_cart(self.ann)
        self.assertEqual(self._get_lines(cart), self.of_gold + self.due)
        cart.action_confirm()
        page = self._renew(self.of_silver.id)
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        self.assertEqual(self._get_lines(self._get_cart(self.ann)), self.of_silver)

    def test_level_of_what_is_already_in_the_cart_counts(self):
        self._login(self.ann)
        self._renew(self.of_gold.id)
        page = self._renew(self.of_silver.id)
        self.assertIn("cannot give both", page.text)
        self.assertEqual(self._get_lines(self._get_cart(self.ann)), self.of_gold)

    def test_forged_addition_is_refused_in_words(self):
        self._login(self.ann)
        self._renew(self.of_gold.id)
        product = self.of_silver.product_id
        with self.assertRaises(Exception) as refusal:
            self.make_jsonrpc_request(
                "/shop/cart/add",
                {
                    "product_template_id": product.product_tmpl_id.id,
                    "product_id": product.id,
                    "quantity": 1,
                    "renewed_deadline_id": self.of_silver.id,
                },
            )
        self.assertIn("UserError", str(refusal.exception))

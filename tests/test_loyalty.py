from odoo.fields import Command

from .common import MultipackCommon


class TestLoyalty(MultipackCommon):
    """Coupons and gift cards of Odoo's own addon, where it is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "loyalty.program" not in cls.env or "reward_id" not in cls.env["sale.order.line"]:
            cls.skipTest(cls, "sale_loyalty is not installed")
        cls.vat = cls.env["account.tax"].create({"name": "22", "amount": 22.0})
        cls.pack.taxes_id = cls.vat
        cls.book = cls._create_product(
            "Book", price=100.0, is_deadline=False, taxes_id=[Command.set(cls.vat.ids)]
        )
        cls.env["loyalty.program"].search([]).active = False

    def _create_coupon(self, kind, points=1.0, **reward):
        program = self.env["loyalty.program"].create(
            {
                "name": "Program",
                "program_type": kind,
                "applies_on": "future" if kind == "gift_card" else "current",
                "trigger": "auto" if kind == "gift_card" else "with_code",
                "rule_ids": [] if kind == "gift_card" else [Command.create({"code": "CODE"})],
                "reward_ids": [Command.create({"reward_type": "discount", **reward})],
            }
        )
        wizard = self.env["loyalty.generate.wizard"].with_context(active_id=program.id)
        wizard.create({"coupon_qty": 1, "points_granted": points}).generate_coupons()
        return program.coupon_ids

    def _apply(self, order, code):
        status = order._try_apply_code(code)
        for coupon, rewards in status.items():
            order._apply_program_reward(rewards, coupon)
        self.env.invalidate_all()

    def _check(self, order, goods):
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        multipack.installment_ids._invoice()
        rest = order.with_context(raise_if_nothing_to_invoice=False)._create_invoices(final=True)
        self.assertEqual(sum(rest.mapped("amount_total")), goods)
        rest.filtered(lambda move: move.state == "draft").action_post()
        self.env.invalidate_all()
        for figure in ("amount_untaxed", "amount_tax", "amount_total"):
            invoiced = sum(order.invoice_ids.mapped(figure))
            self.assertAlmostEqual(invoiced, order[figure], 2, figure)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_coupon_is_in_every_installment(self):
        self._create_coupon(
            "promo_code", discount=10.0, discount_mode="percent", discount_applicability="order"
        )
        order = self._create_order([self.pack])
        self._apply(order, "CODE")
        self.assertEqual((order.amount_total, order.deadline_due_today), (1098.0, 274.5))
        self._check(order, 0.0)

    def test_coupon_on_a_product_is_for_that_product(self):
        self._create_coupon(
            "promo_code",
            discount=50.0,
            discount_mode="percent",
            discount_applicability="specific",
            discount_product_ids=[Command.set(self.book.ids)],
        )
        order = self._create_order([self.pack, self.book])
        self._apply(order, "CODE")
        self.assertEqual(order.deadline_due_today, 305.0 + 61.0)
        self._check(order, 61.0)

    def test_gift_card_is_shared_by_all(self):
        card = self._create_coupon(
            "gift_card",
            points=134.2,
            discount=1.0,
            discount_mode="per_point",
            discount_applicability="order",
        )
        order = self._create_order([self.pack, self.book])
        self._apply(order, card.code)
        self.assertEqual(order.amount_total, 1342.0 - 134.2)
        self.assertEqual(order.deadline_due_today, 274.5 + 109.8)
        self._check(order, 109.8)

    def test_gift_card_of_the_whole_order_leaves_nothing_to_pay(self):
        card = self._create_coupon(
            "gift_card",
            points=5000.0,
            discount=1.0,
            discount_mode="per_point",
            discount_applicability="order",
        )
        order = self._create_order([self.pack])
        self._apply(order, card.code)
        order.action_confirm()
        self.assertFalse(order.order_line.multipack_ids.installment_ids)
        self.assertFalse(order.invoice_ids)

    def test_coupon_on_the_cheapest_product_is_for_that_product(self):
        self._create_coupon(
            "promo_code", discount=50.0, discount_mode="percent", discount_applicability="cheapest"
        )
        order = self._create_order([self.pack, self.book])
        self._apply(order, "CODE")
        self.assertEqual(order.deadline_due_today, 305.0 + 61.0)
        self._check(order, 61.0)

    def test_coupon_takes_nothing_off_delivery(self):
        if "delivery.carrier" not in self.env:
            self.skipTest("delivery is not installed")
        self._create_coupon(
            "promo_code", discount=10.0, discount_mode="percent", discount_applicability="order"
        )
        order = self._deliver()
        self._apply(order, "CODE")
        self.assertEqual(order.deadline_due_today, 274.5 + 12.2)
        self._check(order, 12.2)

    def test_free_delivery_is_no_discount_on_multipacks(self):
        kinds = self.env["loyalty.reward"]._fields["reward_type"].get_values(self.env)
        if "shipping" not in kinds:
            self.skipTest("sale_loyalty_delivery is not installed")
        self._create_coupon("promo_code", reward_type="shipping")
        order = self._deliver()
        self._apply(order, "CODE")
        self.assertEqual(order.deadline_due_today, 305.0)
        order.action_confirm()
        self.assertEqual(order.order_line.multipack_ids.amount, 1220.0)

    def _deliver(self):
        """Return a quotation of a multipack that is delivered for 12.20."""
        product = self._create_product(
            "Delivery", price=10.0, is_deadline=False, taxes_id=[Command.set(self.vat.ids)]
        )
        carrier = self.env["delivery.carrier"].create(
            {"name": "Carrier", "delivery_type": "fixed", "product_id": product.id}
        )
        order = self._create_order([self.pack])
        order.set_delivery_line(carrier, 10.0)
        return order

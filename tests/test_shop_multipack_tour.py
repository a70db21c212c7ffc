from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestShopMultipackTour(ShopCommon):
    """A customer buys a multipack in a real browser, to the paid order."""

    def test_purchase(self):
        self.start_tour("/shop?search=Package", "multipack_shop_purchase", login="ann@example.com")
        order = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.transaction_ids.amount, 250.0)
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.collection, "token")
        self.assertEqual(multipack.installment_ids[0].state, "paid")

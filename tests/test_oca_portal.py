from .common_oca import OcaMixin
from .test_multipack_portal import MultipackPortalCommon


class TestOcaPortal(OcaMixin, MultipackPortalCommon):
    """Customers cannot pay by hand what an order is about to collect."""

    def test_pay_now_waits_for_the_order(self):
        multipack = self._sell_multipack(self.pack, 350)
        self.assertEqual(multipack.collection, "method")
        multipack.installment_ids[0].action_invoice()
        self._login(self.ann)
        page = f"/my/multipacks/{multipack.id}"
        self.assertIn("Pay now", self.url_open(page).text)
        order = self._collect("draft")
        self.assertEqual(order.payment_line_ids.partner_id, self.customer)
        for state in ("draft", "open", "generated", "uploaded"):
            self._advance(order, state)
            self.assertNotIn("Pay now", self.url_open(page).text, state)
        self._give_back(order)
        self.assertIn("Pay now", self.url_open(page).text)

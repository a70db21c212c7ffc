from datetime import timedelta

from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestShop(ShopCommon):
    """A customer buys in the real shop and pays with Odoo's demo provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.yearly.write({"is_published": True, "website_id": False})
        cls.monthly.deadline_repurchase = "renew"

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

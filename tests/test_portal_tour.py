from odoo.tests import tagged

from .test_portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalTour(PortalCommon):
    """A customer renews in a real browser, to the end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.env.ref("payment.payment_provider_demo").code != "demo":
            cls.skipTest(cls, "payment_demo is not installed")

    def test_one_deadline(self):
        self.start_tour("/my/deadlines", "deadline_portal_renew_one", login="ann")
        self.assertEqual(self.due.state, "renewed")
        self.assertEqual(self.due.next_id.state, "active")

    def test_two_at_once(self):
        second = self._create_running(2, product_id=self.yearly.id)
        self.start_tour("/my/deadlines", "deadline_portal_renew_two", login="ann")
        self.assertEqual((self.due + second).mapped("state"), ["renewed", "renewed"])
        self.assertEqual(len(self.due.next_id.order_id.order_line), 2)


@tagged("post_install", "-at_install")
class TestPortalTourOnAPhone(TestPortalTour):
    browser_size = "390x844"
    touch_enabled = True

from odoo.tests import HttpCase, tagged

from .common import DeadlineCommon


@tagged("post_install", "-at_install")
class TestWithdrawalTour(DeadlineCommon, HttpCase):
    """A customer leaves a multipack at the desk, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        service = cls._create_product("Service", unit="year")
        package = cls._create_multipack("Package", [(service, 1.0)], price=400.0)
        order = cls._create_order([package])
        order.action_confirm()
        cls.multipack = order.order_line.multipack_ids
        cls.operator = cls._create_user(
            "operator",
            "deadline_management.group_multipack_withdrawal",
            "sales_team.group_sale_salesman_all_leads",
            password="operator",
        )

    def test_customer_leaves(self):
        url = f"/odoo/res.partner/{self.customer.id}"
        self.start_tour(url, "multipack_withdrawal", login="operator")
        self.assertEqual(self.multipack.state, "withdrawn")
        self.assertEqual(self.multipack.withdrawal_id.user_id, self.operator)
        self.assertEqual(self.multipack.withdrawal_id.note, "Moves abroad")
        states = self.multipack.installment_ids.mapped("state")
        self.assertEqual(states, ["planned", "removed", "removed", "removed"])


@tagged("post_install", "-at_install")
class TestWithdrawalTourOnAPhone(TestWithdrawalTour):
    browser_size = "390x844"
    touch_enabled = True

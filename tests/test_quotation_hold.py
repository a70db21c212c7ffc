"""How long a quotation of a renewal holds back what the customer is told of the end."""

from datetime import timedelta

from .common import NoticeCommon


class TestQuotationHold(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.deadline_late_renewal = 30
        cls.deadline = cls._create_ending(1)
        order = cls.env["sale.order"].browse(cls.deadline.action_renew()["res_id"])
        order.action_quotation_sent()
        order.validity_date = False
        cls.order = order

    def _tell(self, days):
        """Run both nights' work so many days after the end, and return the notices."""
        day = self.deadline.date_end + timedelta(days=days)
        self._expire(day)
        return self._notify(day)

    def test_without_validity_it_holds_as_long_as_the_renewal_is_possible(self):
        self.assertFalse(self._tell(1))
        self.assertFalse(self._tell(29))
        self.assertEqual(self._tell(30).line_ids.mapped("kind"), ["expired"])

    def test_payment_under_way_holds_longer(self):
        method = self.env["payment.method"].create({"name": "Wire", "code": "wire_hold"})
        provider = self.env["payment.provider"].create(
            {"name": "Wire", "company_id": self.company.id}
        )
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": self.order.amount_total,
                "currency_id": self.order.currency_id.id,
                "partner_id": self.order.partner_id.id,
                "reference": self.order.name,
                "sale_order_ids": self.order.ids,
            }
        )
        payment._set_pending()
        self.assertFalse(self._tell(31))
        payment._set_canceled()
        self.assertTrue(self._tell(31))

from .common_oca import OcaCommon


class TestOcaCrons(OcaCommon):
    """What is to be collected by an order is neither charged nor asked for in another way."""

    def setUp(self):
        super().setUp()
        self.multipack = self._sell_debited(1)
        self.installment = self.multipack.installment_ids[0]

    def _tell(self, *args):
        return super()._tell(*args) if args else self._run_on("notify_payments", self.TODAY)

    def _get_told(self):
        self._tell()
        lines = self.env["deadline.notice.line"].search([("kind", "=", "payment_due")])
        return lines.installment_id

    def test_card_is_not_charged_before_the_debit_has_failed(self):
        order = self._collect("draft")
        self.multipack._set_payment_token(self.token)
        for state in ("draft", "open", "generated"):
            self._advance(order, state)
            self.assertFalse(self._run_charges(), state)
        order.action_cancel()
        self.assertEqual(len(self._run_charges()), 1)
        self.assertEqual(self.installment.state, "paid")

    def test_card_is_not_charged_for_what_the_file_has_paid(self):
        self._collect("uploaded")
        self.multipack._set_payment_token(self.token)
        self.assertEqual(self.installment.state, "paid")
        self.assertFalse(self._run_charges())
        self.assertFalse(self.installment._is_to_charge())

    def test_card_is_charged_for_what_was_given_back(self):
        order = self._collect("uploaded")
        self.multipack._set_payment_token(self.token)
        self._give_back(order)
        self.assertEqual(self.installment.state, "invoiced")
        self.assertEqual(len(self._run_charges()), 1)

    def test_charged_installment_is_not_offered_to_the_next_order(self):
        self.multipack._set_payment_token(self.token)
        self._run_charges("pending")
        self.assertFalse(self._get_candidates())

    def test_customer_is_not_asked_to_pay_what_is_in_an_order(self):
        order = self._collect("draft")
        self.multipack.collection = "manual"
        for state in ("draft", "open", "generated"):
            self._advance(order, state)
            self.assertFalse(self._get_told(), state)
        order.action_cancel()
        self.assertEqual(self._get_told(), self.installment)

    def test_customer_is_asked_to_pay_what_was_given_back(self):
        order = self._collect("uploaded")
        self.multipack.collection = "manual"
        self.assertFalse(self._get_told())
        self._give_back(order)
        self.assertEqual(self._get_told(), self.installment)

    def test_customer_is_not_asked_while_it_is_collected_by_method(self):
        self.assertFalse(self._get_told())

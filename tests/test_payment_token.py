from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command

from .common import ChargeCommon


class TestPaymentToken(ChargeCommon):
    """What becomes of multipacks whose saved payment method goes, or comes."""

    def _assert_left_to_customer(self, *multipacks):
        for multipack in multipacks:
            self.assertEqual(
                (multipack.collection, multipack.payment_token_id.id), ("manual", False)
            )
            self.assertEqual(len(multipack.activity_ids), 1)

    def test_deleted_by_the_customer(self):
        first, second = self._sell_charged().multipack_id, self._sell_charged().multipack_id
        second.user_id = self.seller
        self.token.active = False
        self._assert_left_to_customer(first, second)
        self.assertEqual(second.activity_ids.user_id, self.seller)
        self.assertEqual(self._run_charges(), [])

    def test_provider_switched_off(self):
        multipack = self._sell_charged().multipack_id
        self.provider.state = "disabled"
        self._assert_left_to_customer(multipack)

    def test_provider_switched_to_production(self):
        multipack = self._sell_charged().multipack_id
        self.provider.state = "enabled"
        self._assert_left_to_customer(multipack)

    def test_method_detached(self):
        multipack = self._sell_charged().multipack_id
        self.card.write({"provider_ids": [Command.unlink(self.provider.id)]})
        self._assert_left_to_customer(multipack)

    def test_retries_end(self):
        installment = self._sell_charged()
        self._run_charges("error")
        self.token.active = False
        self.assertEqual((installment.charge_state, installment.next_attempt), ("none", False))

    def test_what_is_over_makes_no_to_do(self):
        multipack = self._sell_charged().multipack_id
        multipack.state = "withdrawn"
        self.token.active = False
        self.assertFalse(multipack.activity_ids)

    def test_found_out_at_the_charge(self):
        """Something may have written past the token's own method."""
        multipack = self._sell_charged().multipack_id
        self.env.cr.execute("UPDATE payment_token SET active = false")
        self.env.invalidate_all()
        self.assertEqual(self._run_charges(), [])
        self._assert_left_to_customer(multipack)

    def test_customer_is_told_what_is_charged_to_it(self):
        multipack = self._sell_charged().multipack_id
        [info] = self.token.get_linked_records_info()
        self.assertEqual(
            (info["id"], info["url"]), (multipack.id, f"/my/multipacks/{multipack.id}")
        )
        self.assertIn(multipack.name, info["name"])
        multipack.state = "withdrawn"
        self.assertEqual(self.token.get_linked_records_info(), [])

    def test_new_card_is_charged_next(self):
        installment = self._sell_charged()
        card = self._create_token()
        installment.multipack_id._set_payment_token(card)
        self._run_charges()
        self.assertEqual(installment.transaction_ids.token_id, card)

    def test_new_card_is_charged_what_had_failed(self):
        self.company.deadline_retry_days = False
        installment = self._sell_charged()
        self._run_charges("error")
        installment.multipack_id._set_payment_token(self._create_token())
        self.assertFalse(installment.multipack_id.activity_ids)
        self.assertEqual(len(self._run_charges()), 1)
        self.assertEqual(installment.state, "paid")

    def test_but_not_what_may_have_been_collected(self):
        installment = self._sell_charged()
        next(installment.sudo()._charge())
        self._run_charges()
        installment.multipack_id._set_payment_token(self._create_token())
        self.assertEqual(installment.charge_problem, "unknown")
        self.assertEqual(self._run_charges(), [])

    def test_only_cards_of_the_customer_that_can_be_charged(self):
        multipack = self._sell_charged().multipack_id
        archived = self._create_token()
        archived.active = False
        for token in (self._create_token(self._create_customer("Other")), archived):
            with self.assertRaisesRegex(UserError, multipack.name):
                multipack._set_payment_token(token)

    def test_card_of_a_contact_is_the_customers(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        multipack = self._sell_charged().multipack_id
        token = self._create_token(contact)
        multipack._set_payment_token(token)
        self.assertEqual(multipack.payment_token_id, token)


class TestSavedWhilePaying(ChargeCommon):
    """A customer pays an installment online, and saves the payment method."""

    def setUp(self):
        super().setUp()
        self.pack.multipack_collection = "token"
        self.installment = self._sell_multipack().installment_ids[0]
        self.installment._invoice()

    def _pay(self, operation="online_direct", token=None):
        token = token or self._create_token()
        online = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card.id,
                "operation": operation,
                "token_id": token.id,
                "amount": self.installment.amount,
                "currency_id": self.installment.currency_id.id,
                "partner_id": self.customer.id,
                "reference": "ONLINE",
                "invoice_ids": [Command.set(self.installment.move_id.ids)],
            }
        )
        online._set_done()
        online._post_process()
        self.assertEqual(self.installment.state, "paid")
        return token

    def test_next_installments_are_charged_to_it(self):
        multipack = self.installment.multipack_id
        self.assertEqual(multipack.collection, "manual")
        token = self._pay()
        self.assertEqual((multipack.collection, multipack.payment_token_id), ("token", token))
        self._run_on("invoice", date(2026, 4, 10))
        self.assertEqual(len(self._run_charges(day=date(2026, 4, 10))), 1)

    def test_replaces_one_that_failed(self):
        multipack = self.installment.multipack_id
        multipack._set_payment_token(self.token)
        self._run_charges("error")
        self.assertEqual(multipack.payment_token_id, self.token)
        self.assertEqual(self._pay(), multipack.payment_token_id)

    def test_not_where_the_product_is_paid_by_hand(self):
        self.pack.multipack_collection = "manual"
        self._pay()
        self.assertEqual(self.installment.multipack_id.collection, "manual")

    def test_not_where_it_is_collected_by_another_method(self):
        self.installment.multipack_id.collection = "method"
        self._pay()
        self.assertEqual(self.installment.multipack_id.collection, "method")

    def test_not_by_choosing_one_saved_before(self):
        self._pay("online_token", self.token)
        self.assertEqual(self.installment.multipack_id.collection, "manual")

    def test_nor_one_of_somebody_else(self):
        self._pay(token=self._create_token(self._create_customer("Other")))
        self.assertEqual(self.installment.multipack_id.collection, "manual")

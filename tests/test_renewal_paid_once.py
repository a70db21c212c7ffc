"""One live way to pay for the renewal of one deadline, whichever way it is asked for."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import ChargeCommon, DeadlineCommon


@tagged("post_install", "-at_install")
class PaidOnceCommon(DeadlineCommon):
    """Two colleagues, a deadline that ends soon, and quotations that renew it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._deadline_today()
        cls.ann = cls._create_portal("ann")
        cls.carl = cls._create_portal("carl")
        cls.due = cls._create_running(5)
        cls.card = cls.env.ref("payment.payment_method_card").sudo()
        cls.direct_debit = cls.env.ref("payment.payment_method_sepa_direct_debit").sudo()
        cls.provider = cls._create_provider(cls.company)
        cls.env.invalidate_all()  # as what the journal has, depends on the provider

    _create_provider = classmethod(ChargeCommon._create_provider.__func__)

    @classmethod
    def _create_portal(cls, login):
        contact = cls._create_customer(
            login, is_company=False, parent_id=cls.customer.id, email=f"{login}@example.com"
        )
        return cls._create_user(login, "base.group_portal", partner_id=contact.id)

    @classmethod
    def _create_running(cls, days_left, **values):
        end = cls.today + timedelta(days=days_left)
        return cls._create_deadline(date_start=end - timedelta(days=30), date_end=end, **values)

    def _quote(self, *deadlines, user=None, **values):
        """Return a quotation of the renewals, addressed to one of the colleagues."""
        lines = [deadline._prepare_renewal_order_line() for deadline in deadlines]
        partner = (user or self.ann).partner_id
        return self._create_order(lines, partner_id=partner.id, **values)

    def _renew_elsewhere(self, deadline):
        order = self._quote(deadline)
        order.action_confirm()
        return order

    def _ask(self, order, user=None, state="draft", provider=None, amount=None, **values):
        """Ask for the money as ``user``, as each of Odoo's ways to pay does in the end."""
        provider = provider or self.provider
        transactions = self.env["payment.transaction"].with_user(user or self.ann).sudo()
        transaction = transactions.create(
            {
                "provider_id": provider.id,
                "payment_method_id": (provider.payment_method_ids[:1] or self.card).id,
                "amount": order.amount_total if amount is None else amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_invoice_id.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
                **values,
            }
        )
        if state == "pending":
            transaction._set_pending()
        elif state == "done":
            transaction._set_done()
        return transaction.sudo(False).with_user(self.env.user).sudo()

    def _age(self, transaction, minutes):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = create_date - %s * interval '1 minute'"
            " WHERE id = %s",
            [minutes, transaction.id],
        )
        self.env.invalidate_all()

    def _refused(self, text):
        return self.assertRaisesRegex(ValidationError, text)

    def _get_transfer(self):
        provider = self.env["payment.provider"].search(
            [("code", "=", "custom"), ("company_id", "=", self.company.id)], limit=1
        )
        if not provider:
            self.skipTest("payment_custom is not installed")
        return provider


class TestRenewalPaidOnce(PaidOnceCommon):
    def test_colleague_is_told_who_pays_how(self):
        first, second = self._quote(self.due), self._quote(self.due, user=self.carl)
        self._ask(first, state="pending")
        with self._refused(rf"ann pays the renewal of .*{self.due.name}.*{first.name} \(Card\)"):
            self._ask(second, user=self.carl)
        self.assertFalse(second.transaction_ids)

    def test_what_is_only_begun_counts_for_an_hour(self):
        first, second = self._quote(self.due), self._quote(self.due, user=self.carl)
        begun = self._ask(first)
        with self._refused("ann has begun to pay"):
            self._ask(second, user=self.carl)
        self._age(begun, 61)
        self.assertTrue(self._ask(second, user=self.carl))

    def test_what_failed_does_not_count(self):
        first, second = self._quote(self.due), self._quote(self.due, user=self.carl)
        for end in ("_set_error", "_set_canceled"):
            getattr(self._ask(first), end)("No funds")
        self.assertTrue(self._ask(second, user=self.carl))

    def test_payer_may_try_another_card_on_the_same_order(self):
        order = self._quote(self.due)
        self._ask(order)
        self.assertTrue(self._ask(order))

    def test_colleagues_do_not_pay_the_same_order_at_once(self):
        order = self._quote(self.due)
        self._ask(order)
        with self._refused("ann has begun to pay"):
            self._ask(order, user=self.carl)

    def test_visitor_with_the_link_goes_on_with_the_order(self):
        visitor = self.env.ref("base.public_user")
        order = self._quote(self.due)
        self._ask(order, user=visitor)
        self.assertTrue(self._ask(order))
        with self._refused("has begun to pay"):
            self._ask(self._quote(self.due), user=visitor)

    def test_pending_card_is_not_charged_again_on_its_own_order(self):
        order = self._quote(self.due)
        self._ask(order, state="pending")
        with self._refused("ann pays"):
            self._ask(order)

    def test_order_may_be_paid_in_parts(self):
        order = self._quote(self.due)
        self._ask(order, state="pending", amount=order.amount_total / 2)
        self.assertTrue(self._ask(order, amount=order.amount_total / 2))

    def test_part_by_transfer_and_rest_by_card(self):
        order, transfer = self._quote(self.due), self._get_transfer()
        half = order.amount_total / 2
        pending = self._ask(order, state="pending", provider=transfer, amount=half)
        self._ask(order, state="done", amount=half)
        self.assertEqual(pending.state, "pending", "the other half is still to come")
        self._ask(order, state="done")
        self.assertEqual(pending.state, "cancel")

    def test_payer_replaces_a_transfer_by_a_card(self):
        order, transfer = self._quote(self.due), self._get_transfer()
        pending = self._ask(order, state="pending", provider=transfer)
        with self._refused("ann pays"):
            self._ask(self._quote(self.due, user=self.carl), user=self.carl)
        card = self._ask(self._quote(self.due))
        self.assertEqual(pending.state, "pending", "a card may yet be refused")
        card._set_done()
        self.assertEqual(pending.state, "cancel")
        self.assertIn(card.reference, pending.state_message)

    def test_other_transfers_of_the_payer_are_left_alone(self):
        transfer = self._get_transfer()
        other = self._quote(self._create_running(3))
        pending = self._ask(other, state="pending", provider=transfer)
        self._ask(self._quote(self.due), state="done")
        self.assertEqual(pending.state, "pending")

    def test_renewed_meanwhile(self):
        order = self._quote(self.due)
        order.action_quotation_sent()
        self._renew_elsewhere(self.due)
        with self._refused(f"{self.due.name}.*already renewed"):
            self._ask(order)

    def test_too_late_is_sold_again_and_may_be_paid(self):
        late = self._create_running(-300)
        self.assertTrue(self._ask(self._quote(late)))

    def test_other_purchases_are_not_concerned(self):
        for _number in range(2):
            self._ask(self._create_order([self.monthly]), state="pending")

    def test_asking_writes_the_deadline(self):
        """Who asks at the same moment has waited for the row, and sees that it is out of date."""
        order = self._quote(self.due)
        self.env.flush_all()
        query = "SELECT ctid FROM deadline_deadline WHERE id = %s"
        self.env.cr.execute(query, self.due.ids)
        before = self.env.cr.fetchall()
        self._ask(order)
        self.env.cr.execute(query, self.due.ids)
        self.assertNotEqual(self.env.cr.fetchall(), before)

    def test_refunds_and_captures_are_not_concerned(self):
        order = self._quote(self.due)
        payment = self._ask(order, state="pending")
        for values in ({"operation": "refund"}, {"source_transaction_id": payment.id}):
            self.assertTrue(self._ask(order, **values))

    def test_saved_cards_that_renew_are_concerned(self):
        first, second = self._quote(self.due), self._quote(self.due)
        self._ask(first, state="pending")
        with self._refused("ann pays"):
            self._ask(second, operation="offline")


class TestConfirmedByHand(PaidOnceCommon):
    def test_salesperson_is_refused_while_a_customer_pays(self):
        first, second = self._quote(self.due), self._quote(self.due)
        self._ask(first, state="pending")
        with self.assertRaisesRegex(UserError, f"ann pays .*{first.name}"):
            second.action_confirm()
        self.assertIn("ann pays", second.deadline_warning)
        self.assertFalse(first.deadline_warning)
        first.action_confirm()
        self.assertEqual(self.due.next_id.order_id, first)

    def test_order_that_its_customer_has_begun_to_pay_may_be_confirmed(self):
        order = self._quote(self.due)
        self._ask(order)
        order.action_confirm()
        self.assertEqual(self.due.next_id.order_id, order)

    def test_processing_a_payment_never_refuses(self):
        first, second = self._quote(self.due), self._quote(self.due, user=self.carl)
        begun = self._ask(first)
        self._age(begun, 61)
        self._ask(second, user=self.carl, state="pending")
        begun._set_done()
        begun._post_process()
        self.assertEqual(first.state, "sale")
        second.transaction_ids._set_done()
        second.transaction_ids._post_process()
        self.assertEqual(second.state, "sale")
        self.assertEqual(self.due.next_id.order_id, first)

    def test_purchase_does_not_take_what_somebody_pays_to_renew(self):
        self.monthly.deadline_repurchase = "renew"
        renewal = self._quote(self.due)
        self._ask(renewal, state="pending")
        bought = self._sell(self.monthly)
        self.assertFalse(bought.previous_id)
        renewal.transaction_ids._set_done()
        renewal.transaction_ids._post_process()
        self.assertEqual(self.due.next_id.order_id, renewal)


class TestPaidTwice(PaidOnceCommon):
    def test_to_do_has_the_amount_to_give_back(self):
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        self.due.user_id = seller
        order = self._quote(self.due)
        begun = self._ask(order)
        self._age(begun, 61)
        self._renew_elsewhere(self.due)
        begun._set_done()
        begun._post_process()
        self.assertEqual(order.state, "sale")
        todo = self.due.activity_ids
        self.assertEqual(todo.user_id, seller)
        self.assertEqual(todo.date_deadline, self.today)
        self.assertIn("Paid twice, give back", todo.summary)
        self.assertIn(f"{order.amount_total:.2f}", todo.summary)
        self.assertIn(order.name, todo.summary)
        self.assertFalse(order.activity_ids, "“Create Missing Deadlines” is no way out here")

    def test_without_money_there_is_nothing_to_give_back(self):
        order = self._quote(self.due)
        self._renew_elsewhere(self.due)
        order.action_confirm()
        self.assertFalse(self.due.activity_ids)
        self.assertTrue(order.activity_ids)


@tagged("post_install", "-at_install")
class TestMultipackPaidOnce(PaidOnceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.course = cls._create_product("Course", price=300.0, unit="year")
        cls.coaching = cls._create_product("Coaching", price=100.0, unit="year")
        cls.pack = cls._create_multipack("Package", price=1000.0)
        day = fields.Datetime.now() - timedelta(days=350)
        order = cls._create_order(
            [cls.pack], state="sale", date_order=day, partner_id=cls.ann.partner_id.id
        )
        cls.multipack = order.order_line.multipack_ids

    def test_as_a_whole(self):
        [deadline, _other] = self.multipack._get_current_deadlines()
        first, second = self._quote(deadline), self._quote(deadline, user=self.carl)
        self._ask(first, state="pending", amount=250.0)
        with self._refused(f"ann pays the renewal of .*{self.multipack.name}"):
            self._ask(second, user=self.carl, amount=250.0)
        with self._refused("ann pays"):
            self._ask(first, amount=250.0)

    def test_component_and_whole(self):
        [deadline, _other] = self.multipack._get_current_deadlines()
        whole = self._quote(deadline)
        line = {"product_id": deadline.product_id.id, "renewed_deadline_id": deadline.id}
        part = self._create_order([line], partner_id=self.carl.partner_id.id)
        for begun, other in ((whole, part), (part, whole)):
            payment = self._ask(begun, state="pending", amount=250.0)
            with self._refused("ann pays"):
                self._ask(other, user=self.carl)
            payment._set_canceled("")

    def test_paid_twice(self):
        [deadline, _other] = self.multipack._get_current_deadlines()
        order = self._quote(deadline)
        begun = self._ask(order, amount=250.0)
        self._age(begun, 61)
        self._renew_elsewhere(deadline)
        begun._set_done()
        begun._post_process()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.order_line.multipack_ids)
        self.assertIn("250.00", deadline.activity_ids.summary)

    def test_quotation_of_a_cancelled_multipack_says_so(self):
        [deadline, _other] = self.multipack._get_current_deadlines()
        order = self._quote(deadline)
        self.multipack.order_id._action_cancel()
        self.assertTrue(order._get_payment_obstacles())
        self.assertTrue(order.order_line._get_cart_renewal_problem())

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from .common import MultipackCommon


class TestSaleFigures(MultipackCommon):
    """What the order says of its invoices, while its multipack lives."""

    def setUp(self):
        super().setUp()
        self.book = self._create_product("Book", is_deadline=False)

    def _pay(self, installment):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=installment.move_id.ids
        ).create({})._create_payments()

    def _check(self, order, invoiced, left, quantity, status):
        [line] = order.order_line.filtered("multipack_ids")
        self.assertEqual(line.amount_invoiced, invoiced)
        self.assertEqual(line.untaxed_amount_invoiced, invoiced)
        self.assertEqual(line.amount_to_invoice, left)
        self.assertEqual(line.untaxed_amount_to_invoice, left)
        self.assertAlmostEqual(line.qty_invoiced, quantity, 6)
        self.assertEqual(line.qty_to_invoice, 0.0)
        self.assertEqual(line.invoice_status, status)

    def test_installments_through_their_life(self):
        multipack = self._sell_multipack()
        order = multipack.order_id
        self._check(order, 0.0, 1000.0, 0.0, "no")
        self.assertEqual(order.invoice_status, "no")
        for number, installment in enumerate(multipack.installment_ids, 1):
            installment.action_invoice()
            done = number == 4
            self._check(
                order,
                250.0 * number,
                1000.0 - 250.0 * number,
                number / 4,
                "invoiced" if done else "no",
            )
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(order.amount_to_invoice, 0.0)
        self.assertEqual(order.amount_invoiced, order.amount_total)

    def test_draft_invoices_are_not_invoiced_yet(self):
        self.company.deadline_invoice_posting = "draft"
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        order = multipack.order_id
        self.assertEqual(order.amount_to_invoice, 1000.0)
        self.assertEqual(order.amount_invoiced, 0.0)
        multipack.installment_ids[0].move_id.action_post()
        self.assertEqual(order.amount_to_invoice, 750.0)
        self.assertEqual(order.amount_invoiced, 250.0)

    def test_credit_limit_counts_what_is_still_to_be_invoiced(self):
        self.company.account_use_credit_limit = True
        multipack = self._sell_multipack()
        self.assertEqual(self.customer.credit_to_invoice, 1000.0)
        multipack.installment_ids[0].action_invoice()
        self.env.invalidate_all()
        self.assertEqual(self.customer.credit_to_invoice, 750.0)
        self.assertEqual(self.customer.credit, 250.0)

    def test_monthly_plan_through_its_life(self):
        multipack = self._sell_multipack(self.flat)
        order = multipack.order_id
        self._check(order, 0.0, 50.0, 0.0, "no")
        multipack.installment_ids.action_invoice()
        self._check(order, 50.0, 0.0, 1.0, "invoiced")
        self._run_on("extend", date(2026, 4, 6))
        self.assertEqual(len(multipack.installment_ids), 2)
        self._check(order, 50.0, 50.0, 1.0, "no")
        multipack.installment_ids[1].action_invoice()
        self._check(order, 100.0, 0.0, 1.0, "invoiced")
        self.assertEqual(order.invoice_status, "invoiced")

    def test_amount_paid_grows_with_the_installments(self):
        multipack = self._sell_multipack()
        order = multipack.order_id
        self.assertEqual(order.amount_paid, 0.0)
        multipack.installment_ids[:2].action_invoice()
        self._pay(multipack.installment_ids[0])
        self.env.invalidate_all()
        self.assertEqual(order.amount_paid, 250.0)
        self.assertEqual(order._get_amount_to_pay(), 0.0)
        with freeze_time("2026-04-10 09:00:00"):
            self.env.invalidate_all()
            self.assertEqual(order.deadline_due_today, 500.0)
            self.assertEqual(order._get_amount_to_pay(), 250.0)

    def test_month_by_month_owes_the_order_its_first_month_only(self):
        multipack = self._sell_multipack(self.flat)
        order = multipack.order_id
        for day in (date(2026, 4, 6), date(2026, 5, 6)):
            self._run_on("extend", day)
        for installment in multipack.installment_ids:
            installment.action_invoice()
            self._pay(installment)
        self.env.invalidate_all()
        self.assertEqual(order.amount_paid, 50.0)
        self.assertTrue(order._is_paid())

    def _invoice(self, order, method, **values):
        wizard = self.env["sale.advance.payment.inv"].with_context(active_ids=order.ids)
        return wizard.create({"advance_payment_method": method, **values})._create_invoices(order)

    def test_regular_invoice_leaves_the_multipack_out(self):
        order = self._create_order([self.pack, self.book])
        order.action_confirm()
        self.assertEqual(order.invoice_status, "to invoice")
        move = self._invoice(order, "delivered")
        self.assertEqual(move.amount_total, 100.0)
        self.assertEqual(move.invoice_line_ids.product_id, self.book)

    def test_multipack_alone_leaves_nothing_to_a_regular_invoice(self):
        order = self._sell_multipack().order_id
        with self.assertRaises(UserError):
            self._invoice(order, "delivered")
        self.assertFalse(order.invoice_ids)

    def test_down_payments_are_refused(self):
        order = self._create_order([self.pack, self.book])
        order.action_confirm()
        for values in (
            {"method": "percentage", "amount": 50.0},
            {"method": "fixed", "fixed_amount": 100.0},
        ):
            with self.assertRaisesRegex(UserError, order.name):
                self._invoice(order, **values)
        self.assertFalse(order.order_line.filtered("is_downpayment"))

    def test_down_payments_on_other_orders_are_odoos(self):
        order = self._create_order([self.book])
        order.action_confirm()
        self.assertEqual(self._invoice(order, "percentage", amount=50.0).amount_total, 50.0)

    def test_due_today_of_quotations(self):
        tax = self.env["account.tax"].create({"name": "22", "amount": 22.0})
        self.pack.taxes_id = tax
        order = self._create_order([self.pack, self.flat, self.book])
        self.assertEqual(order.amount_total, 1220.0 + 50.0 + 100.0)
        self.assertEqual(order.deadline_due_today, 305.0 + 50.0 + 100.0)
        order.order_line[2].price_unit = -127.0  # a tenth of the rest, which all lines share
        self.assertEqual(order.deadline_due_today, 1098.0 / 4 + 45.0)
        order.order_line[2].price_unit = -1270.0
        self.assertEqual(order.deadline_due_today, 0.0)

    def test_currency_without_cents(self):
        yen = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        )
        yen.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": yen.id, "name": date(2026, 1, 1), "rate": 1.0}
        )
        pricelist = self.env["product.pricelist"].create({"name": "JPY", "currency_id": yen.id})
        product = self._create_multipack("Yen", price=1000.0, count=3)
        order = self._create_order([product], pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, yen)
        self.assertEqual(order.deadline_due_today, 334.0)
        self.assertIn("333", order.order_line._get_payment_schedule_text())

    def test_order_without_multipacks_is_due_at_once(self):
        order = self._create_order([self.book])
        self.assertEqual(order.deadline_due_today, 100.0)
        self.assertFalse(order._is_paid_in_installments())

    def test_price_below_nothing_has_no_installments(self):
        order = self._create_order([{"product_id": self.pack.id, "price_unit": -10.0}, self.book])
        self.assertEqual(order.deadline_due_today, 90.0)

    def test_renewal_of_what_is_no_multipack_any_more_is_due_at_once(self):
        multipack = self._sell_multipack()
        order = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
        self.assertEqual(order.deadline_due_today, 250.0)
        self.pack.is_multipack = False
        self.env.invalidate_all()
        self.assertEqual(order.deadline_due_today, 1000.0)

    def test_early_renewal_is_paid_with_its_order(self):
        multipack = self._sell_multipack()
        with freeze_time("2027-02-20"):
            order = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
            self.assertEqual(order.deadline_due_today, 250.0)
            text = order.order_line._get_payment_schedule_text().replace("\xa0", "")
            self.assertEqual(text, "$250.00 today, then 3 × $250.00 every month from 04/10/2027")
            order.action_confirm()
            self.env.invalidate_all()
            self.assertEqual(order._get_amount_to_pay(), 250.0)
            first = order._get_payable_installments()
            self.assertEqual((first.number, first.date_due), (1, date(2027, 3, 10)))

    def test_texts_of_schedules(self):
        self.env.user.lang = "en_US"
        cases = [
            ({"count": 1}, "1,000.00 today$"),
            ({"count": 2}, "500.00 today, then .500.00 on 04/10/2026$"),
            ({"count": 3}, r"333.34 today, then 2 × .333.33 every month from 04/10/2026$"),
            (
                {"count": 3, "price": 0.05, "multipack_interval_count": 2},
                r"0.02 today, then 1 × .0.02 \+ 1 × .0.01 every 2 months from 05/10/2026$",
            ),
            ({"count": 3, "multipack_interval_unit": "week"}, "every week from 03/17/2026$"),
            ({"multipack_plan": "monthly"}, "today, then .1,000.00 every month until you withdraw"),
        ]
        for values, text in cases:
            product = self._create_multipack("Text", **{"price": 1000.0, **values})
            [line] = self._create_order([product]).order_line
            plain = line._get_payment_schedule_text().replace("\xa0", "")
            self.assertRegex(plain, text)

    def test_text_of_a_sold_multipack_names_the_days(self):
        [line] = self._sell_multipack().order_id.order_line
        with freeze_time("2026-06-01"):
            text = line._get_payment_schedule_text().replace("\xa0", "")
        self.assertEqual(
            text, "$250.00 on 03/10/2026, then 3 × $250.00 every month from 04/10/2026"
        )

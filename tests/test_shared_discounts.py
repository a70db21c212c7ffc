from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time

from .common import MultipackCommon


class TestSharedDiscounts(MultipackCommon):
    """Multipacks cost their part of the order, of which discounts and rounding are a part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.vat = cls.env["account.tax"].create({"name": "22", "amount": 22.0})
        cls.book = cls._create_product("Book", price=100.0, is_deadline=False)
        cls.gift = cls._create_product("Gift Card", price=0.0, is_deadline=False)

    def _sell_for(self, price, count=3, taxes=None, gift=0.0, **values):
        """Confirm an order of a multipack, of a book where its ``book`` is the price of one."""
        product = self._create_multipack(
            "Pack",
            price=price,
            count=count,
            taxes_id=taxes and [Command.set(taxes.ids)],
            deadline_duration_count=10,
        )
        lines = [{"product_id": product.id, **values}]
        if gift:
            lines.append({"product_id": self.gift.id, "price_unit": -gift, "tax_ids": False})
        order = self._create_order(lines)
        return order

    def _discount(self, order, **values):
        self.env["sale.order.discount"].create(
            {"sale_order_id": order.id, **values}
        ).action_apply_discount()

    def _invoice_all(self, order):
        installments = order.order_line.multipack_ids.installment_ids
        installments.filtered(lambda one: one.state == "planned")._invoice()
        self.env.invalidate_all()
        return installments.move_id

    def test_discount_of_the_order_is_in_every_installment(self):
        order = self._sell_for(100.0, taxes=self.vat)
        self._discount(order, discount_type="so_discount", discount_percentage=0.1)
        self.assertEqual(order.deadline_due_today, 36.6)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.amount, 109.8)
        self.assertEqual(multipack.installment_ids.mapped("amount"), [36.6, 36.6, 36.6])
        self.assertEqual(sum(multipack.deadline_ids.mapped("amount")), 90.0)
        self.assertEqual((order.invoice_status, order.amount_to_invoice), ("no", 109.8))
        moves = self._invoice_all(order)
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 90.0)
        self.assertEqual(moves.mapped("amount_total"), [36.6, 36.6, 36.6])
        self.assertEqual(len(moves[0].invoice_line_ids), 2)
        self.assertEqual((order.invoice_status, order.amount_to_invoice), ("invoiced", 0.0))
        self.assertEqual(order.amount_invoiced, 109.8)
        self.assertEqual(order.order_line.mapped("qty_invoiced"), [1.0, 1.0])

    def test_rounding_of_the_order_is_in_the_installments(self):
        included = self.vat.copy({"price_include_override": "tax_included"})
        for prices, taxes, discount, total in (
            ([442.99], included, 10, 398.69),
            ([10.03, 10.03], self.vat, 0, 24.47),
        ):
            product = self._create_multipack("Pack", count=12, taxes_id=[Command.set(taxes.ids)])
            order = self._create_order(
                [
                    {"product_id": product.id, "price_unit": price, "discount": discount}
                    for price in prices
                ]
            )
            order.action_confirm()
            self.assertEqual(order.amount_total, total)
            installments = order.order_line.multipack_ids.installment_ids
            self.assertAlmostEqual(sum(installments.mapped("amount")), total)
            moves = self._invoice_all(order)
            self.assertAlmostEqual(sum(moves.mapped("amount_total")), total)
            self.assertAlmostEqual(sum(moves.mapped("amount_tax")), order.amount_tax)

    def test_fixed_taxes_are_booked_as_taxes(self):
        fixed = self.env["account.tax"].create(
            {"name": "Fixed", "amount": 1.37, "amount_type": "fixed"}
        )
        order = self._sell_for(100.0, 2, self.vat + fixed)
        order.action_confirm()
        moves = self._invoice_all(order)
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 100.0)
        booked = {
            tax: -sum(
                moves.line_ids.filtered(lambda line, t=tax: line.tax_line_id == t).mapped("balance")
            )
            for tax in (self.vat, fixed)
        }
        self.assertEqual(booked, {self.vat: 22.0, fixed: 1.37})

    def test_smallest_prices_and_all_installments(self):
        fixed = self.env["account.tax"].create(
            {"name": "Fixed", "amount": 1.37, "amount_type": "fixed"}
        )
        order = self._sell_for(0.05, 60, fixed)
        order.action_confirm()
        installments = order.order_line.multipack_ids.installment_ids
        self._invoice_all(order)
        for installment in installments:
            self.assertEqual(installment.move_id.amount_total, installment.amount)
        self.assertAlmostEqual(sum(installments.mapped("amount")), 1.42)
        self.assertAlmostEqual(sum(installments.move_id.mapped("amount_tax")), 1.37)

    def test_order_of_nothing_has_nothing_to_pay(self):
        order = self._sell_for(100.0, taxes=self.vat, gift=122.0)
        self.assertEqual((order.amount_total, order.deadline_due_today), (0.0, 0.0))
        self.assertFalse(order.order_line[0]._get_payment_schedule_text())
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual((multipack.state, multipack.amount), ("active", 0.0))
        self.assertFalse(multipack.installment_ids)
        self.assertEqual(len(multipack.deadline_ids), 2)
        self.assertEqual(set(multipack.deadline_ids.mapped("amount")), {0.0})
        for cron in ("invoice", "charge", "notify_payments"):
            self._run_on(cron, date(2026, 4, 20))
        self.assertFalse(order.invoice_ids)
        self.assertEqual((order.invoice_status, order.amount_to_invoice), ("invoiced", 0.0))

    def test_installments_are_planned_once_it_costs_something(self):
        order = self._sell_for(100.0, gift=100.0)
        order.action_confirm()
        order.order_line[1].price_unit = -10.0
        installments = order.order_line.multipack_ids.installment_ids
        self.assertEqual(installments.mapped("amount"), [30.0, 30.0, 30.0])
        order.order_line[1].price_unit = -99.98
        kept = installments.filtered(lambda one: one.state == "planned")
        self.assertEqual(kept.mapped("amount"), [0.01, 0.01])

    def test_untaxed_amount_below_nothing_stops_no_confirmation(self):
        fixed = self.env["account.tax"].create(
            {
                "name": "Fixed",
                "amount": 5.0,
                "amount_type": "fixed",
                "price_include_override": "tax_included",
            }
        )
        order = self._sell_for(3.0, 2, fixed)
        self.assertEqual((order.amount_untaxed, order.amount_total), (-2.0, 3.0))
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.installment_ids.mapped("amount"), [1.5, 1.5])
        self.assertEqual(set(multipack.deadline_ids.mapped("amount")), {0.0})
        moves = self._invoice_all(order)
        self.assertEqual(sum(moves.mapped("amount_untaxed")), -2.0)

    def test_goods_and_multipacks_share_a_gift_card(self):
        order = self._create_order(
            [
                {"product_id": self.pack.id, "price_unit": 300.0},
                self.book,
                {"product_id": self.gift.id, "price_unit": -40.0, "tax_ids": False},
            ]
        )
        self.assertEqual(order.deadline_due_today, 67.5 + 90.0)
        order.action_confirm()
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertEqual(order.amount_to_invoice, 360.0)
        rest = order._create_invoices(final=True)
        self.assertEqual(rest.amount_total, 90.0)
        self.assertEqual(rest.invoice_line_ids.product_id, self.book + self.gift)
        self.assertEqual(order.order_line[2].qty_to_invoice, 0.0)
        moves = self._invoice_all(order)
        self.assertEqual(set(moves.mapped("amount_total")), {67.5})
        self.assertEqual((order.invoice_status, order.amount_invoiced), ("invoiced", 270.0))
        rest.action_post()
        self.assertEqual(order.amount_invoiced, 360.0)
        self.assertEqual(order.amount_to_invoice, 0.0)

    def test_discount_on_goods_is_for_lines_with_their_taxes(self):
        order = self._sell_for(100.0, taxes=self.vat)
        order.order_line = [
            Command.create({"product_id": self.book.id, "tax_ids": False}),
            Command.create(
                {
                    "product_id": self.gift.id,
                    "price_unit": -50.0,
                    "tax_ids": [Command.set(self.vat.ids)],
                }
            ),
        ]
        order.action_confirm()
        self.assertEqual(order.order_line.multipack_ids.amount, 61.0)
        self.assertEqual(order._create_invoices(final=True).amount_total, 100.0)

    def test_discount_added_later_is_split_over_what_is_not_invoiced(self):
        order = self._sell_for(100.0, 4)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        multipack.installment_ids[0].action_invoice()
        order.order_line = [
            Command.create({"product_id": self.gift.id, "price_unit": -15.0, "tax_ids": False})
        ]
        self.assertEqual(multipack.installment_ids.mapped("amount"), [25.0, 20.0, 20.0, 20.0])
        self.assertEqual(multipack.amount, 85.0)
        self.assertEqual(sum(multipack.deadline_ids.mapped("amount")), 85.0)
        moves = self._invoice_all(order)
        self.assertEqual(sum(moves.mapped("amount_total")), 85.0)
        self.assertEqual(order.order_line.mapped("untaxed_amount_invoiced"), [100.0, -15.0])

    def test_discount_beyond_what_is_not_invoiced_is_refused(self):
        order = self._sell_for(100.0, 4)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        line = {"product_id": self.gift.id, "price_unit": -60.0, "tax_ids": False}
        multipack.installment_ids[:3].action_invoice()
        with self.assertRaisesRegex(UserError, multipack.name):
            order.order_line = [Command.create(line)]
        multipack.installment_ids[3].action_invoice()
        with self.assertRaisesRegex(UserError, multipack.name):
            order.order_line = [Command.create(line | {"price_unit": -0.01})]
        self.assertEqual(multipack.amount, 100.0)

    def test_goods_may_be_added_once_all_is_invoiced(self):
        order = self._sell_for(100.0, 2, taxes=self.vat, gift=12.0)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self._invoice_all(order)
        order.order_line = [
            Command.create({"product_id": self.book.id, "tax_ids": [Command.set(self.vat.ids)]})
        ]
        self.assertEqual(multipack.amount, 110.0)
        self.assertEqual(order._create_invoices(final=True).amount_total, 122.0)

    def test_little_that_is_left_of_goods_does_not_become_less_than_nothing(self):
        dinar = self.env["res.currency"].with_context(active_test=False)
        dinar = dinar.search([("name", "=", "KWD")])
        dinar.active = True
        dinar.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": dinar.id, "name": date(2026, 1, 1), "rate": 0.3}
        )
        pricelist = self.env["product.pricelist"].create({"name": "KWD", "currency_id": dinar.id})
        # In dollars, 10.000 KWD are 33.33, but twice 5.000 are 33.34.
        rows = [(self.book, 10.0, True), (self.gift, -5.0, True), (self.gift, -5.0, True)]
        for left, local in ((0.0, 0.0), (0.001, 0.0), (0.002, 0.01)):
            lines = [{"product_id": self.pack.id, "price_unit": 100.0, "tax_ids": False}]
            for product, price, taxed in [*rows, (self.book, left, False)]:
                taxes = [Command.set(self.vat.ids if taxed else [])]
                lines.append({"product_id": product.id, "price_unit": price, "tax_ids": taxes})
            order = self._create_order(lines, pricelist_id=pricelist.id)
            order.action_confirm()
            invoice = order._create_invoices(final=True)
            invoice.action_post()
            self.assertEqual((invoice.amount_total, invoice.amount_total_signed), (left, local))
            receivable = invoice.line_ids.filtered(lambda one: one.display_type == "payment_term")
            self.assertEqual(receivable.balance, local)
            self._invoice_all(order)
            total = sum(order.invoice_ids.mapped("amount_total"))
            self.assertAlmostEqual(total, order.amount_total, 3)

    def test_shares_do_not_depend_on_when_a_line_was_added(self):
        discount = {"product_id": self.gift.id, "tax_ids": [Command.set(self.vat.ids)]}
        order = self._create_order(
            [
                {"product_id": self.pack.id, "price_unit": 1000.0, "tax_ids": False},
                {"product_id": self.book.id, "tax_ids": [Command.set(self.vat.ids)]},
                {**discount, "price_unit": -30.0, "sequence": 999},
                {**discount, "price_unit": -90.0, "sequence": 10},
            ]
        )
        before = order._get_shares().plans
        self.env.invalidate_all()
        self.assertEqual(order._get_shares().plans, before)

    def test_rounding_of_a_tax_goes_to_what_was_a_discount(self):
        order = self._create_order(
            [
                {"product_id": self.pack.id, "tax_ids": False},
                {
                    "product_id": self.book.id,
                    "price_unit": 0.05,
                    "tax_ids": [Command.set(self.vat.ids)],
                },
                {
                    "product_id": self.gift.id,
                    "price_unit": -23.2462,
                    "tax_ids": [Command.set(self.vat.ids)],
                },
            ]
        )
        order.action_confirm()
        order.order_line.multipack_ids.installment_ids[0].action_invoice()
        order._create_invoices(final=True).action_post()
        order.order_line[2].price_unit = 23.2462
        self._invoice_all(order)
        order._create_invoices(final=True).action_post()
        self._check_figures(order)

    def _check_figures(self, order):
        for figure in ("amount_untaxed", "amount_tax", "amount_total"):
            signed = [-move.direction_sign * move[figure] for move in order.invoice_ids]
            self.assertAlmostEqual(sum(signed), order[figure], 2, figure)

    def _sell_with_taxed_book(self, price, **values):
        """Confirm an order of a multipack and a book of 10.02, of which the tax is 2.2044."""
        taxes = [Command.set(self.vat.ids)]
        book = {"product_id": self.book.id, "price_unit": 10.02, "tax_ids": taxes}
        pack = {"product_id": self.pack.id, "price_unit": price, "tax_ids": taxes}
        order = self._create_order([pack, {**book, **values}])
        order.action_confirm()
        order.order_line.multipack_ids.installment_ids[0].action_invoice()
        return order, book

    def test_goods_on_two_invoices_are_rounded_twice(self):
        order, book = self._sell_with_taxed_book(100.0)
        order._create_invoices(final=True).action_post()
        order.order_line = [Command.create(book)]
        self.assertEqual(order.amount_total, 146.45)
        self.assertEqual(order.order_line.multipack_ids.amount, 122.01)
        self.assertAlmostEqual(self._invoice_rest(order), 146.45)
        self._check_figures(order)

    def test_goods_of_one_line_on_two_invoices_are_rounded_twice(self):
        order, _book = self._sell_with_taxed_book(100.0, product_uom_qty=2.0)
        invoice = order._create_invoices(final=True)
        self.assertEqual(invoice.amount_total, 24.45)
        invoice.invoice_line_ids.quantity = 1.0
        invoice.action_post()
        order.order_line[0].price_unit = 200.0
        self.assertEqual(order.order_line.multipack_ids.amount, 244.01)
        self.assertAlmostEqual(self._invoice_rest(order), 268.45)
        self._check_figures(order)

    def test_cancelled_invoice_of_goods_rounds_nothing(self):
        order, book = self._sell_with_taxed_book(100.0)
        order._create_invoices(final=True).button_cancel()
        order.order_line = [Command.create(book)]
        self.assertEqual(order.order_line.multipack_ids.amount, 122.0)

    def test_another_tax_of_goods_is_followed_though_they_cost_the_same(self):
        order, _book = self._sell_with_taxed_book(100.01, price_unit=0.02, tax_ids=False)
        multipack = order.order_line.multipack_ids
        self.assertEqual((order.order_line[1].price_total, multipack.amount), (0.02, 122.01))
        order.order_line[1].tax_ids = self.vat  # of 0.0044, and with the multipack's 22.0066
        self.assertEqual((order.order_line[1].price_total, multipack.amount), (0.02, 122.02))
        self.assertAlmostEqual(self._invoice_rest(order), order.amount_total)
        self._check_figures(order)

    def test_rounding_of_a_tax_that_only_what_is_invoiced_has_is_in_the_total(self):
        taxes = [Command.set(self.vat.ids)]
        order = self._create_order(
            [
                {"product_id": self.pack.id, "price_unit": 2.52, "tax_ids": taxes},
                {"product_id": self.book.id, "price_unit": 0.05, "tax_ids": False},
                {"product_id": self.gift.id, "price_unit": -2.77, "tax_ids": False},
            ]
        )
        order.action_confirm()
        self._invoice_all(order)
        order.order_line[1].tax_ids = self.vat
        self.assertAlmostEqual(order.amount_tax, 0.57)
        self.assertAlmostEqual(self._invoice_rest(order), order.amount_total)
        # Of two invoices, the taxes of 2.52 and 0.05 are 0.55 and 0.01.
        self.assertAlmostEqual(sum(order.invoice_ids.mapped("amount_tax")), 0.56)

    def test_discount_of_less_than_a_cent_is_none_once_it_is_invoiced(self):
        other = self.vat.copy({"name": "10", "amount": 10.0})
        rows = [
            (self.pack, 300.0, other),
            (self.pack, 100.0, self.env["account.tax"]),
            (self.book, 1.0, self.vat),
            (self.gift, -0.001, self.vat),
            (self.gift, -50.0, self.vat),
            (self.gift, -30.0, other),
        ]
        order = self._create_order(
            [
                {
                    "product_id": product.id,
                    "price_unit": price,
                    "tax_ids": [Command.set(taxes.ids)],
                }
                for product, price, taxes in rows
            ]
        )
        order.action_confirm()
        shares = order._get_shares()
        before = [shares.get_amount(line) for line in shares.plans]
        order._create_invoices(final=True).action_post()
        shares = order._get_shares()
        self.assertEqual([shares.get_amount(line) for line in shares.plans], before)
        self.assertEqual(order.amount_to_invoice, sum(before))

    def test_several_lines_change_together(self):
        order = self._sell_for(100.0, 2)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        multipack.installment_ids[0].action_invoice()
        order.order_line = [
            Command.create({"product_id": self.gift.id, "price_unit": -60.0, "tax_ids": False}),
            Command.update(order.order_line.id, {"price_unit": 160.0}),
        ]
        self.assertEqual(multipack.installment_ids.mapped("amount"), [50.0, 50.0])

    def test_discount_is_for_the_first_month(self):
        order = self._create_order(
            [self.flat, {"product_id": self.gift.id, "price_unit": -20.0, "tax_ids": False}]
        )
        text = order.order_line[0]._get_payment_schedule_text().replace("\xa0", "")
        self.assertEqual(text, "$30.00 today, then $50.00 every month until you withdraw")
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.amount, 50.0)
        self._run_on("extend", date(2026, 4, 6))
        self.assertEqual(multipack.installment_ids.mapped("amount"), [30.0, 50.0])
        latest = multipack._get_current_deadlines()
        self.assertEqual(sum(latest.mapped("amount")), 50.0)
        moves = self._invoice_all(order)
        self.assertEqual(moves.mapped("amount_total"), [30.0, 50.0])
        self.assertEqual((order.invoice_status, order.amount_to_invoice), ("invoiced", 0.0))

    def test_month_that_is_given_is_the_first_one(self):
        order = self._create_order(
            [self.flat, {"product_id": self.gift.id, "price_unit": -50.0, "tax_ids": False}]
        )
        self.assertEqual((order.amount_total, order.deadline_due_today), (0.0, 0.0))
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertFalse(multipack.installment_ids)
        with freeze_time("2026-04-06 09:00:00"):
            self._run_on("extend", date(2026, 4, 6))
            [second] = multipack.installment_ids
            self.assertEqual((second.number, second.amount), (2, 50.0))
            self.assertEqual(second.date_due, date(2026, 4, 10))
            self.assertFalse(multipack._get_ordered_installments())
            self.assertEqual(sum(multipack._get_current_deadlines().mapped("amount")), 50.0)
            self.assertEqual(order._get_amount_due_today(), 0.0)
            second.action_invoice()
        self.assertEqual(second.move_id.amount_total, 50.0)

    def test_nothing_to_invoice_says_who_invoices(self):
        order = self._sell_for(100.0)
        order.action_confirm()
        with self.assertRaisesRegex(UserError, f"{order.name} sells a multipack"):
            order._create_invoices()

    def test_credit_note_of_a_withdrawal_is_what_is_open_of_each_tax(self):
        fixed = self.env["account.tax"].create(
            {"name": "Fixed", "amount": 2.0, "amount_type": "fixed"}
        )
        order = self._sell_for(100.0, 4, self.vat + fixed, gift=24.0)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        multipack.installment_ids[:2]._invoice()
        invoice = multipack.installment_ids[1].move_id
        self.assertEqual(invoice.amount_total, 25.0)
        self._leave(multipack, self.TODAY)
        note = order.invoice_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(note.amount_total, 25.0)
        self.assertEqual(note.amount_tax, invoice.amount_tax)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_renewal_keeps_the_price_without_the_coupon(self):
        self.pack.deadline_price_policy = "kept"
        order = self._create_order(
            [self.pack, {"product_id": self.gift.id, "price_unit": -200.0, "tax_ids": False}]
        )
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.amount, 800.0)
        with freeze_time("2027-03-01 09:00:00"):
            renewal = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
        self.assertEqual(renewal.amount_total, 1000.0)

    def test_those_of_earlier_versions_keep_what_was_planned(self):
        order = self._sell_for(100.0, 2)
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        multipack.shares_order = False
        order.order_line = [
            Command.create({"product_id": self.gift.id, "price_unit": -10.0, "tax_ids": False})
        ]
        self.assertEqual(multipack.installment_ids.mapped("amount"), [50.0, 50.0])
        moves = self._invoice_all(order)
        self.assertEqual(sum(moves.mapped("amount_total")), 100.0)
        note = order._create_invoices(final=True)
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 10.0))

    # === DISCOUNTS THAT ARE TAKEN BACK === #

    def _sell_with_book(self):
        """Confirm an order of a multipack and a book, 400.00 in all, less a gift card of 40.00."""
        order = self._create_order(
            [
                {"product_id": self.pack.id, "price_unit": 300.0},
                self.book,
                {"product_id": self.gift.id, "price_unit": -40.0, "tax_ids": False},
            ]
        )
        order.action_confirm()
        return order

    def _invoice_rest(self, order):
        """Invoice all that is left, and return what all invoices of the order are of."""
        self._invoice_all(order)
        silent = order.with_context(raise_if_nothing_to_invoice=False)
        silent._create_invoices(final=True)
        self.env.invalidate_all()
        order.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
        self.env.invalidate_all()
        return sum(-move.direction_sign * move.amount_total for move in order.invoice_ids)

    def test_discount_taken_back_is_invoiced_once(self):
        for values in (
            {"product_uom_qty": 0.0},
            {"price_unit": 0.0},
            {"price_unit": 40.0},
            {"price_unit": -10.0},
        ):
            for number in (0, 2):
                for regular in (False, True):
                    with self.subTest(values=values, number=number, regular=regular):
                        order = self._sell_with_book()
                        order.order_line.multipack_ids.installment_ids[:number]._invoice()
                        if regular:
                            order._create_invoices(final=True).action_post()
                        order.order_line[2].write(values)
                        self.assertAlmostEqual(self._invoice_rest(order), order.amount_total)
                        self.assertEqual(order.invoice_status, "invoiced")
                        self.assertEqual(order.amount_to_invoice, 0.0)
                        self.assertAlmostEqual(self._invoice_rest(order), order.amount_total)

    def test_discount_comes_back_after_it_was_taken_back(self):
        order = self._sell_with_book()
        order.order_line.multipack_ids.installment_ids[0]._invoice()
        order._create_invoices(final=True).action_post()
        order.order_line[2].price_unit = 0.0
        order.with_context(raise_if_nothing_to_invoice=False)._create_invoices(final=True)
        order.order_line[2].price_unit = -20.0
        self.assertAlmostEqual(self._invoice_rest(order), 380.0)

    def test_discount_is_not_taken_back_once_all_multipacks_are_invoiced(self):
        # Without the book, the multipack would have to take over its part of the discount.
        for line, price in ((2, "300.00"), (1, "260.00")):
            order = self._sell_with_book()
            self.assertEqual(self._invoice_rest(order), 360.0)
            with self.assertRaisesRegex(UserError, f"270.00 is invoiced.* become .*{price}"):
                order.order_line[line].product_uom_qty = 0.0

    def test_discount_is_left_to_the_goods_once_the_multipack_is_cancelled(self):
        order = self._sell_with_book()
        order._create_invoices(final=True).action_post()
        order.order_line[0].product_uom_qty = 0.0
        self.assertEqual(order.amount_to_invoice, -30.0)
        self.assertEqual(self._invoice_rest(order), 60.0)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(order.amount_to_invoice, 0.0)

    def test_goods_keep_their_part_of_the_discount_after_a_withdrawal(self):
        for first in (False, True):
            order = self._sell_with_book()
            multipack = order.order_line.multipack_ids
            multipack.installment_ids[:3]._invoice()
            if first:
                order._create_invoices(final=True).action_post()
            self._leave(multipack, self.TODAY)
            self.env.invalidate_all()
            # One installment is owed and two are credited; the book costs what it did.
            self.assertEqual(self._invoice_rest(order), 67.5 + 90.0)
            self.assertEqual((order.invoice_status, order.amount_to_invoice), ("invoiced", 0.0))

    def test_goods_keep_their_part_of_the_discount_after_a_credit_note(self):
        order = self._sell_with_book()
        invoice = order.order_line.multipack_ids.installment_ids[0]._invoice()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        wizard.refund_moves()
        invoice.reversal_move_ids.filtered(lambda note: note.state == "draft").action_post()
        self.env.invalidate_all()
        self.assertEqual(order._create_invoices(final=True).amount_total, 90.0)

import random
from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .common import MultipackCommon


class TestInstallmentInvoice(MultipackCommon):
    @classmethod
    def _create_tax(cls, amount, **values):
        return cls.env["account.tax"].create(
            {"name": f"Tax {amount} {values}", "amount": amount, **values}
        )

    def _sell_taxed(self, price, taxes, count, quantity=1.0, **values):
        product = self._create_multipack(
            "Taxed", price=price, count=count, taxes_id=[Command.set(taxes.ids)]
        )
        order = self._create_order(
            [{"product_id": product.id, "product_uom_qty": quantity}], **values
        )
        order.action_confirm()
        return order.order_line.multipack_ids

    def test_salesperson_is_told_of_none(self):
        """Neither of invoices nor of credit notes: Odoo would, of each that is assigned."""
        multipack = self._sell_multipack(user_id=self.seller.id)
        told = [("res_partner_id", "=", self.seller.partner_id.id)]
        before = self.env["mail.notification"].search_count(told)
        self._run_on("invoice", date(2026, 4, 5))
        self._leave(multipack, self.TODAY)
        moves = multipack.order_id.invoice_ids
        self.assertEqual(set(moves.mapped("move_type")), {"out_invoice", "out_refund"})
        self.assertEqual(moves.invoice_user_id, self.seller)
        self.assertEqual(self.env["mail.notification"].search_count(told), before)

    def test_number_of_the_installment_is_on_a_line_of_its_own(self):
        """Forms leave out what follows the product's name on its line."""
        for product, text in ((self.pack, "Installment 1 of 4"), (self.flat, "Month 1")):
            [installment] = self._sell_multipack(product).installment_ids[0]
            installment.action_invoice()
            self.assertEqual(
                installment.move_id.invoice_line_ids.name, f"{product.display_name}\n{text}"
            )

    def test_invoice_is_made_some_days_ahead(self):
        multipack = self._sell_multipack()
        self._run_on("invoice", date(2026, 4, 4))
        self.assertEqual(multipack.installment_ids.filtered("move_id").mapped("number"), [1])
        self._run_on("invoice", date(2026, 4, 5))
        self.assertEqual(multipack.installment_ids.filtered("move_id").mapped("number"), [1, 2])
        move = multipack.installment_ids[1].move_id
        self.assertRecordValues(
            move,
            [
                {
                    "state": "posted",
                    "partner_id": self.customer.id,
                    "amount_total": 250.0,
                    "invoice_date": date(2026, 4, 5),
                    "invoice_date_due": date(2026, 4, 10),
                    "invoice_origin": multipack.order_id.name,
                }
            ],
        )
        self.assertEqual(multipack.installment_ids[1].state, "invoiced")

    def test_running_twice_invoices_once(self):
        multipack = self._sell_multipack()
        for _run in range(2):
            self._run_on("invoice", date(2026, 3, 10))
        self.assertEqual(len(multipack.order_id.invoice_ids), 1)

    def test_after_an_outage_all_that_is_due_is_invoiced(self):
        multipack = self._sell_multipack()
        self._run_on("invoice", date(2026, 7, 1))
        self.assertEqual(set(multipack.installment_ids.mapped("state")), {"invoiced"})

    def test_company_may_want_drafts(self):
        self.company.deadline_invoice_posting = "draft"
        multipack = self._sell_multipack()
        self._run_on("invoice", date(2026, 3, 10))
        self.assertEqual(multipack.installment_ids[0].move_id.state, "draft")

    def test_deleted_draft_makes_it_planned_again(self):
        self.company.deadline_invoice_posting = "draft"
        installment = self._sell_multipack().installment_ids[0]
        installment.action_invoice()
        self.assertEqual(installment.state, "invoiced")
        installment.move_id.unlink()
        self.assertEqual(installment.state, "planned")
        self._run_on("invoice", date(2026, 3, 10))
        self.assertTrue(installment.move_id)

    def test_cancelled_invoice_is_made_again_only_by_hand(self):
        installment = self._sell_multipack().installment_ids[0]
        installment.action_invoice()
        cancelled = installment.move_id
        cancelled.button_cancel()
        self.assertEqual(installment.state, "planned")
        self._run_on("invoice", date(2026, 3, 10))
        self.assertEqual(installment.move_id, cancelled)
        installment.action_invoice()
        self.assertNotEqual(installment.move_id, cancelled)

    def test_paid_and_credited_invoices_show_so(self):
        first, second = self._sell_multipack().installment_ids[:2]
        (first | second).action_invoice()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=first.move_id.ids
        ).create({})._create_payments()
        self.assertEqual(first.state, "paid")
        second.move_id._reverse_moves(cancel=True)
        self.assertEqual(second.state, "credited")

    def test_total_of_each_invoice_is_the_planned_amount_and_their_sum_the_order(self):
        taxes = [
            self._create_tax(22.0),
            self._create_tax(10.0, price_include_override="tax_included"),
            self._create_tax(4.0),
        ]
        rng = random.Random(19)
        for _case in range(40):
            chosen = self.env["account.tax"].union(*rng.sample(taxes, rng.randint(0, 3)))
            multipack = self._sell_taxed(
                rng.randint(1, 300000) / 100, chosen, rng.randint(1, 12), rng.randint(1, 3)
            )
            multipack.installment_ids._invoice()
            for installment in multipack.installment_ids:
                self.assertEqual(installment.move_id.amount_total, installment.amount)
            moves = multipack.installment_ids.move_id
            order = multipack.order_id
            self.assertAlmostEqual(sum(moves.mapped("amount_total")), order.amount_total, 2)
            # Each invoice rounds its taxes by itself.
            tolerance = 0.011 * max(len(moves), 1)
            self.assertAlmostEqual(
                sum(moves.mapped("amount_tax")), order.amount_tax, delta=tolerance
            )

    def test_foreign_currency(self):
        foreign = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        )
        foreign.active = True
        foreign.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": foreign.id, "name": date(2026, 1, 1), "rate": 3.0}
        )
        pricelist = self.env["product.pricelist"].create({"name": "CHF", "currency_id": foreign.id})
        multipack = self._sell_taxed(99.99, self._create_tax(22.0), 7, pricelist_id=pricelist.id)
        self.assertEqual(multipack.currency_id, foreign)
        multipack.installment_ids._invoice()
        moves = multipack.installment_ids.move_id
        self.assertEqual(moves.currency_id, foreign)
        for installment in multipack.installment_ids:
            self.assertEqual(installment.move_id.amount_total, installment.amount)
        self.assertAlmostEqual(
            sum(moves.mapped("amount_total")), multipack.order_id.amount_total, 2
        )
        self.assertAlmostEqual(
            sum(moves.mapped("amount_total_signed")), multipack.order_id.amount_total / 3, 1
        )

    def test_one_broken_installment_keeps_no_other_from_being_invoiced(self):
        multipacks = [self._sell_multipack() for _number in range(3)]
        broken = multipacks[1].installment_ids[0]
        prepare = type(broken)._prepare_invoice

        def fail(installment):
            if installment == broken:
                raise ZeroDivisionError("division")
            return prepare(installment)

        self.patch(type(broken), "_prepare_invoice", fail)
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self._run_on("invoice", self.TODAY)
        self.assertTrue(multipacks[0].installment_ids[0].move_id)
        self.assertTrue(multipacks[2].installment_ids[0].move_id)
        self.assertFalse(broken.move_id)
        self.assertIn("division", broken.batch_error)

    def test_schedule_may_be_changed_as_long_as_it_sums_to_the_price(self):
        multipack = self._sell_multipack()
        first, second = multipack.installment_ids[:2]
        multipack.installment_ids = [
            Command.update(first.id, {"amount": 400.0}),
            Command.update(second.id, {"amount": 100.0, "date_due": date(2026, 4, 20)}),
        ]
        self.assertEqual(first.amount, 400.0)
        with self.assertRaisesRegex(ValidationError, multipack.name):
            multipack.installment_ids = [Command.update(first.id, {"amount": 401.0})]
        with self.assertRaisesRegex(ValidationError, multipack.name):
            first.amount = 1.0

    def test_invoiced_installment_is_not_changed(self):
        installment = self._sell_multipack().installment_ids[0]
        installment.action_invoice()
        for vals in ({"amount": 250.0}, {"date_due": date(2026, 5, 1)}):
            with self.assertRaisesRegex(UserError, installment.display_name):
                installment.write(vals)
        with self.assertRaisesRegex(UserError, installment.display_name):
            installment.unlink()
        with self.assertRaisesRegex(UserError, installment.display_name):
            installment.action_invoice()

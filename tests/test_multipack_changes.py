from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .common import MultipackCommon


class TestMultipackChanges(MultipackCommon):
    """What happens to a sold multipack when its order line changes."""

    def test_higher_price_is_split_over_what_is_not_invoiced(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        multipack.order_id.order_line.price_unit = 1300.0
        self.assertEqual(multipack.installment_ids.mapped("amount"), [250.0, 350.0, 350.0, 350.0])
        self.assertEqual(multipack.amount, 1300.0)
        self.assertEqual(sum(multipack.deadline_ids.mapped("amount")), 1300.0)

    def test_quantity_follows_into_deadlines(self):
        multipack = self._sell_multipack()
        multipack.order_id.order_line.product_uom_qty = 2
        self.assertEqual(set(multipack.deadline_ids.mapped("quantity")), {2.0})
        self.assertEqual(sum(multipack.installment_ids.mapped("amount")), 2000.0)

    def test_deadlines_follow_even_while_a_renewal_has_concluded_them(self):
        multipack = self._sell_multipack()
        renewal = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
        renewal.action_confirm()
        line = multipack.order_id.order_line
        line.write({"price_unit": 1300.0, "product_uom_qty": 2})
        renewal._action_cancel()
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"active"})
        self.assertEqual(sum(multipack.deadline_ids.mapped("amount")), 2600.0)
        self.assertEqual(set(multipack.deadline_ids.mapped("quantity")), {2.0})

    def test_less_than_what_is_invoiced_is_refused(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[:2].action_invoice()
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.order_id.order_line.price_unit = 499.0
        self.assertEqual(multipack.amount, 1000.0)

    def test_price_of_what_is_invoiced_removes_the_rest(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[:2].action_invoice()
        multipack.order_id.order_line.price_unit = 500.0
        self.assertEqual(
            multipack.installment_ids.mapped("state"),
            ["invoiced", "invoiced", "removed", "removed"],
        )

    def test_more_when_all_is_invoiced_is_refused(self):
        multipack = self._sell_multipack()
        multipack.installment_ids.action_invoice()
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.order_id.order_line.price_unit = 1200.0

    def test_quantity_zero_cancels_it(self):
        multipack = self._sell_multipack()
        multipack.order_id.order_line.product_uom_qty = 0
        self.assertEqual(multipack.state, "cancelled")
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"cancelled"})

    def test_quantity_zero_is_refused_once_invoiced(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.order_id.order_line.product_uom_qty = 0

    def test_order_figures_follow_the_installments(self):
        multipack = self._sell_multipack()
        order, line = multipack.order_id, multipack.order_id.order_line
        self.assertEqual((order.invoice_status, line.qty_to_invoice), ("no", 0.0))
        self.assertEqual(order.amount_to_invoice, 1000.0)
        multipack.installment_ids[0].action_invoice()
        self.assertEqual((line.qty_invoiced, line.qty_invoiced_posted), (0.25, 0.25))
        self.assertEqual(order.amount_to_invoice, 750.0)
        self.assertEqual(line.untaxed_amount_to_invoice, 750.0)
        self.assertEqual(line.amount_invoiced, 250.0)
        multipack.installment_ids[1:].action_invoice()
        self.assertEqual((order.invoice_status, order.amount_to_invoice), ("invoiced", 0.0))

    def test_order_cannot_be_invoiced_beside_its_installments(self):
        multipack = self._sell_multipack()
        with self.assertRaises(UserError):
            multipack.order_id._create_invoices()

    def test_months_beyond_the_first_do_not_overflow_the_order(self):
        multipack = self._sell_multipack(self.flat)
        self._run_on("extend", date(2026, 5, 20))
        self._run_on("invoice", date(2026, 5, 20))
        line = multipack.order_id.order_line
        self.assertEqual(line.amount_invoiced, 150.0)
        self.assertEqual((line.qty_invoiced, line.amount_to_invoice), (1.0, 0.0))
        self.assertEqual(line.untaxed_amount_to_invoice, 0.0)
        self.assertEqual(line.invoice_status, "invoiced")

    def test_checks_are_not_switched_off_by_a_client(self):
        """What is in the context of a call comes from outside as well."""
        multipack = self._sell_multipack()
        as_seller = self.env(
            user=self.seller, context={"multipack_schedule": True, "multipack_following": True}
        )
        installment = multipack.with_env(as_seller).installment_ids[0]
        with self.assertRaises(ValidationError), self.cr.savepoint():
            installment.amount = 1.0
        line = multipack.with_env(as_seller).sale_line_id
        line.order_id.write({"order_line": [Command.update(line.id, {"price_unit": 500.0})]})
        self.assertEqual(sum(multipack.installment_ids.mapped("amount")), line.price_total)

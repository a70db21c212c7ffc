from itertools import product

from odoo.fields import Command
from odoo.tests import freeze_time

from .common import MultipackCommon


@freeze_time("2026-02-20 09:00:00")
class TestRenewalPriceKept(MultipackCommon):
    """A price that is kept is what the customer paid before, to the cent and with its taxes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = cls.env["account.tax"].create(
            [
                {"name": name, **values}
                for name, values in (
                    ("22%", {"amount": 22.0}),
                    ("22% included", {"amount": 22.0, "price_include_override": "tax_included"}),
                    ("Fixed", {"amount": 1.37, "amount_type": "fixed"}),
                    (
                        "Fixed included",
                        {
                            "amount": 5.0,
                            "amount_type": "fixed",
                            "price_include_override": "tax_included",
                        },
                    ),
                    ("Division", {"amount": 8.0, "amount_type": "division"}),
                )
            ]
        )
        cls.excluded, cls.included, cls.fixed, cls.fixed_included, cls.division = cls.taxes
        none = cls.taxes[:0]
        pair = cls.fixed_included + cls.included
        cls.kept = {"deadline_price_policy": "kept"}
        cls.services = [
            cls._create_product(f"Service {number}", taxes_id=[Command.set(taxes.ids)], **cls.kept)
            for number, taxes in enumerate((none, *cls.taxes, pair, cls.excluded + cls.fixed))
        ]
        cls.pricelists = [
            cls._create_pricelist(name, rate)
            for name, rate in (("USD", 1.0), ("EUR", 0.9), ("JPY", 150.0), ("KWD", 0.3))
        ]

    def _open_renewal(self, deadlines, pricelist=None):
        order = self.env["sale.order"].browse(deadlines.action_renew()["res_id"])
        if pricelist:
            order.pricelist_id = pricelist
            order._recompute_prices()
        return order

    def _assert_same(self, first, second, name=""):
        """Check that two lines cost the same."""
        names = ("price_total", "price_subtotal", "product_uom_qty")
        self.assertEqual(
            [second[field] for field in names], [first[field] for field in names], name
        )

    # === WHAT THE ORDER SAYS === #

    def test_nothing_goes_astray_in_renewals(self):
        quantities, discounts = (1.0, 3.0, 0.33), (0.0, 33.33)
        rows = list(product(self.services, quantities, discounts))
        for pricelist, method in product(self.pricelists, ("round_globally", "round_per_line")):
            self.company.tax_calculation_rounding_method = method
            size = 100.0 if pricelist.currency_id.name == "JPY" else 1.0
            lines = [
                {
                    "product_id": service.id,
                    "product_uom_qty": quantity,
                    "discount": discount,
                    "price_unit": (10.06 + number * 7.77) * size,
                }
                for number, (service, quantity, discount) in enumerate(rows)
            ]
            order = self._create_order(lines, pricelist_id=pricelist.id)
            order.action_confirm()
            for _period in range(2):
                renewal = self._open_renewal(order.order_line.deadline_ids, pricelist)
                former = {line.deadline_ids: line for line in order.order_line}
                for line in renewal.order_line:
                    name = f"{pricelist.name} {method} {line.product_id.name}"
                    self._assert_same(former[line.renewed_deadline_id], line, name)
                self.assertEqual(renewal.amount_total, order.amount_total)
                renewal.action_confirm()
                order = renewal

    def test_part_of_a_service_with_a_fixed_tax_in_its_price(self):
        service = self.services[4]
        self.assertEqual(service.taxes_id, self.fixed_included)
        yen = self.pricelists[2]
        line = {"product_id": service.id, "price_unit": 4909.0, "product_uom_qty": 0.33}
        first = self._sell(line, pricelist_id=yen.id).sale_line_id
        self.assertEqual(first.price_total, 1620.0)
        renewal = self._open_renewal(first.deadline_ids, yen).order_line
        self._assert_same(first, renewal)
        self.assertEqual(renewal.price_unit, 4909.0)

    def test_corrected_order_line_is_what_is_kept(self):
        first = self._sell({"product_id": self.services[2].id, "price_unit": 50.0}).sale_line_id
        first.price_unit = 10.06
        self._assert_same(first, self._open_renewal(first.deadline_ids).order_line)

    def test_increase_is_of_the_price_without_taxes(self):
        service = self.services[6]
        service.write({"deadline_price_policy": "increase", "deadline_price_increase": 10.0})
        line = {"product_id": service.id, "price_unit": 66.0, "product_uom_qty": 3}
        first = self._sell(line).sale_line_id
        renewal = self._open_renewal(first.deadline_ids).order_line
        self.assertEqual((first.price_subtotal, renewal.price_subtotal), (150.0, 165.0))
        self.assertEqual((first.price_total, renewal.price_total), (198.0, 216.3))

    def test_other_currency_is_converted_with_its_taxes(self):
        euro = self.pricelists[1]
        first = self._sell({"product_id": self.services[2].id, "price_unit": 122.0}).sale_line_id
        renewal = self._open_renewal(first.deadline_ids, euro).order_line
        self.assertEqual(renewal.currency_id, euro.currency_id)
        self.assertEqual((renewal.price_subtotal, renewal.price_total), (90.0, 109.8))

    # === OTHER TAXES THAN BEFORE === #

    def test_price_without_taxes_is_kept_where_they_change(self):
        cases = (
            # sold with, then renewed with, what it costs then
            (self.excluded, self.included, (100.0, 122.0)),
            (self.included, self.excluded, (81.97, 100.0)),
            (self.included, self.fixed_included, (81.97, 86.97)),
            (self.taxes[:0], self.included, (100.0, 122.0)),
            (self.included, self.taxes[:0], (81.97, 81.97)),
        )
        for before, after, wanted in cases:
            service = self._create_product(
                "Service", price=100.0, taxes_id=[Command.set(before.ids)], **self.kept
            )
            deadline = self._sell(service)
            service.taxes_id = after
            line = self._open_renewal(deadline).order_line
            self.assertEqual((line.price_subtotal, line.price_total), wanted)

    def test_taxes_of_another_country_are_those_of_the_former_line(self):
        for sold, owed, price in (
            (self.included, self.excluded, 100.0),
            (self.excluded, self.included, 122.0),
        ):
            abroad = self.env["account.fiscal.position"].create({"name": sold.name})
            mapped = owed.copy(
                {
                    "fiscal_position_ids": [Command.set(abroad.ids)],
                    "original_tax_ids": [Command.set(sold.ids)],
                }
            )
            self.customer.property_account_position_id = abroad
            taxed = {"taxes_id": [Command.set(sold.ids)], **self.kept}
            service = self._create_product("Service", price=price, **taxed)
            pack = self._create_multipack("Pack", price=price, **taxed)
            order = self._create_order([service, pack])
            order.action_confirm()
            first, second = order.order_line
            self.assertEqual(order.order_line.tax_ids, mapped)
            self._assert_same(first, self._open_renewal(first.deadline_ids).order_line)
            self._assert_same(second, self._open_renewal(second.multipack_ids).order_line)

    # === WHAT IS KNOWN OF THE AMOUNT ONLY === #

    def test_corrected_amount_is_what_is_kept(self):
        deadline = self._sell({"product_id": self.services[2].id, "price_unit": 122.0})
        deadline.amount = 50.0
        line = self._open_renewal(deadline).order_line
        self.assertEqual((line.price_subtotal, line.price_total), (50.0, 61.0))

    def test_corrected_quantity_is_what_the_amount_is_for(self):
        deadline = self._sell({"product_id": self.services[2].id, "price_unit": 122.0})
        deadline.quantity = 2.0
        line = self._open_renewal(deadline).order_line
        self.assertEqual((line.price_unit, line.price_subtotal), (61.0, 100.0))

    def test_amount_without_an_order_is_kept(self):
        totals = (80.0, 97.6, 97.6, 81.37, 85.0, 86.96, 102.6, 98.97)
        for service, total in zip(self.services, totals, strict=True):
            deadline = self._create_deadline(product_id=service.id, amount=80.0)
            line = self._open_renewal(deadline).order_line
            self.assertEqual((line.price_subtotal, line.price_total), (80.0, total), service.name)

    # === MULTIPACKS === #

    def test_multipack_costs_what_it_did(self):
        for pricelist, method in product(self.pricelists, ("round_globally", "round_per_line")):
            self.company.tax_calculation_rounding_method = method
            size = 100.0 if pricelist.currency_id.name == "JPY" else 1.0
            for taxes in (self.excluded, self.included, self.fixed_included + self.included):
                pack = self._create_multipack(
                    "Pack", taxes_id=[Command.set(taxes.ids)], **self.kept
                )
                line = {"product_id": pack.id, "price_unit": 1010.06 * size, "discount": 33.33}
                order = self._create_order(
                    [{**line, "product_uom_qty": quantity} for quantity in (1, 3)],
                    pricelist_id=pricelist.id,
                )
                order.action_confirm()
                for first in order.order_line:
                    renewal = self._open_renewal(first.multipack_ids, pricelist)
                    self._assert_same(first, renewal.order_line, f"{pricelist.name} {method}")

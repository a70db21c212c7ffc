from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time

from .common import DeadlineCommon


@freeze_time("2026-02-20 09:00:00")
class TestRenewalPrice(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.included = cls.env["account.tax"].create(
            {"name": "22% incl.", "amount": 22.0, "price_include_override": "tax_included"}
        )
        cls.excluded = cls.env["account.tax"].create({"name": "22%", "amount": 22.0})

    def _renewal_line(self, **values):
        deadline = self._create_deadline(**values)
        return self.env["sale.order"].browse(deadline.action_renew()["res_id"]).order_line

    def _set_policy(self, policy, **values):
        self.monthly.write({"deadline_price_policy": policy, **values})

    def test_todays_price(self):
        self._set_policy("current")
        self.assertEqual(self._renewal_line(amount=80).price_subtotal, 100)

    def test_todays_price_of_the_chosen_attributes(self):
        attribute = self.env["product.attribute"].create(
            {"name": "Size", "create_variant": "no_variant"}
        )
        sizes = self.env["product.attribute.value"].create(
            [
                {"name": name, "attribute_id": attribute.id, "default_extra_price": extra}
                for name, extra in (("Small", 0), ("Large", 50))
            ]
        )
        line = {"attribute_id": attribute.id, "value_ids": [Command.set(sizes.ids)]}
        template = self.env["product.template"].create(
            {
                "name": "Hosting",
                "list_price": 100,
                "taxes_id": False,
                "is_deadline": True,
                "attribute_line_ids": [Command.create(line)],
            }
        )
        chosen = template.attribute_line_ids.product_template_value_ids[1]
        large = {"product_no_variant_attribute_value_ids": [Command.set(chosen.ids)]}
        first = self._sell({"product_id": template.product_variant_id.id, **large})
        second = self._renew(first)
        self.assertEqual((first.amount, second.amount), (150, 150))
        self.assertEqual(second.sale_line_id.name.count("Large"), 1)

    def test_period_that_cost_nothing_is_renewed_at_todays_price(self):
        self._set_policy("kept")
        present = self._sell({"product_id": self.monthly.id, "discount": 100})
        self.assertEqual(present.amount, 0)
        self.assertEqual(self._renew(present).amount, 100)
        self.monthly.list_price = 0
        self.assertEqual(self._renewal_line(amount=0).price_subtotal, 0)

    def test_kept_price(self):
        self._set_policy("kept")
        line = self._renewal_line(amount=80, quantity=2)
        self.assertEqual((line.price_unit, line.price_subtotal), (40, 80))

    def test_increased_price(self):
        self._set_policy("increase", deadline_price_increase=2.5)
        self.assertEqual(self._renewal_line(amount=80).price_subtotal, 82)

    def test_kept_price_survives_the_recomputation_at_payment(self):
        self._set_policy("kept")
        line = self._renewal_line(amount=80)
        line.order_id._recompute_prices()
        self.assertEqual(line.price_subtotal, 80)

    def test_kept_price_takes_no_discount_of_the_pricelist(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Half price",
                "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 50})],
            }
        )
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "sale.group_discount_per_so_line"
        )
        self._set_policy("kept")
        line = self._renewal_line(amount=80)
        line.order_id.pricelist_id = pricelist
        line.order_id._recompute_prices()
        self.assertEqual((line.discount, line.price_subtotal), (0, 80))

    def test_discount_given_by_hand_survives_a_new_quantity(self):
        self._set_policy("kept")
        line = self._renewal_line(amount=80)
        line.discount = 10
        line.product_uom_qty = 2
        self.assertEqual((line.discount, line.price_subtotal), (10, 144))

    def test_kept_price_with_included_tax(self):
        self._set_policy("kept", taxes_id=[Command.set(self.included.ids)])
        line = self._renewal_line(amount=80)
        self.assertEqual(line.price_subtotal, 80)
        self.assertEqual(line.price_total, 97.6)

    def test_kept_price_of_many_small_ones_with_included_tax(self):
        self._set_policy("kept", taxes_id=[Command.set(self.included.ids)])
        line = self._renewal_line(amount=81.97, quantity=1000)
        self.assertEqual((line.price_subtotal, line.price_total), (81.97, 100))

    def test_kept_price_with_excluded_tax(self):
        self._set_policy("kept", taxes_id=[Command.set(self.excluded.ids)])
        line = self._renewal_line(amount=80)
        self.assertEqual((line.price_subtotal, line.price_total), (80, 97.6))

    def test_kept_price_where_the_customer_owes_no_tax(self):
        exempt = self.env["account.fiscal.position"].create({"name": "Export"})
        self.env["account.tax"].create(
            {
                "name": "0%",
                "amount": 0.0,
                "fiscal_position_ids": [Command.set(exempt.ids)],
                "original_tax_ids": [Command.set(self.included.ids)],
            }
        )
        self._set_policy("kept", taxes_id=[Command.set(self.included.ids)])
        self.customer.property_account_position_id = exempt
        line = self._renewal_line(amount=80)
        self.assertEqual((line.price_subtotal, line.price_total), (80, 80))

    def test_kept_price_in_another_currency(self):
        dollar = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.company.currency_id.id)], limit=1)
        )
        dollar.active = True
        dollar.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": dollar.id, "rate": 4.0, "name": date(2026, 1, 1)}
        )
        self._set_policy("kept")
        line = self._renewal_line(amount=80, currency_id=dollar.id)
        self.assertEqual(line.currency_id, self.company.currency_id)
        self.assertEqual(line.price_subtotal, 20)

    def test_price_and_quantity_keep_their_unit(self):
        self._set_policy("kept")
        dozen = self.env.ref("uom.product_uom_dozen")
        dozens = {"product_id": self.monthly.id, "product_uom_id": dozen.id, "product_uom_qty": 2}
        deadline = self._sell({**dozens, "price_unit": 600})
        line = self.env["sale.order"].browse(deadline.action_renew()["res_id"]).order_line
        self.assertEqual((line.product_uom_id, line.price_subtotal), (dozen, 1200))
        line.product_uom_id = self.monthly.uom_id
        self.assertEqual(line.price_unit, 50)

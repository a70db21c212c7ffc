from odoo import api, models


class SaleOrderLine(models.Model):
    """What the renewal of a period costs that keeps its price."""

    _inherit = "sale.order.line"

    @api.depends("renewed_deadline_id")
    def _compute_price_unit(self):
        super()._compute_price_unit()

    @api.depends("renewed_deadline_id")
    def _compute_discount(self):
        # In a price that is kept the discount of then is contained.
        kept = self.filtered(lambda line: line._keeps_deadline_price())
        if self.env["product.pricelist.item"]._is_discount_feature_enabled():
            kept.filtered("order_id.pricelist_id").discount = 0.0
        super(SaleOrderLine, self - kept)._compute_discount()

    def _keeps_deadline_price(self):
        """Say whether the line's price comes from what it renews. A hook."""
        self.ensure_one()
        return self._keeps_price_of(self.sudo().renewed_deadline_id)

    @api.model
    def _keeps_price_of(self, contract):
        """Say whether what renews a contract (`deadline.contract.mixin`) costs what that did.

        One that cost nothing, as a first period that was a present, or of which the amount was
        never entered, has no price to keep: it is renewed at today's.
        """
        if contract.product_id.deadline_price_policy not in ("kept", "increase"):
            return False
        return not contract.currency_id.is_zero(contract.amount)

    def _reset_price_unit(self):
        """Keep the price of the line that sold the renewed period, as long as it is known.

        What it says of a whole period is rounded: from that alone, the customer would pay
        a cent more or less again with each renewal.
        """
        former = self._keeps_deadline_price() and self._get_priced_line()
        if not former:
            return super()._reset_price_unit()
        price = self._get_price_of_line(former)
        return self.update({"price_unit": price, "technical_price_unit": price})

    def _get_priced_line(self):
        """Return the order line that says what the renewed period cost, maybe none. A hook."""
        return self.sudo().renewed_deadline_id._get_priced_line()

    def _get_price_of_line(self, former):
        """Return the unit price at which the line costs what another one did.

        More than that, if the product says so. In the line's unit and in its order's currency.
        """
        line_sudo, product = self.sudo(), former.product_id
        price = former.price_unit * (1 - former.discount / 100)
        uom, taxes = line_sudo.product_uom_id or former.product_uom_id, line_sudo.tax_ids._origin
        is_kept = product.deadline_price_policy == "kept"
        facts = (former.product_uom_id, former.currency_id, former.tax_ids)
        if is_kept and facts == (uom, line_sudo.currency_id, taxes):
            return price
        untaxed = former._get_untaxed_price(price)
        if not is_kept:
            untaxed *= 1 + product.deadline_price_increase / 100
        untaxed = self._convert_to_sol_currency(untaxed, former.currency_id)
        price = line_sudo._add_included_taxes(former.product_uom_id._compute_price(untaxed, uom))
        rounded, quantity = line_sudo.currency_id.round(price), line_sudo.product_uom_qty
        if line_sudo.currency_id.compare_amounts(rounded * quantity, price * quantity):
            return price
        return rounded

    def _get_untaxed_price(self, price):
        """Return what a unit price leaves without those of the line's taxes that it includes."""
        details = self.tax_ids._get_tax_details(
            price, 1.0, rounding_method="round_globally", product=self.product_id
        )
        return details["total_excluded"]

    def _add_included_taxes(self, untaxed):
        """Return a unit price with those of the line's taxes that prices include."""
        details = self.tax_ids._origin._get_tax_details(
            untaxed,
            1.0,
            rounding_method="round_globally",
            product=self.product_id,
            special_mode="total_excluded",
        )
        included = [one for one in details["taxes_data"] if one["tax"].price_include]
        return untaxed + sum(one["tax_amount"] for one in included)

    def _get_display_price(self):
        deadline_sudo = self.sudo().renewed_deadline_id
        if self._keeps_price_of(deadline_sudo):
            return self._get_deadline_price()
        return super()._get_display_price()

    def _get_deadline_price(self):
        """Return what the renewed period's amount makes of a unit, increased if its product says.

        In the line's unit, in the order's currency, and with those taxes of the product
        that its prices include, as every price that a pricelist gives. It is computed from
        the whole period: rounded one by one, small prices would go astray.
        """
        deadline_sudo = self.sudo().renewed_deadline_id
        product, quantity = deadline_sudo.product_id, deadline_sudo.quantity or 1.0
        amount = deadline_sudo.amount
        if product.deadline_price_policy == "increase":
            amount *= 1 + product.deadline_price_increase / 100
        # The amount is untaxed, while prices of the product may include some of its taxes.
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id).compute_all(
            amount / quantity,
            deadline_sudo.currency_id,
            quantity,
            product=product,
            handle_price_include=False,
        )["taxes"]
        amount += sum(tax["amount"] for tax in taxes if tax["price_include"])
        if deadline_sudo.currency_id != self.currency_id:
            amount = self.currency_id.round(
                self._convert_to_sol_currency(amount, deadline_sudo.currency_id)
            )
        uom = deadline_sudo._get_uom()
        return uom._compute_price(amount / quantity, self.product_uom_id or uom)

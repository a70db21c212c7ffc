from odoo import api, models
from odoo.fields import Command

from .. import bills, schedule


class SaleOrderLine(models.Model):
    """What of an order line its installments invoice: of multipacks, and of shared discounts."""

    _inherit = "sale.order.line"

    # === THE ORDER'S TOTAL === #

    def _shares_order(self):
        """Say whether the line sells a multipack of which the price is its part of the order.

        Those opened by earlier versions keep the price of their line.
        """
        self.ensure_one()
        opened = self._get_live_multipack()
        return self._is_paid_in_installments() and (not opened or opened.shares_order)

    def _get_reduced_lines(self, lines):
        """Return which of ``lines`` a line below zero reduces: those with the same taxes.

        All of them, where it is no discount on prices, such as a gift card.
        """
        self.ensure_one()
        line = self.sudo()
        reward = "reward_id" in line._fields and line.reward_id  # of an addon we may have or not
        taxes = line._get_discounted_taxes()
        is_discount = taxes or reward or line._is_global_discount()
        if not is_discount or (reward and reward.program_id.is_payment_program):
            return lines
        if reward:
            lines = lines & line._get_rewarded_lines()
        return lines.filtered(lambda one: one._get_discounted_taxes() == taxes)

    def _get_rewarded_lines(self):
        """Return the lines that the line's reward was computed of, as Odoo computes it."""
        self.ensure_one()
        order, reward = self.order_id, self.reward_id
        if reward.reward_type == "shipping":
            return order.order_line.filtered("is_delivery")
        if reward.discount_applicability == "specific":
            return order._get_specific_discountable_lines(reward)
        if reward.discount_applicability == "cheapest":
            return order._cheapest_line(reward) or self.browse()
        return order.order_line - order._get_no_effect_on_threshold_lines()

    def _get_discounted_taxes(self):
        """Return the taxes that a discount on prices reduces, as Odoo's own discounts do."""
        self.ensure_one()
        return self.tax_ids.flatten_taxes_hierarchy().filtered(lambda tax: tax._can_be_discounted())

    def _was_reduction(self):
        """Say whether an invoice was reduced by the line, which may be of more or nothing by now.

        Of such a line invoices bring parts, which have no quantity of their own. One too small
        to be anything once it is rounded reduces none.
        """
        self.ensure_one()
        return any(line.price_unit < 0 and line.price_total for line in self.sudo().invoice_lines)

    def _get_invoiced_quantities(self):
        """Return the quantity that each invoice brought of the line, drafts too, in its unit.

        Not ``qty_invoiced``, of which the computation asks what the order's multipacks cost.

        :return: dict from ``account.move`` to the quantity, below zero for credit notes
        """
        self.ensure_one()
        quantities = {}
        for line in self.sudo().invoice_lines.filtered(lambda one: one.parent_state != "cancel"):
            quantity = line.product_uom_id._compute_quantity(line.quantity, self.product_uom_id)
            signed = -line.move_id.direction_sign * quantity
            quantities[line.move_id] = quantities.get(line.move_id, 0.0) + signed
        return quantities

    def _get_own_row(self):
        """Return the row of the line as if it were alone in its order, see `bills`."""
        self.ensure_one()
        return self.order_id._get_tax_rows(self)[self]

    def _get_own_amount(self):
        """Return what the line would cost as the only one of its order, tax included."""
        return schedule.amount(bills.total(self._get_own_row()), self.currency_id.rounding)

    def _get_price_facts(self):
        """Return what has to be the same for multipacks to cost the same, first its price."""
        self.ensure_one()
        prices = self.price_total, self.price_subtotal, self.tax_ids
        return *prices, self.product_uom_qty, self.product_id

    def _get_plan_amount(self, shares=None):
        """Return what the line's multipack costs within its order, tax included.

        Of one that runs month by month: the first month.

        :param shares: `Shares` of the order, where they are known
        """
        self.ensure_one()
        shares = shares or self.order_id._get_shares()
        return shares.get_amount(self) if self in shares.plans else self.price_total

    def _get_fixed_bill(self):
        """Return the bill of a multipack that is invoiced as a whole, or None."""
        self.ensure_one()
        multipack = self._get_live_multipack()
        if multipack and multipack._is_wholly_invoiced():
            return multipack._get_invoiced_bill()
        return None

    # === INVOICES === #

    def _prepare_share_line(self, row, local=None, **values):
        """Return the values of an invoice line for a part of the order line.

        The tax engine takes over what it is told of base and taxes, as with down payments.

        :param dict row: see `bills`
        :param local: see `bills.prepare`
        """
        self.ensure_one()
        known = self.tax_ids.flatten_taxes_hierarchy().ids
        # What was invoiced with a tax that the line has no more is taken off with it.
        gone = [key for key in row if isinstance(key, int) and row[key] and key not in known]
        taxes = self.tax_ids + self.env["account.tax"].browse(gone)
        key = (self.extra_tax_data or {}).get("computation_key") or f"multipack,{self.id}"
        return self._prepare_invoice_line(
            **{
                "tax_ids": [Command.set(taxes.ids)],
                **bills.prepare(row, taxes, self.currency_id, key, local),
                **values,
            }
        )

    def _prepare_invoice_lines_vals_list(self, **optional_values):
        """Bring into regular invoices what installments leave of a shared discount."""
        shares = self.order_id._get_shares()
        if self not in shares.shared:
            return super()._prepare_invoice_lines_vals_list(**optional_values)
        row = self._get_regular_row(shares, states=("draft", "posted"))
        return [self._prepare_share_line(row, **optional_values)]

    def _get_regular_row(self, shares, states):
        """Return what regular invoices are still to bring of a discount that multipacks share.

        :param shares: `Shares` of the order
        :param states: of the invoices that count
        """
        self.ensure_one()
        sold = self.order_id.sudo().order_line.filtered("multipack_ids")
        # Neither those of installments, nor what credits or replaces them.
        regular = self.sudo().invoice_lines.move_id - sold.invoice_lines.move_id
        done = regular.filtered(lambda move: move.state in states)._get_bill_of_order()
        return bills.plus(shares.shared[self], done.get(self, {}), -1)

    # === FIGURES === #

    def _prepare_qty_invoiced(self):
        invoiced = super()._prepare_qty_invoiced()
        for line, whole in self._get_wholes().items():
            invoiced[line] = line._get_invoiced_part(whole, ("draft", "posted"))
        return invoiced

    def _compute_qty_invoiced_posted(self):
        super()._compute_qty_invoiced_posted()
        for line, whole in self._get_wholes().items():
            line.qty_invoiced_posted = line._get_invoiced_part(whole, ("posted",))

    @api.depends("order_id.order_line.multipack_ids", "order_id.order_line.price_total")
    def _compute_qty_to_invoice(self):
        super()._compute_qty_to_invoice()
        self._set_qty_of_installments()

    def _set_qty_of_installments(self):
        """Take off ``qty_to_invoice`` what installments are to invoice.

        Of a shared discount the rest is left, however little.
        """
        for line in self.filtered("qty_to_invoice"):
            if line._is_invoiced_in_installments():
                line.qty_to_invoice = 0.0
        reducing = self.filtered(
            # Rounded, the quantity of a large discount is invoiced before all of it is.
            lambda line: (
                line.state == "sale"
                and (line.price_total < 0 or line._was_reduction())
                and (line.qty_to_invoice or line.product_id.invoice_policy == "order")
            )
        )
        for order, lines in reducing.grouped("order_id").items():
            shares = order._get_shares()
            for line in lines.filtered(lambda line, shares=shares: line in shares.shared):
                line.qty_to_invoice = line._get_shared_qty_to_invoice(shares)

    def _get_shared_qty_to_invoice(self, shares):
        """Return the quantity of a discount that regular invoices are still to bring.

        :param shares: `Shares` of the order, which share the line
        """
        self.ensure_one()
        left = bills.total(self._get_regular_row(shares, ("draft", "posted")))
        whole = bills.total(shares.rows[self])
        quantity = self.product_uom_qty * min(abs(left / whole) if whole else 0.0, 1.0)
        # Not nothing, as Odoo would take the line for invoiced.
        least = -0.01 if quantity < 0 else 0.01
        return left and max(quantity, least, key=abs)

    @api.depends("order_id.order_line.multipack_ids.installment_ids.state")
    def _compute_invoice_status(self):
        super()._compute_invoice_status()
        for line in self.filtered(lambda line: line.state == "sale"):
            billed = line._get_billed_with()
            if billed is not None and line.product_uom_qty and not line.qty_to_invoice:
                opened = billed.sudo()._get_live_multipack()
                planned = "planned" in opened.installment_ids.mapped("state")
                line.invoice_status = "no" if planned or not opened else "invoiced"

    def _get_billed_with(self):
        """Return the lines with whose installments this one is invoiced, or None."""
        self.ensure_one()
        if self._is_invoiced_in_installments():
            return self
        if self.price_total >= 0:
            return None
        shares = self.order_id._get_shares()
        if self not in shares.shared:
            return None
        sharing = [one for one, bill in shares.plans.items() if self in bill]
        return self.browse().union(*sharing) if sharing else None

    @api.depends(
        "order_id.order_line.multipack_ids.installment_ids.state",
        "order_id.order_line.multipack_ids.installment_ids.amount",
    )
    def _compute_amount_to_invoice(self):
        super()._compute_amount_to_invoice()
        for line, row in self._get_rows_to_invoice().items():
            line.amount_to_invoice = schedule.amount(bills.total(row), line.currency_id.rounding)

    @api.depends(
        "order_id.order_line.multipack_ids.installment_ids.state",
        "order_id.order_line.multipack_ids.installment_ids.amount",
    )
    def _compute_untaxed_amount_to_invoice(self):
        super()._compute_untaxed_amount_to_invoice()
        for line, row in self._get_rows_to_invoice().items():
            line.untaxed_amount_to_invoice = schedule.amount(
                row.get(bills.BASE, 0), line.currency_id.rounding
            )

    def _get_rows_to_invoice(self):
        """Return what is still to be invoiced of each of these lines that installments invoice.

        Drafts count as not invoiced, as everywhere in Odoo's figures of what is to be invoiced.

        :return: dict from the lines to their rows, see `bills`
        """
        rows = {line: {} for line in self if line._is_invoiced_in_installments()}
        for order, lines in self.grouped("order_id").items():
            if order.state == "sale" and order.sudo().order_line.multipack_ids:
                bill = order._get_bill_to_invoice()
                rows |= {line: bill[line] for line in lines if line in bill}
        return rows

    def _get_wholes(self):
        """Return what each of these lines that installments invoice costs, in steps.

        Of those with invoices: Odoo asks what is invoiced while it computes the price of others.
        """
        wholes = {}
        for order, lines in self.filtered("invoice_lines").grouped("order_id").items():
            shares = order._get_shares()
            for line in lines:
                if line in shares.plans:
                    wholes[line] = bills.total(shares.plans[line].get(line, {}))
                elif line in shares.shared:
                    wholes[line] = bills.total(shares.rows[line])
                elif line._is_invoiced_in_installments():
                    wholes[line] = schedule.count(line.price_total, shares.step)
        return wholes

    def _is_invoiced_in_installments(self):
        """Say whether invoices of the line are made by the installments of its multipack."""
        self.ensure_one()
        line = self.sudo()
        return bool(line.multipack_ids) or (not line.invoice_lines and line._has_multipack_price())

    def _get_invoiced_part(self, whole, states):
        """Return the part of the quantity that is invoiced: of all of it, or of the first month.

        :param int whole: what the line costs, in steps
        :param states: of the invoices that count
        """
        self.ensure_one()
        amount = sum(
            invoice_line.price_total * -invoice_line.move_id.direction_sign
            for invoice_line in self._get_invoice_lines()
            if invoice_line.move_id.state in states
        )
        steps = schedule.count(amount, self.currency_id.rounding)
        if not whole:
            return 0.0 if steps else self.product_uom_qty
        return self.product_uom_qty * min(steps / whole, 1.0)

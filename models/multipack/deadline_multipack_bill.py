from odoo import models

from .. import bills, schedule


class DeadlineMultipack(models.Model):
    """What a multipack costs within its order, and what of it is invoiced, see `bills`."""

    _inherit = "deadline.multipack"

    # === FOLLOWING THE ORDER === #

    def _update_from_order(self, changed):
        """Split what is not yet invoiced again after something changed on their order.

        What is invoiced as a whole keeps its price, unless its own line has changed.

        :param changed: order lines of which the own price changed
        :raise UserError: names the multipack of which more is invoiced than it would now cost
        """
        for multipack in self.filtered(lambda one: one.state == "active" and one.shares_order):
            line = multipack.sale_line_id
            shares = line.order_id._get_shares(changed)
            if line not in shares.plans:
                continue
            is_done = multipack._is_wholly_invoiced() and multipack.plan == "installments"
            if shares.problem == line or (is_done and line in changed):
                wanted = line.order_id._get_shares(changed | line).get_amount(line)
                multipack.installment_ids._refuse_split(multipack, wanted)
            if not is_done:
                multipack._update_from_line(shares)
        for multipack in self.filtered(lambda one: one.state == "active" and not one.shares_order):
            if multipack.sale_line_id in changed:
                multipack._update_from_line()

    def _update_from_line(self, shares=None):
        """Take over what the order line of the multipack costs now.

        :param shares: `Shares` of the order; none for those that have the price of their line
        :raise UserError: names the multipack of which more is invoiced than it would now cost
        """
        self.ensure_one()
        line = self.sale_line_id
        total = shares.get_amount(line) if shares else line.price_total
        untaxed = shares.get_untaxed(line) if shares else line.price_subtotal
        price = self._get_month_price() if self.plan == "monthly" else total
        ordered = sum(self._get_ordered_installments().mapped("amount"))
        if self.currency_id.compare_amounts(total, ordered) or self.currency_id.compare_amounts(
            price, self.amount
        ):
            self.installment_ids._split_price(self, total)
        self._share_again(line.product_uom_qty, untaxed)
        self.write({"amount": price, "quantity": line.product_uom_qty})
        self._check_installment_sum()

    def _share_again(self, quantity, untaxed):
        """Give the deadlines of the last period their part of what the multipack costs now.

        Those that an early renewal has concluded, too: cancelled, it has them run again.
        Of a plan that runs month by month: later months cost what the order line does.
        """
        self.ensure_one()
        if self.plan == "monthly" and len(self.installment_ids) > 1:
            untaxed = self._get_month_untaxed()
        deadlines = self._get_current_deadlines()
        amounts = deadlines and deadlines._share_amount(untaxed)
        for deadline, amount in zip(deadlines, amounts, strict=True):
            deadline.write(
                {"amount": amount, "quantity": deadline.quantity * quantity / self.quantity}
            )

    # === WHAT IS INVOICED === #

    def _is_wholly_invoiced(self):
        """Say whether all that the order sells of the multipack has invoices."""
        self.ensure_one()
        ordered = self._get_ordered_installments()
        if not ordered or not all(one._has_invoice() for one in ordered):
            return False
        left = self.amount - sum(ordered.mapped("amount"))
        return self.plan == "monthly" or self.currency_id.is_zero(left)

    def _get_whole_bill(self):
        """Return the bill of all that the order sells of the multipack, see `bills`."""
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        shares = self.shares_order and line_sudo.order_id._get_shares(changed=line_sudo)
        if shares and line_sudo in shares.plans:
            return shares.plans[line_sudo]
        return {line_sudo: line_sudo._get_own_row()}

    def _get_invoiced_bill(self, states=("draft", "posted")):
        """Return the bill of what is invoiced of what the order sells of the multipack.

        :param states: of the invoices that count
        """
        self.ensure_one()
        moves_sudo = self.sudo()._get_ordered_installments().move_id  # for who reads no invoices
        return moves_sudo.filtered(lambda move: move.state in states)._get_bill_of_order()

    def _get_bill_to_invoice(self):
        """Return the bill of what is still to be invoiced of the multipack, drafts included."""
        self.ensure_one()
        step = self.currency_id.rounding
        ordered = self._get_ordered_installments()
        open_ones = self.installment_ids.filtered(lambda one: one._is_to_invoice())
        bill = {}
        if first := open_ones & ordered:
            whole = self._get_whole_bill()
            rest = bills.plus_bill(whole, self._get_invoiced_bill(("posted",)), -1)
            due = schedule.count(sum(first.mapped("amount")), step)
            bill = self._take_of_bill(due, rest, whole)
        for month in open_ones - ordered:
            due = schedule.count(month.amount, step)
            bill = bills.plus_bill(bill, self._take_of_bill(due))
        return bill

    def _take_of_bill(self, due, *whole):
        """Return the part of a bill for which an amount is paid.

        :param int due: steps of the currency
        :param whole: bills, of which the first that is about enough for it is divided; without
            one, the bill of the order line as if it were alone in its order
        """
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        for bill in whole:
            # A rest may be a few cents short of it; one of much less is for something else.
            if 2 * bills.total_bill(bill) >= due:
                return bills.take(bill, due)
        own = line_sudo._get_own_row()
        if bills.total(own) <= 0:  # nothing to divide in proportion to
            return {line_sudo: {bills.BASE: due}}
        return bills.take({line_sudo: own}, due)

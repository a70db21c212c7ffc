from odoo import api, models

from .. import bills, schedule


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_shares(self, changed=None):
        """Return what each multipack of the order is to be invoiced for, see `Shares`.

        :param changed: lines whose own price is changing, so that what they were invoiced for
            is not what they cost
        """
        self.ensure_one()
        order = self.sudo()
        whole = order._get_whole_bills(changed or order.order_line.browse())
        shares, fixed = Shares(order, {}), {}
        # One by one: to hold on to what comes out anyhow would move a cent of the others.
        while wrong := [line for line in whole if shares.is_other(line, whole[line])]:
            fixed[wrong[0]] = whole.pop(wrong[0])
            shares = Shares(order, dict(fixed))
        return shares

    def _get_whole_bills(self, changed):
        """Return the bills of multipacks that are invoiced as a whole, by line, earliest first.

        Of those that run month by month a new price is for the months that follow.

        :param changed: lines whose own price is changing
        """
        self.ensure_one()
        lines = self.order_line.filtered(
            lambda line: line._shares_order() and (line not in changed or line._is_monthly())
        )
        bills_by_line = {line: line._get_fixed_bill() for line in lines}
        done = [line for line in lines if bills_by_line[line] is not None]
        done.sort(key=lambda line: max(line.invoice_lines.ids, default=0))
        return {line: bills_by_line[line] for line in done}

    def _get_tax_rows(self, lines, whole=False, quantities=None):
        """Return the rows of order lines as Odoo computes and rounds them together.

        :param bool whole: with what the order adds to them for early payment, under no line
        :param dict quantities: by line, in its unit; without them, what is ordered
        :return: dict from each line to its row, see `bills`
        """
        self.ensure_one()
        taxes = self.env["account.tax"]
        company = self.company_id or self.env.company
        quantities = quantities or {line: line.product_uom_qty for line in lines}
        base_lines = [
            line._prepare_base_line_for_taxes_computation(quantity=quantities[line])
            for line in lines
        ]
        if whole:
            base_lines += self._add_base_lines_for_early_payment_discount()
        taxes._add_tax_details_in_base_lines(base_lines, company)
        taxes._round_base_lines_tax_details(base_lines, company)
        rows = {}
        for base_line in base_lines:
            record = base_line["record"]
            line = record if record._name == lines._name else lines.browse()
            row = bills.read(base_line, self.currency_id.rounding)
            rows[line] = bills.plus(rows.get(line, {}), row)
        return rows

    def _get_regular_rows(self, lines):
        """Return the rows of lines as regular invoices round them: those of each one together.

        What is not yet invoiced is taken to come on one invoice. Prices are the order's: where
        those of an invoice differ, that is no matter of rounding.

        :return: dict from each line to its row, see `bills`
        """
        self.ensure_one()
        rest = {line: line.product_uom_qty for line in lines}
        by_move = {}
        for line in lines:
            for move, quantity in line._get_invoiced_quantities().items():
                by_move.setdefault(move, {})[line] = quantity
                rest[line] -= quantity
        rows = {line: {} for line in lines}
        for quantities in [*by_move.values(), rest]:
            together = lines.filtered(
                lambda line, found=quantities: not line.product_uom_id.is_zero(found.get(line, 0.0))
            )
            for line, row in self._get_tax_rows(together, quantities=quantities).items():
                rows[line] = bills.plus(rows[line], row)
        return rows

    def _create_account_invoices(self, invoice_vals_list, final):
        for values in invoice_vals_list:
            self._convert_shares(values)
        return super()._create_account_invoices(invoice_vals_list, final)

    @api.model
    def _convert_shares(self, values):
        """Have an invoice with parts of discounts total the same in the company's currency.

        Converted line by line, the little that they leave of goods may become less than nothing
        there, which Odoo refuses. What is amiss goes to the largest part that has taxes: of those
        without, the tax engine takes nothing over.

        :param dict values: of an invoice that is to be made
        """
        lines = [line for _command, _id, line in values["invoice_line_ids"]]
        if not any(map(_is_share, lines)):
            return
        invoices = self.env["account.move"].sudo().with_context(default_move_type="out_invoice")
        invoice = invoices.new(values)
        currency, own = invoice.currency_id, invoice.company_currency_id
        base_lines, _tax_lines = invoice._get_rounded_base_and_tax_lines()
        amiss = _find_amiss(base_lines, currency, own)
        if currency == own or not amiss:
            return
        priced = [line for line in lines if line.get("display_type", "product") == "product"]
        shares = [pair for pair in zip(base_lines, priced, strict=False) if _is_share(pair[1])]
        base_line, line = max(shares, key=lambda pair: abs(pair[1]["price_unit"]))
        local = bills.read(base_line, own.rounding, "")
        local[bills.BASE] += amiss
        line |= bills.prepare(
            bills.read(base_line, currency.rounding),
            base_line["tax_ids"],
            currency,
            line["extra_tax_data"]["computation_key"],
            (local, own, base_line["rate"]),
        )

    def _get_bill_to_invoice(self):
        """Return what is still to be invoiced of lines that installments bill, drafts included.

        :return: bill of the lines that sell multipacks and of the discounts that they share
        """
        self.ensure_one()
        shares = self._get_shares()
        bill = {line: {} for line in shares.plans}
        for line in shares.shared:
            bill[line] = line._get_regular_row(shares, states=("posted",))
        for multipack in self.sudo().order_line._get_live_multipack():
            bill = bills.plus_bill(bill, multipack._get_bill_to_invoice())
        return bill


def _is_share(line):
    """Say whether the values of an invoice line are a part of a discount, with taxes."""
    told = line.get("extra_tax_data") or {}
    return bool(told.get("manual_tax_amounts")) and "manual_total_excluded" not in told


def _find_amiss(base_lines, currency, own):
    """Return by how many steps of another currency base lines are short of their total in it."""
    whole = sum(bills.total(bills.read(one, currency.rounding)) for one in base_lines)
    local = sum(bills.total(bills.read(one, own.rounding, "")) for one in base_lines)
    amount = schedule.amount(whole, currency.rounding) / base_lines[0]["rate"]
    return schedule.count(own.round(amount), own.rounding) - local


class Shares:
    """How the total of an order is divided between its multipacks and all else.

    - What is sold beside multipacks costs what Odoo's regular invoice of it makes.
    - Multipacks cost the rest, so that rounding and all taxes of the order are in it.
    - Lines that reduce the order are shared by the lines that they reduce, in proportion. None
      becomes less than nothing: what a line cannot take, the others take. Those that did so on
      invoices, and do not any more, stay among them: the invoices to come give it back.
    - What is invoiced as a whole keeps what it was invoiced for: ``fixed``, a dict from lines to
      their bills.

    Prices are computed here anew and never read: Odoo asks what is invoiced of a line while it
    computes its price, and an order's total that is read meanwhile keeps the one before.

    ``plans`` is a dict from each line that sells a multipack to its bill; ``shared`` one from
    each reducing line to the row that regular invoices are to bring of it; ``problem`` a line
    whose invoices are of more or less than they would have to be, or none.
    """

    def __init__(self, order, fixed):
        self.step = order.currency_id.rounding or 0.01
        # Of an order that was just made, lines are in the order in which they were added.
        lines = order._get_priced_lines().sorted("sequence")
        plans = lines.filtered(lambda line: line._shares_order())
        self.plans, self.shared, self.problem = {}, {}, lines.browse()
        if not plans and not any(order.order_line.multipack_ids.mapped("shares_order")):
            return
        self.rows = order._get_tax_rows(lines, whole=True)
        self.fixed = fixed
        self.plans = {line: {line: dict(self.rows[line])} for line in plans} | self.fixed
        others = lines - plans
        reducing = others.filtered(
            lambda line: (
                line._was_reduction()
                or bills.total(self.rows[line]) < 0 > bills.total(line._get_own_row())
            )
        )
        regular = others - reducing
        # As they are invoiced: those beside multipacks together, and each discount by itself.
        alone = order._get_regular_rows(
            regular.filtered(lambda line: not line._is_paid_in_installments())
        )
        alone |= {line: line._get_own_row() for line in reducing}
        self._spread_rounding(alone, reducing)
        self.rows |= alone
        self.room = {line: max(bills.total(self.rows[line]), 0) for line in regular}
        self.room |= {line: bills.total(self.plans[line][line]) for line in self._sort_plans()}
        for line in self._sort_reducing(reducing):
            self._share_line(line)

    def is_other(self, line, bill):
        """Say whether a multipack would cost something else than its bill."""
        return bills.total_bill(self.plans[line]) != bills.total_bill(bill)

    def get_amount(self, line):
        """Return what the multipack of a line costs, tax included, in the order's currency."""
        return schedule.amount(bills.total_bill(self.plans[line]), self.step)

    def get_untaxed(self, line):
        """Return what the multipack of a line costs without taxes, but not less than nothing.

        A gift card takes its amount off what is untaxed, even more than there is of it.
        """
        base = sum(row.get(bills.BASE, 0) for row in self.plans[line].values())
        return schedule.amount(max(base, 0), self.step)

    def _spread_rounding(self, alone, reducing):
        """Add to the largest multipacks what rounding all lines together makes of the others.

        Where they cannot take it, to lines that reduce the order, or did so once.

        :param dict alone: rows of other lines as they are invoiced
        :param reducing: those of which the invoices bring what they are told
        """
        rows = [self.plans[line][line] for line in self._sort_plans()]
        told = [alone[line] for line in reducing if bills.total(alone[line])]
        for key, steps in self._get_drift(alone).items():
            able = [row for row in rows if isinstance(key, tuple) or bills.total(row) + steps >= 0]
            known = [row for row in able + told if key in row]
            if steps and known:
                known[0][key] += steps
            elif steps and able + told and not isinstance(key, tuple):
                (able + told)[0][bills.BASE] += steps

    def _get_drift(self, alone):
        """Return what all lines together come to beyond what they are invoiced for one by one.

        :param dict alone: rows of other lines as they are invoiced
        """
        drift = {}
        for line, row in alone.items():
            drift = bills.plus(drift, bills.plus(self.rows[line], row, -1))
        for line, bill in self.fixed.items():
            if line._is_monthly():
                continue  # of which the next months may cost something else by now
            drift = bills.plus(drift, bills.plus(self.rows[line], bill.get(line, {}), -1))
        return drift

    def _sort_plans(self):
        """Return the multipack lines that can take rounding, the most expensive first."""
        plans = [line for line in self.plans if line not in self.fixed]
        return sorted(plans, key=lambda line: -bills.total(self.plans[line][line]))

    def _sort_reducing(self, reducing):
        """Return the reducing lines, those first that reduce some of the lines only.

        Last, as no line, what the order takes off for early payment.
        """
        sellers = reducing.browse().union(*self.room)
        self.reduced = {line: line._get_reduced_lines(sellers) for line in reducing}
        early = [reducing.browse()] if reducing.browse() in self.rows else []
        return sorted(reducing, key=lambda line: len(self.reduced[line])) + early

    def _share_line(self, line):
        """Share a reducing line, or with none what is taken off for early payment."""
        row = self.rows[line]
        for bill in self.fixed.values():
            row = bills.plus(row, bill.get(line, {}), -1)
        taken = self._find_room(line, -bills.total(row))
        for target, steps in taken.items():
            if steps and target in self.plans:
                part = bills.take({line: row}, -steps)[line]
                row = bills.plus(row, part, -1)
                key = line or target
                bill = self.plans[target]
                bill[key] = bills.plus(bill.get(key, {}), part)
        if line:
            self.shared[line] = row
        regular = sum(steps for target, steps in taken.items() if target not in self.plans)
        most = max(bills.total(self.rows[line]), 0)
        if line and self.fixed and not -regular <= bills.total(row) <= most:
            self.problem = next(iter(self.fixed))

    def _find_room(self, line, steps):
        """Return how many steps each line takes of a reducing one: first those that it reduces.

        What does not fit into them goes to all others; what does not fit at all is left.
        """
        taken = dict.fromkeys(self.room, 0)
        for targets in (self.reduced.get(line, ()), list(self.room)):
            amount = min(steps, sum(self.room[target] for target in targets))
            if amount <= 0:
                continue
            parts = schedule.portion([self.room[target] for target in targets], amount)
            for target, part in zip(targets, parts, strict=True):
                taken[target] += part
                self.room[target] -= part
            steps -= amount
        return taken

from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import LazyTranslate

from .. import bills, schedule

_lt = LazyTranslate(__name__)

#: States of the lines of payment orders that are to be collected, or are at the bank. What is
#: uploaded has paid its invoice; where that is open again, the bank has given it back.
IN_ORDERS = ("draft", "open", "generated")
#: States of payment orders whose lines are at the bank, or on the way to it.
ORDERS_AT_BANK = ("open", "generated")
#: States of payment orders that can still be confirmed, cancelled ones after a reset to draft.
DRAFT_ORDERS = ("draft", "cancel")


class DeadlineInstallment(models.Model):
    """How an installment is invoiced and credited, and what payment orders do with its invoice."""

    _inherit = "deadline.installment"

    # === ACTIONS === #

    def action_invoice(self):
        """Make the invoices of these installments now, and show them.

        :raise UserError: names one that has an invoice, or is removed
        """
        self.check_access("write")
        for installment in self:
            if installment.state != "planned":
                raise UserError(
                    self.env._(
                        "Installment %s has an invoice already, or is removed.",
                        installment.display_name,
                    )
                )
        self._lock_or_refuse()
        self.sudo()._invoice()  # who sells a multipack may invoice it, by this button alone
        return self.action_view_invoice()

    def action_view_invoice(self):
        """Show the invoices of these installments; who may not open them is told their names."""
        invoices_sudo = self.sudo().move_id  # of which everybody may know the names
        if self.env["account.payment"].has_access("read"):  # which the form of an invoice shows
            return invoices_sudo.sudo(False)._get_records_action(name=self.env._("Invoices"))
        names = ", ".join(invoices_sudo.mapped("display_name"))
        params = {
            "type": "success",
            "message": self.env._("Invoiced: %s", names),
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        }
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    # === INVOICING === #

    def _is_to_invoice(self):
        """Say whether the amount is still to be invoiced; a draft is no invoice yet."""
        self.ensure_one()
        move_sudo = self.sudo().move_id  # who sells need not be allowed to read invoices
        return self.state == "planned" or (self.state == "invoiced" and move_sudo.state == "draft")

    def _is_paid_with_order(self):
        """Say whether an online payment of the order itself is for this installment."""
        self.ensure_one()
        payments_sudo = self.sudo().move_id.transaction_ids  # which customers cannot read
        return bool(payments_sudo.filtered(lambda one: one.state == "done").sale_order_ids)

    def _invoice(self):
        """Make the invoices of these installments, post them unless the company wants drafts.

        Each is in its multipack's currency and totals exactly the installment's amount.

        :return: the invoices, ``account.move``
        """
        moves = self.env["account.move"]
        for company, installments in self.grouped("company_id").items():
            values = [installment._prepare_invoice() for installment in installments]
            # Nobody is told of each by e-mail that it was assigned to them.
            quiet = moves.with_company(company).with_context(mail_auto_subscribe_no_notify=True)
            made = quiet.create(values).with_env(moves.with_company(company).env)
            for installment, move in zip(installments, made, strict=True):
                installment.move_id = move
            if company.deadline_invoice_posting == "post":
                made._post(soft=False)
            moves |= made
        return moves

    def _invoice_for_payment(self, post):
        """Make the invoice that a payment is for, or have the nightly run make it later.

        Whatever goes wrong is kept here, with a to-do, and never raised: the payment is processed
        along with its order. Odoo would post drafts as well, so they are posted here.

        :param bool post: whether a draft is to be posted, too
        """
        self.ensure_one()
        error = self._attempt(lambda one: one._invoice_and_post(post))
        if not error:
            return
        self._set_aside(error)
        self.multipack_id._leave_todo(
            _lt("Paid, but without an invoice: %s", self.display_name),
            _lt(
                "The invoice could not be made, and is tried again each night. It takes the"
                " payment then. %s",
                error,
            ),
        )

    def _invoice_and_post(self, post):
        """Make the invoice of the installment, unless there is one."""
        if self.state == "planned":
            self._invoice()
        if post and self.move_id.state == "draft":
            self.move_id._post(soft=False)

    def _prepare_invoice(self):
        """Return the values of the installment's invoice, made as those of its order are.

        Payments of the order belong to the first one, whenever it is made.
        """
        self.ensure_one()
        multipack = self.multipack_id
        first = multipack._get_ordered_installments()[:1]
        order = multipack.order_id.with_company(self.company_id)
        order = order.with_context(lang=order.partner_invoice_id.lang or self.env.lang)
        values = order._prepare_invoice() | {
            "invoice_date": self.company_id._deadline_today(),
            "invoice_date_due": self.date_due,
            "invoice_payment_term_id": False,
            "invoice_cash_rounding_id": False,  # each totals exactly what was planned
        }
        if self != first:
            values["transaction_ids"] = []
        values.pop("payment_reference", None)  # each has its own
        if line := multipack._get_payment_method_line():
            values["preferred_payment_method_line_id"] = line.id
        elif multipack.collection != "method":  # else Odoo takes that of the customer
            values |= self._prepare_no_payment_method()
        values["invoice_line_ids"] = [
            Command.create(line) for line in self._prepare_invoice_lines(order)
        ]
        return values

    @api.model
    def _prepare_no_payment_method(self):
        """Return the values of an invoice that payment orders are not to collect.

        ``payment_mode_id`` is of addons that we may have or not.
        """
        names = ("preferred_payment_method_line_id", "payment_mode_id")
        return {name: False for name in names if name in self.env["account.move"]._fields}

    def _clear_payment_method(self):
        """Have no payment order collect the invoices of these installments."""
        values = self._prepare_no_payment_method()
        invoices_sudo = self.move_id.sudo()  # the customer may have asked for it, in the portal
        invoices_sudo.filtered(lambda move: any(move[name] for name in values)).write(values)

    def _prepare_invoice_lines(self, order):
        """Return the values of the invoice's lines: the parts of order lines that are due.

        The tax engine is told their base and taxes, as it is for down payments, so that all
        invoices together have those of the order, and each the installment's amount.
        """
        own = self.multipack_id.sale_line_id
        bill = self._get_bill()
        local = self._convert_bill(bill)
        values = []
        for line, row in bill.items():
            name = {"name": self._get_invoice_text(order.env)} if line == own else {}
            if any(row.values()) or line == own:
                part = line.with_env(order.env)
                values.append(part._prepare_share_line(row, local.get(line), **name))
        return values

    def _convert_bill(self, bill):
        """Return what `bills.prepare` has to know of each line of a bill in a foreign currency.

        Converted line by line, the sum of large amounts below and above zero would be another
        one, maybe of the opposite sign.
        """
        currency, own = self.currency_id, self.company_id.currency_id
        if currency == own:
            return {}
        day = self.company_id._deadline_today()
        rate = currency._get_conversion_rate(own, currency, self.company_id, day)
        whole = schedule.amount(bills.total_bill(bill), currency.rounding)
        steps = Decimal(str(currency.rounding)) / Decimal(str(rate)) / Decimal(str(own.rounding))
        local = bills.convert(bill, steps, schedule.count(own.round(whole / rate), own.rounding))
        return {line: (row, own, rate) for line, row in local.items()}

    def _get_bill(self):
        """Return what the invoice brings of which order line, see `bills`.

        The first of those that are not yet invoiced takes its part of what is left, the next
        one of what that leaves, and so on: the last one brings whatever is left.
        """
        self.ensure_one()
        multipack = self.multipack_id
        step = self.currency_id.rounding
        ordered = multipack._get_ordered_installments()
        if self not in ordered:
            return multipack._take_of_bill(schedule.count(self.amount, step))
        whole = multipack._get_whole_bill()
        rest = bills.plus_bill(whole, multipack._get_invoiced_bill(), -1)
        for installment in ordered.filtered(lambda one: not one._has_invoice()):
            due = schedule.count(installment.amount, step)
            part = multipack._take_of_bill(due, rest, whole)
            if installment == self:
                break
            rest = bills.plus_bill(rest, part, -1)
        return part

    def _get_invoice_text(self, env):
        """Return the text of the invoice line in the language of ``env``."""
        self.ensure_one()
        multipack = self.multipack_id
        if multipack.plan == "monthly":
            part = env._("Month %s", self.number)
        else:
            part = env._(
                "Installment %(number)s of %(count)s",
                number=self.number,
                count=len(multipack.installment_ids),
            )
        # On a line of its own: what follows the product on its line, forms do not show.
        return f"{multipack.product_id.with_env(env).display_name}\n{part}"

    # === CREDIT NOTES === #

    def _credit(self):
        """Credit what is open of the invoices of these installments, dated today.

        What was paid stays paid. The invoices keep their state and their period.

        :return: the credit notes, ``account.move``
        """
        notes = self.env["account.move"].sudo()
        for company, installments in self.grouped("company_id").items():
            # Who registers a withdrawal need not be allowed to invoice.
            invoices_sudo = installments.move_id.sudo().with_company(company)
            # Odoo, which works out what is open, would read them invoice by invoice.
            invoices_sudo.line_ids.fetch(["tax_ids", "tax_tag_ids", "sale_line_ids"])
            quiet = notes.with_company(company).with_context(mail_auto_subscribe_no_notify=True)
            made = quiet.create([one._prepare_credit_note() for one in installments])
            made = made.with_env(notes.with_company(company).env)
            made._post(soft=False)
            for invoice, note in zip(invoices_sudo, made, strict=True):
                receivable = (invoice | note).line_ids.filtered(
                    lambda line: line.display_type == "payment_term" and not line.reconciled
                )
                receivable.reconcile()
            notes |= made
        return notes

    def _prepare_credit_note(self):
        """Return the values of the credit note over what is open of the installment's invoice."""
        self.ensure_one()
        invoice = self.move_id.sudo()
        speaking = self.env(context=dict(self.env.context, lang=invoice.partner_id.lang))
        # Not Odoo's reversal, which credits all of it, but the same fields from the invoice.
        return {
            "move_type": "out_refund",
            "reversed_entry_id": invoice.id,
            "partner_id": invoice.partner_id.id,
            "partner_shipping_id": invoice.partner_shipping_id.id,
            "journal_id": invoice.journal_id.id,
            "currency_id": invoice.currency_id.id,
            "fiscal_position_id": invoice.fiscal_position_id.id,
            "invoice_origin": invoice.invoice_origin,
            "invoice_user_id": invoice.invoice_user_id.id,
            "invoice_date": self.company_id._deadline_today(),
            "invoice_payment_term_id": False,
            "ref": speaking._("Withdrawal, %s", invoice.name),
            "invoice_line_ids": [
                Command.create(line) for line in self._prepare_credit_note_lines(invoice, speaking)
            ],
            **self._prepare_no_payment_method(),
        }

    def _prepare_credit_note_lines(self, invoice, env):
        """Return the values of the lines that credit what is open of ``invoice``.

        :param env: environment in the language of the customer
        """
        currency = invoice.currency_id
        bill = invoice._get_tax_rows()
        left = schedule.count(invoice.amount_residual, currency.rounding)
        if not bills.total_bill(bill):
            return []
        own = self.multipack_id.sale_line_id
        bill = bills.take(bill, left)
        local = self._convert_bill(bill)
        return [
            {
                "name": self._get_invoice_text(env) if line.sale_line_ids == own else line.name,
                "product_id": line.product_id.id,
                "product_uom_id": line.product_uom_id.id,
                "account_id": line.account_id.id,
                "tax_ids": [Command.set(line.tax_ids.ids)],
                "sale_line_ids": [Command.set(line.sale_line_ids.ids)],
                "analytic_distribution": line.analytic_distribution,
                **bills.prepare(
                    row, line.tax_ids, currency, f"withdrawal,{line.id}", local.get(line)
                ),
            }
            for line, row in bill.items()
        ]

    # === PAYMENT ORDERS === #

    @api.model
    def _has_payment_orders(self):
        """Say whether there are payment orders, which are of addons that we may have or not."""
        return "account.payment.line" in self.env

    def _get_payment_order_lines(self, states):
        """Return the lines by which payment orders in these states collect the invoices.

        Only where there are payment orders, see `_has_payment_orders`.

        :param states: of ``account.payment.order``
        :return: ``account.payment.line``
        """
        lines_sudo = self.sudo().move_id.line_ids  # payment orders are for a group of their own
        domain = Domain("move_line_id", "in", lines_sudo.ids) & Domain("state", "in", states)
        return self.env["account.payment.line"].sudo().search(domain)

    def _filter_in_payment_orders(self, states=IN_ORDERS):
        """Return those whose invoices are in payment orders in one of these states."""
        if not self._has_payment_orders():
            return self.browse()
        moves = self._get_payment_order_lines(states).move_line_id.move_id
        return self.filtered(lambda one: one.sudo().move_id in moves)

    def _remove_from_payment_orders(self):
        """Take these installments out of payment orders that are not confirmed, or cancelled.

        Their lines would otherwise be debited although the invoice is credited.
        """
        if not self._has_payment_orders():
            return
        for order, lines in self._get_payment_order_lines(DRAFT_ORDERS).grouped("order_id").items():
            invoices = lines.move_line_id.move_id
            left = self.filtered(lambda one, invoices=invoices: one.move_id in invoices)
            order._message_log(
                body=self.env._(
                    "Taken out, as the customer has withdrawn: %s",
                    ", ".join(left.mapped("display_name")),
                )
            )
            lines.unlink()

    # === CRON === #

    @api.model
    def _cron_invoice(self):
        """Make the invoices of all installments that are due within the company's lead days.

        In chunks, see `deadline.batch.mixin`. What people do not have to pay any more is
        removed, and what was invoiced once is not invoiced again by itself.
        """
        domain = (
            Domain("state", "=", "planned")
            & Domain("move_id", "=", False)
            & self.env["res.company"]._get_domain_by_day(
                "date_due", "<=", lambda company: company._get_invoicing_horizon()
            )
            & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        found._run_chunks([[one] for one in found.ids], type(self)._invoice, domain)

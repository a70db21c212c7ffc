from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import LazyTranslate, format_amount

from . import bills, schedule
from .deadline_facts_mixin import Ours, without_ours

_lt = LazyTranslate(__name__)

#: What a withdrawal makes of an installment.
OUTCOMES = [
    ("debt", "Stays as debt"),
    ("paid", "Already paid"),
    ("credited", "Already credited"),
    ("bank", "At the bank or being charged"),
    ("removed", "Removed"),
    ("cancelled", "Removed, its draft invoice is cancelled"),
    ("refunded", "Removed, its invoice is credited"),
]
#: Outcomes by which an installment is no longer owed.
REMOVED = ("removed", "cancelled", "refunded")
#: States of multipacks whose installments nobody adds, changes or deletes any more.
FINAL = ("withdrawn", "cancelled")
#: States of payment orders whose lines are at the bank, or on the way to it.
ORDERS_AT_BANK = ("open", "generated")
#: States of payment orders that can still be confirmed, cancelled ones after a reset to draft.
DRAFT_ORDERS = ("draft", "cancel")


class DeadlineInstallment(models.Model):
    _name = "deadline.installment"
    _description = "Installment"
    _inherit = ["deadline.charge.mixin", "deadline.batch.mixin"]
    _order = "date_due, number, id"
    _rec_names_search = ["multipack_id.name"]
    _check_company_auto = True
    _given_at_creation = ("multipack_id", "number")

    multipack_id = fields.Many2one(
        "deadline.multipack", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="multipack_id.company_id", store=True, precompute=True, required=True
    )
    partner_id = fields.Many2one(
        related="multipack_id.partner_id", string="Customer", store=True, precompute=True
    )
    commercial_partner_id = fields.Many2one(
        related="multipack_id.commercial_partner_id",
        string="Commercial Entity",
        store=True,
        precompute=True,
        index=True,
    )
    currency_id = fields.Many2one(related="multipack_id.currency_id", store=True, precompute=True)
    product_id = fields.Many2one(related="multipack_id.product_id", string="Product")
    user_id = fields.Many2one(related="multipack_id.user_id", string="Responsible")
    collection = fields.Selection(related="multipack_id.collection")
    number = fields.Integer(required=True, readonly=True, aggregator=None)
    date_due = fields.Date(string="Due Date", required=True)
    amount = fields.Monetary(required=True, help="What the customer pays, taxes included.")
    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
    )
    payment_state = fields.Selection(related="move_id.payment_state", string="Payment")
    removed_on = fields.Date(
        readonly=True, copy=False, help="Day on which a withdrawal or cancellation removed it."
    )
    withdrawal_outcome = fields.Selection(
        selection=OUTCOMES,
        string="At Withdrawal",
        readonly=True,
        copy=False,
        help="What the customer's withdrawal made of the installment.",
    )
    removal_pending = fields.Boolean(
        string="To Remove",
        readonly=True,
        copy=False,
        help="Withdrawn while it was at the bank or being charged: it is removed if that fails.",
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("invoiced", "Invoiced"),
            ("paid", "Paid"),
            ("credited", "Credited"),
            ("removed", "Removed"),
        ],
        compute="_compute_state",
        store=True,
        precompute=True,
        string="Status",
        index=True,  # few are owed, whatever their day: see _search_is_overdue()
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")
    transaction_ids = fields.One2many(
        "payment.transaction",
        "deadline_installment_id",
        string="Charges",
        readonly=True,
        groups="account.group_account_invoice",
    )
    is_due_told = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The customer was told to pay it, or could not be told.",
    )

    _one_per_number = models.Constraint(
        "UNIQUE(multipack_id, number)", "An installment of this multipack has this number already."
    )
    _amount_positive = models.Constraint(
        "CHECK(amount > 0)", "An installment needs an amount above zero: set one or remove it."
    )
    _removal_idx = models.Index("(state) WHERE withdrawal_outcome IN ('bank', 'paid')")
    _failure_idx = models.Index("(company_id) WHERE is_failure_to_tell")
    _planned_idx = models.Index("(company_id, date_due) WHERE state = 'planned'")
    _charge_idx = models.Index("(charge_state) WHERE charge_state != 'none'")
    _unpaid_idx = models.Index("(company_id, date_due) WHERE state = 'invoiced'")

    # === COMPUTES === #

    @api.depends("multipack_id", "number")
    def _compute_display_name(self):
        for installment in self:
            installment.display_name = f"{installment.multipack_id.name}-{installment.number}"

    @api.depends("removed_on", "move_id.state", "move_id.payment_state")
    def _compute_state(self):
        for installment in self:
            move = installment.move_id.sudo()
            if installment.removed_on:
                installment.state = "removed"
            elif not move or move.state == "cancel":
                installment.state = "planned"
            elif move.payment_state in ("paid", "in_payment"):
                installment.state = "paid"
            elif move.payment_state == "reversed":
                installment.state = "credited"
            else:
                installment.state = "invoiced"

    @api.depends("date_due", "state", "company_id")
    def _compute_is_overdue(self):
        for installment in self:
            installment.is_overdue = (
                installment.state in ("planned", "invoiced")
                and installment.date_due  # empty in a row that is being added
                and installment.date_due < installment.company_id._deadline_today()
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return Domain("state", "in", ("planned", "invoiced")) & self.env[
            "res.company"
        ]._get_domain_by_day("date_due", "<", lambda company: company._deadline_today())

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._set_numbers(vals_list)
        installments = super().create(vals_list)
        installments._check_final()
        installments._check_schedules(installments.multipack_id)
        return installments

    def write(self, vals):
        if not {"amount", "date_due", "multipack_id"}.isdisjoint(vals):
            self._check_final()
            for installment in self:
                installment._check_editable()
        result = super().write(vals)
        if "amount" in vals:
            self._check_schedules(self.multipack_id)
        return result

    def onchange(self, values, field_names, fields_spec):
        # A form may be asked about any multipack, and what follows it is computed with all rights.
        multipack = values.get("multipack_id")
        multipack_id = multipack.get("id") if isinstance(multipack, dict) else multipack
        if isinstance(multipack_id, int):
            self.env["deadline.multipack"].browse(multipack_id or []).check_access("read")
        return super().onchange(values, field_names, fields_spec)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        self._check_final()
        for installment in self:
            installment._check_editable()

    def unlink(self):
        multipacks = self.multipack_id
        result = super().unlink()
        self._check_schedules(multipacks)
        return result

    @api.model
    def _set_numbers(self, vals_list):
        """Number those that people add to a schedule after the last one of their multipack."""
        last = {}
        for vals in vals_list:
            multipack = self.env["deadline.multipack"].browse(vals.get("multipack_id"))
            taken = multipack.installment_ids.mapped("number")
            number = last.get(multipack, max(taken, default=0)) + 1
            last[multipack] = vals.setdefault("number", number)

    @api.model
    def _check_schedules(self, multipacks):
        """Check the sums of multipacks, but of those of which several rows are being changed."""
        without_ours(multipacks, "multipack_schedule")._check_schedule()

    def _check_final(self):
        """Check that users leave alone what a withdrawal or cancellation made of a schedule.

        :raise UserError: names the multipack
        """
        for multipack in self.multipack_id:
            if not self.env.su and multipack.state in FINAL:
                raise UserError(
                    self.env._(
                        "The installments of “%s” are final, it was withdrawn or cancelled: make"
                        " the invoice of what is owed, and change its due date or credit it.",
                        multipack.name,
                    )
                )

    def _check_editable(self):
        """Check that day and amount of the installment may be changed.

        :raise UserError: names the installment and its invoice
        """
        self.ensure_one()
        if self.state != "planned" or self._has_history():
            raise UserError(
                self.env._(
                    "Installment %(installment)s can no longer be changed, it is invoiced or"
                    " removed (%(invoice)s): correct its invoice instead.",
                    installment=self.display_name,
                    invoice=self.sudo().move_id.display_name or self.env._("no invoice"),
                )
            )

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
        self.sudo()._invoice()
        return self.action_view_invoice()

    def action_view_invoice(self):
        """Show the invoices of these installments; who may not open them is told their names."""
        invoices = self.sudo().move_id
        if self.env["account.payment"].has_access("read"):  # which the form of an invoice shows
            return invoices.sudo(False)._get_records_action(name=self.env._("Invoices"))
        names = ", ".join(invoices.mapped("display_name"))
        params = {
            "type": "success",
            "message": self.env._("Invoiced: %s", names),
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        }
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    # === BUSINESS === #

    def _is_to_invoice(self):
        """Say whether the amount is still to be invoiced; a draft is no invoice yet."""
        self.ensure_one()
        move = self.sudo().move_id
        return self.state == "planned" or (self.state == "invoiced" and move.state == "draft")

    def _is_paid_with_order(self):
        """Say whether an online payment of the order itself is for this installment."""
        self.ensure_one()
        payments = self.sudo().move_id.transaction_ids
        return bool(payments.filtered(lambda payment: payment.state == "done").sale_order_ids)

    def _filter_payable(self):
        """Return those of one multipack that are paid with its order, or due by now."""
        return self.filtered(
            lambda one: one == self[:1] or one.date_due <= one.company_id._deadline_today()
        )

    def _has_history(self):
        """Say whether there is an invoice of the installment, other than a cancelled one."""
        self.ensure_one()
        move = self.sudo().move_id
        return bool(move and move.state != "cancel")

    def _remove(self):
        """Take planned installments out of the schedule, on the company's day."""
        planned = self.filtered(lambda installment: installment.state == "planned")
        for company, installments in planned.grouped("company_id").items():
            installments.removed_on = company._deadline_today()

    def _split_again(self, multipack, total):
        """Split over the planned installments what ``total`` leaves of the price.

        :param float total: new price, tax included
        :raise UserError: when more than that is invoiced, or nothing is left to be invoiced
        """
        live = self.filtered(lambda installment: installment.state != "removed")
        planned = live.filtered(lambda installment: installment.state == "planned")
        if multipack.plan == "monthly":
            self._set_months(multipack, total, planned)
            return
        if not live:
            self._plan_anew(multipack, total)
            return
        rest = multipack.currency_id.round(total - sum((live - planned).mapped("amount")))
        if rest < 0 or (rest and not planned):
            self._refuse_split(multipack, total)
        planned._set_amounts(multipack, rest)

    def _set_amounts(self, multipack, rest):
        """Split ``rest`` over these installments; what gets nothing of it is removed."""
        step = multipack.currency_id.rounding
        amounts = schedule.split(rest, len(self), step) if self else []
        unchecked = self.sorted("number").with_context(multipack_schedule=Ours(multipack.ids))
        for installment, amount in zip(unchecked, amounts, strict=True):
            if amount:
                installment.amount = amount
            else:
                installment._remove()

    def _set_months(self, multipack, total, planned):
        """Give planned months their price; the first one has its part of the order's total.

        Once that one is invoiced, the order line says what the others cost.
        """
        first = multipack._get_ordered_installments()
        (planned - first).amount = multipack._get_month_price()
        if not total:
            (planned & first).unlink()  # may come back under its number
        elif first:
            (planned & first).amount = total
        else:
            self._plan_anew(multipack, total)

    def _plan_anew(self, multipack, total):
        """Plan the installments of a multipack that has none, as the order was of nothing."""
        product = multipack.product_id.product_tmpl_id
        dates = product._get_multipack_dates(multipack.date_start)
        amounts = product._get_multipack_amounts(total, multipack.currency_id)
        rows = multipack._prepare_installments(dates, amounts)
        for number, row in enumerate(rows, 1) if multipack.plan == "monthly" else ():
            row["number"] = number
        self.with_context(multipack_schedule=Ours(multipack.ids)).create(
            [{"multipack_id": multipack.id, **row} for row in rows]
        )

    def _refuse_split(self, multipack, total):
        """Refuse a price that what is invoiced does not allow.

        :raise UserError: names the multipack and the way out
        """
        invoiced = self.filtered(lambda one: one.state not in ("planned", "removed"))
        currency = multipack.currency_id
        raise UserError(
            self.env._(
                "Of “%(multipack)s” %(invoiced)s is invoiced already, so its price cannot"
                " become %(total)s: credit an invoice first, or sell the difference on a line"
                " of its own.",
                multipack=multipack.name,
                invoiced=format_amount(self.env, sum(invoiced.mapped("amount")), currency),
                total=format_amount(self.env, total, currency),
            )
        )

    def _get_addressee(self):
        """Return whom to write to about its payment, and why nobody can be: (partner, reason).

        It is who the invoice is addressed to, see `deadline.deadline`.
        """
        self.ensure_one()
        return self.env["deadline.deadline"]._find_addressee(
            self.sudo().move_id.partner_id or self.partner_id, self.commercial_partner_id
        )

    # === INVOICING === #

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

    def _invoice_paid(self, post):
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
        multipack = self.multipack_id._speak_to_assignee()
        multipack._leave_todo(
            multipack.env._("Paid, but without an invoice: %s", self.display_name),
            multipack.env._(
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
            values |= self._prepare_no_method()
        values["invoice_line_ids"] = [
            Command.create(line) for line in self._prepare_invoice_lines(order)
        ]
        return values

    @api.model
    def _prepare_no_method(self):
        """Return the values of an invoice that payment orders are not to collect.

        ``payment_mode_id`` is of addons that we may have or not.
        """
        names = ("preferred_payment_method_line_id", "payment_mode_id")
        return {name: False for name in names if name in self.env["account.move"]._fields}

    def _clear_method(self):
        """Have no payment order collect the invoices of these installments."""
        values = self._prepare_no_method()
        invoices = self.move_id.sudo()
        invoices.filtered(lambda invoice: any(invoice[name] for name in values)).write(values)

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
        for installment in ordered.filtered(lambda one: not one._has_history()):
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

    # === WITHDRAWAL === #

    def _judge_withdrawal(self, day):
        """Return what a withdrawal makes of the installment, one of `OUTCOMES`, or False.

        :param date day: last valid day; an installment that is due on it stays
        """
        self.ensure_one()
        if self.state == "removed":
            return False
        if self.state == "credited" or self._is_collected():
            return self.state
        if self._is_at_bank():
            return "bank"
        if self.date_due <= day:
            return "debt"
        move = self.move_id.sudo()
        if not move or move.state == "cancel":
            return "removed"
        return "cancelled" if move.state == "draft" else "refunded"

    def _prepare_withdrawal_row(self, outcome):
        """Return what a withdrawal tells of the installment, see `_get_withdrawal_plan`.

        Its amounts are rounded as the database rounds them, so that they are found again there.
        """
        self.ensure_one()
        move = self.move_id.sudo()
        paid = move.amount_total - move.amount_residual if move.state == "posted" else 0.0
        return {
            "number": self.number,
            "date_due": self.date_due.isoformat(),
            "amount": self.amount,
            "paid": self.currency_id.round(move.amount_total if outcome == "paid" else paid),
            "outcome": outcome,
        }

    @api.model
    def _explain_withdrawal_plan(self, plan):
        """Return the rows of a plan, see `_prepare_withdrawal_row`, for people to read."""
        labels = dict(self._fields["withdrawal_outcome"]._description_selection(self.env))
        return [
            row
            | {
                "date_due": fields.Date.to_date(row["date_due"]),
                "outcome": labels[row["outcome"]],
            }
            for row in plan
        ]

    def _is_at_bank(self):
        """Say whether money for the installment is under way, so that nothing is to be touched."""
        self.ensure_one()
        charges = self.sudo().move_id.transaction_ids.filtered(
            lambda transaction: transaction.state == "draft" and transaction.operation == "offline"
        )
        return bool(
            charges
            or self._filter_in_orders(ORDERS_AT_BANK)
            or self._get_payments_under_way()
            or self._get_payments_in_process()
        )

    def _get_payments_in_process(self):
        """Return the payments that Odoo counts already, although the money has not arrived.

        They have no entry, so that the invoice shows nothing of them once they are given up.
        """
        return self.sudo().move_id.matched_payment_ids.filtered(
            lambda payment: payment.state == "in_process" and not payment.move_id
        )

    def _is_collected(self):
        """Say whether the installment is paid, and not only expected to be."""
        self.ensure_one()
        return self.state == "paid" and not self._get_payments_in_process()

    def _withdraw(self, day):
        """Carry out what a withdrawal makes of these installments.

        :param date day: last valid day
        :return: dict from each installment to its outcome, see `_judge_withdrawal`
        """
        outcomes = {one: outcome for one in self if (outcome := one._judge_withdrawal(day))}
        kept = {multipack: multipack._get_kept_amount() for multipack in self.multipack_id}
        by_outcome = {
            name: self.filtered(lambda one, name=name: outcomes.get(one) == name)
            for name, _label in OUTCOMES
        }
        for name, installments in by_outcome.items():
            installments.withdrawal_outcome = name
        gone = by_outcome["removed"] | by_outcome["cancelled"] | by_outcome["refunded"]
        owed = by_outcome["debt"]
        (gone | owed)._leave_draft_orders()
        owed._clear_method()
        late = by_outcome["bank"].filtered(lambda one: one.date_due > day)
        late.removal_pending = True
        by_outcome["cancelled"].move_id.sudo().button_cancel()
        by_outcome["refunded"]._credit()
        for company, installments in gone.grouped("company_id").items():
            installments.write({"removed_on": company._deadline_today(), "removal_pending": False})
        gone.filtered(lambda one: one.charge_state in ("failed", "exception"))._end_charge()
        for multipack, before in kept.items():
            multipack._reduce_deadlines(before)
        return outcomes

    def _get_kept_amount(self):
        """Return what the customer pays for it: of a removed one, what was paid before."""
        self.ensure_one()
        if not self.removed_on:
            return self.amount
        move = self.move_id.sudo()
        notes = move.reversal_move_ids.filtered(lambda note: note.state == "posted")
        credited = sum(notes.mapped("amount_total"))
        return max(move.amount_total - credited, 0.0) if move.state == "posted" else 0.0

    def _leave_draft_orders(self):
        """Take these installments out of payment orders that are not confirmed, or cancelled.

        Their lines would otherwise be debited although the invoice is credited.
        """
        if not self._has_payment_orders():
            return
        for order, lines in self._get_order_lines(DRAFT_ORDERS).grouped("order_id").items():
            invoices = lines.move_line_id.move_id
            left = self.filtered(lambda one, invoices=invoices: one.move_id in invoices)
            order._message_log(
                body=self.env._(
                    "Taken out, as the customer has withdrawn: %s",
                    ", ".join(left.mapped("display_name")),
                )
            )
            lines.unlink()

    def _credit(self):
        """Credit what is open of the invoices of these installments, dated today.

        What was paid stays paid. The invoices keep their state and their period.

        :return: the credit notes, ``account.move``
        """
        notes = self.env["account.move"].sudo()
        for company, installments in self.grouped("company_id").items():
            invoices = installments.move_id.sudo().with_company(company)
            # Odoo, which works out what is open, would read them invoice by invoice.
            invoices.line_ids.fetch(["tax_ids", "tax_tag_ids", "sale_line_ids"])
            quiet = notes.with_company(company).with_context(mail_auto_subscribe_no_notify=True)
            made = quiet.create([one._prepare_credit_note() for one in installments])
            made = made.with_env(notes.with_company(company).env)
            made._post(soft=False)
            for invoice, note in zip(invoices, made, strict=True):
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
            **self._prepare_no_method(),
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

    def _finish_removal(self):
        """Remove what was at the bank when it was withdrawn, once the money has not come.

        What was collected after all stays paid, and the responsible is told. What is given
        back later is removed then. Those due earlier stay as debt, collected by hand.
        """
        collected = self.filtered(
            lambda one: one.state in ("credited", "removed") or one._is_collected()
        )
        collected.removal_pending = False
        for installment in collected.filtered(lambda one: one.state == "paid"):
            installment.multipack_id._leave_todo(
                _lt("Collected after the withdrawal: %s", installment.display_name),
                _lt(
                    "Installment %s was at the bank when the customer withdrew, and has been"
                    " paid: refund it if it is not owed.",
                    installment.display_name,
                ),
                deadline_topic=f"collected {installment.id}",
            )
        failed = (self - collected).filtered(lambda one: not one._is_at_bank())
        for installment in failed:
            installment.multipack_id._settle_todos(f"collected {installment.id}")
            outcomes = installment._withdraw(installment.multipack_id.date_end)
            [row] = self._explain_withdrawal_plan(
                [installment._prepare_withdrawal_row(outcomes[installment])]
            )
            installment.multipack_id._message_log(
                body=f"{installment.display_name}: {row['outcome']}"
            )

    # === CRON === #

    @api.model
    def _cron_remove(self):
        """Remove installments that were at the bank when they were withdrawn, if that has failed.

        Those that a payment order had collected as well, once they have been given back.
        In chunks, see `deadline.batch.mixin`.
        """
        under_way = Domain("withdrawal_outcome", "in", ("bank", "paid"))
        is_open = Domain("state", "in", ("planned", "invoiced"))
        domain = (
            under_way & (Domain("removal_pending", "=", True) | is_open) & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        # Whatever else was paid, and is open again, is for the accountant.
        sure = found.filtered(
            lambda one: one.removal_pending or one.date_due <= one.multipack_id.date_end
        )
        found = sure | found._filter_in_orders(("uploaded", *DRAFT_ORDERS))
        found._run_chunks([[one] for one in found.ids], type(self)._finish_removal, domain)

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

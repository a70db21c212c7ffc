from operator import itemgetter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_amount, format_date

from ..models.multipack.deadline_installment_withdrawal import OUTCOMES
from .active import get_active_id


class DeadlineWithdrawalWizard(models.TransientModel):
    """Have a customer leave multipacks: choose, look at what it does, and confirm it again."""

    _name = "deadline.withdrawal.wizard"
    _description = "Multipack Withdrawal"

    state = fields.Selection(
        selection=[("choose", "Choose"), ("preview", "Preview"), ("confirm", "Confirm")],
        required=True,
        readonly=True,
        default="choose",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        default=lambda self: get_active_id(self.env),
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        domain=[("base_type", "=", "withdrawal")],
        default=lambda self: self._get_last_type(),
        ondelete="cascade",
        help="Your last choice is proposed again.",
    )
    date = fields.Date(
        string="Last Valid Day",
        required=True,
        default=lambda self: self.env.company._deadline_today(),
    )
    date_text = fields.Char(compute="_compute_date_text")
    warning = fields.Text(compute="_compute_warning")
    note = fields.Text(string="Notes")
    available_multipack_ids = fields.Many2many(
        "deadline.multipack", compute="_compute_available_multipack_ids"
    )
    multipack_ids = fields.Many2many(
        "deadline.multipack",
        string="Multipacks",
        compute="_compute_multipack_ids",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', available_multipack_ids)]",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Task for",
        domain=[("share", "=", False)],
        ondelete="set null",
        help="Leaves a task for a colleague, who finds it in the agenda too if its type says so.",
    )
    send_receipt = fields.Boolean(help="Sends the customer the receipt as a PDF, by e-mail.")
    line_ids = fields.One2many(
        "deadline.withdrawal.wizard.line", "wizard_id", string="Installments", readonly=True
    )
    summary = fields.Text(compute="_compute_summary")
    has_changed = fields.Boolean(readonly=True)

    # === COMPUTES === #

    @api.model
    def _get_last_type(self):
        """Return the type of the user's last withdrawal, else the only or first one there is."""
        types = self.env["mail.activity.type"]
        last = self.env["deadline.withdrawal"].search([("user_id", "=", self.env.uid)], limit=1)
        return last.activity_type_id.filtered("active") or types.search(
            [("base_type", "=", "withdrawal")], limit=1
        )

    @api.depends("date")
    def _compute_date_text(self):
        for wizard in self:
            wizard.date_text = wizard.date and self.env._(
                "Valid until and including %s. An installment that is due on that day stays as"
                " debt, later ones are removed.",
                format_date(self.env, wizard.date, date_format="full"),
            )

    @api.depends("date", "multipack_ids")
    def _compute_warning(self):
        for wizard in self:
            problems = []
            if wizard.date and wizard.date < wizard.company_id._deadline_today():
                problems.append(
                    self.env._(
                        "This day is over. What was due after it is removed or credited, as if the"
                        " customer had left then."
                    )
                )
            for multipack in wizard.multipack_ids._origin:
                problems += wizard._get_multipack_warnings(multipack)
            wizard.warning = "\n".join(problems)

    def _get_multipack_warnings(self, multipack):
        """Return sentences on what is easily overlooked about one of the chosen multipacks."""
        warnings = []
        if self.date and not multipack._get_withdrawal_problem(self.date):
            warnings += [
                self.env._(
                    "%(multipack)s: %(amount)s is due on this very day and stays as debt. Choose"
                    " the day before if the customer is not to pay it.",
                    multipack=multipack.name,
                    amount=format_amount(self.env, row["amount"], multipack.currency_id),
                )
                for row in multipack._get_withdrawal_plan(self.date)
                if row["outcome"] == "debt" and row["date_due"] == self.date.isoformat()
            ]
        # Quotations of colleagues would renew it just as well.
        if orders := multipack.sudo().deadline_ids._get_renewals_in_progress().order_id:
            warnings.append(
                self.env._(
                    "%(multipack)s: %(orders)s would renew it. Cancel that, it can no longer be"
                    " confirmed afterwards.",
                    multipack=multipack.name,
                    orders=", ".join(orders.mapped("name")),
                )
            )
        return warnings

    @api.depends("partner_id", "company_id")
    def _compute_available_multipack_ids(self):
        for wizard in self:
            customer = wizard.partner_id.commercial_partner_id
            wizard.available_multipack_ids = self.env["deadline.multipack"].search(
                Domain("commercial_partner_id", "=", customer.id)
                & Domain("company_id", "=", wizard.company_id.id)
                & Domain("state", "=", "active")
            )

    @api.depends("partner_id")
    def _compute_multipack_ids(self):
        for wizard in self:
            only = wizard.available_multipack_ids
            wizard.multipack_ids = only if len(only) == 1 else wizard.multipack_ids

    @api.depends("line_ids", "send_receipt")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = "\n".join(wizard._get_sums())

    def _get_sums(self):
        """Return a sentence for each outcome and currency: how many installments, how much."""
        labels = dict(self.line_ids._fields["outcome"]._description_selection(self.env))
        groups = self.line_ids.grouped(lambda line: (line.outcome, line.currency_id))
        return [
            self.env._(
                "%(outcome)s: %(count)s, %(amount)s",
                outcome=labels[outcome],
                count=len(lines),
                amount=format_amount(self.env, sum(lines.mapped("amount")), currency),
            )
            for (outcome, currency), lines in groups.items()
        ]

    # === ACTIONS === #

    def action_preview(self):
        """Show what the withdrawal would do; nothing is changed yet.

        :raise UserError: says what is missing, or names a multipack that cannot be left
        """
        self.ensure_one()
        self._check_multipacks()
        self.write({"state": "preview", "has_changed": False, **self._prepare_lines()})
        return self._reopen()

    def action_ask(self):
        """Ask once more, after the preview."""
        self.ensure_one()
        return self._confirm_with(lambda: self.write({"state": "confirm"}))

    def action_back(self):
        """Go back to the choice."""
        self.ensure_one()
        self.write({"state": "preview" if self.state == "confirm" else "choose"})
        return self._reopen()

    def action_confirm(self):
        """Register the withdrawal, if all is still as it was shown, and show its record.

        :raise UserError: when it was not asked for twice, or cannot be done any more
        """
        self.ensure_one()
        if self.state != "confirm":
            raise UserError(self.env._("Look at the preview and confirm it first."))
        self._check_multipacks()
        return self._confirm_with(self._register_withdrawal)

    def _confirm_with(self, act):
        """Do what the user confirms, or show the preview again if it is not true any more."""
        shown = [line._get_row() for line in self.line_ids]
        key = itemgetter("multipack_id", "number")
        if sorted(self._prepare_rows(), key=key) != sorted(shown, key=key):
            self.write({"state": "preview", "has_changed": True, **self._prepare_lines()})
            return self._reopen()
        result = act()
        return result if isinstance(result, dict) else self._reopen()

    # === BUSINESS === #

    def _check_multipacks(self):
        """Check that all chosen multipacks are the customer's, whatever the browser sent.

        :raise UserError: names one that is not, or asks for a choice
        """
        if not self.multipack_ids:
            raise UserError(self.env._("Choose at least one multipack that the customer leaves."))
        customer = self.partner_id.commercial_partner_id
        for multipack in self.multipack_ids:
            if (
                multipack.commercial_partner_id != customer
                or multipack.company_id != self.company_id
            ):
                raise UserError(
                    self.env._(
                        "“%(multipack)s” is not a multipack of %(customer)s.",
                        multipack=multipack.name,
                        customer=customer.display_name,
                    )
                )

    def _prepare_rows(self):
        """Return what the withdrawal would do now, a list of dicts."""
        plans = self.env["deadline.withdrawal"]._get_plans(self.multipack_ids, self.date)
        return [
            {"multipack_id": multipack.id, **row}
            for multipack, plan in plans.items()
            for row in plan
        ]

    def _prepare_lines(self):
        """Return the values that show what the withdrawal would do now."""
        rows = self._prepare_rows()
        return {"line_ids": [Command.clear(), *(Command.create(row) for row in rows)]}

    def _register_withdrawal(self):
        """Register the withdrawal and what goes with it, and return the action that shows it."""
        withdrawal = self.env["deadline.withdrawal"]._register_withdrawal(
            self.multipack_ids, self.date, self.activity_type_id, self.note
        )
        if self.user_id:
            withdrawal._leave_action(self.user_id, withdrawal.note, notify=True)
        if self.send_receipt:
            withdrawal._send_receipt()
        return withdrawal._get_records_action()

    def _reopen(self):
        """Return the action that shows the wizard again."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Multipack Withdrawal"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }


class DeadlineWithdrawalWizardLine(models.TransientModel):
    _name = "deadline.withdrawal.wizard.line"
    _description = "Installment of a Multipack Withdrawal"

    wizard_id = fields.Many2one(
        "deadline.withdrawal.wizard", required=True, index=True, ondelete="cascade"
    )
    multipack_id = fields.Many2one("deadline.multipack", required=True, ondelete="cascade")
    product_id = fields.Many2one(related="multipack_id.product_id")
    currency_id = fields.Many2one(related="multipack_id.currency_id")
    number = fields.Integer()
    date_due = fields.Date(string="Due Date")
    amount = fields.Monetary()
    paid = fields.Monetary(string="Amount Paid")
    outcome = fields.Selection(selection=OUTCOMES, string="What Becomes of It")

    def _get_row(self):
        """Return what the line shows, as `_prepare_rows` does."""
        self.ensure_one()
        return {
            "multipack_id": self.multipack_id.id,
            "number": self.number,
            "date_due": self.date_due.isoformat(),
            "amount": self.amount,
            "paid": self.paid,
            "outcome": self.outcome,
        }

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from .. import schedule
from ..deadline_facts_mixin import Ours, without_ours

#: States of installments that the customer still owes, invoiced or not.
OWED = ("planned", "invoiced")
#: States of multipacks whose installments nobody adds, changes or deletes any more.
FINAL = ("withdrawn", "cancelled")


class DeadlineInstallment(models.Model):
    """One dated amount of a multipack, and its state. The files beside it are its other rooms:

    how it is invoiced and credited, how it is charged, and what a withdrawal makes of it.
    """

    _name = "deadline.installment"
    _description = "Installment"
    _inherit = ["deadline.facts.mixin", "deadline.batch.mixin"]
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

    _one_per_number = models.Constraint(
        "UNIQUE(multipack_id, number)", "An installment of this multipack has this number already."
    )
    _amount_positive = models.Constraint(
        "CHECK(amount > 0)", "An installment needs an amount above zero: set one or remove it."
    )
    _planned_idx = models.Index("(company_id, date_due) WHERE state = 'planned'")
    _unpaid_idx = models.Index("(company_id, date_due) WHERE state = 'invoiced'")

    # === COMPUTES === #

    @api.depends("multipack_id", "number")
    def _compute_display_name(self):
        for installment in self:
            installment.display_name = f"{installment.multipack_id.name}-{installment.number}"

    @api.depends("removed_on", "move_id.state", "move_id.payment_state")
    def _compute_state(self):
        for installment in self:
            move_sudo = installment.move_id.sudo()  # who may not read invoices sees what is owed
            if installment.removed_on:
                installment.state = "removed"
            elif not move_sudo or move_sudo.state == "cancel":
                installment.state = "planned"
            elif move_sudo.payment_state in ("paid", "in_payment"):
                installment.state = "paid"
            elif move_sudo.payment_state == "reversed":
                installment.state = "credited"
            else:
                installment.state = "invoiced"

    @api.depends("date_due", "state", "company_id")
    def _compute_is_overdue(self):
        for installment in self:
            installment.is_overdue = (
                installment.state in OWED
                and installment.date_due  # empty in a row that is being added
                and installment.date_due < installment.company_id._deadline_today()
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in" or set(value) != {True}:
            return NotImplemented
        return Domain("state", "in", OWED) & self.env["res.company"]._get_domain_by_day(
            "date_due", "<", lambda company: company._deadline_today()
        )

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
        without_ours(multipacks, "multipack_schedule")._check_installment_sum()

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
        if self.state != "planned" or self._has_invoice():
            raise UserError(
                self.env._(
                    "Installment %(installment)s can no longer be changed, it is invoiced or"
                    " removed (%(invoice)s): correct its invoice instead.",
                    installment=self.display_name,
                    invoice=self.sudo().move_id.display_name or self.env._("no invoice"),
                )
            )

    # === BUSINESS === #

    def _filter_payable(self):
        """Return those of one multipack that are paid with its order, or due by now."""
        return self.filtered(
            lambda one: one == self[:1] or one.date_due <= one.company_id._deadline_today()
        )

    def _has_invoice(self):
        """Say whether there is an invoice of the installment, other than a cancelled one."""
        self.ensure_one()
        move_sudo = self.sudo().move_id  # as for the state
        return bool(move_sudo and move_sudo.state != "cancel")

    def _remove(self):
        """Take those that are planned out of the schedule; what has an invoice stays."""
        planned = self.filtered(lambda installment: installment.state == "planned")
        planned._set_removed()

    def _set_removed(self):
        """Take these installments out of the schedule. Nobody else writes that they are removed."""
        for company, installments in self.grouped("company_id").items():
            installments.write({"removed_on": company._deadline_today(), "removal_pending": False})

    # === SCHEDULE === #

    def _split_price(self, multipack, total):
        """Split over the planned installments what ``total`` leaves of the price.

        :param float total: new price, tax included
        :raise UserError: when more than that is invoiced, or nothing is left to be invoiced
        """
        live = self.filtered(lambda installment: installment.state != "removed")
        planned = live.filtered(lambda installment: installment.state == "planned")
        if multipack.plan == "monthly":
            self._set_month_amounts(multipack, total, planned)
            return
        if not live:
            self._create_schedule(multipack, total)
            return
        rest = multipack.currency_id.round(total - sum((live - planned).mapped("amount")))
        if rest < 0 or (rest and not planned):
            self._refuse_split(multipack, total)
        planned._set_planned_amounts(multipack, rest)

    def _set_planned_amounts(self, multipack, rest):
        """Split ``rest`` over these installments; what gets nothing of it is removed."""
        step = multipack.currency_id.rounding
        amounts = schedule.split(rest, len(self), step) if self else []
        unchecked = self.sorted("number").with_context(multipack_schedule=Ours(multipack.ids))
        for installment, amount in zip(unchecked, amounts, strict=True):
            if amount:
                installment.amount = amount
            else:
                installment._remove()

    def _set_month_amounts(self, multipack, total, planned):
        """Give planned months their price; the first one has its part of the order's total.

        Once that one is invoiced, the order line says what the others cost.
        """
        first = multipack._get_ordered_installments()  # one, as it is a monthly plan
        (planned - first).amount = multipack._get_month_price()
        if not total:
            (planned & first).unlink()  # may come back under its number
        elif first:
            (planned & first).amount = total
        else:
            self._create_schedule(multipack, total)

    def _create_schedule(self, multipack, total):
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

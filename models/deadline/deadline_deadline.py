from datetime import timedelta

import pytz
import vobject

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import periods, texts
from ..constants import DURATION_UNITS

# What a deadline's end depends on: writing one of these may move it.
END_FIELDS = {"date_start", "date_end", "duration_count", "duration_unit", "product_id"}


class DeadlineDeadline(models.Model):
    _name = "deadline.deadline"
    _description = "Deadline"
    _inherit = ["deadline.contract.mixin", "deadline.batch.mixin"]
    _order = "date_end, id"
    _portal_path = "/my/deadlines"
    _renewal_field = "renewed_deadline_id"
    _state_sources = {
        "active": ("renewed", "expired"),
        "renewed": ("active", "expired"),
        "expired": ("active", "renewed"),
        "withdrawn": ("active", "expired"),
        "cancelled": ("active", "renewed", "expired"),
    }
    _state_facts = {"renewed": ("renewed_on",), "expired": ("expired_on",)}
    _state_lacks = {
        "active": ("expired_on", "renewed_on"),
        "expired": ("renewed_on",),
        "withdrawn": ("expired_on", "renewed_on"),
    }
    _rec_names_search = ["name", "description"]
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(string="Reference", required=True, copy=False, default="", index="trigram")
    company_id = fields.Many2one(default=lambda self: self.env.company)
    commercial_partner_id = fields.Many2one(index=False)  # see _customer_idx
    product_id = fields.Many2one(domain=[("is_deadline", "=", True)], index=True)
    description = fields.Char(
        help="What tells this deadline from others of the same product, such as a domain name."
    )
    quantity = fields.Float(
        compute="_compute_from_sale_line",
        store=True,
        readonly=False,
        precompute=True,
        default=1.0,
        digits="Product Unit",
        help="Follows the order line that opened the deadline.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    amount = fields.Monetary(
        compute="_compute_from_sale_line",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="Untaxed total of the period. Follows the order line that opened the deadline.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_company = fields.Monetary(
        string="Amount in Company Currency",
        compute="_compute_amount_company",
        store=True,
        currency_field="company_currency_id",
        help="Converted at the rate of the day on which the deadline was opened.",
    )
    note = fields.Text(string="Notes", groups="base.group_user")

    date_start = fields.Date(
        string="Start Date",
        required=True,
        copy=False,
        default=lambda self: self.env.company._deadline_today(),
    )
    date_end = fields.Date(
        compute="_compute_date_end",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        copy=False,
    )
    anchor_day = fields.Integer(
        compute="_compute_anchor_day",
        store=True,
        readonly=False,
        precompute=True,
        help="Day of the month on which the periods of this service start.",
    )
    duration_count = fields.Integer(
        string="Duration",
        compute="_compute_duration",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    duration_unit = fields.Selection(
        selection=DURATION_UNITS,
        compute="_compute_duration",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    state = fields.Selection(
        selection=[
            ("active", "Active"),
            ("renewed", "Renewed"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="active",
        copy=False,
        string="Status",
    )
    expired_on = fields.Date(
        readonly=True, copy=False, help="Day on which the deadline was found not renewed."
    )
    renewed_on = fields.Date(
        readonly=True,
        copy=False,
        help="Day on which its renewal was ordered. Where no order says so, as for what is "
        "entered by hand or imported: the day it was entered, or, if earlier, the last day "
        "before the next period.",
    )

    origin_id = fields.Many2one(
        "deadline.origin", check_company=True, ondelete="restrict", groups="base.group_user"
    )
    bank_id = fields.Many2one("res.bank", ondelete="restrict", groups="base.group_user")
    user_id = fields.Many2one(default=lambda self: self.env.user)
    sale_line_id = fields.Many2one(copy=False, index="btree_not_null")
    analysis_ids = fields.One2many(
        "deadline.analysis",
        "deadline_id",
        readonly=True,
        exportable=False,
        groups="base.group_user",
        help="Finds the deadlines behind a figure of the analysis.",
    )

    _dates_order = models.Constraint(
        "CHECK(date_end >= date_start)",
        "A deadline cannot end before it starts: correct one of its dates.",
    )
    _one_per_sale_line = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL AND state != 'cancelled'",
        "This order line has already opened a deadline.",
    )
    _active_end_idx = models.Index("(company_id, date_end) WHERE state = 'active'")
    _customer_idx = models.Index(
        "(commercial_partner_id, company_id, state) INCLUDE (amount_company)"
    )
    _start_idx = models.Index("(company_id, date_start)")
    _end_idx = models.Index("(date_end, id) INCLUDE (company_id)")
    _expired_on_idx = models.Index("(expired_on) WHERE expired_on IS NOT NULL")

    # === COMPUTES === #

    @api.depends("name", "partner_id", "product_id")
    @api.depends_context("deadline_show_service")
    def _compute_display_name(self):
        super()._compute_display_name()
        if self.env.context.get("deadline_show_service"):
            for deadline in self.filtered("id"):
                service = f"{deadline.partner_id.display_name}, {deadline.product_id.display_name}"
                deadline.display_name = f"{service} ({deadline.name})"

    @api.depends("sale_line_id.product_uom_qty", "sale_line_id.price_subtotal")
    def _compute_from_sale_line(self):
        # What happened to the line meanwhile is taken up when a deadline runs again, see
        # _reactivate(): depending on the state would cost every bulk change of it dearly.
        for deadline in self:
            line = deadline.sale_line_id
            follows = line and deadline.state == "active" and deadline._is_priced_by_line()
            deadline.quantity = line.product_uom_qty if follows else deadline.quantity
            deadline.amount = line.price_subtotal if follows else deadline.amount

    def _is_priced_by_line(self):
        """Say whether the price of its order line is all that the deadline costs. A hook."""
        self.ensure_one()
        return True

    @api.depends("amount", "currency_id", "company_id")
    def _compute_amount_company(self):
        for deadline in self:
            company = deadline.company_id or self.env.company
            deadline.amount_company = deadline.amount
            if deadline.currency_id != company.currency_id:
                opened = deadline._origin.create_date or fields.Datetime.now()
                deadline.amount_company = deadline.currency_id._convert(
                    deadline.amount, company.currency_id, company, company._deadline_day(opened)
                )

    @api.depends("product_id")
    def _compute_duration(self):
        for deadline in self:
            product_sudo = deadline.product_id.sudo()  # whose duration is for staff alone
            deadline.duration_count = product_sudo.deadline_duration_count if product_sudo else 1
            deadline.duration_unit = product_sudo.deadline_duration_unit or "year"

    @api.depends("date_start")
    def _compute_anchor_day(self):
        for deadline in self:
            start = deadline.date_start
            deadline.anchor_day = start and periods.anchor(start, deadline.anchor_day)

    @api.depends("date_start", "duration_count", "duration_unit")
    def _compute_date_end(self):
        for deadline in self:
            start, unit = deadline.date_start, deadline.duration_unit
            count = deadline.duration_count
            if start and start <= periods.LAST_START and periods.is_valid_duration(count, unit):
                anchor = periods.anchor(start, deadline.anchor_day)
                deadline.date_end = periods.period_end(start, count, unit, anchor)
            else:  # the constraints say what is wrong
                deadline.date_end = deadline.date_end or start

    @api.onchange("product_id", "quantity", "currency_id")
    def _onchange_product_price(self):
        """Propose today's price, untaxed, for a deadline entered by hand."""
        company = self.company_id or self.env.company
        product = self.product_id
        if not product or self.sale_line_id or self._origin.amount:
            return
        self.amount = self._get_proposed_amount(product, self.quantity, self.currency_id, company)

    @api.model
    def _get_proposed_amount(self, product, quantity, currency, company):
        """Return today's price of a period, untaxed, in ``currency``."""
        product = product.with_company(company)
        price = product.currency_id._convert(
            product.lst_price, currency, company, company._deadline_today()
        )
        taxes = product.taxes_id._filter_taxes_by_company(company)
        return taxes.compute_all(price, currency, quantity, product)["total_excluded"]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if "date_end" in vals and not vals["date_end"]:
                del vals["date_end"]  # an empty cell of an import: the duration says it
        self._check_not_renewed(vals_list)
        drawn = self._set_names(vals_list)
        creating = self.with_context(deadline_numbers=drawn)
        deadlines = super(DeadlineDeadline, creating).create(vals_list).with_env(self.env)
        deadlines.filtered(lambda deadline: not deadline.expired_on)._update_state_by_end()
        deadlines._conclude_previous()
        return deadlines

    def write(self, vals):
        if "company_id" in vals:
            self._check_company_change(vals["company_id"])
        left = self.previous_id if "previous_id" in vals else self.browse()
        watched = self.browse() if END_FIELDS.isdisjoint(vals) else self
        ends = {deadline: deadline.date_end for deadline in watched}
        result = super().write(vals)
        if "previous_id" in vals:
            self._conclude_previous()
            left._reopen()
        moved = watched.filtered(lambda deadline: deadline.date_end != ends[deadline])
        if "state" in vals or moved:
            (self if "state" in vals else moved)._clear_failure()
        if moved:
            moved._reset_notices()
        if moved and "state" not in vals:
            moved._update_state_by_end()
        return result

    @api.model
    def _draw_names(self, company_id, count):
        """Return the next ``count`` references of a company.

        An order brings many deadlines: their numbers are drawn with one query where the
        sequence allows it, while next_by_code() takes several for each.

        :raise UserError: when somebody has deleted the sequence
        """
        domain = [("code", "=", self._name), ("company_id", "in", (company_id, False))]
        sequences_sudo = self.env["ir.sequence"].sudo()  # as next_by_code(), for any user
        sequence_sudo = sequences_sudo.search(domain, order="company_id", limit=1)
        if not sequence_sudo:
            raise UserError(
                self.env._(
                    "There is no sequence for deadlines: create one with the code “%s”.", self._name
                )
            )
        if sequence_sudo.implementation != "standard" or sequence_sudo.use_date_range:
            return [sequence_sudo.next_by_id() for _number in range(count)]
        numbers = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence_sudo.id:03d}",
                count,
            )
        )
        return [sequence_sudo.get_next_char(number) for [number] in numbers]

    def _reset_notices(self):
        """Have customers told of ends that have moved, or that are not to be told of. A hook."""

    # === ACTIONS === #

    # Not of the mixin: whatever is public there could be called of it, which has no table.
    def action_view_order(self):
        """Show the order that opened the deadline."""
        self.ensure_one()
        return self.order_id._get_records_action()

    # === BUSINESS === #

    def _format_days_left(self):
        """Return how far the last valid day is away today, for the customer to read."""
        self.ensure_one()
        if self.days_left < 0:
            return self.env._("expired")
        if not self.days_left:
            return self.env._("last day")
        if self.days_left == 1:
            return self.env._("1 day left")
        return self.env._("%s days left", self.days_left)

    def _get_calendar(self):
        """Return an iCalendar file (bytes) with the last valid day as an event of that day."""
        self.ensure_one()
        calendar = vobject.iCalendar()
        event = calendar.add("vevent")
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # customers download it
        database = parameters_sudo.get_param("database.uuid")
        event.add("uid").value = f"deadline-{self.id}@{database}"
        event.add("dtstamp").value = pytz.utc.localize(fields.Datetime.now())
        event.add("dtstart").value = self.date_end
        event.add("dtend").value = self.date_end + timedelta(days=1)
        event.add("transp").value = "TRANSPARENT"  # a note, and not a day that is taken
        event.add("summary").value = self.env._(
            "%(product)s ends (%(deadline)s)",
            product=texts.one_line(self.product_id.name),
            deadline=texts.one_line(self.name),
        )
        event.add("url").value = self.get_base_url() + self.get_portal_url()
        return calendar.serialize().encode()

    @api.model
    def _get_rated_domain(self):
        """Return the domain of the deadlines that count in renewal rates, wherever one is shown:
        dashboard, digest and analysis."""
        return Domain("state", "in", ("active", "renewed", "expired"))

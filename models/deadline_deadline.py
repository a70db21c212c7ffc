from collections import defaultdict
from datetime import timedelta

import pytz
import vobject

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL, LazyTranslate, format_date
from odoo.tools.misc import submap

from . import periods, schedule, texts
from .product_template import DURATION_UNITS

_lt = LazyTranslate(__name__)

# What a deadline's end depends on: writing one of these may move it.
END_FIELDS = {"date_start", "date_end", "duration_count", "duration_unit", "product_id"}
# What says of a deadline that is being entered whether it is past its end.
ENTRY_FIELDS = (*END_FIELDS, "anchor_day", "multipack_id")
#: What a withdrawal has made final, along with the fields that are read-only for all deadlines.
WITHDRAWN_FIELDS = END_FIELDS | {"quantity", "amount", "currency_id", "company_id", "previous_id"}
MAX_DAYS = periods.MAX_COUNT["day"]
#: Deadlines that expire in one transaction: each takes so little time that only queries tell.
EXPIRE_CHUNK = 1000
#: Services that an e-mail which wins back names.
MAX_NAMED = 3
#: From this many bounces in a row on, an address counts as dead, as in Email Marketing.
MAX_BOUNCES = 5
#: Deadlines left out of a renewal of many that the user is told of one by one.
MAX_TOLD = 5


class DeadlineDeadline(models.Model):
    _name = "deadline.deadline"
    _description = "Deadline"
    _inherit = ["deadline.contract.mixin", "deadline.batch.mixin"]
    _order = "date_end, id"
    _state_sources = {
        "active": ("renewed", "expired"),
        "renewed": ("active", "expired"),
        "expired": ("active", "renewed"),
        "withdrawn": ("active", "expired"),
        "cancelled": ("active", "renewed", "expired"),
    }
    _state_facts = {
        "renewed": ("renewed_on",),
        "expired": ("expired_on",),
        "withdrawn": ("withdrawal_id",),
    }
    _state_lacks = {
        "active": ("expired_on", "renewed_on"),
        "expired": ("renewed_on",),
        "withdrawn": ("expired_on", "renewed_on"),
    }
    _rec_names_search = ["name", "description"]
    _check_company_auto = True
    _mail_post_access = "read"
    _mailing_enabled = True

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
    notify_from = fields.Date(
        string="No Notices Before",
        required=True,
        copy=False,
        default=lambda self: self.env.company._deadline_today(),
        groups="base.group_user",
        help="Reminders that were due before this day are not sent.",
    )
    notified_step = fields.Integer(
        required=True,
        readonly=True,
        default=periods.NO_STEP,
        copy=False,
        aggregator=None,
        groups="base.group_user",
        help="Nearest step before the end, in days, whose notice was dealt with: "
        "-1 is the expiry itself, 100000 none yet.",
    )
    notice_line_ids = fields.One2many(
        "deadline.notice.line", "deadline_id", string="Notices", groups="base.group_user"
    )
    notice_count = fields.Integer(
        string="Number of Notices", compute="_compute_notice_count", groups="base.group_user"
    )

    origin_id = fields.Many2one(
        "deadline.origin", check_company=True, ondelete="restrict", groups="base.group_user"
    )
    bank_id = fields.Many2one("res.bank", ondelete="restrict", groups="base.group_user")
    user_id = fields.Many2one(default=lambda self: self.env.user)
    sale_line_id = fields.Many2one(copy=False, index="btree_not_null")
    previous_id = fields.Many2one(
        "deadline.deadline",
        string="Renewal of",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The period before this one.",
    )
    multipack_id = fields.Many2one(
        "deadline.multipack",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The package that this deadline is part of.",
    )
    is_self_renewing = fields.Boolean(
        compute="_compute_is_self_renewing",
        store=True,
        precompute=True,
        help="Goes on month by month with its multipack, so it neither expires nor is renewed.",
    )
    is_withdrawn = fields.Boolean(
        string="Withdrawn",
        compute="_compute_is_withdrawn",
        compute_sudo=True,
        help="The customer has left it. It may still run until its last valid day.",
    )
    next_ids = fields.One2many("deadline.deadline", "previous_id", string="Following Periods")
    next_id = fields.Many2one("deadline.deadline", string="Renewed by", compute="_compute_next_id")
    first_id = fields.Many2one(
        "deadline.deadline",
        string="First Period",
        compute="_compute_first_id",
        store=True,
        recursive=True,
        index="btree_not_null",
    )
    history_ids = fields.Many2many(
        "deadline.deadline", string="Periods", compute="_compute_history_ids"
    )
    history_count = fields.Integer(compute="_compute_history_ids")
    analysis_ids = fields.One2many(
        "deadline.analysis",
        "deadline_id",
        readonly=True,
        exportable=False,
        groups="base.group_user",
        help="Finds the deadlines behind a figure of the analysis.",
    )
    renewal_line_ids = fields.One2many(
        "sale.order.line", "renewed_deadline_id", string="Renewal Lines"
    )
    is_to_win_back = fields.Boolean(
        string="To Win Back",
        compute="_compute_is_to_win_back",
        search="_search_is_to_win_back",
        compute_sudo=True,
        groups="base.group_user",
        help="Expired, its customer was told so and may still renew and be written to. Of several"
        " that ended on one day only one, for one e-mail.",
    )
    renewal_status = fields.Selection(
        selection=[
            ("none", "Already renewed"),
            ("early", "Not yet due"),
            ("open", "To renew"),
            ("in_progress", "In progress"),
            ("late", "Late"),
            ("closed", "Not renewable"),
        ],
        string="Renewal",
        compute="_compute_renewal_status",
        compute_sudo=True,
    )

    _dates_order = models.Constraint(
        "CHECK(date_end >= date_start)",
        "A deadline cannot end before it starts: correct one of its dates.",
    )
    _one_per_sale_line = models.UniqueIndex(
        """(sale_line_id) WHERE sale_line_id IS NOT NULL AND multipack_id IS NULL
            AND state != 'cancelled'""",
        "This order line has already opened a deadline.",
    )
    _one_per_multipack_period = models.UniqueIndex(
        """(multipack_id, product_id, date_start) WHERE multipack_id IS NOT NULL
            AND state != 'cancelled'""",
        "This period of the multipack has been opened already.",
    )
    _one_renewal = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL AND state != 'cancelled'",
        "This deadline has already been renewed.",
    )
    _active_end_idx = models.Index("(company_id, date_end, notified_step) WHERE state = 'active'")
    _expired_notice_idx = models.Index(
        "(company_id, date_end) WHERE state = 'expired' AND notified_step > -1"
    )
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
        # _run_again(): depending on the state would cost every bulk change of it dearly.
        for deadline in self:
            line = deadline.sale_line_id
            # The amounts of a multipack are shared among its deadlines, by the multipack.
            follows = line and deadline.state == "active" and not deadline.multipack_id
            deadline.quantity = line.product_uom_qty if follows else deadline.quantity
            deadline.amount = line.price_subtotal if follows else deadline.amount

    def _share_amount(self, amount):
        """Return the part of an amount for each of these deadlines of a multipack.

        In proportion to theirs; where those are of nothing, to what the services cost alone.
        """
        weights = self.mapped("amount")
        if not any(weights):
            weights = [max(one.product_id.lst_price, 0.0) * one.quantity for one in self]
        return schedule.share(amount, weights, self.currency_id.rounding)

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
            product = deadline.product_id.sudo()
            deadline.duration_count = product.deadline_duration_count if product else 1
            deadline.duration_unit = product.deadline_duration_unit or "year"

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

    @api.depends("multipack_id.plan", "multipack_id.state")
    def _compute_is_self_renewing(self):
        for deadline in self:
            multipack = deadline.multipack_id
            deadline.is_self_renewing = multipack.plan == "monthly" and multipack.state == "active"

    @api.depends("withdrawal_id")
    def _compute_is_withdrawn(self):
        for deadline in self:
            deadline.is_withdrawn = deadline.withdrawal_id

    @api.depends("notice_line_ids.notice_id")
    def _compute_notice_count(self):
        for deadline in self:
            deadline.notice_count = len(deadline.notice_line_ids.notice_id)

    @api.depends("next_ids.state")
    def _compute_next_id(self):
        for deadline in self:
            live = deadline.next_ids.filtered(lambda following: following.state != "cancelled")
            deadline.next_id = live[:1]

    @api.depends("previous_id.first_id")
    def _compute_first_id(self):
        for deadline in self:
            previous = deadline.previous_id
            deadline.first_id = previous.first_id or previous

    @api.depends("first_id", "next_ids", "commercial_partner_id")
    def _compute_history_ids(self):
        # Pages of customers show it with all rights: what somebody else had is not among it.
        for deadline in self:
            first = deadline.first_id or deadline._origin
            history = first and self.search(
                (Domain("id", "=", first.id) | Domain("first_id", "=", first.id))
                & Domain("commercial_partner_id", "=", deadline.commercial_partner_id.id),
                order="date_start DESC, id DESC",
            )
            deadline.history_ids = history
            deadline.history_count = len(history)

    @api.depends(
        "state",
        "date_start",
        "date_end",
        "product_id.active",
        "partner_id.active",
        "renewal_line_ids.state",
        "multipack_id.state",
        "multipack_id.renewal_line_ids.state",
    )
    def _compute_renewal_status(self):
        today = self._get_today_by_company()
        self.partner_id.fetch(["active"])  # and not a hundred columns of each customer
        for deadline in self:
            deadline.renewal_status = deadline._get_renewal_status(today[deadline.company_id])

    @api.depends("renewal_status")
    @api.depends_context("lang")
    def _compute_renewal_problem(self):
        today = self._get_today_by_company()
        for deadline in self:
            day = today[deadline.company_id]
            deadline.renewal_problem = False
            # In a form that is being filled in they may be missing, and are not archived.
            chosen = deadline.partner_id and deadline.product_id
            if chosen and deadline.renewal_status == "closed":
                deadline.renewal_problem = deadline.sudo()._get_renewal_problem(day)

    def _compute_access_url(self):
        super()._compute_access_url()
        for deadline in self:
            deadline.access_url = f"/my/deadlines/{deadline.id}"

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

    # === CONSTRAINTS === #

    @api.constrains("date_start", "date_end", "duration_count", "duration_unit")
    def _check_period(self):
        for deadline in self:
            if problem := deadline._get_period_problem():
                raise ValidationError(problem)

    @api.constrains("quantity", "state")
    def _check_quantity(self):
        for deadline in self:
            if deadline.quantity > 0:
                continue
            if deadline._is_being_created():
                raise ValidationError(
                    self.env._("Enter a quantity above zero for “%s”.", deadline._say_which())
                )
            if deadline.state == "active":
                raise ValidationError(
                    self.env._(
                        "“%s” needs a quantity above zero. To end it, cancel it.", deadline.name
                    )
                )

    @api.constrains("currency_id", "company_id")
    def _check_currency_rate(self):
        for deadline in self:
            if problem := self._get_rate_problem(deadline.currency_id, deadline.company_id):
                raise ValidationError(problem)

    @api.constrains("partner_id", "product_id")
    def _check_archived(self):
        if self.env.su and self.env.context.get("deadline_contact_left"):
            return
        for deadline in self:
            multipack = deadline.multipack_id
            if multipack and deadline.previous_id.multipack_id == multipack:
                continue  # goes on month by month until the customer leaves, whatever is sold now
            if problem := self._get_archived_problem(deadline.partner_id, deadline.product_id):
                raise ValidationError(problem)

    @api.constrains("product_id")
    def _check_product(self):
        for deadline in self:
            # What was sold, or goes on, may be of a product that opens no deadlines any more.
            sold = deadline.sale_line_id or deadline.previous_id
            if not sold and not deadline.product_id.sudo().is_deadline:
                raise ValidationError(
                    self.env._(
                        "“%s” opens no deadlines: tick “Creates Deadlines” on the product"
                        " and give it a duration.",
                        deadline.product_id.display_name,
                    )
                )

    @api.constrains("previous_id")
    def _check_previous_customer(self):
        for deadline in self:
            customer, previous = deadline.commercial_partner_id, deadline.previous_id
            if previous and previous.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "“%(previous)s” is a period of “%(other)s”, it cannot be renewed by one of"
                        " “%(customer)s”: choose a period of the same customer.",
                        previous=previous.name,
                        other=previous.commercial_partner_id.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.constrains("previous_id", "date_start", "date_end", "state")
    def _check_history(self):
        for deadline in self | self.next_ids:
            previous = deadline.previous_id
            if not previous or deadline.state == "cancelled":
                continue
            if previous.state in ("withdrawn", "cancelled") or previous.sudo().withdrawal_id:
                raise ValidationError(previous._get_renewal_problem())
            if deadline.date_start <= previous.date_end:
                raise ValidationError(
                    self.env._(
                        "“%(deadline)s” would start on %(start)s, but the period it renews,"
                        " “%(previous)s”, lasts until %(end)s: correct one of the dates.",
                        deadline=deadline._say_which(),
                        start=format_date(self.env, deadline.date_start),
                        previous=previous.name,
                        end=format_date(self.env, previous.date_end),
                    )
                )

    def _get_period_problem(self):
        """Return what is wrong with the dates and the duration, a sentence, or False."""
        self.ensure_one()
        if self.date_end < self.date_start:
            return self._say_period(
                self.env._(
                    "“%(deadline)s” would end on %(end)s, before it starts on %(start)s:"
                    " correct one of the dates."
                )
            )
        if not periods.is_valid_duration(self.duration_count, self.duration_unit):
            return self._say_period(
                self.env._(
                    "“%(deadline)s” needs a duration between 1 day and 100 years:"
                    " set it on the deadline or on its product."
                )
            )
        if (
            periods.length(self.date_start, self.date_end) > MAX_DAYS
            or self.date_start > periods.LAST_START
        ):
            return self._say_period(
                self.env._(
                    "“%(deadline)s” would last from %(start)s to %(end)s, more than 100 years"
                    " or beyond the calendar: correct the dates."
                )
            )
        return False

    @api.model
    def _is_being_created(self):
        return "deadline_numbers" in self.env.context

    def _say_which(self):
        """Return what to call the deadline in a message: nobody has seen a new one's number."""
        self.ensure_one()
        if self.name not in self.env.context.get("deadline_numbers", ()):
            return self.name
        return f"{self.product_id.display_name}, {self.partner_id.display_name}"

    def _say_period(self, sentence):
        """Fill the deadline's name and dates into a translated sentence."""
        return sentence % {
            "deadline": self._say_which(),
            "start": format_date(self.env, self.date_start),
            "end": format_date(self.env, self.date_end),
        }

    def _check_company(self, fnames=None):
        """Check those with a record that some company owns; what all share needs no check."""
        if fnames and "company_id" not in fnames:
            checked = (self._fields[name] for name in fnames)
            if not any(field.relational and field.check_company for field in checked):
                return
        owned = self.filtered(
            lambda deadline: (
                deadline.previous_id
                or any(
                    record.company_id
                    for record in (deadline.partner_id, deadline.product_id, deadline.origin_id)
                )
            )
        )
        super(DeadlineDeadline, owned)._check_company(fnames)

    @api.model
    def _get_rate_problem(self, currency, company):
        """Return why amounts in ``currency`` cannot be converted for ``company``, or False.

        Odoo itself converts a currency without any rate at 1:1.
        """
        rates = self.env["res.currency.rate"].sudo()
        companies = Domain("company_id", "in", (False, company.root_id.id))
        if currency == company.currency_id or rates.search_count(
            Domain("currency_id", "=", currency.id) & companies, limit=1
        ):
            return False
        return self.env._(
            "There is no exchange rate for %(currency)s in %(company)s:"
            " enter one in the list of currencies.",
            currency=currency.name,
            company=company.name,
        )

    @api.model
    def _get_archived_problem(self, partner, product):
        """Return which of customer and product is archived, a sentence, or False."""
        for record in (partner, product):
            if not record.active:
                return self.env._(
                    "“%s” is archived: unarchive it or choose another one.", record.display_name
                )
        return False

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if "date_end" in vals and not vals["date_end"]:
                del vals["date_end"]  # an empty cell of an import: the duration says it
            if not vals.get("notify_from"):
                company = self.env["res.company"].browse(vals.get("company_id"))
                vals["notify_from"] = (company or self.env.company)._deadline_today()
        self._check_not_renewed(vals_list)
        drawn = self._set_names(vals_list)
        creating = self.with_context(deadline_numbers=drawn)
        deadlines = super(DeadlineDeadline, creating).create(vals_list).with_env(self.env)
        deadlines.filtered("is_self_renewing")._reset_notices()
        deadlines.filtered(lambda deadline: not deadline.expired_on)._follow_end()
        deadlines._conclude_previous()
        return deadlines

    def write(self, vals):
        if "company_id" in vals:
            self._check_company_change(vals["company_id"])
        former = self._check_customer_change(vals)
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
        if ended := moved | (self if "withdrawal_id" in vals else self.browse()):
            ended._reset_notices()
        if moved and "state" not in vals:
            moved._follow_end()
        if "partner_id" in vals or "commercial_partner_id" in vals:
            self.sudo().with_context(active_test=False).activity_ids._follow_customer()
        for deadline, customer in former.items():
            deadline._close_to(customer)
        return result

    def _get_customer_problem(self, customer):
        # What a customer had stays that customer's: the next one must see neither the history
        # nor the prices, and the links and messages of the former one must not lead to theirs.
        if self.multipack_id:
            return self.multipack_id._get_customer_problem(customer)
        names = {
            "deadline": self.name,
            "customer": self.commercial_partner_id.display_name,
            "other": customer.display_name,
        }
        if order := self.order_id:
            return self.env._(
                "“%(deadline)s” stays with “%(customer)s”, who ordered it with %(order)s. To hand"
                " the service on, set its end date to the last day on which “%(customer)s” has"
                " it, and sell it to “%(other)s”.",
                order=order.name,
                **names,
            )
        if orders := self._get_renewals_in_progress().order_id:
            return self.env._(
                "“%(deadline)s” stays with “%(customer)s” as long as %(order)s is about to renew"
                " it: remove the line there first.",
                order=", ".join(orders.mapped("name")),
                **names,
            )
        if self.previous_id or self.next_ids or self.notice_line_ids or self._get_shown_messages():
            return self.env._(
                "“%(deadline)s” stays with “%(customer)s”, who had other periods of it or was"
                " written to about it. To hand the service on, set its end date to the last day"
                " on which “%(customer)s” has it, and enter a new deadline for “%(other)s”.",
                **names,
            )
        return False

    def _get_shown_messages(self):
        """Return the messages that customers see on the deadline's page."""
        shown = self.env["mail.message"]._get_search_domain_share()
        return self.website_message_ids.filtered_domain(shown)

    def _get_frozen_fields(self):
        frozen = {"previous_id"} if self.sale_line_id else set()
        return frozen | WITHDRAWN_FIELDS if self.withdrawal_id else frozen

    def _check_company_change(self, company_id):
        """Check that only deadlines without a history are handed to another company.

        :raise UserError: names the first one that cannot be
        """
        for deadline in self.sudo().filtered(lambda one: one.company_id.id != company_id):
            if orders := deadline.order_id | deadline.renewal_line_ids.order_id:
                raise UserError(
                    self.env._(
                        "The company of “%(deadline)s” cannot be changed, it belongs to %(order)s:"
                        " cancel that and sell it in the other company.",
                        deadline=deadline.name,
                        order=", ".join(orders.mapped("name")),
                    )
                )
            if deadline.previous_id or deadline.next_ids or deadline.notice_line_ids:
                raise UserError(
                    self.env._(
                        "The company of “%s” cannot be changed, it was renewed or its customer"
                        " was sent notices: cancel it and enter a new one in the other company.",
                        deadline.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        for deadline in self:
            if problem := deadline._get_unlink_problem(together=self):
                raise UserError(problem)

    def unlink(self):
        previous = self.previous_id - self
        result = super().unlink()
        previous._reopen()
        return result

    def _get_unlink_problem(self, together=()):
        """Return why the deadline has to be kept, a sentence, or False.

        :param together: deadlines that are deleted at the same time
        """
        self.ensure_one()
        deadline = self.sudo()
        cancelled = deadline.state == "cancelled"
        if cancelled and deadline.multipack_id.state not in (False, "cancelled"):
            return self.env._(
                "“%(deadline)s” has to stay as it is, cancelled: it is in the history of"
                " “%(multipack)s”.",
                deadline=deadline.name,
                multipack=deadline.multipack_id.name,
            )
        if deadline.sale_line_id and not cancelled:
            return self.env._(
                "“%(deadline)s” belongs to %(order)s:"
                " cancel the order, or set the quantity of its line to zero.",
                deadline=deadline.name,
                order=deadline.order_id.name,
            )
        if following := deadline.next_ids.filtered(lambda next_one: next_one not in together):
            return self.env._(
                "“%(deadline)s” cannot be deleted, “%(next)s” follows it: delete that one first.",
                deadline=deadline.name,
                next=following[0].name,
            )
        if deadline.notice_line_ids and cancelled:
            return self.env._(
                "“%s” has to stay as it is, cancelled: the ledger of notices speaks of it.",
                deadline.name,
            )
        if deadline.notice_line_ids:
            return self.env._(
                "“%s” cannot be deleted, the ledger of notices speaks of it: cancel it instead.",
                deadline.name,
            )
        return deadline._get_renewal_line_problem()

    def _get_renewal_line_problem(self):
        """Return which orders name the deadline as what they renew, a sentence, or False."""
        self.ensure_one()
        orders = self.renewal_line_ids.order_id
        cancelled = orders.filtered(lambda order: order.state == "cancel")
        if about := orders - cancelled:
            return self.env._(
                "“%(deadline)s” cannot be deleted, %(order)s is about to renew it:"
                " remove the line there first.",
                deadline=self.name,
                order=", ".join(about.mapped("name")),
            )
        if cancelled:
            return self.env._(
                "“%(deadline)s” cannot be deleted, %(order)s was to renew it and is cancelled:"
                " delete that order first.",
                deadline=self.name,
                order=", ".join(cancelled.mapped("name")),
            )
        return False

    @api.model
    def _check_not_renewed(self, vals_list):
        """Check that the periods which new ones are to follow have not been renewed yet.

        :raise ValidationError: names one that was; the database would not say which
        """
        previous = self.browse(vals["previous_id"] for vals in vals_list if vals.get("previous_id"))
        for renewed in previous.filtered(lambda deadline: deadline.state == "renewed"):
            raise ValidationError(renewed._get_renewal_problem())

    @api.model
    def _set_names(self, vals_list):
        """Give each values dict without a name the next number of its company's sequence.

        :return: the numbers, as a set
        """
        unnamed, drawn = defaultdict(list), set()
        for vals in vals_list:
            if not vals.get("name"):
                unnamed[vals.get("company_id") or self.env.company.id].append(vals)
        for company_id, group in unnamed.items():
            names = self._draw_names(company_id, len(group))
            drawn.update(names)
            for vals, name in zip(group, names, strict=True):
                vals["name"] = name
        return drawn

    @api.model
    def _add_facts(self, vals_list):
        """Have what is past its end when it is entered be expired from the outset.

        So that rules on the state, which count a creation and a change, meet it once.
        """
        today = {}
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            day = today.setdefault(company, company._deadline_today())
            if vals.get("state", "active") == "active" and (end := self._get_past_end(vals, day)):
                vals |= {"state": "expired", "expired_on": end, "notified_step": periods.EXPIRY}

    @api.model
    def _get_past_end(self, vals, day):
        """Return the end of a deadline that is being entered, if it is before ``day``, or None."""
        # The end follows from other fields, which are computed only where it may be over.
        dates = filter(None, (vals.get("date_start"), vals.get("date_end")))
        if all(str(one) >= str(day) for one in dates):
            return None
        try:
            entered = self.new(submap(vals, ENTRY_FIELDS))
        except (TypeError, ValueError):  # whatever a client sends: Odoo refuses it
            return None
        end = entered.date_end
        return end if end and end < day and not entered.is_self_renewing else None

    @api.model
    def _draw_names(self, company_id, count):
        """Return the next ``count`` references of a company.

        An order brings many deadlines: their numbers are drawn with one query where the
        sequence allows it, while next_by_code() takes several for each.

        :raise UserError: when somebody has deleted the sequence
        """
        domain = [("code", "=", self._name), ("company_id", "in", (company_id, False))]
        sequence = self.env["ir.sequence"].sudo().search(domain, order="company_id", limit=1)
        if not sequence:
            raise UserError(
                self.env._(
                    "There is no sequence for deadlines: create one with the code “%s”.", self._name
                )
            )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequence.next_by_id() for _number in range(count)]
        numbers = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}",
                count,
            )
        )
        return [sequence.get_next_char(number) for [number] in numbers]

    def _reset_notices(self):
        """Begin anew with the notices of deadlines whose end has moved, or is not to be told of.

        Another end has notices of its own; the ledger knows those of an end that comes back.
        """
        quiet = self.filtered(lambda one: one.is_self_renewing or one.withdrawal_id)
        for deadlines, step in ((quiet, periods.EXPIRY), (self - quiet, periods.NO_STEP)):
            changed = deadlines.filtered(lambda one, step=step: one.notified_step != step)
            changed.sudo().notified_step = step

    def _follow_end(self):
        """Expire what is active and past its end, reactivate what no longer is.

        For periods entered in the past and ends moved by hand: nobody is notified
        of them, and they count as expired on their last day.
        """
        today = self._get_today_by_company()
        past = self.filtered(lambda deadline: deadline.date_end < today[deadline.company_id])
        overdue = past.filtered(
            lambda deadline: (
                deadline.state in ("active", "expired") and not deadline.is_self_renewing
            )
        )
        for end, deadlines in overdue.grouped("date_end").items():
            deadlines._set_state("expired", expired_on=end, notified_step=periods.EXPIRY)
        running = (self - past).filtered(lambda deadline: deadline.state == "expired")
        running._run_again()

    def _run_again(self):
        """Make deadlines active, with the quantity and the amount that their line has now."""
        if self:
            self._set_state("active")
            for name in ("quantity", "amount"):
                self.env.add_to_compute(self._fields[name], self)

    def _creation_message(self):
        """Say in the chatter which order opened the deadline."""
        if order := self.sudo().order_id:
            return self.env._("Opened by %s", order.name)
        return super()._creation_message()

    # === ACTIONS === #

    def action_renew(self):
        """Open the renewal quotations of these deadlines, one for each customer.

        Odoo refuses orders of several membership levels: there is one quotation for each then.
        A deadline whose renewal is in progress brings its order, the others share a new one.
        Of several, those that cannot be renewed are left out, and the user is told why.

        :return: action on the order or the orders
        :raise UserError: says why, if none of them can be renewed; nothing is made then
        """
        problems = {one: problem for one in self if (problem := one._get_opening_problem())}
        if problems and len(problems) == len(self):
            raise UserError("\n".join(dict.fromkeys(problems.values())))
        good = self.filtered(lambda deadline: deadline not in problems)
        orders = good.sudo()._get_renewals_in_progress().order_id.sudo(False)
        waiting = good.filtered(lambda deadline: deadline.renewal_status != "in_progress")
        for (company, _partner), deadlines in waiting.grouped(
            lambda deadline: (deadline.company_id, deadline.commercial_partner_id)
        ).items():
            for group in deadlines._group_by_level():
                orders |= orders.with_company(company).create(group._prepare_renewal_order())
        return self._get_quotations_action(orders, list(dict.fromkeys(problems.values())))

    def _get_opening_problem(self):
        """Return why the user cannot be shown a quotation that renews it, a sentence, or False."""
        self.ensure_one()
        if problem := self._get_renewal_problem():
            return problem
        orders = self.sudo()._get_renewals_in_progress().order_id
        hidden = orders - orders.sudo(False)._filtered_access("read").sudo()
        if not hidden:
            return False
        return self.env._(
            "“%(deadline)s” is being renewed by %(orders)s, which you may not open:"
            " ask %(salesperson)s.",
            deadline=self.name,
            orders=", ".join(hidden.mapped("name")),
            salesperson=", ".join(hidden.user_id.mapped("name")) or self.env._("a sales manager"),
        )

    @api.model
    def _get_quotations_action(self, orders, problems):
        """Return the action that shows renewal quotations, and says what was left out of them.

        :param list problems: a sentence for each deadline that was left out
        """
        views = {}
        if len(orders) > 1:
            quotations = self.env.ref("sale.view_quotation_tree").id
            views = {"views": [(quotations, "list"), (False, "kanban"), (False, "form")]}
        name = self.env._("Renewal Quotations (%s)", len(orders))
        action = orders._get_records_action(name=name, **views)
        if not problems:
            return action
        if len(problems) > MAX_TOLD:
            more = len(problems) - MAX_TOLD
            problems = [*problems[:MAX_TOLD], self.env._("and %s more", more)]
        params = {
            "type": "warning",
            "title": self.env._("Not renewed"),
            "message": "\n".join(problems),
            "sticky": True,
            "next": action,
        }
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def action_cancel(self):
        """Cancel deadlines that were entered by hand and have no history.

        :raise UserError: names the one that was sold, renewed or withdrawn
        """
        self.check_access("write")
        for deadline in self:
            if deadline.sale_line_id and deadline.state != "cancelled":
                raise UserError(deadline._get_unlink_problem())
        self._check_take_back()
        self._take_back()

    def action_view_history(self):
        """Show all periods of this service."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.deadline_deadline_action"
            ),
            "name": self.env._("Periods of %s", self.name),
            "domain": [("id", "in", self.history_ids.ids)],
            "context": {"deadline_show_service": True},
        }

    def action_view_order(self):
        """Show the order that opened the deadline."""
        self.ensure_one()
        return self.order_id._get_records_action()

    # === BUSINESS === #

    def _get_renewals_in_progress(self):
        """Return the order lines of carts and quotations that would renew these deadlines."""
        lines = self.renewal_line_ids | self.multipack_id.renewal_line_ids
        return lines.filtered(lambda line: line.state in ("draft", "sent"))

    def _get_renewal_awaiting_payment(self):
        """Return the sent quotations, payments under way included, that renew these deadlines."""
        return self._get_renewals_in_progress().order_id.filtered(
            lambda order: (
                order.state == "sent" and (not order.is_expired or order._has_pending_payment())
            )
        )

    def _get_renewal_to_wait_for(self):
        """Return the quotations, see `_get_renewal_awaiting_payment`, that hold back notices.

        Without a payment no longer than the last day but one of late renewals: a quotation may be
        valid for ever, and the customer is to be told while there is something to be done.
        """
        today = self._get_today_by_company()
        held = self.filtered(
            lambda one: not one._is_too_late(periods.step_day(today[one.company_id], -1))
        )
        orders = held._get_renewal_awaiting_payment()
        late = (self - held)._get_renewal_awaiting_payment()
        return orders | late.filtered(lambda order: order._has_pending_payment())

    def _get_payments_of_renewal(self):
        """Return the payments under way, begun ones included, for renewals of these deadlines."""
        orders = self.sudo()._get_renewals_in_progress().order_id
        return orders.transaction_ids._filter_under_way()

    def _is_renewal_paid(self):
        """Say whether the renewal of the deadline is paid, and waits for the money to arrive."""
        self.ensure_one()
        return any(payment.state != "draft" for payment in self._get_payments_of_renewal())

    def _get_payment_obstacle(self, order, own=True):
        """Return who pays the renewal of the deadline already, a sentence, or False.

        :param order: ``sale.order`` that the user wants to pay or to confirm
        :param bool own: whether payments of that order count, too
        """
        self.ensure_one()
        payments = self._get_payments_of_renewal()
        if not own:
            payments -= order.sudo().transaction_ids
        for payment in payments:
            if obstacle := payment._get_payment_obstacle(self, order):
                return obstacle
        return False

    def _lock_for_payment(self):
        """Have one at a time ask for the money of renewals of these deadlines.

        What the rows hold is written as well: who has waited for the lock would otherwise go on
        with what there was before (REPEATABLE READ), and so is begun anew by Odoo.
        """
        for query in (
            "SELECT id FROM deadline_deadline WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
            "UPDATE deadline_deadline SET write_date = write_date WHERE id IN %s RETURNING id",
        ):
            self.env.execute_query(SQL(query, self._ids))

    def _get_level(self):
        """Return the membership level that the renewal of the deadline gives, maybe none."""
        self.ensure_one()
        return (self.multipack_id or self).product_id.sudo().grade_id

    def _group_by_level(self):
        """Return these deadlines in parts that one order may renew together, a list.

        Those that give no level go with the first part.
        """
        by_level = self.grouped(lambda deadline: deadline._get_level())
        none = by_level.pop(self.env["res.partner.grade"], self.browse())
        parts = list(by_level.values()) or [self.browse()]
        return [parts[0] | none, *parts[1:]]

    @api.model
    def _search_awaiting_payment(self, domain):
        """Return the deadlines of a domain whose renewal may still be paid."""
        renewed = self.search(
            domain
            & Domain("state", "in", ("active", "expired"))
            & (
                Domain("renewal_line_ids.state", "=", "sent")
                | Domain("multipack_id.renewal_line_ids.state", "=", "sent")
            )
        )
        return renewed - renewed._leave_out_waiting()

    def _leave_out_waiting(self):
        """Return these deadlines without those whose renewal may still be paid."""
        lines = self.sudo()._get_renewal_to_wait_for().order_line
        left = self - lines.renewed_deadline_id - lines.renewed_multipack_id.deadline_ids
        return left.with_prefetch(self._prefetch_ids)  # which a difference forgets

    @api.model
    def _search_portal_renewable(self):
        """Return the deadlines that the customer who asks may renew today."""
        if not self.has_access("read"):
            return self
        customer = self.env.user.commercial_partner_id
        domain = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("days_left", "<=", self._get_renewal_window(company, customer))
            & Domain("days_left", ">=", -company.deadline_late_renewal)
            for company in self.env.companies.sudo()
        )
        domain &= Domain("state", "in", ("active", "expired"))
        return self.search(domain & Domain("is_self_renewing", "=", False)).filtered(
            lambda deadline: deadline._is_to_renew()
        )

    def _is_to_renew(self):
        """Say whether the customer may choose the deadline to renew it today."""
        self.ensure_one()
        if self.renewal_status == "in_progress":
            return not self._is_renewal_paid()
        return self.renewal_status in ("open", "late")

    def _is_too_late(self, day):
        """Say whether the deadline can no longer be renewed on ``day``."""
        self.ensure_one()
        return (day - self.date_end).days > self.company_id.deadline_late_renewal

    def _get_renewal_status(self, today):
        """Return the value of ``renewal_status`` on the company's day ``today``."""
        self.ensure_one()
        if self.state == "renewed" or not self.date_end:
            return "none"
        if self._get_renewal_problem(today):
            return "closed"
        if self._get_renewals_in_progress():
            return "in_progress"
        if today > self.date_end:
            return "late"
        return "open" if today >= self._get_window_start() else "early"

    def _get_renewal_problem(self, day=None):
        """Return why the deadline cannot be renewed, a sentence that names it, or False.

        :param date day: day of the order, the company's today when empty
        """
        self.ensure_one()
        if self.state == "renewed":
            return self.env._(
                "“%(deadline)s” was already renewed by “%(next)s”: renew that one.",
                deadline=self.name,
                next=self.next_id.name or "",
            )
        if self.state in ("withdrawn", "cancelled"):
            return self.env._(
                "“%s” was withdrawn or cancelled and cannot be renewed: sell the product again.",
                self.name,
            )
        if self._is_too_late(day or self.company_id._deadline_today()):
            return self.env._(
                "“%(deadline)s” ended on %(end)s, too long ago to be renewed:"
                " sell the product again.",
                deadline=self.name,
                end=format_date(self.env, self.date_end),
            )
        if self.multipack_id:
            return self.multipack_id._get_renewal_problem()
        return (
            self._get_archived_problem(self.partner_id, self.product_id)
            or self.product_id.product_tmpl_id._get_deadline_duration_problem()
        )

    def _say_days_left(self):
        """Return how far the last valid day is away today, for the customer to read."""
        self.ensure_one()
        if self.days_left < 0:
            return self.env._("expired")
        if not self.days_left:
            return self.env._("last day")
        if self.days_left == 1:
            return self.env._("1 day left")
        return self.env._("%s days left", self.days_left)

    def _get_mail_url(self):
        """Return the address of the deadline's page, in its customer's language."""
        self.ensure_one()
        return self.company_id._get_portal_address(self.get_portal_url(), self.partner_id.lang)

    def _get_won_back(self):
        """Return what an e-mail about the deadline wins back: what ended with it, it first."""
        self.ensure_one()
        alike = Domain.AND(
            Domain(name, "=", self._fields[name].convert_to_write(self[name], self))
            for name in ("company_id", "partner_id", "expired_on")
        )
        return self | self.sudo().search(self._get_win_back_domain() & alike).sudo(self.env.su)

    def _get_win_back_url(self):
        """Return the address where the customer renews what `_get_won_back` returns."""
        self.ensure_one()
        one = len(self._get_won_back()._filter_one_per_multipack()) == 1
        if one or not self.partner_id.sudo().user_ids:
            return self._get_mail_url()
        return self.company_id._get_portal_address("/my/deadlines", self.partner_id.lang)

    def _say_service(self):
        """Return on one line what an e-mail that wins back is about, as its subject takes it."""
        self.ensure_one()
        names = self._get_won_back().product_id.mapped("display_name")
        shown = ", ".join(texts.one_line(name) for name in names[:MAX_NAMED])
        if (number := len(names) - MAX_NAMED) > 0:
            return self.env._("%(services)s and %(number)s more", services=shown, number=number)
        return shown

    def _get_period_remark(self):
        """Return a sentence on a period other than the one its quotation promised, or False.

        A renewal that is confirmed only after the grace days starts on the day of the order.
        """
        self.ensure_one()
        line = self.sale_line_id
        if not line.renewed_deadline_id or self.previous_id != line.renewed_deadline_id:
            return False
        lang = line.order_id._get_lang()
        if format_date(self.env, self.date_end, lang_code=lang) in (line.name or ""):
            return False
        return self._say_period(
            self.env._(
                "“%(deadline)s” runs from %(start)s to %(end)s, other than its line says:"
                " it was ordered after the grace days."
            )
        )

    def _get_calendar(self):
        """Return an iCalendar file (bytes) with the last valid day as an event of that day."""
        self.ensure_one()
        calendar = vobject.iCalendar()
        event = calendar.add("vevent")
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
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

    def _say_contract(self):
        """Return what is renewed for the customer to read, with its reference."""
        self.ensure_one()
        contract = self.multipack_id or self
        return self.env._(
            "“%(service)s” (%(reference)s)",
            service=texts.one_line(contract.sudo().product_id.display_name),
            reference=contract.name,
        )

    def _get_renewed_problem(self):
        """Return that the deadline was renewed, a sentence for the customer, or False."""
        self.ensure_one()
        if self.state != "renewed":
            return False
        return self.env._(
            "“%(deadline)s” was already renewed and is valid until %(end)s: nothing more is to be"
            " paid for it.",
            deadline=self.name,
            end=format_date(self.env, self.sudo().next_id.date_end),
        )

    def _get_cart_problem(self):
        """Return why a customer cannot renew the deadline now, a sentence, or False."""
        self.ensure_one()
        if problem := self._get_renewed_problem() or self._get_renewal_problem():
            return problem
        today = self.company_id._deadline_today()
        opens = self._get_window_start()
        if today >= opens:
            return False
        return self.env._(
            "“%(deadline)s” can be renewed from %(day)s on.",
            deadline=(self.multipack_id or self).name,
            day=format_date(self.env, opens),
        )

    def _get_notices_today(self):
        """Return the notices about the deadline that were made today."""
        self.ensure_one()
        today = self.company_id._deadline_today()
        return self.notice_line_ids.filtered(lambda line: line.date == today).notice_id

    def _get_failed_notice(self):
        """Return today's notice about the deadline that failed and can be sent again, if any.

        None where another one has gone out.
        """
        notices = self._get_notices_today()
        failed = notices.filtered(lambda notice: notice.state == "failed" and notice.mail_id)
        return failed[:1] if failed == notices else failed.browse()

    def _is_over_silently(self):
        """Say whether the end was past when it was entered, so that nobody was told, see
        `_follow_end`.
        """
        self.ensure_one()
        return (
            self.state == "expired"
            and self.notified_step == periods.EXPIRY
            and self.expired_on == self.date_end
        )

    def _get_window_start(self):
        """Return the first day on which customers may renew the deadline."""
        self.ensure_one()
        company = self.company_id or self.env.company  # emptied in a form
        window = self._get_renewal_window(company, self.commercial_partner_id)
        return periods.window_start(self.date_start, self.date_end, window)

    @api.model
    def _get_renewal_window(self, company, customer):
        """Return how many days before an end a customer may renew, since the first reminder.

        :param customer: commercial entity, ``res.partner``
        """
        steps = self._get_deadline_steps(company, customer.sudo().grade_id)
        return max(company.deadline_renewal_window, *steps)

    def _prepare_renewal_period(self, day):
        """Return the values of the period that renews this one, see `_prepare_period`.

        :param date day: day of the order
        """
        self.ensure_one()
        if self.multipack_id:
            return self.multipack_id._prepare_renewal_period(day)
        product = self.product_id.product_tmpl_id.sudo()
        start = periods.renewal_start(
            self.date_end,
            day,
            product._get_deadline_grace_days(self.company_id),
            product.deadline_duration_count,
            product.deadline_duration_unit,
            self.anchor_day,
        )
        return self._prepare_period(product, start, self.anchor_day)

    @api.model
    def _prepare_period(self, product, start, anchor_day=None):
        """Return the values of a period of ``product`` that starts on the day ``start``.

        :param int anchor_day: anchor of the period before, kept where the new one starts on it
        :return: dict of ``date_start``, ``date_end``, ``anchor_day`` and the product's duration
        """
        return self._prepare_dates(
            start, product.deadline_duration_count, product.deadline_duration_unit, anchor_day
        )

    @api.model
    def _prepare_dates(self, start, count, unit, anchor_day=None):
        """Return the values of a period of ``count`` units, see `_prepare_period`."""
        anchor = periods.anchor(start, anchor_day)
        return {
            "date_start": start,
            "date_end": periods.period_end(start, count, unit, anchor),
            "anchor_day": anchor,
            "duration_count": count,
            "duration_unit": unit,
        }

    def _prepare_following_values(self):
        """Return the values, but for dates and amount, of the period that follows this one."""
        self.ensure_one()
        return {
            "previous_id": self.id,
            "multipack_id": self.multipack_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "description": self.description,
            "sale_line_id": self.sale_line_id.id,
            "quantity": self.quantity,
            "currency_id": self.currency_id.id,
            "origin_id": self.origin_id.id,
            "bank_id": self.bank_id.id,
            "user_id": self.user_id.id,
        }

    def _prepare_renewal_order(self):
        """Return the values of the quotation that renews these deadlines of one customer."""
        contact = self.partner_id if len(self.partner_id) == 1 else self.commercial_partner_id
        values = {
            "company_id": self.company_id.id,
            "partner_id": contact.id,
            "origin": ", ".join(self.mapped("name")),
            "order_line": [
                Command.create(deadline._prepare_renewal_order_line())
                for deadline in self._filter_one_per_multipack()
            ],
        }
        collected = [multipack._get_payment_method_line() for multipack in self.multipack_id.sudo()]
        if line := next(filter(None, collected), None):
            values["preferred_payment_method_line_id"] = line.id
        return values

    def _filter_one_per_multipack(self):
        """Return one deadline of each multipack, which is renewed as a whole, and all others."""
        packed = self.filtered("multipack_id")
        firsts = [deadlines[0] for deadlines in packed.grouped("multipack_id").values()]
        return self - packed + self.browse(deadline.id for deadline in firsts)

    def _prepare_renewal_order_line(self):
        """Return the values of the order line that renews this deadline.

        Price and description follow from ``renewed_deadline_id``.
        """
        self.ensure_one()
        if self.multipack_id:
            return self.multipack_id._prepare_renewal_order_line()
        chosen = self._get_chosen_attributes()
        return {
            "product_id": self.product_id.id,
            "product_no_variant_attribute_value_ids": [Command.set(chosen.ids)],
            "product_uom_qty": self.quantity,
            "product_uom_id": self._get_uom().id,
            "renewed_deadline_id": self.id,
        }

    def _get_chosen_attributes(self):
        """Return the attribute values of the order line that make no variant of the product."""
        self.ensure_one()
        return self.sudo().sale_line_id.product_no_variant_attribute_value_ids

    def _get_uom(self):
        """Return the unit of the quantity: that of the order line, else of the product."""
        self.ensure_one()
        return self.sudo().sale_line_id.product_uom_id or self.product_id.uom_id

    @api.model
    def _get_rated_domain(self):
        """Return the domain of the deadlines that count in renewal rates, wherever one is shown:
        dashboard, digest and analysis."""
        # Not is_self_renewing, which ends with the multipack: these were never due.
        return Domain("state", "in", ("active", "renewed", "expired")) & Domain(
            "multipack_id", "not any", [("plan", "=", "monthly")]
        )

    def _conclude_previous(self):
        """Conclude the periods that these deadlines renew."""
        concluding = self.filtered(
            lambda deadline: (
                deadline.state != "cancelled"
                and deadline.previous_id.state in ("active", "expired")
            )
        )
        today = concluding._get_today_by_company()
        by_day = concluding.grouped(
            lambda deadline: deadline._get_entry_day(today[deadline.company_id])
        )
        for day, deadlines in by_day.items():
            deadlines.previous_id._set_state("renewed", renewed_on=day)

    def _get_entry_day(self, today):
        """Return the day on which a period that begins now counts as ordered.

        One without an order may have been continued long before it was entered here.
        """
        self.ensure_one()
        follows = self.date_start - timedelta(days=1)
        return today if self.sale_line_id else min(today, follows)

    def _check_take_back(self):
        """Check that these deadlines can be cancelled, all of them together.

        :raise UserError: names the one that was renewed or withdrawn
        """
        for deadline in self:
            if deadline.state == "renewed" and deadline.next_id not in self:
                raise UserError(
                    self.env._(
                        "“%(deadline)s” cannot be cancelled, it was renewed by “%(next)s”:"
                        " cancel that one first.",
                        deadline=deadline.name,
                        next=deadline.next_id.name or "",
                    )
                )
            if deadline.state == "withdrawn":
                raise UserError(
                    self.env._("“%s” cannot be cancelled, its withdrawal is final.", deadline.name)
                )

    def _take_back(self):
        """Cancel these deadlines and reopen the periods they renewed."""
        self._set_state("cancelled")
        self.flush_recordset(["state"])  # the unique indexes let another one take their place
        self.previous_id._reopen()

    def _reopen(self):
        """Make periods that nothing renews any more active again, or expired if past their end.

        Nobody is notified a second time of an expiry.
        """
        reopened = self.filtered(
            lambda deadline: deadline.state == "renewed" and not deadline.next_id
        )
        reopened._run_again()
        reopened._follow_end()

    def _expire(self):
        """Expire deadlines past their end, with a to-do for the responsible where asked for.

        The customer's notice and whatever hangs on the state follow from it.
        """
        today = self._get_today_by_company()
        left = self.filtered("withdrawal_id")
        left._set_state("withdrawn")
        over = self - left
        for day, deadlines in over.grouped(lambda deadline: today[deadline.company_id]).items():
            deadlines._set_state("expired", expired_on=day)
        asked = over.filtered("product_id.deadline_expiry_activity")
        asked._leave_todo(_lt("Expired without renewal"), deadline_topic="expired")

    def _withdraw(self, day, withdrawal):
        """End the deadlines of a multipack that the customer leaves.

        Those that start later are cancelled, and the periods they renewed run again: one of
        them covers the day, ends on it, and is withdrawn once it is over.

        :param date day: last valid day
        :param withdrawal: ``deadline.withdrawal``
        """
        later = self.filtered(
            lambda deadline: deadline.date_start > day and deadline.state != "cancelled"
        )
        later._take_back()
        today = self._get_today_by_company()
        covering = self.filtered(
            lambda deadline: (
                deadline.date_start <= day <= deadline.date_end
                and deadline.state in ("active", "expired")
            )
        )
        for deadline in covering:
            over = day < today[deadline.company_id]
            deadline._set_state(
                "withdrawn" if over else "active", date_end=day, withdrawal_id=withdrawal.id
            )

    def _get_addressee(self):
        """Return whom to write to about the deadline, and why nobody can be, as (partner, reason).

        It is the customer's contact, as long as it is one, or else the customer's company.
        The reason is one of those of the ledger, or False.
        """
        self.ensure_one()
        partner, reason = self._find_addressee(self.partner_id, self.commercial_partner_id)
        if reason != "excluded" and not self.product_id.sudo().active:
            return partner.browse(), "archived"
        return partner, reason

    @api.model
    def _find_addressee(self, partner, customer):
        """Return whom to write to, as `_get_addressee` does.

        :param partner: contact of the commercial entity ``customer``, or once was
        """
        belongs = partner.commercial_partner_id == customer
        candidates = (partner | customer if belongs else customer).sudo()
        if any(one.deadline_notices_excluded for one in candidates):
            return candidates.browse(), "excluded"
        if not any(candidates.mapped("active")):
            return candidates.browse(), "archived"
        reachable = candidates.filtered(lambda one: one.active and one.email_normalized)
        alive = reachable.filtered(lambda one: one.message_bounce < MAX_BOUNCES)
        if alive:
            return alive[0], False
        return candidates.browse(), "bounced" if reachable else "no_address"

    @api.model
    def _get_deadline_steps(self, company, grade):
        """Return the days before the end at which members of a level are given notice.

        :return: tuple of days, the farthest first, the last one being ``periods.EXPIRY``
        """
        reminders = company._get_deadline_reminders(grade)
        return (*reminders.mapped("days_before"), periods.EXPIRY)

    # === MARKETING === #

    def _compute_is_to_win_back(self):
        wanted = self.search(Domain("id", "in", self.ids) & Domain("is_to_win_back", "=", True))
        for deadline in self:
            deadline.is_to_win_back = deadline._origin in wanted

    @api.model
    def _search_is_to_win_back(self, operator, value):
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        deadlines = self.sudo()
        one_of_each = SQL(
            "(SELECT min(id) FROM deadline_deadline WHERE id IN %s"
            " GROUP BY company_id, partner_id, expired_on)",
            deadlines._search(deadlines._get_win_back_domain()).subselect(),
        )
        return Domain("id", "in", one_of_each)

    @api.model
    def _get_win_back_domain(self):
        """Return the domain of what customers may be won back for, as reminders judge it."""
        late = self.env["res.company"]._get_domain_by_day(
            "date_end",
            ">=",
            lambda one: periods.step_day(one._deadline_today(), one.deadline_late_renewal),
        )
        told = [("kind", "=", "expired"), ("verdict", "=", "queued")]
        expired = Domain("state", "=", "expired") & late
        return (
            expired
            & Domain("notice_line_ids", "any", told)
            & Domain("partner_id.deadline_notices_excluded", "=", False)
            & Domain("commercial_partner_id.deadline_notices_excluded", "=", False)
            & Domain("partner_id.is_blacklisted", "=", False)
            & Domain("id", "not in", self._search_awaiting_payment(expired).ids)
        )

    def _mailing_get_default_domain(self, _mailing):
        """Propose to Email Marketing whoever let a deadline expire and may be written to."""
        return [
            ("state", "=", "expired"),
            ("partner_id.deadline_notices_excluded", "=", False),
            ("commercial_partner_id.deadline_notices_excluded", "=", False),
        ]

    # === CRON === #

    @api.model
    def _cron_expire(self):
        """Expire every active deadline whose last valid day is over, each company by its own day.

        In chunks, see `deadline.batch.mixin`.
        """
        domain = (
            Domain("state", "=", "active")
            & Domain("is_self_renewing", "=", False)
            & Domain("days_left", "<", 0)
            & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        units = [[deadline_id] for deadline_id in found.ids]
        found._run_chunks(units, type(self)._expire, domain, size=EXPIRE_CHUNK)

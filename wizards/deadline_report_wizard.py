import ast
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from ..models import periods
from .active import get_active_ids, only_ids

#: Intervals that have a name: the unit of the calendar, and how many of them from today's.
PERIODS = {
    "last_month": ("month", -1),
    "this_month": ("month", 0),
    "next_month": ("month", 1),
    "last_quarter": ("quarter", -1),
    "this_quarter": ("quarter", 0),
    "next_quarter": ("quarter", 1),
    "last_year": ("year", -1),
    "this_year": ("year", 0),
    "next_year": ("year", 1),
}
PERIOD_NAMES = [
    ("last_month", "Last Month"),
    ("this_month", "This Month"),
    ("next_month", "Next Month"),
    ("last_quarter", "Last Quarter"),
    ("this_quarter", "This Quarter"),
    ("next_quarter", "Next Quarter"),
    ("last_year", "Last Year"),
    ("this_year", "This Year"),
    ("next_year", "Next Year"),
]
#: What each preset asks for: states, grouping, and the name of an interval.
PRESETS = {
    "due_this_month": (("active", "renewed", "expired"), "none", {"end_period": "this_month"}),
    "to_renew_next_month": (("active",), "commercial_partner_id", {"end_period": "next_month"}),
    "to_renew_next_quarter": (("active",), "date_end:month", {"end_period": "next_quarter"}),
    "expired_this_quarter": (("expired",), "user_id", {"end_period": "this_quarter"}),
    "started_last_month": (
        ("active", "renewed", "expired", "withdrawn"),
        "product_id",
        {"start_period": "last_month"},
    ),
}
STATES = ("active", "renewed", "expired", "withdrawn", "cancelled")
#: Criteria that name records: the field of the deadline which has to be one of them.
RECORDS = {
    "product_ids": "product_id",
    "origin_ids": "origin_id",
    "bank_ids": "bank_id",
    "user_ids": "user_id",
    "company_ids": "company_id",
}
#: Fields of the deadline that can be printed, in this order, by the box that asks for each.
COLUMNS = (
    "name",
    "partner_id",
    "product_id",
    "description",
    "quantity",
    "date_start",
    "date_end",
    "days_left",
    "origin_id",
    "bank_id",
    "user_id",
    "company_id",
    "state",
    "amount",
    "amount_company",
)
INTERVALS = ("start", "end")
#: What a favorite keeps. The companies are those one works in when it is used.
KEPT = (
    *(f"{side}_{part}" for side in INTERVALS for part in ("period", "from", "to")),
    "partner_ids",
    *(name for name in RECORDS if name != "company_ids"),
    *(f"state_{state}" for state in STATES),
    *(f"show_{name}" for name in COLUMNS),
    "group_by",
)
#: Twice as many take wkhtmltopdf four times as long; these are 400 pages if each has a group.
PDF_ROWS = 3_000
#: As many as are written well within the two minutes that Odoo gives to a request.
XLSX_ROWS = 500_000
#: Of more customers, products ... than these, the criteria name no more.
NAMED = 10
#: How many ids of what is selected a list sends at most, unless set otherwise.
ACTIVE_IDS = 20_000


class DeadlineReportWizard(models.TransientModel):
    """Which deadlines to report, how to group them and what to print of each."""

    _name = "deadline.report.wizard"
    _description = "Operational Report"

    preset = fields.Selection(
        selection=[
            ("due_this_month", "Ending this month, whatever became of them"),
            ("to_renew_next_month", "Renewals of next month"),
            ("to_renew_next_quarter", "Renewals of next quarter, by month"),
            ("expired_this_quarter", "Expired, not renewed, this quarter"),
            ("started_last_month", "Started last month, by product"),
        ]
    )
    favorite_id = fields.Many2one(
        "ir.filters",
        domain="[('model_id', '=', 'deadline.report.wizard'), ('user_ids', 'in', [uid])]",
    )
    favorite_name = fields.Char(string="Save as Favorite")

    start_period = fields.Selection(selection=PERIOD_NAMES, string="Start Date Within")
    start_from = fields.Date(
        string="Starts From",
        compute="_compute_start",
        store=True,
        readonly=False,
        precompute=True,
    )
    start_to = fields.Date(
        string="Starts Until",
        compute="_compute_start",
        store=True,
        readonly=False,
        precompute=True,
    )
    end_period = fields.Selection(selection=PERIOD_NAMES, string="End Date Within")
    end_from = fields.Date(
        string="Ends From", compute="_compute_end", store=True, readonly=False, precompute=True
    )
    end_to = fields.Date(
        string="Ends Until", compute="_compute_end", store=True, readonly=False, precompute=True
    )
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        help="Deadlines of their companies, and of the contacts of those, are reported as well.",
    )
    product_ids = fields.Many2many(
        "product.product", string="Products", domain=[("is_deadline", "=", True)]
    )
    origin_ids = fields.Many2many("deadline.origin", string="Origins")
    bank_ids = fields.Many2many("res.bank", string="Banks")
    user_ids = fields.Many2many("res.users", string="Responsibles", domain=[("share", "=", False)])
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        required=True,
        default=lambda self: self.env.companies,
        domain="[('id', 'in', allowed_company_ids)]",
    )
    # Ids as the list gave them: their number may be that of a whole page of thousands.
    selected_ids = fields.Json(string="Selected Deadlines", readonly=True)
    # What the list was searched for, where all of it was selected and Odoo cut short the ids.
    selected_domain = fields.Json(readonly=True)
    state_active = fields.Boolean(string="Active", default=True)
    state_renewed = fields.Boolean(string="Renewed", default=True)
    state_expired = fields.Boolean(string="Expired", default=True)
    state_withdrawn = fields.Boolean(string="Withdrawn", default=True)
    state_cancelled = fields.Boolean(string="Cancelled")

    group_by = fields.Selection(
        selection=[
            ("none", "None"),
            ("commercial_partner_id", "Customer"),
            ("product_id", "Product"),
            ("date_end:month", "Month of End"),
            ("origin_id", "Origin"),
            ("user_id", "Responsible"),
        ],
        required=True,
        default="none",
    )
    show_name = fields.Boolean(string="Reference", default=True)
    show_partner_id = fields.Boolean(string="Customer", default=True)
    show_product_id = fields.Boolean(string="Product", default=True)
    show_description = fields.Boolean(string="Description", default=True)
    show_quantity = fields.Boolean(string="Quantity")
    show_date_start = fields.Boolean(string="Start Date", default=True)
    show_date_end = fields.Boolean(string="End Date", default=True)
    show_days_left = fields.Boolean(string="Days Left")
    show_origin_id = fields.Boolean(string="Origin")
    show_bank_id = fields.Boolean(string="Bank")
    show_user_id = fields.Boolean(string="Responsible", default=True)
    show_company_id = fields.Boolean(string="Company")
    show_state = fields.Boolean(string="Status", default=True)
    show_amount = fields.Boolean(string="Amount", default=True)
    show_amount_company = fields.Boolean(string="Amount in Company Currency")

    deadline_count = fields.Integer(
        string="Deadlines", compute="_compute_deadline_count", help="How many meet the criteria."
    )

    # === DEFAULTS, COMPUTES === #

    @api.model
    def default_get(self, fields):
        """Report on what is selected in a list of deadlines, on the customers one comes from."""
        values = super().default_get(fields)
        model, ids = self.env.context.get("active_model"), get_active_ids(self.env)
        if model == "deadline.deadline" and ids:
            values |= {"state_cancelled": True, **self._prepare_selection(ids)}
        elif model == "res.partner" and ids:
            values["partner_ids"] = [Command.set(ids)]
        return {name: value for name, value in values.items() if name in fields}

    @api.model
    def _prepare_selection(self, ids):
        """Return the selection as the list means it, which sends no more than so many ids."""
        config = self.env["ir.config_parameter"].sudo()
        most = int(config.get_param("web.active_ids_limit", default=ACTIVE_IDS))
        domain = self.env.context.get("active_domain")
        if len(ids) >= most and isinstance(domain, list):
            return {"selected_domain": domain}
        return {"selected_ids": ids}

    @api.depends("start_period")
    def _compute_start(self):
        self._fill_interval("start")

    @api.depends("end_period")
    def _compute_end(self):
        self._fill_interval("end")

    def _fill_interval(self, side):
        """Set the dates of an interval that has a name; those entered by hand stay."""
        today = self.env.company._deadline_today()
        for wizard in self:
            period = wizard[f"{side}_period"]
            first, last = wizard[f"{side}_from"], wizard[f"{side}_to"]
            if period:
                first, last = periods.span(today, *PERIODS[period])
            wizard.update({f"{side}_from": first, f"{side}_to": last})

    @api.depends(
        *(f"{side}_{part}" for side in INTERVALS for part in ("from", "to")),
        *(f"state_{state}" for state in STATES),
        *RECORDS,
        "partner_ids",
        "selected_ids",
        "selected_domain",
    )
    def _compute_deadline_count(self):
        for wizard in self:
            wizard.deadline_count = self.env["deadline.deadline"].search_count(wizard._get_domain())

    @api.onchange("preset")
    def _onchange_preset(self):
        if not self.preset:
            return
        states, group_by, interval = PRESETS[self.preset]
        self.update(
            {
                "favorite_id": False,
                "group_by": group_by,
                **dict.fromkeys(("start_from", "start_to", "end_from", "end_to"), False),
                **{f"{side}_period": interval.get(f"{side}_period") for side in INTERVALS},
                **{f"state_{state}": state in states for state in STATES},
            }
        )

    @api.onchange("favorite_id")
    def _onchange_favorite_id(self):
        if self.favorite_id:
            self.update({"preset": False, **self._read_favorite(self.favorite_id)})

    # === CONSTRAINTS === #

    @api.constrains("start_from", "start_to", "end_from", "end_to")
    def _check_intervals(self):
        for wizard in self:
            for first, last in (
                (wizard.start_from, wizard.start_to),
                (wizard.end_from, wizard.end_to),
            ):
                if first and last and first > last:
                    raise ValidationError(
                        self.env._(
                            "The interval from %(first)s to %(last)s ends before it begins:"
                            " exchange its dates, or leave one of them empty.",
                            first=format_date(self.env, first),
                            last=format_date(self.env, last),
                        )
                    )

    # === WHAT IS REPORTED === #

    def _get_domain(self):
        """Return the domain of the deadlines that meet the criteria; intervals include both ends.

        What the user may see of them is up to whoever searches.
        """
        self.ensure_one()
        chosen = self.sudo()  # only for ids: some may be of a company that is not the user's now
        domain = Domain.AND(
            Domain(field, "in", chosen[name].ids) for name, field in RECORDS.items() if chosen[name]
        )
        for side in INTERVALS:
            first, last = self[f"{side}_from"], self[f"{side}_to"]
            domain &= Domain(f"date_{side}", ">=", first) if first else Domain.TRUE
            domain &= Domain(f"date_{side}", "<=", last) if last else Domain.TRUE
        if chosen.partner_ids:
            companies = chosen.partner_ids.commercial_partner_id
            domain &= Domain("commercial_partner_id", "in", companies.ids) | Domain(
                "partner_id", "in", chosen.partner_ids.ids
            )
        states = self._get_states()
        if states and len(states) < len(STATES):
            domain &= Domain("state", "in", states)
        selection = self._get_selection()
        return domain if selection is None else domain & selection

    def _get_selection(self):
        """Return the domain of what was selected in a list, or None without a selection."""
        if self.selected_ids:
            return Domain("id", "in", only_ids(self.selected_ids))
        return Domain(self.selected_domain) if self.selected_domain else None

    def _with_companies(self):
        """Return the wizard in the companies chosen in it, as far as they are the user's.

        A page's choice of companies does not come along with a download.
        """
        return self.with_context(allowed_company_ids=self._get_companies().ids)

    def _get_companies(self):
        """Return the companies chosen in the wizard that are the user's."""
        return self.sudo().company_ids & self.env.user.company_ids

    def _get_company_names(self):
        return ", ".join(self._get_companies().mapped("name"))

    def _get_states(self):
        return [state for state in STATES if self[f"state_{state}"]]

    def _get_group_by(self):
        """Return by what to group, as ``_read_group`` takes it: a list of one, or of none."""
        self.ensure_one()
        return [self.group_by] if self.group_by != "none" else []

    def _get_columns(self):
        """Return the names of the fields of a deadline to print, in order."""
        self.ensure_one()
        return [name for name in COLUMNS if self[f"show_{name}"]] or ["name"]

    def _get_criteria(self):
        """Return the criteria in words, as pairs of what is asked for and which."""
        self.ensure_one()
        labels = self.fields_get(attributes=["string"])
        deadline = self.env["deadline.deadline"].fields_get(
            ["date_start", "date_end", "state"], ["string", "selection"]
        )
        criteria = [
            (deadline[f"date_{side}"]["string"], self._say_interval(side)) for side in INTERVALS
        ]
        criteria += [
            (labels[name]["string"], self._say_records(self.sudo()[name].sudo(False)))
            for name in ("partner_ids", *RECORDS)
            if name != "company_ids"
        ]
        states, names = self._get_states(), dict(deadline["state"]["selection"])
        if states and len(states) < len(STATES):
            criteria.append((deadline["state"]["string"], ", ".join(names[one] for one in states)))
        selection = self._get_selection()
        if selection is not None:
            count = self.env["deadline.deadline"].search_count(selection)
            criteria.append((labels["selected_ids"]["string"], f"{count:,}"))
        return [(label, words) for label, words in criteria if words]

    def _say_interval(self, side):
        first, last = (
            self[name] and format_date(self.env, self[name])
            for name in (f"{side}_from", f"{side}_to")
        )
        if first and last:
            return self.env._("%(first)s to %(last)s", first=first, last=last)
        if first:
            return self.env._("from %s on", first)
        return self.env._("until %s", last) if last else ""

    def _say_records(self, records):
        """Return the names of records, of those that the user may see in any company."""
        companies = self.env.user.company_ids.ids
        records = records.with_context(allowed_company_ids=companies)._filtered_access("read")
        names = ", ".join(records[:NAMED].mapped("display_name"))
        if len(records) > NAMED:
            return self.env._(
                "%(names)s and %(count)s more", names=names, count=len(records) - NAMED
            )
        return names

    # === FAVORITES === #

    def _prepare_favorite(self):
        """Return the criteria to keep. An interval with a name moves on with the calendar."""
        values = {}
        for name in KEPT:
            value = self[name]
            if isinstance(value, models.BaseModel):
                value = value.ids
            elif isinstance(value, date):
                side = name.split("_")[0]
                value = False if self[f"{side}_period"] else fields.Date.to_string(value)
            values[name] = value
        return values

    def _read_favorite(self, favorite):
        """Return the values that a favorite keeps, without records that are gone meanwhile."""
        kept = ast.literal_eval(favorite.context)
        values = {name: kept[name] for name in KEPT if name in kept}
        for name, value in values.items():
            if isinstance(value, list):
                records = self.env[self._fields[name].comodel_name].browse(value).exists()
                values[name] = [Command.set(records._filtered_access("read").ids)]
        return values

    def action_save_favorite(self):
        """Keep the criteria under a name, of this user only; the same name is written over.

        :raise UserError: without a name
        """
        self.ensure_one()
        name = (self.favorite_name or "").strip()
        if not name:
            raise UserError(self.env._("Enter a name for the favorite."))
        filters = self.env["ir.filters"]
        favorite = filters.search(
            [
                ("model_id", "=", self._name),
                ("user_ids", "in", [self.env.uid]),
                ("name", "=", name),
            ],
            limit=1,
        )
        values = {
            "name": name,
            "model_id": self._name,
            "user_ids": [Command.set([self.env.uid])],
            "context": repr(self._prepare_favorite()),
        }
        if favorite:
            favorite.write(values)
        self.write(
            {
                "favorite_id": (favorite or filters.create(values)).id,
                "favorite_name": False,
                "preset": False,
            }
        )
        return self._reopen()

    def action_delete_favorite(self):
        """Forget the chosen favorite; the criteria stay as they are."""
        self.ensure_one()
        self.favorite_id.unlink()
        return self._reopen()

    def _reopen(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "deadline_management.deadline_report_wizard_action"
        )
        return {**action, "res_id": self.id}

    # === RESULTS === #

    def action_view(self):
        """Show the deadlines in their own list, grouped."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Operational Report"),
            "res_model": "deadline.deadline",
            "view_mode": "list,kanban,calendar,form,pivot,graph,activity",
            "domain": list(self._get_domain()),
            "context": {"group_by": self._get_group_by()},
        }

    def action_print(self):
        """Print the report.

        :raise UserError: when it would be too long
        """
        self.ensure_one()
        self._check_rows("pdf")
        report = self.env.ref("deadline_management.action_report_operational")
        return report.report_action(self, config=False)

    def action_export(self):
        """Download the report as a spreadsheet.

        :raise UserError: when it would be too long
        """
        self.ensure_one()
        self._check_rows("xlsx")
        return {
            "type": "ir.actions.act_url",
            "url": f"/deadline_management/report/{self.id}/xlsx",
            "target": "download",
        }

    def _check_rows(self, output):
        """Refuse what takes too long to make.

        :param str output: ``pdf`` or ``xlsx``
        :raise UserError: names the number of rows and the way out
        """
        count = self.env["deadline.deadline"].search_count(self._get_domain())
        if output == "pdf" and count > PDF_ROWS:
            raise UserError(
                self.env._(
                    "%(count)s deadlines are too many for a PDF, which takes %(limit)s:"
                    " export them as XLSX, or narrow the criteria.",
                    count=f"{count:,}",
                    limit=f"{PDF_ROWS:,}",
                )
            )
        if output == "xlsx" and count > XLSX_ROWS:
            raise UserError(
                self.env._(
                    "%(count)s deadlines are too many for one spreadsheet, which takes %(limit)s:"
                    " narrow the criteria, and export them in parts.",
                    count=f"{count:,}",
                    limit=f"{XLSX_ROWS:,}",
                )
            )

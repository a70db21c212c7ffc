from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models import periods
from ..models.deadline.res_partner import CONCLUDED

#: A period that lasts the months it is meant to differs from their average by less.
MONTHS_TOLERANCE = 4


class DeadlineAnalysis(models.Model):
    """A row for each deadline that was not cancelled, with what is counted of it.

    docs/en/figures.md says what the figures mean, to users; the help of each measure does so, too.
    """

    _name = "deadline.analysis"
    _description = "Deadlines Analysis"
    _auto = False
    _order = "date_end DESC, id DESC"
    _depends = {
        "deadline.deadline": [
            "name",
            "company_id",
            "partner_id",
            "commercial_partner_id",
            "product_id",
            "origin_id",
            "bank_id",
            "user_id",
            "state",
            "date_start",
            "date_end",
            "renewed_on",
            "duration_count",
            "duration_unit",
            "amount_company",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["grade_id"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id"],
    }

    name = fields.Char(string="Reference", readonly=True)
    deadline_id = fields.Many2one("deadline.deadline", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Contact", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    grade_id = fields.Many2one("res.partner.grade", string="Customer Level", readonly=True)
    product_id = fields.Many2one("product.product", string="Product Variant", readonly=True)
    product_tmpl_id = fields.Many2one("product.template", string="Product", readonly=True)
    categ_id = fields.Many2one("product.category", string="Product Category", readonly=True)
    origin_id = fields.Many2one("deadline.origin", readonly=True)
    bank_id = fields.Many2one("res.bank", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    state = fields.Selection(
        selection="_get_states",
        string="Status",
        readonly=True,
    )
    date_start = fields.Date(string="Start Date", readonly=True)
    date_end = fields.Date(string="End Date", readonly=True)
    renewed_on = fields.Date(readonly=True)
    days_left = fields.Integer(
        compute="_compute_days_left", search="_search_days_left", aggregator=None
    )
    months_since_end = fields.Integer(
        compute="_compute_months_since_end",
        search="_search_months_since_end",
        aggregator=None,
        help="Calendar months since the month of the end: 0 is this month, 1 the last one.",
    )
    # The values are in alphabetical order, which is that of groups.
    outcome = fields.Selection(
        selection=[
            ("00", "Renewed by the end"),
            ("07", "Renewed within 7 days after"),
            ("30", "Renewed within 30 days after"),
            ("90", "Renewed within 90 days after"),
            ("later", "Renewed later"),
            ("lost", "Lost"),
            ("open", "Still open"),
            ("withdrawn", "Withdrawn"),
        ],
        readonly=True,
        help="Lost: expired, and too long ago to be renewed. Still open: running, or expired but "
        "still within the days of late renewal of the company.",
    )
    horizon = fields.Selection(
        selection=[
            ("00", "Past its end"),
            ("30", "Within 30 days"),
            ("60", "In 31 to 60 days"),
            ("90", "In 61 to 90 days"),
            ("later", "Later"),
        ],
        string="Ends",
        readonly=True,
        help="How far the end of what is active is away, counted from the company's day.",
    )

    amount = fields.Monetary(
        readonly=True,
        help="Untaxed amount of the period in the currency of the company, at the rate of the "
        "day on which the deadline was opened. Of what is active and ends in the next 30, 60 or "
        "90 days, it is the value at risk.",
    )
    active_amount = fields.Monetary(
        string="Active Capital",
        readonly=True,
        help="Amount of the deadlines that run or have not yet started.",
    )
    concluded_amount = fields.Monetary(
        string="Concluded Capital",
        readonly=True,
        help="Amount of the deadlines that were renewed, have expired or were withdrawn.",
    )
    monthly_amount = fields.Monetary(
        string="Monthly Recurring Value",
        readonly=True,
        help="Of the deadlines that run or have not yet started: amount divided by the months of "
        "the period. These are the months of its duration in months or years where its dates "
        "keep to it, else its days divided by 30.4375 (365.25 / 12).",
    )
    renewal_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines that were renewed, no matter when. Withdrawn and cancelled "
        "ones do not count, nor do those that renew themselves; what is active or expired counts "
        "as not renewed.",
    )
    rate_00 = fields.Float(
        string="Renewed by the End",
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines whose renewal was ordered on their last valid day or before.",
    )
    rate_07 = fields.Float(
        string="Renewed within 7 Days",
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines whose renewal was ordered by the 7th day after their end.",
    )
    rate_30 = fields.Float(
        string="Renewed within 30 Days",
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines whose renewal was ordered by the 30th day after their end.",
    )
    rate_90 = fields.Float(
        string="Renewed within 90 Days",
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines whose renewal was ordered by the 90th day after their end.",
    )
    open_rate = fields.Float(
        string="Still Open",
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines that run, or have expired but may still be renewed. "
        "Renewed, still open and lost ones add up to 100 %.",
    )
    lost_rate = fields.Float(
        string="Loss Rate",
        readonly=True,
        aggregator="avg",
        help="Share of the deadlines that have expired without renewal, longer ago than the "
        "company's days of late renewal.",
    )

    @api.model
    def _get_states(self):
        """Return the values of ``state`` with their labels: those of deadlines."""
        return self.env["deadline.deadline"]._fields["state"]._description_selection(self.env)

    # === THE ROWS === #

    @property
    def _table_query(self):
        return SQL(
            "SELECT %s FROM deadline_deadline %s WHERE deadline_deadline.state != 'cancelled'",
            SQL(", ").join(
                SQL("%s AS %s", sql, SQL.identifier(name))
                for name, sql in self._get_columns().items()
            ),
            # All of them to one row at most, so that PostgreSQL leaves out what is not asked for.
            SQL(
                """
                LEFT JOIN res_company company ON company.id = deadline_deadline.company_id
                LEFT JOIN res_partner customer
                    ON customer.id = deadline_deadline.commercial_partner_id
                LEFT JOIN product_product product ON product.id = deadline_deadline.product_id
                LEFT JOIN product_template template ON template.id = product.product_tmpl_id
                """
            ),
        )

    @api.model
    def _get_columns(self):
        """Return the SQL of each column, by the name of its field."""
        own = self._depends["deadline.deadline"]
        columns = {name: SQL.identifier("deadline_deadline", name) for name in ("id", *own)}
        amount = columns.pop("amount_company")
        return columns | {
            "deadline_id": columns["id"],
            "currency_id": SQL("company.currency_id"),
            "grade_id": SQL("customer.grade_id"),
            "product_tmpl_id": SQL("product.product_tmpl_id"),
            "categ_id": SQL("template.categ_id"),
            "horizon": self._get_horizon_sql(),
            "amount": amount,
            "active_amount": SQL(
                "CASE WHEN %s THEN %s ELSE 0 END", self._get_state_sql(["active"]), amount
            ),
            "concluded_amount": SQL(
                "CASE WHEN %s THEN %s ELSE 0 END", self._get_state_sql(CONCLUDED), amount
            ),
            "monthly_amount": SQL(
                "CASE WHEN %s THEN %s / %s ELSE 0 END",
                self._get_state_sql(["active"]),
                amount,
                self._get_months_sql(),
            ),
            **self._get_renewal_columns(),
        }

    @api.model
    def _get_renewal_columns(self):
        """Return the SQL of what became of each deadline, and of the shares: 1, 0, or nothing
        where the deadline counts in no rate."""
        rated = self._get_rated_sql()
        renewed, expired = self._get_state_sql(["renewed"]), self._get_state_sql(["expired"])
        lost = SQL("(%s AND %s)", expired, self._get_too_late_sql())
        within = {
            days: SQL("(%s AND %s) IS TRUE", renewed, self._get_days_after_sql(days))
            for days in (0, 7, 30, 90)
        }
        shares = {
            "renewal_rate": renewed,
            **{f"rate_{days:02}": condition for days, condition in within.items()},
            "open_rate": SQL("NOT %s AND NOT %s", renewed, lost),
            "lost_rate": lost,
        }
        outcomes = {"withdrawn": self._get_state_sql(["withdrawn"]), None: SQL("NOT %s", rated)}
        outcomes |= {f"{days:02}": condition for days, condition in within.items()}
        outcomes |= {"later": renewed, "lost": lost, "open": SQL("TRUE")}
        return {
            "outcome": SQL(
                "CASE %s END",
                SQL(" ").join(
                    SQL("WHEN %s THEN %s", condition, name) for name, condition in outcomes.items()
                ),
            ),
            **{
                name: SQL("CASE WHEN %s THEN (%s)::int END", rated, condition)
                for name, condition in shares.items()
            },
        }

    @api.model
    def _get_rated_sql(self):
        """Return the SQL that says of a deadline whether it counts in rates.

        What that is, `_get_rated_domain()` of deadlines says, for dashboard and digest as well.
        """
        deadlines = self.env["deadline.deadline"].sudo()
        query = deadlines._search(deadlines._get_rated_domain())
        if query.where_clause and query.from_clause == SQL.identifier(deadlines._table):
            return SQL("(%s)", query.where_clause)
        # A condition on other records is a join, which is no condition on the row: it costs.
        return SQL("(deadline_deadline.id IN %s)", query.subselect())

    @api.model
    def _get_state_sql(self, states):
        return SQL("deadline_deadline.state IN %s", tuple(states))

    @api.model
    def _get_days_after_sql(self, days):
        """Return the SQL of "ordered no later than so many days after the end"."""
        return SQL("deadline_deadline.renewed_on <= deadline_deadline.date_end + %s", days)

    @api.model
    def _get_too_late_sql(self):
        """Return the SQL of what deadlines mean by `_is_too_late`."""
        deadlines = self.env["deadline.deadline"]
        first_ends = self._get_by_company(
            lambda company: deadlines._get_first_renewable_end(company, company._deadline_today())
        )
        return SQL("deadline_deadline.date_end < %s", first_ends)

    @api.model
    def _get_horizon_sql(self):
        today = self._get_by_company(lambda company: company._deadline_today())
        end = SQL("deadline_deadline.date_end")
        return SQL(
            """
            CASE WHEN NOT %(running)s THEN NULL
                WHEN %(end)s < %(today)s THEN '00'
                WHEN %(end)s <= %(today)s + 30 THEN '30'
                WHEN %(end)s <= %(today)s + 60 THEN '60'
                WHEN %(end)s <= %(today)s + 90 THEN '90'
                ELSE 'later' END
            """,
            running=self._get_state_sql(["active"]),
            end=end,
            today=today,
        )

    @api.model
    def _get_months_sql(self):
        """Return the SQL of the months that a period lasts."""
        return SQL(
            """
            CASE WHEN abs(%(days)s - %(months)s * %(month)s) <= %(tolerance)s
                THEN %(months)s ELSE %(days)s / %(month)s END
            """,
            days=SQL("(deadline_deadline.date_end - deadline_deadline.date_start + 1)"),
            months=SQL(
                "(deadline_deadline.duration_count * CASE deadline_deadline.duration_unit"
                " WHEN 'month' THEN 1 WHEN 'year' THEN 12 END)"
            ),
            month=SQL(str(periods.DAYS_PER_MONTH)),
            tolerance=MONTHS_TOLERANCE,
        )

    @api.model
    def _get_by_company(self, get_day):
        """Return the SQL of a day that depends on the company of the deadline.

        :param get_day: function from a company to a date
        """
        by_day = self.env["res.company"]._get_visible_companies().grouped(get_day)
        if len(by_day) == 1:
            return SQL("%s::date", *by_day)
        return SQL(
            "CASE %s END",
            SQL(" ").join(
                SQL("WHEN deadline_deadline.company_id IN %s THEN %s::date", group._ids, day)
                for day, group in by_day.items()
            ),
        )

    # === COMPUTES === #

    @api.depends("deadline_id.days_left")
    def _compute_days_left(self):
        for row in self:
            row.days_left = row.deadline_id.days_left

    def _search_days_left(self, operator, value):
        # On fields that both have, so that the indexes of deadlines serve.
        return self.env["deadline.deadline"]._search_days_left(operator, value)

    @api.depends("date_end", "company_id")
    def _compute_months_since_end(self):
        for row in self:
            today = row.company_id._deadline_today()
            row.months_since_end = periods.months_between(row.date_end, today)

    def _search_months_since_end(self, operator, value):
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        # Months since the end grow as the end goes back: the last month that counts as later.
        companies = self.env["res.company"]._get_visible_companies()
        months = companies._read_number(value) + {"<": -1, ">": 1}.get(operator, 0)
        by_day = companies.grouped(lambda company: company._deadline_today())
        domains = []
        for today, companies in by_day.items():
            first, last = periods.month(today, -months)
            bound = (
                Domain("date_end", ">=", first)
                if "<" in operator
                else Domain("date_end", "<=", last)
            )
            domains.append(bound & Domain("company_id", "in", companies.ids))
        return Domain.OR(domains)

    @api.depends("name")
    def _compute_display_name(self):
        for row in self:
            row.display_name = row.name

    # === ACTIONS === #

    def action_open_deadline(self):
        """Open the form of the deadline that the row stands for."""
        self.ensure_one()
        return self.deadline_id._get_records_action()

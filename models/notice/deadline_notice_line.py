from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .. import periods

KINDS = [
    ("reminder", "Reminder"),
    ("expired", "Notice of expiry"),
    ("manual", "Sent by Hand"),
]
REASONS = [
    ("excluded", "The customer gets no notices"),
    ("no_address", "No valid e-mail address"),
    ("bounced", "E-mails to the customer come back"),
    ("archived", "The customer or the product is archived"),
    ("past", "Due before the first day of notices"),
]


class DeadlineNoticeLine(models.Model):
    """The ledger of notices: one line for what became of each step of a subject."""

    _name = "deadline.notice.line"
    _description = "Deadline Notice Line"
    _order = "date DESC, id DESC"

    deadline_id = fields.Many2one("deadline.deadline", readonly=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_from_subject",
        search="_search_partner_id",
    )
    product_id = fields.Many2one(
        "product.product", compute="_compute_from_subject", search="_search_product_id"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    notice_id = fields.Many2one(
        "deadline.notice", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    email = fields.Char(related="notice_id.email")
    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    days_before = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Days before the end; negative for days after it.",
    )
    date_end = fields.Date(
        string="End Date",
        required=True,
        readonly=True,
        help="Last valid day of the deadline.",
    )
    date = fields.Date(
        required=True, readonly=True, help="The company's day on which it was decided."
    )
    verdict = fields.Selection(
        selection=[("queued", "Sent"), ("superseded", "Superseded"), ("skipped", "Skipped")],
        required=True,
        readonly=True,
    )
    reason = fields.Selection(selection=REASONS, readonly=True)
    activity_id = fields.Many2one(
        "mail.activity", readonly=True, index="btree_not_null", ondelete="set null"
    )
    state = fields.Selection(
        selection=[
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("superseded", "Superseded"),
            ("skipped", "Skipped"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        readonly=False,  # as that of a notice
        precompute=True,
        required=True,
    )
    step = fields.Char(compute="_compute_step")
    explanation = fields.Char(compute="_compute_explanation")

    _once = models.UniqueIndex(
        "(deadline_id, kind, days_before, date_end)",
        "This notice was already dealt with.",
    )
    _one_subject = models.Constraint(
        "CHECK(deadline_id IS NOT NULL)", "A notice is about a deadline."
    )
    _date_idx = models.Index("(date, id)")

    @api.depends("deadline_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line._get_subject().display_name

    @api.depends("deadline_id")
    def _compute_from_subject(self):
        for line in self:
            subject = line._get_subject()
            line.partner_id, line.product_id = subject.partner_id, subject.product_id

    @api.model
    def _search_partner_id(self, operator, value):
        return self._search_by_subject("partner_id", operator, value)

    @api.model
    def _search_product_id(self, operator, value):
        return self._search_by_subject("product_id", operator, value)

    @api.model
    def _search_by_subject(self, name, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return self._get_subject_domain(name, operator, value)

    @api.model
    def _get_subject_domain(self, name, operator, value):
        """Return the domain of lines whose subject has such a field."""
        return Domain.OR(
            Domain(f"{field}.{name}", operator, value) for field in self._get_subject_fields()
        )

    @api.model
    def _get_subject_fields(self):
        """Return the names of the fields of which one says what a line is about. A hook."""
        return ["deadline_id"]

    @api.depends("verdict", "notice_id.state")
    def _compute_state(self):
        for line in self:
            queued = line.verdict == "queued"
            line.state = line.notice_id.state if queued else line.verdict

    @api.depends("kind", "days_before")
    @api.depends_context("lang")
    def _compute_step(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            stepless = line.kind not in ("reminder", "expired")
            line.step = kinds[line.kind] if stepless else self._format_step(line.days_before)

    @api.depends("state", "reason", "notice_id.failure_reason")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for line in self:
            line.explanation = line._get_explanation()

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self._get_frozen_problem())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self._get_frozen_problem())

    def _get_frozen_problem(self):
        """Return the sentence that refuses any change of the ledger."""
        return self.env._(
            "What the ledger of notices says of “%s” cannot be changed or deleted.",
            ", ".join(self.exists().mapped("display_name")),
        )

    def _get_subject(self):
        """Return what the line is about, a record of a model that notices are about."""
        self.ensure_one()
        names = self._get_subject_fields()
        return next((self[name] for name in names if self[name]), self[names[0]])

    @api.model
    def _get_reasons(self):
        """Return the reasons for which notices are skipped, as translated (value, label)."""
        return self._fields["reason"]._description_selection(self.env)

    @api.model
    def _format_step(self, step):
        """Return the name of a step: days before the end, or `periods.EXPIRY`."""
        if step == periods.EXPIRY:
            return self.env._("Notice of expiry")
        return self.env["deadline.reminder"]._format_step(step)

    def _get_day(self):
        """Return the day of the step, where nothing was sent: it was found out later, maybe."""
        self.ensure_one()
        if self.verdict == "queued" or self.kind not in ("reminder", "expired"):
            return self.date
        return periods.step_day(self.date_end, self.days_before)

    def _get_explanation(self):
        """Return why the line says what it says, a sentence."""
        self.ensure_one()
        if self.verdict == "skipped":
            return dict(self._get_reasons())[self.reason]
        if self.verdict == "superseded":
            return self.env._("Another step was nearer to the end.")
        notice_sudo = self.sudo().notice_id  # why an e-mail failed stands in Odoo's own queue
        if self.state == "failed":
            return notice_sudo.failure_reason or self.env._("The e-mail could not be sent.")
        return self.env._("To %s", notice_sudo.email)

    def _format_days_left(self):
        """Return how far the end is away on the day of the notice, for the customer to read."""
        self.ensure_one()
        days = (self.date_end - self.date).days
        if days < 0:
            return self.env._("expired")
        if days == 0:
            return self.env._("last day")
        return self.env._("1 day left") if days == 1 else self.env._("%s days left", days)

    def _format_end(self):
        """Return the last valid day, for the customer to read."""
        self.ensure_one()
        return format_date(self.env, self.date_end)

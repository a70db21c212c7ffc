import uuid
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

from . import periods


class DeadlineContractMixin(models.AbstractModel):
    """What a customer has of a company up to and including an end date."""

    _name = "deadline.contract.mixin"
    _description = "Contract with a Customer"

    company_id = fields.Many2one("res.company", required=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        check_company=True,
        index=True,
        tracking=True,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Commercial Entity",
        compute="_compute_commercial_partner_id",
        store=True,
        index=True,
        ondelete="restrict",
    )
    product_id = fields.Many2one(
        "product.product", required=True, check_company=True, ondelete="restrict"
    )
    sale_line_id = fields.Many2one("sale.order.line", string="Order Line", readonly=True)
    order_id = fields.Many2one(related="sale_line_id.order_id", string="Sales Order")
    date_end = fields.Date(string="End Date", required=True, help="Last valid day.")
    days_left = fields.Integer(
        compute="_compute_days_left",
        search="_search_days_left",
        aggregator=None,
        help="Days until the last valid day, counted in the company's time zone.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        domain=[("share", "=", False)],
        groups="base.group_user",
    )
    withdrawal_id = fields.Many2one(
        "deadline.withdrawal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )
    # From the outset: an e-mail or a page that needs it has nothing to write, nor to wait for.
    access_token = fields.Char(string="Security Token", default=lambda self: str(uuid.uuid4()))

    @api.depends("partner_id")
    def _compute_commercial_partner_id(self):
        # Not on the customer's own commercial entity: somebody who changes employer
        # does not take along what the former one bought. See res.partner.write().
        for contract in self:
            contract.commercial_partner_id = contract.partner_id.commercial_partner_id

    @api.depends("date_end", "company_id")
    def _compute_days_left(self):
        today = self._get_today_by_company()
        for contract in self:
            end = contract.date_end
            contract.days_left = (end - today[contract.company_id]).days if end else 0

    def _search_days_left(self, operator, value):
        if operator not in ("in", "<", "<=", ">", ">="):
            return NotImplemented

        def end(today, days):
            return periods.step_day(today, -companies._read_number(days))

        companies = self.env["res.company"]._get_visible_companies()
        by_day = companies.grouped(lambda company: company._deadline_today())
        return Domain.OR(
            Domain(
                "date_end",
                operator,
                [end(today, days) for days in value] if operator == "in" else end(today, value),
            )
            & (Domain("company_id", "in", group.ids) if len(by_day) > 1 else Domain.TRUE)
            for today, group in by_day.items()
        )

    def _get_today_by_company(self):
        """Return the day of each company of these records, ours for one that is not yet set."""
        days = {company: company._deadline_today() for company in self.company_id}
        return defaultdict(self.env.company._deadline_today, days)

    def _get_assignee(self):
        """Return who is to be given a to-do about it, maybe nobody."""
        self.ensure_one()
        responsible = self.user_id.filtered("active")
        return responsible or self.commercial_partner_id.user_id.filtered("active")

    def _leave_todo(self, summary, note):
        """Leave a to-do on each of these, of one assignee, for today, without an e-mail.

        :return: ``mail.activity``, none where activities are not to be made
        """
        quiet = self.with_context(mail_activity_quick_update=True)
        activities = quiet.activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline=self[:1].company_id._deadline_today(),
            summary=summary,
            note=plaintext2html(note) if note else False,
            user_id=self[:1]._get_assignee().id,
        )
        return activities or self.env["mail.activity"]

    def _get_report_base_filename(self):
        """Return the name of the printed file, without its ending."""
        self.ensure_one()
        return f"{self.name} {self.product_id.name}"

import pytz

from odoo import api, fields, models
from odoo.fields import Command, Domain

from .product_template import GROUP_USER

#: Days before the end on which a new company reminds its customers.
DEFAULT_REMINDERS = (30, 7, 1)


class ResCompany(models.Model):
    _inherit = "res.company"

    deadline_renewal_window = fields.Integer(
        string="Renewal Window",
        default=30,
        help="Days before the end from which customers may renew a deadline themselves.",
    )
    deadline_late_renewal = fields.Integer(
        string="Late Renewal",
        default=90,
        help="Days after the end during which a deadline may still be renewed.",
    )
    deadline_grace_days = fields.Integer(
        string="Grace Days",
        default=15,
        help="Days after the end within which a renewal still follows without a gap. "
        "Renewed later, the new period starts on the day of the order.",
    )
    deadline_imminent_days = fields.Integer(
        string="Upcoming Renewals",
        default=7,
        help="Days before the end from which a deadline counts as an upcoming renewal.",
    )
    deadline_reminder_ids = fields.One2many(
        "deadline.reminder",
        "company_id",
        string="Deadline Reminders",
        groups=GROUP_USER,
        help="When customers are reminded of a deadline, in days before its end.",
    )

    _deadline_days_positive = models.Constraint(
        """CHECK(deadline_renewal_window >= 0 AND deadline_late_renewal >= 0
            AND deadline_grace_days >= 0 AND deadline_imminent_days >= 0)""",
        "The days of deadlines cannot be negative: "
        "correct the company's renewal window, late renewal, grace and imminent days.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        for company, vals in zip(companies, vals_list, strict=True):
            if "deadline_reminder_ids" not in vals:
                company._set_default_reminders()
        return companies

    def _set_default_reminders(self):
        """Give companies the reminders that each begins with, whoever makes them."""
        self.sudo().deadline_reminder_ids = [
            Command.create({"days_before": days}) for days in DEFAULT_REMINDERS
        ]

    def _get_deadline_reminders(self, grade):
        """Return the reminders that hold in this company for members of a level.

        :param grade: ``res.partner.grade`` of the commercial entity, maybe empty
        """
        self.ensure_one()
        grade = grade.sudo()
        if grade.reminder_policy == "own" and grade.company_id in (self, grade.company_id.browse()):
            return grade.deadline_reminder_ids
        return self.sudo().deadline_reminder_ids

    def _get_portal_address(self, path, lang):
        """Return the absolute address of a page of the portal, in a customer's language.

        :param str path: page, beginning with a slash
        :param str lang: code of the customer's language; one that the website does not
            have leaves it to the website
        """
        self.ensure_one()
        website = self.sudo().website_id
        language = website.language_ids.filtered(lambda one: one.code == lang)
        prefix = ""
        if language and language != website.default_lang_id:
            prefix = f"/{language.url_code}"
        return f"{self.get_base_url()}{prefix}{path}"

    @api.model
    def _get_visible_companies(self):
        """Return the companies whose deadlines a query of this environment may find."""
        if self.env.su:  # whom no rule keeps to the allowed companies
            return self.with_context(active_test=False).search(Domain.TRUE)
        return self.env.companies

    def _deadline_tz(self):
        """Return the time zone (a ``tzinfo``) whose calendar the company's deadlines follow.

        It is that of the company's address, else of its working hours, else UTC, and never
        the user's: staff, customers and scheduled actions have to agree on the day.
        """
        self.ensure_one()
        company = self.sudo()
        return pytz.timezone(company.partner_id.tz or company.resource_calendar_id.tz or "UTC")

    def _deadline_day(self, moment):
        """Return the company's day at ``moment``, a naive datetime in UTC as Odoo stores it."""
        return pytz.utc.localize(moment).astimezone(self._deadline_tz()).date()

    def _deadline_today(self):
        """Return the company's day now. Nothing in this addon asks for today elsewhere."""
        return self._deadline_day(fields.Datetime.now())

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from .. import periods
from ..constants import GROUP_USER

#: Days before the end on which a new company reminds its customers.
DEFAULT_REMINDERS = (30, 7, 1)
#: Longest time after which a charge may be tried again, in days.
MAX_RETRY_DAYS = 365


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

    deadline_invoice_lead_days = fields.Integer(
        string="Invoice Ahead",
        default=5,
        help="Days before an installment is due on which its invoice is made.",
    )
    deadline_invoice_posting = fields.Selection(
        selection=[("post", "Post at once"), ("draft", "Leave as drafts")],
        string="Invoices of Installments",
        default="post",
        required=True,
        help="Drafts are posted by hand. Only posted invoices can be charged or collected.",
    )

    deadline_retry_days = fields.Char(
        string="Retry Charges",
        default="3, 7, 14",
        help="Days after the first failure on which a charge is tried again, separated by commas. "
        "Empty: never.",
    )

    deadline_user_id = fields.Many2one(
        "res.users",
        string="Left-over To-dos",
        domain=[("share", "=", False)],
        groups="base.group_user",
        help="Who is given what nobody is responsible for, and reads what customers without a"
        " salesperson write. Empty: an administrator of deadlines.",
    )
    deadline_mail_months = fields.Integer(
        string="Keep E-mails",
        default=24,
        help="Months after which the e-mails of notices are deleted; what was sent to whom, when"
        " and with which subject stays. 0: never.",
    )

    _deadline_days_positive = models.Constraint(
        """CHECK(deadline_renewal_window >= 0 AND deadline_late_renewal >= 0
            AND deadline_grace_days >= 0 AND deadline_imminent_days >= 0
            AND deadline_invoice_lead_days >= 0)""",
        "The days of deadlines cannot be negative: correct the company's renewal window, "
        "late renewal, grace, upcoming renewals and days of invoicing ahead.",
    )
    _deadline_mail_months_positive = models.Constraint(
        "CHECK(deadline_mail_months BETWEEN 0 AND 1200)",
        "E-mails are kept between 1 and 1200 months, or for ever with 0: correct the months.",
    )

    @api.constrains("deadline_retry_days")
    def _check_retry_days(self):
        for company in self:
            try:
                days = company._get_retry_days()
            except ValueError:
                days = (0,)
            if any(day < 1 or day > MAX_RETRY_DAYS for day in days) or len(set(days)) < len(days):
                raise ValidationError(
                    self.env._(
                        "“%(days)s” of %(company)s is not when to retry charges: write"
                        " different numbers of days, from 1 to %(most)s, separated by commas, as"
                        " in 3, 7, 14.",
                        days=company.deadline_retry_days,
                        company=company.name,
                        most=MAX_RETRY_DAYS,
                    )
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

    def _is_deadline_staff(self, user):
        """Say whether a user can look after something of the company."""
        self.ensure_one()
        user = user.sudo()
        return bool(user) and user.active and not user.share and self in user.company_ids

    def _get_deadline_user(self):
        """Return who is given the to-dos of the company that nobody is responsible for.

        :return: ``res.users``, nobody only where no administrator of deadlines works here
        """
        self.ensure_one()
        chosen = self.sudo().deadline_user_id
        if self._is_deadline_staff(chosen):
            return chosen.sudo(self.env.su)
        managers = self.env.ref("deadline_management.group_deadline_manager").sudo().all_user_ids
        able = managers.filtered(self._is_deadline_staff).sorted("id")
        return able[:1].sudo(self.env.su)

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

    @api.model
    def _read_number(self, value, kind=int):
        """Return what a search looks for as a number, 0 for nothing.

        :param kind: ``int`` or ``float``
        :raise UserError: when it is no number
        """
        try:
            return kind(value or 0)
        except (OverflowError, TypeError, ValueError):
            raise UserError(self.env._("“%s” is not a number to search for.", value)) from None

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

    def _get_retry_days(self):
        """Return the days after its first failure on which a charge is tried again, a tuple.

        :raise ValueError: when they are not numbers
        """
        self.ensure_one()
        days = self.sudo().deadline_retry_days or ""
        return tuple(int(day) for day in days.split(",") if day.strip())

    def _get_invoicing_horizon(self):
        """Return the last day whose installments are to be invoiced today."""
        self.ensure_one()
        return periods.step_day(self._deadline_today(), -self.sudo().deadline_invoice_lead_days)

    def _get_mail_day(self):
        """Return the first day of which the e-mails of notices are still kept."""
        self.ensure_one()
        return fields.Date.subtract(self._deadline_today(), months=self.deadline_mail_months)

    @api.model
    def _get_domain_by_day(self, field, operator, get_day):
        """Return the domain of records of any company whose date compares to a day of its own.

        :param str field: name of a date of a model with ``company_id``
        :param str operator: as of domains
        :param get_day: function from a company to its day
        """
        companies = self.sudo().with_context(active_test=False).search(Domain.TRUE)
        return Domain.OR(
            Domain("company_id", "in", group.ids) & Domain(field, operator, day)
            for day, group in companies.grouped(get_day).items()
        )

from odoo import api, fields, models
from odoo.fields import Command

from ..constants import GROUP_USER

#: Days before the end on which a new company reminds its customers.
DEFAULT_REMINDERS = (30, 7, 1)


class ResCompany(models.Model):
    _inherit = "res.company"

    deadline_reminder_ids = fields.One2many(
        "deadline.reminder",
        "company_id",
        string="Deadline Reminders",
        groups=GROUP_USER,
        help="When customers are reminded of a deadline, in days before its end.",
    )
    deadline_mail_months = fields.Integer(
        string="Keep E-mails",
        default=24,
        help="Months after which the e-mails of notices are deleted; what was sent to whom, when"
        " and with which subject stays. 0: never.",
    )

    _deadline_mail_months_positive = models.Constraint(
        "CHECK(deadline_mail_months BETWEEN 0 AND 1200)",
        "E-mails are kept between 1 and 1200 months, or for ever with 0: correct the months.",
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
        grade_sudo = grade.sudo()  # customers ask as well: when may they renew?
        if grade_sudo.reminder_policy == "own" and grade_sudo.company_id in (
            self,
            grade_sudo.company_id.browse(),
        ):
            return grade_sudo.deadline_reminder_ids
        return self.sudo().deadline_reminder_ids

    def _get_mail_day(self):
        """Return the first day of which the e-mails of notices are still kept."""
        self.ensure_one()
        return fields.Date.subtract(self._deadline_today(), months=self.deadline_mail_months)

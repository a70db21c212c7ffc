import pytz

from odoo import fields, models


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

    _deadline_days_positive = models.Constraint(
        """CHECK(deadline_renewal_window >= 0 AND deadline_late_renewal >= 0
            AND deadline_grace_days >= 0 AND deadline_imminent_days >= 0)""",
        "The days of deadlines cannot be negative: "
        "correct the company's renewal window, late renewal, grace and imminent days.",
    )

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

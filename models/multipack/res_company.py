from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import periods

#: Longest time after which a charge may be tried again, in days.
MAX_RETRY_DAYS = 365


class ResCompany(models.Model):
    _inherit = "res.company"

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

    # That of deadlines, with the days of invoicing ahead.
    _deadline_days_positive = models.Constraint(
        """CHECK(deadline_renewal_window >= 0 AND deadline_late_renewal >= 0
            AND deadline_grace_days >= 0 AND deadline_imminent_days >= 0
            AND deadline_invoice_lead_days >= 0)""",
        "The days of deadlines cannot be negative: correct the company's renewal window, "
        "late renewal, grace, upcoming renewals and days of invoicing ahead.",
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

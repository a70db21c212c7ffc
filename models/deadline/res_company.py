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
        "The days of deadlines cannot be negative: correct the company's renewal window, "
        "late renewal, grace and upcoming renewals.",
    )

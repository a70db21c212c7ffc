from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    deadline_renewal_window = fields.Integer(
        related="company_id.deadline_renewal_window", readonly=False
    )
    deadline_late_renewal = fields.Integer(
        related="company_id.deadline_late_renewal", readonly=False
    )
    deadline_grace_days = fields.Integer(related="company_id.deadline_grace_days", readonly=False)
    deadline_imminent_days = fields.Integer(
        related="company_id.deadline_imminent_days", readonly=False
    )

from odoo import fields, models

from ..constants import GROUP_USER


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
    deadline_invoice_lead_days = fields.Integer(
        related="company_id.deadline_invoice_lead_days", readonly=False
    )
    deadline_invoice_posting = fields.Selection(
        related="company_id.deadline_invoice_posting", readonly=False
    )
    deadline_user_id = fields.Many2one(related="company_id.deadline_user_id", readonly=False)
    deadline_mail_months = fields.Integer(related="company_id.deadline_mail_months", readonly=False)
    deadline_retry_days = fields.Char(related="company_id.deadline_retry_days", readonly=False)
    deadline_reminder_ids = fields.One2many(
        related="company_id.deadline_reminder_ids", groups=GROUP_USER
    )

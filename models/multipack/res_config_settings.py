from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    deadline_invoice_lead_days = fields.Integer(
        related="company_id.deadline_invoice_lead_days", readonly=False
    )
    deadline_invoice_posting = fields.Selection(
        related="company_id.deadline_invoice_posting", readonly=False
    )
    deadline_retry_days = fields.Char(related="company_id.deadline_retry_days", readonly=False)

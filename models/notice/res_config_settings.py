from odoo import fields, models

from ..constants import GROUP_USER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    deadline_reminder_ids = fields.One2many(
        related="company_id.deadline_reminder_ids", groups=GROUP_USER
    )
    deadline_mail_months = fields.Integer(related="company_id.deadline_mail_months", readonly=False)

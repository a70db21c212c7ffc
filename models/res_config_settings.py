from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    deadline_user_id = fields.Many2one(related="company_id.deadline_user_id", readonly=False)

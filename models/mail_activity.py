from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    deadline_topic = fields.Char(
        string="Topic",
        readonly=True,
        copy=False,
        help="What the to-do was left for, for the addon itself, which deletes it once it is moot.",
    )

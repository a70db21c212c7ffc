from odoo import fields, models

from ..constants import GROUP_USER


class ResPartnerGrade(models.Model):
    _inherit = "res.partner.grade"

    reminder_policy = fields.Selection(
        selection=[("company", "Reminders of the company"), ("own", "Own Reminders")],
        string="Deadline Reminders",
        default="company",
        required=True,
        help="Which reminders the members of this level get before a deadline ends. "
        "Own reminders replace those of the company; without any, none are sent.",
    )
    deadline_reminder_ids = fields.One2many(
        "deadline.reminder", "grade_id", string="Own Reminders", copy=True, groups=GROUP_USER
    )

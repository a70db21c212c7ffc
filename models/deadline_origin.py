from odoo import fields, models


class DeadlineOrigin(models.Model):
    _name = "deadline.origin"
    _description = "Deadline Origin"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to use this origin in every company."
    )

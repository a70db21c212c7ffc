from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if not {"active", "company_ids", "group_ids"}.isdisjoint(vals):
            self.env["mail.activity"]._reassign_todos(self)
        return result

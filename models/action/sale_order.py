from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals:
            # Done actions, which are archived, are about the customer as well.
            self.sudo().with_context(active_test=False).activity_ids._update_customer()
        return result

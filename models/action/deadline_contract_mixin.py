from odoo import models


class DeadlineContractMixin(models.AbstractModel):
    _inherit = "deadline.contract.mixin"

    def _update_todo_customer(self):
        super()._update_todo_customer()
        # Done actions, which are archived, are about the customer as well.
        self.sudo().with_context(active_test=False).activity_ids._update_customer()

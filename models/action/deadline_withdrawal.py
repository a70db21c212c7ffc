from odoo import api, models
from odoo.exceptions import UserError


class DeadlineWithdrawal(models.Model):
    _inherit = "deadline.withdrawal"

    @api.model
    def _check_registration(self, multipacks, activity_type):
        super()._check_registration(multipacks, activity_type)
        if activity_type.base_type != "withdrawal":
            raise UserError(
                self.env._("“%s” is not a type of withdrawal: choose one.", activity_type.name)
            )

    def _apply(self, multipacks):
        super()._apply(multipacks)
        self.env["mail.activity"].sudo()._move_planned_withdrawals(multipacks)

from odoo import api, models
from odoo.exceptions import UserError


class AccountPaymentMethodLine(models.Model):
    _inherit = "account.payment.method.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_multipacks(self):
        # Their next invoices would no longer be collected by it, and nobody would be told. In sudo
        # mode, as the accountant's companies and rights are not those of whoever sold them.
        multipacks_sudo = self.env["deadline.multipack"].sudo()
        using_sudo = multipacks_sudo.search(
            [("payment_method_line_id", "in", self.ids), ("state", "=", "active")]
        )
        for multipack in using_sudo[:1]:
            raise UserError(
                self.env._(
                    "The payment method “%(method)s” cannot be deleted, multipacks are collected by"
                    " it (%(multipacks)s): choose another one there first.",
                    method=multipack.payment_method_line_id.display_name,
                    multipacks=", ".join(using_sudo.mapped("name")),
                )
            )

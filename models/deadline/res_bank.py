from odoo import api, models
from odoo.exceptions import UserError


class ResBank(models.Model):
    _inherit = "res.bank"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_by_deadlines(self):
        # Those that the user does not see, too.
        deadlines_sudo = self.env["deadline.deadline"].sudo()
        for bank in self:
            if count := deadlines_sudo.search_count([("bank_id", "=", bank.id)]):
                raise UserError(
                    self.env._(
                        "“%(record)s” cannot be deleted, deadlines have it (%(count)s):"
                        " archive it, and they keep it.",
                        record=bank.display_name,
                        count=count,
                    )
                )

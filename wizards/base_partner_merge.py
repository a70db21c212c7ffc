from odoo import models


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_reference_fields(self, src_partners, dst_partner):
        # Odoo moves what is still to be done, and deletes what is done along with its customer.
        self.env["mail.activity"]._move_done_actions(src_partners, dst_partner)
        customers = src_partners.commercial_partner_id
        result = super()._update_reference_fields(src_partners, dst_partner)
        self.env.invalidate_all()  # Odoo merges by SQL
        # Customers of their own may have become contacts of a company, or those of another one.
        dst_partner._update_contracts(customers | dst_partner)
        return result

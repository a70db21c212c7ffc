from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        heads = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        result = super().write(vals)
        heads.filtered(
            lambda partner: partner.commercial_partner_id != partner
        )._bring_deadlines_along()
        return result

    def _bring_deadlines_along(self):
        """Hand the deadlines of customers who have joined a company over to that company.

        A contact who merely changes company leaves them with the former one.
        """
        deadlines = (
            self.env["deadline.deadline"].sudo().search([("commercial_partner_id", "in", self.ids)])
        )
        for partner, own in deadlines.grouped("commercial_partner_id").items():
            own.commercial_partner_id = partner.commercial_partner_id

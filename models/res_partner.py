from odoo import fields, models

from .product_template import GROUP_USER


class ResPartner(models.Model):
    _inherit = "res.partner"

    commercial_deadline_ids = fields.One2many(
        "deadline.deadline",
        "commercial_partner_id",
        string="Deadlines of the Company",
        groups=GROUP_USER,
    )

    def write(self, vals):
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        heads = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        result = super().write(vals)
        # A customer that becomes part of a company brings its deadlines along; a contact
        # that changes company leaves them with the former one.
        for partner in heads.sudo():
            entity = partner.commercial_partner_id
            if entity != partner and partner.commercial_deadline_ids:
                partner.commercial_deadline_ids.commercial_partner_id = entity
        return result

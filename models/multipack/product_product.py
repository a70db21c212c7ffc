from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def write(self, vals):
        """Make a multipack with all that it is made of.

        Odoo hands what belongs to the template over field by field: it would have no components
        when it becomes one, and be refused.
        """
        if not {"is_multipack", "multipack_component_ids"} <= vals.keys():
            return super().write(vals)
        shared = {name for name in vals if self._fields[name].inherited}
        self.product_tmpl_id.write({name: vals[name] for name in shared})
        return super().write({name: vals[name] for name in vals.keys() - shared})

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DeadlineMultipackComponent(models.Model):
    _name = "deadline.multipack.component"
    _description = "Multipack Component"
    _order = "sequence, id"
    _check_company_auto = True

    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Multipack",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="product_tmpl_id.company_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        string="Service",
        required=True,
        check_company=True,
        domain=[("is_deadline", "=", True), ("is_multipack", "=", False)],
        index=True,
        ondelete="restrict",
        help="Each sale of the multipack opens a deadline of this product.",
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)",
        "A component of a multipack needs a quantity above zero: set one, or remove the component.",
    )
    _once = models.Constraint(
        "UNIQUE(product_tmpl_id, product_id)",
        "A service stands only once in a multipack: set its quantity instead.",
    )

    @api.constrains("product_id")
    def _check_product(self):
        for component in self.sudo():  # the settings of services are for staff
            if not component.product_id.is_deadline or component.product_id.is_multipack:
                raise ValidationError(
                    self.env._(
                        "“%(service)s” creates no deadlines, so it cannot be part of"
                        " “%(multipack)s”: choose a product that does.",
                        service=component.product_id.display_name,
                        multipack=component.product_tmpl_id.display_name,
                    )
                )

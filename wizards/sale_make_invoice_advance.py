from odoo import models
from odoo.exceptions import UserError


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def _create_invoices(self, sale_orders):
        """Refuse down payments on orders that sell multipacks.

        Odoo takes them of the whole order, and would bill what the installments bill.

        :raise UserError: names the order and the way out
        """
        if self.advance_payment_method != "delivered":
            for order in sale_orders.filtered(lambda order: order._is_paid_in_installments()):
                raise UserError(
                    self.env._(
                        "%s sells a multipack, which is invoiced by its installments, so a down"
                        " payment would be billed twice: make a regular invoice of the other"
                        " products, or sell them in an order of their own.",
                        order.name,
                    )
                )
        return super()._create_invoices(sale_orders)

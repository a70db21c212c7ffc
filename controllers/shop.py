from odoo import http
from odoo.http import request

from odoo.addons.payment import utils as payment_utils
from odoo.addons.website_sale.controllers.cart import Cart
from odoo.addons.website_sale.controllers.delivery import Delivery
from odoo.addons.website_sale.controllers.main import WebsiteSale


class MultipackShop(WebsiteSale):
    """The pages of the shop name what is due today."""

    def _get_shop_payment_values(self, order, **kwargs):
        values = super()._get_shop_payment_values(order, **kwargs)
        if order._is_paid_in_installments():
            values["amount"] = order._get_amount_to_pay()
        if order._get_cart_obstacles():  # the layout says them
            values["errors"].append(False)
        return values

    @http.route()
    def express_checkout_shipping_address_compute_taxes(self):
        """Return what the express checkout charges, in the currency's smallest unit."""
        amount = super().express_checkout_shipping_address_compute_taxes()
        return (
            _get_minor_amount(request.cart) if request.cart._is_paid_in_installments() else amount
        )


class MultipackCart(Cart):
    def _get_express_shop_payment_values(self, order, **kwargs):
        values = super()._get_express_shop_payment_values(order, **kwargs)
        if order and order._is_paid_in_installments():
            values["amount"] = order._get_amount_to_pay()
            delivery = order.amount_total - order._get_amount_total_excluding_delivery()
            values["minor_amount"] = _get_minor_amount(order, less=delivery)
        if order and order._get_cart_obstacles():
            values["providers_sudo"] = values["providers_sudo"].browse()  # no button to pay
        return values

    @http.route()
    def update_cart(self, *args, **kwargs):
        """Tell the express checkout of the cart page what is due today."""
        values = super().update_cart(*args, **kwargs)
        if request.cart and request.cart._is_paid_in_installments():
            values["amount"] = request.cart._get_amount_to_pay()
            values["minor_amount"] = _get_minor_amount(request.cart)
        return values


class MultipackDelivery(Delivery):
    def _order_summary_values(self, order, **kwargs):
        values = super()._order_summary_values(order, **kwargs)
        if order._is_paid_in_installments():
            values["multipack_due_today"] = request.env["ir.qweb.field.monetary"].value_to_html(
                order._get_amount_due_today(), {"display_currency": order.currency_id}
            )
        return values


def _get_minor_amount(order, less=0.0):
    """Return what is due of an order, less its delivery, in the currency's smallest unit."""
    amount = max(order._get_amount_to_pay() - less, 0.0)
    return payment_utils.to_minor_currency_units(amount, order.currency_id)

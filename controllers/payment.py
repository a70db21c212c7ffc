from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import request

from odoo.addons.sale.controllers.portal import CustomerPortal
from odoo.addons.website_sale.controllers.payment import PaymentPortal


class MultipackPayment(PaymentPortal):
    """Payments of orders that sell multipacks: what is due today, and no more."""

    @http.route()
    def shop_payment_transaction(self, order_id, access_token, **kwargs):
        """Compare the amount on the customer's page with what is due today.

        The full amount passes Odoo's own check then; what is charged is computed again where
        the transaction is created.
        """
        order_sudo = self._get_multipack_order(order_id, access_token)
        if order_sudo:
            shown = kwargs.get("amount")
            if order_sudo.amount_paid and not order_sudo._get_amount_to_pay():
                raise UserError(
                    request.env._("The cart has already been paid. Please refresh the page.")
                )
            if shown and not self._is_amount_to_pay(order_sudo, shown):
                raise ValidationError(
                    request.env._("The cart has been updated. Please refresh the page.")
                )
            # With which Odoo compares: what the page showed was compared above.
            kwargs["amount"] = order_sudo.amount_total
        return super().shop_payment_transaction(order_id, access_token, **kwargs)

    def _is_amount_to_pay(self, order, shown):
        """Return whether what a browser sends as the amount is what is due of an order."""
        try:
            difference = float(shown) - order._get_amount_to_pay()
        except (OverflowError, TypeError, ValueError):
            return False
        return abs(difference) < order.currency_id.rounding / 2

    def _create_transaction(self, *args, sale_order_id=None, **kwargs):
        """Charge what is due of an order that sells multipacks, whatever the browser sends."""
        order_sudo = request.env["payment.provider"]._get_multipack_order(sale_order_id)
        if order_sudo:
            # By every way to pay, so it is here that nobody pays another amount.
            kwargs["amount"] = order_sudo._get_amount_to_pay()
            if not kwargs["amount"]:
                raise ValidationError(
                    request.env._("There is nothing to be paid today for %s.", order_sudo.name)
                )
            self._check_saving(order_sudo, kwargs)
        return super()._create_transaction(*args, sale_order_id=sale_order_id, **kwargs)

    def _check_saving(self, order_sudo, values):
        """Check that a payment saves what the order needs, as those offered on the page do.

        :param dict values: of the transaction
        :raise ValidationError: when the browser asks for a payment that was not offered
        """
        if not order_sudo._is_saving_payment_method():
            return
        providers = request.env["payment.provider"].sudo()
        context = {"currency_id": order_sudo.currency_id.id, "sale_order_id": order_sudo.id}
        offered = providers._get_compatible_providers(
            order_sudo.company_id.id, values["partner_id"], values["amount"], **context
        )
        methods = request.env["payment.method"].sudo()
        allowed = methods._get_compatible_payment_methods(
            offered.ids, values["partner_id"], **context
        )
        by_token = values.get("flow") == "token"
        if values.get("provider_id") not in offered.ids or not (
            by_token or values.get("payment_method_id") in allowed.ids
        ):
            raise ValidationError(
                request.env._(
                    "This payment method cannot be saved for the next installments:"
                    " refresh the page and choose another one."
                )
            )

    def _get_multipack_order(self, order_id, access_token):
        """Return the order if it is paid in installments and the visitor may pay it, maybe none."""
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            order_sudo = request.env["sale.order"]  # for Odoo to say
        return request.env["payment.provider"]._get_multipack_order(order_sudo.id)


class MultipackQuotation(CustomerPortal):
    def _get_payment_values(self, order_sudo, *args, **kwargs):
        values = super()._get_payment_values(order_sudo, *args, **kwargs)
        if order_sudo._is_paid_in_installments():
            values["amount"] = order_sudo._get_amount_to_pay()
            if values.get("payment_amount"):
                values["payment_amount"] = values["amount"] or None
        if order_sudo._get_payment_obstacles():
            values["payment_amount"] = None  # of a payment link: the page says why
        return values

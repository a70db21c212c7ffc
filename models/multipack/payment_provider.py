from odoo import models

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.const import REPORT_REASONS_MAPPING

#: Providers that are told the key of a charge, and so do not repeat it when asked twice.
WITH_KEYS = ("adyen", "mercado_pago", "stripe", "worldline")


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    def _is_tokenization_required(self, *, sale_order_id=None, **kwargs):
        """Save the payment method where an order sells what is charged to it later."""
        required = super()._is_tokenization_required(sale_order_id=sale_order_id, **kwargs)
        return required or self._get_multipack_order(sale_order_id)._is_saving_payment_method()

    def _get_compatible_providers(
        self,
        company_id,
        partner_id,
        amount,
        *args,
        sale_order_id=None,
        is_express_checkout=False,
        **kwargs,
    ):
        """Look at what is due today, and leave nobody without a way to pay.

        Where none of the providers that may be used can save payment methods, all of them are
        offered: the rest is then paid by the customer. Express checkouts save none.
        """
        order_sudo = self._get_multipack_order(sale_order_id)
        if order_sudo:
            amount = order_sudo._get_amount_to_pay()
        kwargs["is_express_checkout"] = is_express_checkout
        providers = super()._get_compatible_providers(
            company_id, partner_id, amount, *args, sale_order_id=sale_order_id, **kwargs
        )
        if not order_sudo._is_saving_payment_method():
            return providers
        if is_express_checkout:
            payment_utils.add_to_report(
                kwargs.get("report"),
                providers,
                available=False,
                reason=REPORT_REASONS_MAPPING["tokenization_not_supported"],
            )
            return self.browse()
        return providers or super()._get_compatible_providers(
            company_id, partner_id, amount, *args, **kwargs
        )

    def _get_multipack_order(self, order_id):
        """Return the order of this id if it is paid in installments, ``sale.order``, maybe none.

        :param order_id: what a page passes on; only numbers come from our own server
        """
        # Whether the visitor may see it was asked where the page was: here it is only counted.
        orders_sudo = self.env["sale.order"].sudo()
        if type(order_id) is not int:
            return orders_sudo
        order_sudo = orders_sudo.browse(order_id).exists()
        return order_sudo.filtered(lambda order: order._is_paid_in_installments())

    def _knows_charges_by_key(self):
        """Say whether the provider may be asked for a charge again after an unknown outcome.

        To be overridden by providers that send a key with each charge which is the same for
        the same transaction.
        """
        self.ensure_one()
        return self.code in WITH_KEYS

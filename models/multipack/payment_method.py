from odoo import models


class PaymentMethod(models.Model):
    _inherit = "payment.method"

    def _get_compatible_payment_methods(
        self, provider_ids, *args, sale_order_id=None, force_tokenization=False, **kwargs
    ):
        """Offer those that can be saved, where that is required and there are any."""
        providers = self.env["payment.provider"].browse(provider_ids)
        order_sudo = providers._get_multipack_order(sale_order_id)
        kwargs["sale_order_id"] = sale_order_id
        if not force_tokenization and order_sudo._is_saving_payment_method():
            methods = super()._get_compatible_payment_methods(
                provider_ids, *args, force_tokenization=True, **kwargs
            )
            if methods:
                return methods
        return super()._get_compatible_payment_methods(
            provider_ids, *args, force_tokenization=force_tokenization, **kwargs
        )

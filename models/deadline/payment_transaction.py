from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.http import request

#: How long a payment that was only begun may still be finished.
PAYING = timedelta(hours=1)
#: Operations that bring no money for an order.
NOT_ASKING = ("refund", "validation")


class PaymentTransaction(models.Model):
    """One payment for each renewal: here is where every way to pay asks for the money."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("source_transaction_id") and vals.get("operation") not in NOT_ASKING:
                self.sudo()._check_renewals(vals.get("sale_order_ids") or [])
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in ("pending", "authorized", "done"):
            self.sudo()._replace_transfers()
        return result

    @api.model
    def _check_renewals(self, commands):
        """Check that the renewals which a new payment is for are not paid in another way, too.

        The deadlines stay locked until what asks is committed, so that the next one knows of it.

        :param commands: value of ``sale_order_ids``
        :raise ValidationError: says who pays which renewal how, or that it was made
        """
        try:
            order_ids = self._fields["sale_order_ids"].convert_to_cache(commands, self)
        except (TypeError, ValueError):  # whatever a client sends: Odoo refuses it
            return
        orders = self.env["sale.order"].browse(order_ids).exists()
        if deadlines := orders._get_deadlines_to_renew():
            deadlines._lock_for_payment()
            problems = [problem for order in orders for problem in order._get_payment_obstacles()]
            if problems:
                raise ValidationError("\n".join(problems))

    def _filter_asking(self):
        """Return the transactions that ask for money of their own."""
        return self.filtered(
            lambda one: one.operation not in NOT_ASKING and not one.source_transaction_id
        )

    def _filter_under_way(self):
        """Return the transactions by which money for their orders is, or may be, on its way.

        Of what was only begun nobody knows; after an hour it is taken for given up.
        """
        since = fields.Datetime.now() - PAYING
        return self._filter_asking().filtered(
            lambda one: (
                one.state in ("pending", "authorized", "done")
                or (one.state == "draft" and one.create_date >= since)
            )
        )

    def _is_made_by(self, user, order):
        """Say whether a user may go on with, or replace, the payment on behalf of its payer.

        Its payer may. Of visitors only that is known that they have the link of their order.

        :param order: ``sale.order`` that the user looks at
        """
        self.ensure_one()
        payer = self.create_uid
        if order in self.sale_order_ids and (payer._is_public() or user._is_public()):
            return True
        return payer == user and not user._is_public()

    def _get_payment_obstacle(self, deadline, order):
        """Return why this payment leaves no room for another one, a sentence, or False.

        :param deadline: whose renewal both orders sell
        :param order: ``sale.order`` that the user wants to pay
        """
        self.ensure_one()
        is_own = order in self.sale_order_ids
        # Portal pages have the records of the superuser.
        is_payer = self._is_made_by(request.env.user if request else self.env.user, order)
        if self.state == "draft":
            return not (is_own and is_payer) and self._get_begun_problem(deadline)
        if is_payer and self._is_replaceable():
            return False
        if is_own and (self.state == "done" or order._is_partly_paid_by(self)):
            return False
        return self._get_paid_elsewhere_problem(deadline)

    def _is_replaceable(self):
        """Say whether the payment is a transfer, of which nobody knows whether it was made."""
        self.ensure_one()
        return self.state == "pending" and self.provider_code == "custom"

    def _get_begun_problem(self, deadline):
        return self.env._(
            "%(payer)s has begun to pay the renewal of %(service)s, with %(order)s (%(method)s). If"
            " that is not finished within an hour, it can be paid here.",
            service=deadline._describe_contract(),
            **self._get_payment_facts(),
        )

    def _get_paid_elsewhere_problem(self, deadline):
        return self.env._(
            "%(payer)s pays the renewal of %(service)s, with %(order)s (%(method)s). Nothing more"
            " is to be paid for it.",
            service=deadline._describe_contract(),
            **self._get_payment_facts(),
        )

    def _get_payment_facts(self):
        """Return who pays which order how, as values of a sentence."""
        self.ensure_one()
        user = self.create_uid
        known = user.active and not user._is_public()
        return {
            "payer": (user.partner_id if known else self.partner_id).name,
            "order": ", ".join(self.sale_order_ids.mapped("name")),
            "method": self.payment_method_id.name,
        }

    def _replace_transfers(self):
        """Cancel the transfers in whose place their payers have now paid in another way."""
        for transaction in self._filter_asking():
            order, payer = transaction.sale_order_ids[:1], transaction.create_uid
            others = order._get_deadlines_to_renew()._get_payments_of_renewal() - transaction
            replaced = others.filtered(
                lambda one, order=order, payer=payer: (
                    one._is_replaceable()
                    and one._is_made_by(payer, order)
                    # Both may be parts of what is due.
                    and (
                        order not in one.sale_order_ids or order._compare_payments_with_due(one) > 0
                    )
                )
            )
            if replaced:
                replaced._set_canceled(self.env._("Replaced by %s", transaction.reference))

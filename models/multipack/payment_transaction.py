from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.http import request

from .deadline_installment_charge import PAYING

#: How long providers keep the keys of charges.
KEY_LIFETIME = timedelta(hours=24)
#: Operations that bring no money for an order.
NOT_ASKING = ("refund", "validation")
#: Operations in which a customer may save the payment method.
BY_CUSTOMER = ("online_direct", "online_redirect")


class UnknownOutcomeError(UserError):
    """The provider was asked for a charge, and did not answer."""


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    deadline_installment_id = fields.Many2one(
        "deadline.installment",
        string="Installment",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Installment that is charged by this transaction.",
    )
    deadline_discarded = fields.Boolean(
        string="Not the Installment's Charge",
        readonly=True,
        copy=False,
        help="Given back by the bank, or collected after another charge had taken its place.",
    )

    _one_live_charge = models.UniqueIndex(
        """(deadline_installment_id)
        WHERE deadline_installment_id IS NOT NULL AND deadline_discarded IS NOT TRUE
          AND operation = 'offline' AND state IN ('draft', 'pending', 'authorized', 'done')""",
        "This installment is being charged already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("source_transaction_id") and vals.get("operation") not in NOT_ASKING:
                self.sudo()._check_renewals(vals.get("sale_order_ids") or [])
        return super().create(vals_list)

    def write(self, vals):
        if "state" not in vals:
            return super().write(vals)
        charges = self.sudo().filtered(
            lambda one: one.deadline_installment_id and one.operation == "offline"
        )
        if vals["state"] == "done":
            charges._discard_second_charges()
        result = super().write(vals)
        if vals["state"] != "draft":
            for charge in charges:
                charge.deadline_installment_id._update_charge_state(charge)
        if vals["state"] in ("pending", "authorized", "done"):
            self.sudo()._replace_transfers()
        return result

    # === ONE PAYMENT FOR EACH RENEWAL === #

    @api.model
    def _check_renewals(self, commands):
        """Check that the renewals which a new payment is for are not paid in another way, too.

        Here is where every way to pay asks for the money. The deadlines stay locked until what
        asks is committed, so that the next one knows of it.

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
            return not (is_own and is_payer) and self._say_begun(deadline)
        if is_payer and self._is_replaceable():
            return False
        if is_own and (self.state == "done" or order._is_partly_paid_by(self)):
            return False
        return self._say_paying(deadline)

    def _is_replaceable(self):
        """Say whether the payment is a transfer, of which nobody knows whether it was made."""
        self.ensure_one()
        return self.state == "pending" and self.provider_code == "custom"

    def _say_begun(self, deadline):
        return self.env._(
            "%(payer)s has begun to pay the renewal of %(service)s, with %(order)s (%(method)s). If"
            " that is not finished within an hour, it can be paid here.",
            service=deadline._describe_contract(),
            **self._get_payment_facts(),
        )

    def _say_paying(self, deadline):
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

    def _discard_second_charges(self):
        """Set apart failed charges that were collected after all, when another one is under way.

        What the provider says has to be kept, and the database allows for one at a time.
        """
        for charge in self.filtered(lambda one: one.state in ("error", "cancel")):
            charge.deadline_discarded = bool(charge.deadline_installment_id._get_live_charge())

    def _is_repeatable(self):
        """Say whether the provider may be asked once more for this charge."""
        self.ensure_one()
        return (
            self.provider_id._knows_charges_by_key()
            and self.token_id.active
            and self.provider_id.state != "disabled"
            and self.create_date > fields.Datetime.now() - KEY_LIFETIME
        )

    def _send_api_request(self, *args, **kwargs):
        """Keep a charge open which the provider has perhaps made, without being able to say so.

        :raise UnknownOutcomeError: instead of the ``ValidationError``, by which it would fail
        """
        try:
            return super()._send_api_request(*args, **kwargs)
        except ValidationError as error:
            if self.deadline_installment_id and _is_interruption(error.__context__):
                raise UnknownOutcomeError(str(error)) from error
            raise

    def _post_process(self):
        fresh = self.filtered(
            lambda payment: (
                payment.state in ("authorized", "done") and not payment.is_post_processed
            )
        )
        result = super()._post_process()
        for order in fresh.sale_order_ids:
            order._collect_by_saved_method()
        self._adopt_saved_methods()
        return result

    def _adopt_saved_methods(self):
        """Have what customers saved while paying an installment charged for the next ones."""
        for transaction in self.filtered(
            lambda one: one.state == "done" and one.operation in BY_CUSTOMER and one.token_id
        ):
            installments = (
                self.env["deadline.installment"]
                .sudo()
                .search([("move_id", "in", transaction.invoice_ids.ids)])
            )
            installments.multipack_id._adopt_payment_token(transaction.token_id)

    def _check_amount_and_confirm_order(self):
        """Make the invoices that the payment of a multipack is for.

        Never raises because of one that cannot be made: the order would be paid and not confirmed.

        Before Odoo posts the invoices of the payment and reconciles it with them. Of an
        authorized payment too: parts of it that are captured have no order, only invoices.
        """
        confirmed = super()._check_amount_and_confirm_order()
        for payment in self.filtered(lambda one: not one.payment_id):
            payment._invoice_installments()
        return confirmed

    def _invoice_installments(self):
        """Link the payment with the invoices of the installments that are due with its orders."""
        self.ensure_one()
        orders = self.sale_order_ids.filtered(lambda order: order.state == "sale")
        payable = orders._get_payable_installments()
        for installment in payable:
            installment._invoice_paid(post=self.state == "done")
        invoices = payable.move_id
        if self.state == "done":  # Odoo would stumble over those that cannot be posted
            failed = invoices.filtered(lambda invoice: invoice.state == "draft")
            self.invoice_ids = [Command.unlink(invoice.id) for invoice in failed]
            invoices -= failed
        self._link_invoices(invoices)

    def _invoice_sale_orders(self):
        """Invoice the rest of orders that sell multipacks, and never a down payment on them."""
        plans = self.filtered(
            lambda payment: any(order._has_payment_plan() for order in payment.sale_order_ids)
        )
        super(PaymentTransaction, self - plans)._invoice_sale_orders()
        for payment in plans.filtered(lambda one: not one.payment_id):
            orders = payment.sale_order_ids.filtered(
                lambda order: order.state == "sale" and not order._get_amount_to_pay()
            )
            orders._force_lines_to_invoice_policy_order()
            invoices = (
                orders.with_company(payment.company_id)
                .with_context(raise_if_nothing_to_invoice=False)
                ._create_invoices(final=True)
            )
            payment._link_invoices(invoices)

    def _link_invoices(self, invoices):
        """Link a payment with invoices that it is to be reconciled with."""
        self.ensure_one()
        for invoice in invoices:
            # Now, as the customer's next page would at the same time as the e-mail.
            invoice._portal_ensure_token()
        self.invoice_ids = [Command.link(invoice.id) for invoice in invoices]


def _is_interruption(error):
    """Say whether a request ended in a way that leaves open what the provider did."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return False
    if isinstance(error, requests.exceptions.HTTPError):
        return error.response is not None and error.response.status_code >= 500
    return isinstance(error, (requests.exceptions.ConnectionError, requests.exceptions.Timeout))

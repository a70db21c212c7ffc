from datetime import timedelta

import requests

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

#: How long providers keep the keys of charges.
KEY_LIFETIME = timedelta(hours=24)
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

    def write(self, vals):
        if "state" not in vals:
            return super().write(vals)
        # Who tells the state may not write installments. What customers pay online is no charge.
        charges_sudo = self.sudo().filtered(
            lambda one: one.deadline_installment_id and one.operation == "offline"
        )
        if vals["state"] == "done":
            charges_sudo._discard_second_charges()  # before the index would refuse them
        result = super().write(vals)
        if vals["state"] != "draft":
            for charge in charges_sudo:
                charge.deadline_installment_id._update_charge_state(charge)
        return result

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
            order._charge_to_saved_method()
        self._adopt_saved_methods()
        return result

    def _adopt_saved_methods(self):
        """Have what customers saved while paying an installment charged for the next ones."""
        for transaction in self.filtered(
            lambda one: one.state == "done" and one.operation in BY_CUSTOMER and one.token_id
        ):
            # It is the customer who pays, and who may not write multipacks.
            installments_sudo = self.env["deadline.installment"].sudo()
            paid_sudo = installments_sudo.search([("move_id", "in", transaction.invoice_ids.ids)])
            paid_sudo.multipack_id._adopt_payment_token(transaction.token_id)

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
            installment._invoice_for_payment(post=self.state == "done")
        invoices = payable.move_id
        if self.state == "done":  # Odoo would stumble over those that cannot be posted
            failed = invoices.filtered(lambda invoice: invoice.state == "draft")
            self.invoice_ids = [Command.unlink(invoice.id) for invoice in failed]
            invoices -= failed
        self._link_invoices(invoices)

    def _invoice_sale_orders(self):
        """Invoice the rest of orders that sell multipacks, and never a down payment on them."""
        plans = self.filtered(
            lambda payment: any(
                order._is_paid_in_installments() for order in payment.sale_order_ids
            )
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

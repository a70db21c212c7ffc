from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

#: States of a multipack that the customer has no more.
LEFT = ("withdrawn", "cancelled")


class DeadlineMultipack(models.Model):
    """How the installments of a multipack are collected: by a saved method, or otherwise."""

    _inherit = "deadline.multipack"

    @api.constrains("collection", "payment_token_id", "commercial_partner_id")
    def _check_payment_token(self):
        for multipack in self.sudo():
            token, owner = multipack.payment_token_id, multipack.commercial_partner_id
            if multipack.collection == "token" and not token:
                raise ValidationError(
                    self.env._(
                        "“%s” has no saved payment method to be charged: have the customer save"
                        " one, or collect it in another way.",
                        multipack.name,
                    )
                )
            if token and token.partner_id.commercial_partner_id != owner:
                raise ValidationError(
                    self.env._(
                        "The saved payment method of “%(multipack)s” belongs to %(owner)s:"
                        " choose one of the customer's own.",
                        multipack=multipack.name,
                        owner=token.partner_id.display_name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("collection", "manual") != "manual":
            self._settle_todos("collection")
        return result

    @api.model
    def _get_moot_topics(self, to):
        topics = super()._get_moot_topics(to)
        return topics | {"collection"} if to in LEFT else topics

    def _describe_collection(self):
        """Return how its installments are paid, a sentence for the customer to read."""
        self.ensure_one()
        if self.collection == "token":
            return self.env._(
                "Each installment is charged to %s when it is due.", self.payment_token_name
            )
        if self.collection == "method":
            return self.env._("Each installment is collected as agreed with you.")
        return self.env._("You pay the invoice of each installment when it is due.")

    def _get_payment_method_line(self):
        """Return the payment method line that collects the invoices, maybe none.

        That of the multipack, else of the customer, else of the customer's company.
        """
        self.ensure_one()
        if self.collection != "method":
            return self.env["account.payment.method.line"]
        own = self.with_company(self.company_id)
        lines = (
            own.payment_method_line_id
            | own.partner_id.property_inbound_payment_method_line_id
            | own.commercial_partner_id.property_inbound_payment_method_line_id
        )
        # Those taken off their journal are kept for the payments made by them. Other addons have
        # some for which the journal is chosen later, among several.
        return lines.filtered(
            lambda line: (
                line.journal_id or ("variable_journal_ids" in line and line.variable_journal_ids)
            )
        )[:1]

    def _set_payment_token(self, token):
        """Have these multipacks charged to another saved payment method from now on.

        What failed with the one before is charged to it today.

        :param token: ``payment.token`` of their customer
        :raise UserError: names the multipack, and why the token cannot be charged for it
        """
        for multipack in self:
            if problem := multipack._get_token_problem(token):
                raise UserError(
                    self.env._(
                        "“%(multipack)s” cannot be charged. %(problem)s",
                        multipack=multipack.name,
                        problem=problem,
                    )
                )
        self.write({"collection": "token", "payment_token_id": token.id})
        installments = self.sudo().installment_ids  # customers change their token, in the portal
        unpaid = installments.filtered(lambda one: one.state == "invoiced")
        unpaid._clear_payment_method()  # they would be collected as well
        installments._plan_failed_charges()

    def _adopt_payment_token(self, token):
        """Charge to a token that the customer saved while paying, where that was agreed.

        Agreed is what the product says. Multipacks that it is no use for are passed over.
        """
        for multipack in self:
            agreed = multipack.product_id.product_tmpl_id.multipack_collection == "token"
            if (
                agreed
                and multipack.state == "active"
                and multipack.collection in ("token", "manual")
                and multipack.payment_token_id != token
                and not multipack._get_token_problem(token)
            ):
                multipack._set_payment_token(token)

    def _get_token_problem(self, token):
        """Return why a saved payment method cannot be charged for the multipack, or False.

        :return: ``LazyTranslate`` sentence, as it is read by a customer or in a to-do
        """
        self.ensure_one()
        token_sudo = token.sudo()  # of a provider, which only administrators may read
        if not token_sudo.active or token_sudo.provider_id.state == "disabled":
            return _lt("The saved payment method was deleted, or its provider switched off.")
        if token_sudo.partner_id.commercial_partner_id != self.commercial_partner_id:
            return _lt("The saved payment method belongs to somebody else.")
        if token_sudo.company_id not in self.company_id.sudo().parent_ids:
            return _lt("The saved payment method is of another company.")
        return False

    def _leave_useless_tokens(self):
        """Have paid by hand what is charged to a token that cannot be charged any more.

        As one that belongs to somebody who has left the customer.
        """
        for multipack in self.filtered("payment_token_id"):
            if problem := multipack._get_token_problem(multipack.payment_token_id):
                multipack._collect_manually(problem)

    def _collect_manually(self, reason):
        """Leave it to the customers to pay, as their saved payment method is of no more use.

        One to-do for the responsible of each multipack that goes on.

        :param reason: sentence for the to-do, see `_leave_todo`
        """
        self.installment_ids.filtered(lambda one: one.charge_state == "failed")._clear_charge()
        self.write({"collection": "manual", "payment_token_id": False})
        running = self.filtered(
            lambda multipack: (
                multipack.state == "active"
                or (multipack.state == "ended" and multipack.amount_overdue)
            )
        )
        running._leave_todo(
            _lt("No longer charged automatically: agree on how it is paid"),
            reason,
            deadline_topic="collection",
        )

from contextlib import contextmanager

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_amount

from ..constants import GROUP_USER
from ..deadline_facts_mixin import Ours, without_ours


class SaleOrder(models.Model):
    _inherit = "sale.order"

    multipack_count = fields.Integer(compute="_compute_multipack_count", groups=GROUP_USER)
    deadline_due_today = fields.Monetary(
        string="Due Today",
        compute="_compute_deadline_due_today",
        compute_sudo=True,
        groups=GROUP_USER,
        help="What the customer pays with the order, taxes included: its total less the"
        " installments that are due later.",
    )

    # === COMPUTES === #

    @api.depends("order_line.multipack_ids")
    def _compute_multipack_count(self):
        for order in self:
            order.multipack_count = len(order.order_line.multipack_ids)

    @api.depends("order_line.renewed_multipack_id.state")
    def _compute_deadline_warning(self):
        super()._compute_deadline_warning()

    @api.depends(
        "amount_total",
        "order_line.price_total",
        "order_line.multipack_ids.installment_ids.amount",
        "order_line.multipack_ids.installment_ids.date_due",
        "order_line.multipack_ids.installment_ids.removed_on",
    )
    def _compute_deadline_due_today(self):
        for order in self:
            order.deadline_due_today = order._get_amount_due_today()

    @api.depends("order_line.multipack_ids.installment_ids.state")
    def _compute_amount_paid(self):
        """Add the installments of the order that were not paid with the order itself."""
        super()._compute_amount_paid()
        for order in self:
            for multipack in order.sudo().order_line.multipack_ids:
                order.amount_paid += sum(
                    one.amount
                    for one in multipack._get_ordered_installments()
                    if one.state == "paid" and not one._is_paid_with_order()
                )

    # === CRUD === #

    def unlink(self):
        if self:  # to delete none, Odoo asks for no right
            self.check_access("unlink")
            self.order_line._delete_opened()
        return super().unlink()

    @contextmanager
    def _watch_prices(self):
        """Have multipacks that these confirmed orders opened follow what changes meanwhile.

        Within another one it does nothing, as that one follows in the end.

        :raise UserError: names the multipack of which more is invoiced than it would now cost
        """
        opened = without_ours(self.sudo(), "multipack_following").filtered(
            lambda order: order.state == "sale" and order.order_line.multipack_ids
        )
        if not opened:
            with super()._watch_prices() as orders:
                yield orders
            return
        before = {line: line._get_price_facts() for line in opened.order_line}
        with super()._watch_prices() as orders:
            yield orders.with_context(multipack_following=Ours(opened.ids))
        after = {line: line._get_price_facts() for line in opened.order_line}
        if before != after:
            prices = {line: facts[0] for line, facts in before.items()}
            changed = [line for line in after if after[line][0] != prices.get(line)]
            lines = opened.order_line
            lines.multipack_ids._update_from_order(lines.browse().union(*changed))

    # === ACTIONS === #

    def action_view_multipacks(self):
        """Show the multipacks that these orders opened."""
        multipacks = self.order_line.multipack_ids
        return self._get_action_of_opened("deadline_multipack_action", multipacks)

    # === PAYMENT === #

    def _is_paid_in_installments(self):
        """Say whether some line is, so that not all of the order may be due today."""
        self.ensure_one()
        return any(line._is_paid_in_installments() for line in self.sudo().order_line)

    def _is_paid_later(self):
        """Say whether something is to be paid on later days, within the total or after it."""
        self.ensure_one()
        # Customers read it on their quotation.
        lines_sudo = self.sudo().order_line.filtered(lambda line: line._is_paid_in_installments())
        shares = self._get_shares()
        return any(line._is_monthly() or line._get_amount_due_later(shares) for line in lines_sudo)

    def _get_amount_due_today(self):
        self.ensure_one()
        lines_sudo, shares = self.sudo().order_line, self._get_shares()
        later = sum(line._get_amount_due_later(shares) for line in lines_sudo)
        return max(self.currency_id.round(self.amount_total - later), 0.0)

    def _get_amount_due_later(self):
        """Return what of the order's total is due on later days, tax included."""
        self.ensure_one()
        return self.currency_id.round(self.amount_total - self._get_amount_due_today())

    def _get_amount_to_pay(self):
        """Return what is due by today and was not paid, tax included."""
        self.ensure_one()
        paid = self.sudo().amount_paid
        return max(self.currency_id.round(self._get_amount_due_today() - paid), 0.0)

    def _get_purchase_day(self):
        """Return the company's day from which the payments of the order are counted."""
        self.ensure_one()
        if self.state == "sale" or self._has_pending_payment():
            return self._get_deadline_day()
        return self.company_id._deadline_today()

    def _is_saving_payment_method(self):
        """Say whether paying these orders has to save the customer's payment method."""
        return any(line._saves_payment_method() for line in self.sudo().order_line)

    def _get_saved_payment_token(self):
        """Return the payment method that the customer saved by paying the order, maybe none.

        Of the latest payment, and only the customer's own: whoever has the link of a
        quotation may pay it.
        """
        self.ensure_one()
        # Salespeople may not read payments.
        payments_sudo = self.sudo().transaction_ids.filtered(
            lambda payment: (
                payment.state in ("pending", "authorized", "done")
                and payment.token_id.active
                and payment.token_id.partner_id.commercial_partner_id
                == self.partner_id.commercial_partner_id
            )
        )
        return payments_sudo.sorted("id")[-1:].token_id

    def _get_payment_note(self, amount, saves):
        """Return what is paid now and how the rest is collected, for the customer to read.

        :param float amount: what is paid now, tax included
        :param bool saves: whether the payment method is saved and charged for the rest
        :return: ``Markup``
        """
        self.ensure_one()
        text = format_amount(self.env, amount, self.currency_id)
        amount = Markup('<strong class="text-nowrap">%s</strong>') % text
        if saves:
            return self.env._(
                "You pay %s today. Your payment method is saved, and what is due later is charged"
                " to it on the days shown.",
                amount,
            )
        return self.env._(
            "You pay %s today. You will receive an invoice for each amount that is due later.",
            amount,
        )

    def _charge_to_saved_method(self):
        """Charge multipacks that were opened before the customer's payment to what it saved."""
        self.ensure_one()
        token = self._get_saved_payment_token()
        waiting_sudo = self.sudo().order_line.multipack_ids.filtered(
            lambda multipack: (
                multipack.state == "active"
                and multipack.collection == "manual"
                and multipack.product_id.multipack_collection == "token"
                and not multipack.payment_token_id
            )
        )
        if token and waiting_sudo:
            waiting_sudo.write({"collection": "token", "payment_token_id": token.id})

    def _get_prepayment_required_amount(self):
        """Ask for what is due today where the order sells multipacks.

        A percentage of the total would be neither what is due nor what was agreed.
        """
        if self.require_payment and self._is_paid_in_installments():
            return self._get_amount_due_today()
        return super()._get_prepayment_required_amount()

    def _get_default_payment_link_values(self):
        values = super()._get_default_payment_link_values()
        if not self._is_paid_in_installments():
            return values
        amount = self._get_amount_to_pay()
        return values | {"amount": amount, "amount_max": amount}

    def _force_lines_to_invoice_policy_order(self):
        super()._force_lines_to_invoice_policy_order()
        self.order_line._set_qty_of_installments()

    def _nothing_to_invoice_error_message(self):
        for order in self.filtered(lambda order: order._is_paid_in_installments()):
            return self.env._(
                "%s sells a multipack, which is invoiced by its installments: see Invoices of the"
                " multipack. There is nothing else to invoice now.",
                order.name,
            )
        return super()._nothing_to_invoice_error_message()

    def _get_payable_installments(self):
        """Return the unpaid installments that a payment of these orders is for."""
        installments = self.env["deadline.installment"]
        for multipack in self.sudo().order_line.multipack_ids:
            if multipack.state != "cancelled":
                installments += multipack._get_ordered_installments()._filter_payable()
        return installments.filtered(lambda one: one.state in ("planned", "invoiced"))

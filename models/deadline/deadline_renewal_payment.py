from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import periods, texts


class DeadlineDeadline(models.Model):
    """One way at a time to pay for a renewal: what is in progress, awaited, paid already."""

    _inherit = "deadline.deadline"

    def _get_renewals_in_progress(self):
        """Return the order lines of carts and quotations that would renew these deadlines."""
        return self._get_renewal_lines().filtered(lambda line: line.state in ("draft", "sent"))

    def _get_renewal_lines(self):
        """Return the order lines that name these deadlines as what they renew. A hook."""
        return self.renewal_line_ids

    @api.model
    def _get_renewal_lines_domain(self, states):
        """Return the domain of deadlines that orders in these states would renew. A hook.

        :param states: values of the state of ``sale.order``
        """
        return Domain("renewal_line_ids.state", "in", states)

    @api.model
    def _get_renewed_by(self, lines):
        """Return the deadlines that order lines name as what they renew. A hook."""
        return lines.renewed_deadline_id

    def _get_renewal_awaiting_payment(self):
        """Return the sent quotations, payments under way included, that renew these deadlines."""
        return self._get_renewals_in_progress().order_id.filtered(
            lambda order: (
                order.state == "sent" and (not order.is_expired or order._has_pending_payment())
            )
        )

    def _get_renewal_to_wait_for(self):
        """Return the quotations, see `_get_renewal_awaiting_payment`, that hold back notices.

        Without a payment no longer than the last day but one of late renewals: a quotation may be
        valid for ever, and the customer is to be told while there is something to be done.
        """
        today = self._get_today_by_company()
        held = self.filtered(
            lambda one: not one._is_too_late(periods.step_day(today[one.company_id], -1))
        )
        orders = held._get_renewal_awaiting_payment()
        late = (self - held)._get_renewal_awaiting_payment()
        return orders | late.filtered(lambda order: order._has_pending_payment())

    @api.model
    def _search_awaiting_payment(self, domain):
        """Return the deadlines of a domain whose renewal may still be paid."""
        renewed = self.search(
            domain
            & Domain("state", "in", ("active", "expired"))
            & self._get_renewal_lines_domain(["sent"])
        )
        return renewed - renewed._filter_not_awaiting_payment()

    def _filter_not_awaiting_payment(self):
        """Return these deadlines without those whose renewal may still be paid."""
        deadlines_sudo = self.sudo()  # orders hold notices back whoever looks after them
        lines_sudo = deadlines_sudo._get_renewal_to_wait_for().order_line
        left = self - self._get_renewed_by(lines_sudo)
        return left.with_prefetch(self._prefetch_ids)  # which a difference forgets

    def _get_payments_of_renewal(self):
        """Return the payments under way, begun ones included, for renewals of these deadlines."""
        # Payments are for administrators alone, and count for everybody.
        orders_sudo = self.sudo()._get_renewals_in_progress().order_id
        return orders_sudo.transaction_ids._filter_under_way()

    def _is_renewal_paid(self):
        """Say whether the renewal of the deadline is paid, and waits for the money to arrive."""
        self.ensure_one()
        return any(payment.state != "draft" for payment in self._get_payments_of_renewal())

    def _get_payment_obstacle(self, order, own=True):
        """Return who pays the renewal of the deadline already, a sentence, or False.

        :param order: ``sale.order`` that the user wants to pay or to confirm
        :param bool own: whether payments of that order count, too
        """
        self.ensure_one()
        payments = self._get_payments_of_renewal()
        if not own:
            payments -= order.sudo().transaction_ids
        for payment in payments:
            if obstacle := payment._get_payment_obstacle(self, order):
                return obstacle
        return False

    def _lock_for_payment(self):
        """Have one at a time ask for the money of renewals of these deadlines.

        What the rows hold is written as well: who has waited for the lock would otherwise go on
        with what there was before (REPEATABLE READ), and so is begun anew by Odoo.
        """
        for query in (
            "SELECT id FROM deadline_deadline WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
            "UPDATE deadline_deadline SET write_date = write_date WHERE id IN %s RETURNING id",
        ):
            self.env.execute_query(SQL(query, self._ids))

    def _describe_contract(self):
        """Return what is renewed for the customer to read, with its reference."""
        self.ensure_one()
        contract = self._get_contract()
        product_sudo = contract.sudo().product_id  # which customers may not read
        return self.env._(
            "“%(service)s” (%(reference)s)",
            service=texts.one_line(product_sudo.display_name),
            reference=contract.name,
        )

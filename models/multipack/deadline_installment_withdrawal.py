from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from .deadline_installment import OWED
from .deadline_installment_invoice import DRAFT_ORDERS, ORDERS_AT_BANK

_lt = LazyTranslate(__name__)

#: What a withdrawal makes of an installment.
OUTCOMES = [
    ("debt", "Stays as debt"),
    ("paid", "Already paid"),
    ("credited", "Already credited"),
    ("bank", "At the bank or being charged"),
    ("removed", "Removed"),
    ("cancelled", "Removed, its draft invoice is cancelled"),
    ("refunded", "Removed, its invoice is credited"),
]
#: Outcomes by which an installment is no longer owed.
REMOVED = ("removed", "cancelled", "refunded")


class DeadlineInstallment(models.Model):
    """What the customer's withdrawal makes of an installment."""

    _inherit = "deadline.installment"

    withdrawal_outcome = fields.Selection(
        selection=OUTCOMES,
        string="At Withdrawal",
        readonly=True,
        copy=False,
        help="What the customer's withdrawal made of the installment.",
    )
    removal_pending = fields.Boolean(
        string="To Remove",
        readonly=True,
        copy=False,
        help="Withdrawn while it was at the bank or being charged: it is removed if that fails.",
    )

    _removal_idx = models.Index("(state) WHERE withdrawal_outcome IN ('bank', 'paid')")

    # === BUSINESS === #

    def _get_withdrawal_outcome(self, day):
        """Return what a withdrawal makes of the installment, one of `OUTCOMES`, or False.

        :param date day: last valid day; an installment that is due on it stays
        """
        self.ensure_one()
        if self.state == "removed":
            return False
        # In this order: what is paid stays paid, whatever else may be under way for it.
        if self.state == "credited" or self._is_collected():
            return self.state
        if self._is_at_bank():
            return "bank"
        if self.date_due <= day:
            return "debt"
        move_sudo = self.move_id.sudo()  # operators look at withdrawals, and read no invoices
        if not move_sudo or move_sudo.state == "cancel":
            return "removed"
        return "cancelled" if move_sudo.state == "draft" else "refunded"

    def _prepare_withdrawal_row(self, outcome):
        """Return what a withdrawal tells of the installment, see `_get_withdrawal_plan`.

        Its amounts are rounded as the database rounds them, so that they are found again there.
        """
        self.ensure_one()
        move_sudo = self.move_id.sudo()
        is_posted = move_sudo.state == "posted"
        paid = move_sudo.amount_total - move_sudo.amount_residual if is_posted else 0.0
        return {
            "number": self.number,
            "date_due": self.date_due.isoformat(),
            "amount": self.amount,
            "paid": self.currency_id.round(move_sudo.amount_total if outcome == "paid" else paid),
            "outcome": outcome,
        }

    @api.model
    def _format_withdrawal_plan(self, plan):
        """Return the rows of a plan, see `_prepare_withdrawal_row`, for people to read."""
        labels = dict(self._fields["withdrawal_outcome"]._description_selection(self.env))
        return [
            row
            | {
                "date_due": fields.Date.to_date(row["date_due"]),
                "outcome": labels[row["outcome"]],
            }
            for row in plan
        ]

    def _is_at_bank(self):
        """Say whether money for the installment is under way, so that nothing is to be touched."""
        self.ensure_one()
        # A draft may be a charge of which nobody knows the outcome, however old it is.
        charges_sudo = self.sudo().move_id.transaction_ids.filtered(
            lambda transaction: transaction.state == "draft" and transaction.operation == "offline"
        )
        return bool(
            charges_sudo
            or self._filter_in_payment_orders(ORDERS_AT_BANK)
            or self._get_payments_under_way()
            or self._get_payments_in_process()
        )

    def _get_payments_in_process(self):
        """Return the payments that Odoo counts already, although the money has not arrived.

        They have no entry, so that the invoice shows nothing of them once they are given up.
        """
        return self.sudo().move_id.matched_payment_ids.filtered(
            lambda payment: payment.state == "in_process" and not payment.move_id
        )

    def _is_collected(self):
        """Say whether the installment is paid, and not only expected to be."""
        self.ensure_one()
        return self.state == "paid" and not self._get_payments_in_process()

    def _apply_withdrawal(self, day):
        """Carry out what a withdrawal makes of these installments.

        :param date day: last valid day
        :return: dict from each installment to its outcome, see `_get_withdrawal_outcome`
        """
        outcomes = {one: outcome for one in self if (outcome := one._get_withdrawal_outcome(day))}
        kept = {multipack: multipack._get_kept_amount() for multipack in self.multipack_id}
        by_outcome = {
            name: self.filtered(lambda one, name=name: outcomes.get(one) == name)
            for name, _label in OUTCOMES
        }
        for name, installments in by_outcome.items():
            installments.withdrawal_outcome = name
        # What is at the bank is left alone: it is neither credited nor taken out of a file.
        gone = by_outcome["removed"] | by_outcome["cancelled"] | by_outcome["refunded"]
        owed = by_outcome["debt"]
        (gone | owed)._remove_from_payment_orders()
        owed._clear_payment_method()
        late = by_outcome["bank"].filtered(lambda one: one.date_due > day)
        late.removal_pending = True  # for the nightly run to look at, until the bank has decided
        by_outcome["cancelled"].move_id.sudo().button_cancel()
        by_outcome["refunded"]._credit()
        gone._set_removed()
        gone.filtered(lambda one: one.charge_state in ("failed", "exception"))._clear_charge()
        for multipack, before in kept.items():
            multipack._reduce_deadlines(before)
        return outcomes

    def _get_kept_amount(self):
        """Return what the customer pays for it: of a removed one, what was paid before."""
        self.ensure_one()
        if not self.removed_on:
            return self.amount
        move_sudo = self.move_id.sudo()
        if move_sudo.state != "posted":
            return 0.0
        notes = move_sudo.reversal_move_ids.filtered(lambda note: note.state == "posted")
        return max(move_sudo.amount_total - sum(notes.mapped("amount_total")), 0.0)

    def _finish_withdrawal(self):
        """Remove what was at the bank when it was withdrawn, once the money has not come.

        What was collected after all stays paid, and the responsible is told. What is given
        back later is removed then. Those due earlier stay as debt, collected by hand.
        """
        collected = self.filtered(
            lambda one: one.state in ("credited", "removed") or one._is_collected()
        )
        collected.removal_pending = False
        for installment in collected.filtered(lambda one: one.state == "paid"):
            installment.multipack_id._leave_todo(
                _lt("Collected after the withdrawal"),
                _lt(
                    "Installment %s was at the bank when the customer withdrew, and has been"
                    " paid: refund it if it is not owed.",
                    installment.display_name,
                ),
            )
        failed = (self - collected).filtered(lambda one: not one._is_at_bank())
        for installment in failed:
            outcomes = installment._apply_withdrawal(installment.multipack_id.date_end)
            [row] = self._format_withdrawal_plan(
                [installment._prepare_withdrawal_row(outcomes[installment])]
            )
            installment.multipack_id._message_log(
                body=f"{installment.display_name}: {row['outcome']}"
            )

    # === CRON === #

    @api.model
    def _cron_remove(self):
        """Remove installments that were at the bank when they were withdrawn, if that has failed.

        Those that a payment order had collected as well, once they have been given back.
        In chunks, see `deadline.batch.mixin`.
        """
        under_way = Domain("withdrawal_outcome", "in", ("bank", "paid"))
        is_owed = Domain("state", "in", OWED)
        domain = (
            under_way & (Domain("removal_pending", "=", True) | is_owed) & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        # Whatever else was paid, and is open again, is for the accountant.
        sure = found.filtered(
            lambda one: one.removal_pending or one.date_due <= one.multipack_id.date_end
        )
        found = sure | found._filter_in_payment_orders(("uploaded", *DRAFT_ORDERS))
        found._run_chunks([[one] for one in found.ids], type(self)._finish_withdrawal, domain)

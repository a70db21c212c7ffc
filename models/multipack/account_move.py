from odoo import models
from odoo.tools import LazyTranslate

from .. import bills

_lt = LazyTranslate(__name__)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        for move in posted.filtered(lambda move: move.move_type == "out_invoice"):
            move._reconcile_rest_of_payments()
        for move in posted.filtered(lambda move: move.move_type == "out_refund"):
            move._leave_credit_note_todos()
        return posted

    def _get_tax_rows(self):
        """Return the rows of the invoice's lines, as it was posted or is to be, see `bills`."""
        self.ensure_one()
        base_lines, _tax_lines = self._get_rounded_base_and_tax_lines()
        lines = self.invoice_line_ids
        return {
            line["record"]: bills.read(line, self.currency_id.rounding)
            for line in base_lines
            if line["record"] in lines
        }

    def _get_bill_of_order(self):
        """Return the bill of what these invoices brought of order lines, less credit notes."""
        bill = {}
        for move in self:
            for line, row in move._get_tax_rows().items():
                if sold := line.sale_line_ids[:1]:
                    bill[sold] = bills.plus(bill.get(sold, {}), row, -move.direction_sign)
        return bill

    def _reconcile_rest_of_payments(self):
        """Reconcile the invoice with what the first installments left of its order's payment.

        Odoo does so with payments of which no part is reconciled. A cart of multipacks and
        other products is paid at once, and invoiced one after the other.
        """
        self.ensure_one()
        payments = self.transaction_ids.filtered(
            lambda payment: any(
                order._is_paid_in_installments() for order in payment.sale_order_ids
            )
        )
        credits = payments.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        for line in credits:
            if self.amount_residual:  # each of them leaves less to be paid
                self.js_assign_outstanding_line(line.id)

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        # Whoever enters a payment need not know anything of multipacks.
        installments_sudo = self.env["deadline.installment"].sudo()
        installments_sudo.search([("move_id", "in", self.ids)])._update_paid_charges()
        return result

    def _leave_credit_note_todos(self):
        """Leave a to-do on the running deadlines and multipacks that a credit note gives back.

        Whether the service ends as well is for a person to decide: the credit note itself
        is never refused and changes no deadline. Of what a customer leaves that is decided.
        """
        self.ensure_one()
        # The order may be one that whoever does the accounting cannot read.
        deadlines_sudo = self.invoice_line_ids.sale_line_ids.sudo().deadline_ids.filtered(
            lambda deadline: deadline.state == "active" and not deadline.withdrawal_id
        )
        summary = _lt("Credit note %s", self.name)
        deadlines_sudo.filtered(lambda deadline: not deadline.multipack_id)._leave_todo(
            summary,
            _lt("Decide whether the service ends: cancel the order, or leave it as it is."),
        )
        deadlines_sudo.multipack_id._leave_todo(
            summary,
            _lt(
                "Decide whether the customer leaves: use Multipack Withdrawal on the customer,"
                " or leave it as it is."
            ),
        )

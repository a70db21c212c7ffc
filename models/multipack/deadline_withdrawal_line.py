from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .deadline_installment_withdrawal import REMOVED


class DeadlineWithdrawalLine(models.Model):
    """What one multipack was when its customer left it."""

    _name = "deadline.withdrawal.line"
    _description = "Multipack Withdrawal Line"
    _order = "withdrawal_id desc, id"
    _rec_name = "multipack_id"

    withdrawal_id = fields.Many2one(
        "deadline.withdrawal", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="withdrawal_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(
        related="withdrawal_id.partner_id", string="Customer", store=True, precompute=True
    )
    user_id = fields.Many2one(
        related="withdrawal_id.user_id", string="Operator", store=True, precompute=True
    )
    activity_type_id = fields.Many2one(
        related="withdrawal_id.activity_type_id", string="Type", store=True, precompute=True
    )
    registered_on = fields.Date(
        related="withdrawal_id.registered_on",
        string="Registration Day",
        store=True,
        precompute=True,
        index=True,
    )
    date = fields.Date(
        related="withdrawal_id.date", string="Last Valid Day", store=True, precompute=True
    )
    multipack_id = fields.Many2one(
        "deadline.multipack", required=True, readonly=True, ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="restrict"
    )
    product_name = fields.Char(string="Product Then", required=True, readonly=True)
    components = fields.Char(readonly=True)
    quantity = fields.Float(required=True, readonly=True, digits="Product Unit")
    price_unit = fields.Float(required=True, readonly=True, digits="Product Price")
    discount = fields.Float(readonly=True, digits="Discount")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(string="Price", readonly=True)
    date_start = fields.Date(string="Start Date", required=True, readonly=True)
    date_end = fields.Date(string="Former End", required=True, readonly=True)
    installments = fields.Json(string="Snapshot", readonly=True)
    installment_table = fields.Html(
        string="Installments", compute="_compute_installment_table", sanitize=False
    )
    count_removed = fields.Integer(string="Removed Installments", readonly=True)
    amount_removed = fields.Monetary(readonly=True, help="What the customer no longer has to pay.")
    amount_debt = fields.Monetary(
        string="Stays as Debt", readonly=True, help="Due on the last valid day or before."
    )
    amount_bank = fields.Monetary(
        string="At the Bank", readonly=True, help="Was being collected at that moment."
    )
    amount_paid = fields.Monetary(readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_removed_company = fields.Monetary(
        string="Removed in Company Currency",
        readonly=True,
        currency_field="company_currency_id",
        help="Converted at the rate of the registration day.",
    )

    _once = models.Constraint("UNIQUE(multipack_id)", "This multipack was withdrawn already.")

    @api.depends("installments")
    @api.depends_context("lang")
    def _compute_installment_table(self):
        for line in self:
            line.installment_table = self.env["ir.qweb"]._render(
                "deadline_management.withdrawal_installments",
                {
                    "rows": line._get_rows(),
                    "currency": line.currency_id,
                },
            )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.withdrawal_id._get_frozen_problem())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.withdrawal_id._get_frozen_problem())

    @api.model
    def _prepare_snapshot(self, multipack, plan):
        """Return the values of the line of a multipack, as it is before it is left.

        :param plan: list of dicts, see `deadline.multipack._get_withdrawal_plan`
        """
        sold_sudo = multipack.sudo().sale_line_id  # the order may be a colleague's
        company, currency = multipack.company_id, multipack.currency_id
        figures = self._get_figures(plan)
        services = multipack._get_current_deadlines().product_id
        return {
            "multipack_id": multipack.id,
            "product_id": multipack.product_id.id,
            "product_name": multipack.product_id.display_name,
            "components": ", ".join(services.mapped("display_name")),
            "quantity": multipack.quantity,
            "price_unit": sold_sudo.price_unit,
            "discount": sold_sudo.discount,
            "currency_id": currency.id,
            "amount": multipack.amount,
            "date_start": multipack.date_start,
            "date_end": multipack.date_end,
            "installments": plan,
            **figures,
            "amount_removed_company": currency._convert(
                figures["amount_removed"],
                company.currency_id,
                company,
                company._deadline_today(),
            ),
        }

    @api.model
    def _get_figures(self, plan):
        """Return the sums of a plan, in the currency of its multipack."""
        rows = [(row, row["amount"] - row["paid"]) for row in plan]  # what was open of each
        return {
            "count_removed": sum(row["outcome"] in REMOVED for row in plan),
            "amount_removed": sum(left for row, left in rows if row["outcome"] in REMOVED),
            "amount_debt": sum(left for row, left in rows if row["outcome"] == "debt"),
            "amount_bank": sum(left for row, left in rows if row["outcome"] == "bank"),
            "amount_paid": sum(row["paid"] for row in plan),
        }

    def _get_rows(self):
        """Return the installments of the snapshot with dates and translated outcomes."""
        self.ensure_one()
        return self.env["deadline.installment"]._format_withdrawal_plan(self.installments or [])

    def _prepare_order_line(self):
        """Return the values of the order line that sells the multipack again."""
        self.ensure_one()
        sold_sudo = self.multipack_id.sudo().sale_line_id
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "product_uom_id": sold_sudo.product_uom_id.id,
            "product_no_variant_attribute_value_ids": [
                Command.set(sold_sudo.product_no_variant_attribute_value_ids.ids)
            ],
            "price_unit": self.price_unit,
            "discount": self.discount,
        }

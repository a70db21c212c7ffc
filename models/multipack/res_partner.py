from odoo import api, fields, models
from odoo.fields import Domain

from ..constants import GROUP_USER
from .deadline_installment import OWED


class ResPartner(models.Model):
    _inherit = "res.partner"

    multipack_ids = fields.One2many(
        "deadline.multipack", "commercial_partner_id", string="Multipacks", groups=GROUP_USER
    )
    multipack_count = fields.Integer(
        string="Running Multipacks",
        compute="_compute_multipack_count",
        groups=GROUP_USER,
        help="Multipacks of this company that run, have not yet started or are not yet paid.",
    )

    @api.depends("multipack_ids.state", "multipack_ids.installment_ids.state")
    @api.depends_context("company")
    def _compute_multipack_count(self):
        owed = Domain("installment_ids", "any", [("state", "in", OWED)])
        counts = self._count_running("deadline.multipack", owed)
        for partner in self:
            partner.multipack_count = counts[partner]

    def action_view_multipacks(self):
        """Show all multipacks of the customer, or of a contact."""
        return self._get_action_of_customer("deadline_multipack_action") | {"context": {}}

    @api.model
    def _get_contract_models(self):
        return [*super()._get_contract_models(), "deadline.multipack"]

    def _update_contracts(self, former):
        super()._update_contracts(former)
        self._replace_on_invoices(former)

    def _replace_on_contracts(self):
        self._search_foreign_contracts("deadline.multipack")._leave_useless_tokens()
        super()._replace_on_contracts()

    def _replace_on_invoices(self, former):
        """Have the customers that these contacts have left be invoiced for their multipacks.

        Those who pay for somebody else by agreement stay, wherever they belong.

        :param former: commercial entities that they belonged to, ``res.partner``
        """
        running = [("state", "!=", "cancelled"), ("commercial_partner_id", "in", former.ids)]
        # Of any salesperson.
        orders_sudo = self.env["sale.order"].sudo()
        for order in orders_sudo.search(
            [
                ("partner_invoice_id", "child_of", self.ids),
                ("order_line.multipack_ids", "any", running),
            ]
        ):
            customer = order.order_line.multipack_ids.commercial_partner_id
            if order.partner_invoice_id.commercial_partner_id != customer:
                order.partner_invoice_id = customer.address_get(["invoice"])["invoice"]

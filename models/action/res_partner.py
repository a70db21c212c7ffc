from odoo import api, fields, models
from odoo.fields import Domain

from .. import periods
from ..constants import GROUP_USER


class ResPartner(models.Model):
    _inherit = "res.partner"

    deadline_action_ids = fields.One2many(
        "mail.activity",
        "customer_id",
        string="Actions",
        context={"active_test": False},
        groups=GROUP_USER,
    )
    open_action_count = fields.Integer(
        string="Actions to Do", compute="_compute_open_action_count", groups=GROUP_USER
    )
    recall_date = fields.Date(
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=GROUP_USER,
        help="Day of the last recall done for the customer, its contacts or its deadlines.",
    )
    recall_age = fields.Integer(
        string="Days Since Recall",
        compute="_compute_recall_age",
        search="_search_recall_age",
        groups=GROUP_USER,
    )

    def _compute_open_action_count(self):
        counts = dict(
            self.env["mail.activity"]._read_group(
                [("customer_id", "in", self.commercial_partner_id.ids), ("active", "=", True)],
                ["customer_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.open_action_count = counts.get(partner.commercial_partner_id, 0)

    @api.depends("recall_date")
    def _compute_recall_age(self):
        today = self.env.company._deadline_today()
        for partner in self:
            day = partner.recall_date
            partner.recall_age = (today - day).days if day else 0

    def _search_recall_age(self, operator, value):
        """Find who was recalled so many days ago; who never was counts as long ago."""
        company = self.env.company
        today = company._deadline_today()
        if operator == "in":
            days = [periods.step_day(today, company._read_number(one)) for one in value]
            return Domain("recall_date", "in", days)
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[operator]
        never = Domain("recall_date", "=", False) if ">" in operator else Domain.FALSE
        day = periods.step_day(today, company._read_number(value))
        return Domain("recall_date", mirrored, day) | never

    def action_view_actions(self):
        """Show what was done for the customer, and what is to be done."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.mail_activity_action_customers"
            ),
            "domain": [("customer_id", "=", self.commercial_partner_id.id)],
            "context": {"active_test": False},
        }

    @property
    def _mail_post_access(self):
        """Say what Odoo asks of who records actions on a contact, or sees those of colleagues.

        Whoever works on deadlines may, without a right to change contacts.
        """
        return "read" if self.env.user.has_group(GROUP_USER) else "write"

    def _update_contracts(self, former):
        super()._update_contracts(former)
        # Whoever changes the contact, all actions follow.
        actions_sudo = self.env["mail.activity"].sudo().with_context(active_test=False)
        # On their orders and multipacks as well
        actions_sudo.search([("customer_id", "in", former.ids)])._update_customer()

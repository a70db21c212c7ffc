import operator

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..constants import GROUP_USER

CONCLUDED = ("renewed", "expired", "withdrawn")
#: The SQL of each figure: what is aggregated, over deadlines in which states.
FIGURES = {
    "deadline_active_amount": ("COALESCE(SUM(amount_company), 0)", ("active",)),
    "deadline_concluded_amount": ("COALESCE(SUM(amount_company), 0)", CONCLUDED),
    "deadline_next_end": ("MIN(date_end)", ("active",)),
}
#: Operators by which figures are searched; nothing else gets into their SQL.
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": operator.eq,
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    deadline_ids = fields.One2many(
        "deadline.deadline", "commercial_partner_id", string="Deadlines", groups=GROUP_USER
    )
    deadline_count = fields.Integer(
        string="Running Deadlines",
        compute="_compute_deadline_count",
        groups=GROUP_USER,
        help="Deadlines of this company that run or have not yet started.",
    )
    deadline_active_amount = fields.Monetary(
        string="Active Capital",
        compute="_compute_deadline_figures",
        search="_search_deadline_active_amount",
        groups=GROUP_USER,
        help="Untaxed amount of the deadlines that run or have not yet started.",
    )
    deadline_concluded_amount = fields.Monetary(
        string="Concluded Capital",
        compute="_compute_deadline_concluded_amount",
        search="_search_deadline_concluded_amount",
        groups=GROUP_USER,
        help="Untaxed amount of the deadlines that were renewed, have expired or were withdrawn.",
    )
    deadline_next_end = fields.Date(
        string="Next End",
        compute="_compute_deadline_figures",
        search="_search_deadline_next_end",
        groups=GROUP_USER,
        help="Soonest last valid day among the deadlines that run.",
    )
    deadline_renewal_count = fields.Integer(
        string="Renewals", compute="_compute_deadline_renewal_count", groups=GROUP_USER
    )

    # === FIGURES === #

    @api.depends("deadline_ids.state", "deadline_ids.amount_company", "deadline_ids.date_end")
    @api.depends_context("company")
    def _compute_deadline_figures(self):
        figures = self._get_deadline_aggregates(("active",), ["amount_company:sum", "date_end:min"])
        for partner in self:
            amount, end = figures.get(partner._origin, (0.0, False))
            partner.deadline_active_amount = amount
            partner.deadline_next_end = end

    @api.depends("deadline_ids.state", "deadline_ids.amount_company")
    @api.depends_context("company")
    def _compute_deadline_concluded_amount(self):
        figures = self._get_deadline_aggregates(CONCLUDED, ["amount_company:sum"])
        for partner in self:
            [partner.deadline_concluded_amount] = figures.get(partner._origin, [0.0])

    def _get_deadline_aggregates(self, states, aggregates):
        """Return {partner: aggregates} of the deadlines of the current company in these states."""
        rows = self.env["deadline.deadline"]._read_group(
            Domain("commercial_partner_id", "in", self.ids)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("state", "in", states),
            ["commercial_partner_id"],
            aggregates,
        )
        return {partner: figures for partner, *figures in rows}

    @api.depends("deadline_ids.state")
    @api.depends_context("company")
    def _compute_deadline_count(self):
        counts = self._count_running("deadline.deadline")
        for partner in self:
            partner.deadline_count = counts[partner]

    def _count_running(self, model, others=Domain.FALSE):
        """Return {partner: number} of the active records of ``model`` in the current company.

        A company has those of its contacts, a contact its own.

        :param Domain others: which others are counted as well
        """
        running = Domain("state", "=", "active") | others
        running &= Domain("company_id", "=", self.env.company.id)
        counts = {
            name: dict(
                self.env[model]._read_group(
                    running & Domain(name, "in", self.ids), [name], ["__count"]
                )
            )
            for name in ("commercial_partner_id", "partner_id")
        }
        result = {}
        for partner in self:
            own = partner.commercial_partner_id == partner
            by_name = counts["commercial_partner_id" if own else "partner_id"]
            result[partner] = by_name.get(partner._origin, 0)
        return result

    def _compute_deadline_renewal_count(self):
        counts = dict(
            self.env["deadline.deadline"]._read_group(
                [
                    ("commercial_partner_id", "in", self.ids),
                    ("previous_id", "!=", False),
                    ("state", "!=", "cancelled"),
                ],
                ["commercial_partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.deadline_renewal_count = counts.get(partner._origin, 0)

    def _search_deadline_active_amount(self, operator, value):
        return self._search_deadline_figure("deadline_active_amount", operator, value)

    def _search_deadline_concluded_amount(self, operator, value):
        return self._search_deadline_figure("deadline_concluded_amount", operator, value)

    def _search_deadline_next_end(self, operator, value):
        return self._search_deadline_figure("deadline_next_end", operator, value)

    @api.model
    def _search_deadline_figure(self, name, comparison, value):
        """Return the domain of the customers whose figure compares so with ``value``.

        Who has no such deadline has nothing: an amount of zero, or no date.
        """
        if comparison not in COMPARISONS:
            return NotImplemented
        self.browse()._check_field_access(self._fields[name], "read")
        self._flush_deadline_figures()
        is_amount = self._fields[name].type == "monetary"
        values = list(value) if comparison == "in" else [value]
        if is_amount:
            values = [self.env.company._read_number(one, float) for one in values]
        with_nothing = any(
            COMPARISONS[comparison](0.0, one) if is_amount else not one for one in values
        )
        wanted = [one for one in values if is_amount or one]
        domain = Domain("id", "not in", self._get_figure_query(name)) & Domain(with_nothing)
        if wanted:
            found = self._get_figure_query(name, comparison, wanted)
            domain |= Domain("id", "in", found)
        return domain

    @api.model
    def _get_figure_query(self, name, comparison=None, values=()):
        """Return the SQL of the customers that have a figure, or whose figure compares so."""
        aggregate, states = FIGURES[name]
        having = SQL()
        if comparison == "in":
            having = SQL("HAVING %s IN %s", SQL(aggregate), tuple(values))
        elif comparison:
            having = SQL("HAVING %s %s %s", SQL(aggregate), SQL(comparison), values[0])
        return SQL(
            "(SELECT commercial_partner_id FROM deadline_deadline"
            " WHERE company_id = %s AND state IN %s GROUP BY commercial_partner_id %s)",
            self.env.company.id,
            states,
            having,
        )

    @api.model
    def _flush_deadline_figures(self):
        """Write to the database what the SQL of the figures reads."""
        self.env["deadline.deadline"].flush_model(
            ["commercial_partner_id", "company_id", "state", "amount_company", "date_end"]
        )

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in FIGURES:
            return super()._field_to_sql(alias, field_expr, query)
        self.browse()._check_field_access(self._fields[field_expr], "read")
        self._flush_deadline_figures()
        aggregate, states = FIGURES[field_expr]
        return SQL(
            "(SELECT %s FROM deadline_deadline WHERE commercial_partner_id = %s"
            " AND company_id = %s AND state IN %s)",
            SQL(aggregate),
            SQL.identifier(alias, "id"),
            self.env.company.id,
            states,
        )

    # === ACTIONS === #

    def action_view_deadlines(self):
        """Show all deadlines of the customer, or of a contact."""
        action = self._get_action_of_customer("deadline_deadline_action")
        return action | {"context": {"default_partner_id": self.id}}

    def _get_action_of_customer(self, name):
        """Return a window action of this addon on what is the customer's, or the contact's."""
        self.ensure_one()
        own = self == self.commercial_partner_id
        field = "commercial_partner_id" if own else "partner_id"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"deadline_management.{name}")
        return action | {"domain": [(field, "=", self.id)]}

    def action_add_deadline(self):
        """Open the form of a new deadline of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Deadline"),
            "res_model": "deadline.deadline",
            "views": [(False, "form")],
            "context": {"default_partner_id": self.id},
        }

    def _get_activity_customer(self):
        return self.commercial_partner_id

    # === CUSTOMERS THAT JOIN OR LEAVE === #

    def write(self, vals):
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        before = {partner: partner.commercial_partner_id for partner in self}
        result = super().write(vals)
        moved = self.filtered(lambda partner: partner.commercial_partner_id != before[partner])
        if moved:
            moved._update_contracts(self.browse(before[partner].id for partner in moved))
        return result

    def _update_contracts(self, former):
        """Have what was sold to these contacts follow them to another company, or stay. A hook.

        :param former: commercial entities that they belonged to, ``res.partner``
        """
        (self & former)._move_contracts_to_company()
        self._replace_on_contracts()

    @api.model
    def _get_contract_models(self):
        """Return the names of the models of what a customer has until a day. A hook."""
        return ["deadline.deadline"]

    def _move_contracts_to_company(self):
        """Hand what customers who have joined a company had over to it.

        A contact who merely changes company leaves it with the former one.
        """
        for model in self._get_contract_models():
            # Also those of other companies of ours.
            found_sudo = self.env[model].sudo().search([("commercial_partner_id", "in", self.ids)])
            for partner, own in found_sudo.grouped("commercial_partner_id").items():
                own.commercial_partner_id = partner.commercial_partner_id

    def _replace_on_contracts(self):
        """Let the company stand for contacts who have left it, wherever it has something by them.

        Whatever follows, be it an order, an invoice or the next month, goes by the contact.
        """
        for model in self._get_contract_models():
            # Even where the company is archived, as the contact is no way to reach it any more.
            left = self._search_foreign_contracts(model).with_context(deadline_contact_left=True)
            for customer, contracts in left.grouped("commercial_partner_id").items():
                contracts.partner_id = customer

    def _search_foreign_contracts(self, model):
        """Return what these contacts stand for, of customers that they do not belong to.

        :param str model: one of `_get_contract_models`
        """
        found_sudo = self.env[model].sudo().search([("partner_id", "child_of", self.ids)])
        return found_sudo.filtered(
            lambda one: one.partner_id.commercial_partner_id != one.commercial_partner_id
        )

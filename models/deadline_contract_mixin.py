import uuid
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import submap

from . import periods

CUSTOMER_FIELDS = ("partner_id", "commercial_partner_id")


class DeadlineContractMixin(models.AbstractModel):
    """What a customer has of a company up to and including an end date."""

    _name = "deadline.contract.mixin"
    _description = "Contract with a Customer"
    _inherit = [
        "deadline.facts.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    #: Address of the page in the portal, without the record's id.
    _portal_path = ""
    #: From which states each state is reached. What leads nowhere is final.
    _state_sources = {}
    #: Facts that each state has, and facts that it does not have.
    _state_facts = {}
    _state_lacks = {}

    company_id = fields.Many2one("res.company", required=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        check_company=True,
        index=True,
        tracking=True,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Commercial Entity",
        compute="_compute_commercial_partner_id",
        store=True,
        precompute=True,
        index=True,
        ondelete="restrict",
    )
    product_id = fields.Many2one(
        "product.product", required=True, check_company=True, ondelete="restrict"
    )
    sale_line_id = fields.Many2one("sale.order.line", string="Order Line", readonly=True)
    order_id = fields.Many2one(related="sale_line_id.order_id", string="Sales Order")
    is_order_visible = fields.Boolean(
        compute="_compute_is_order_visible",
        groups="base.group_user",
        help="The user may open the order.",
    )
    renewal_problem = fields.Char(
        string="Reason",
        compute="_compute_renewal_problem",
        groups="base.group_user",
        help="Why it can no longer be renewed.",
    )
    date_end = fields.Date(string="End Date", required=True, help="Last valid day.")
    days_left = fields.Integer(
        compute="_compute_days_left",
        search="_search_days_left",
        aggregator=None,
        help="Days until the last valid day, counted in the company's time zone.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        domain=[("share", "=", False)],
        groups="base.group_user",
    )
    # From the outset: an e-mail or a page that needs it has nothing to write, nor to wait for.
    access_token = fields.Char(string="Security Token", default=lambda self: str(uuid.uuid4()))

    # === CRUD === #

    def write(self, vals):
        if "state" in vals:
            self._check_transition(vals["state"])
        former = self._check_customer_change(vals)
        result = super().write(vals)
        if not vals.keys().isdisjoint(CUSTOMER_FIELDS):
            self._update_todo_customer()
        for contract, customer in former.items():
            contract._revoke_access(customer)
        return result

    def _creation_message(self):
        """Say in the chatter which order opened it."""
        order_sudo = self.sudo().order_id  # maybe of another salesperson
        if order_sudo:
            return self.env._("Opened by %s", order_sudo.name)
        return super()._creation_message()

    @api.model
    def _set_names(self, vals_list):
        """Give each values dict without a name the next reference of its company.

        :return: the references, as a set
        """
        unnamed, drawn = defaultdict(list), set()
        for vals in vals_list:
            if not vals.get("name"):
                unnamed[vals.get("company_id") or self.env.company.id].append(vals)
        for company_id, group in unnamed.items():
            names = self._draw_names(company_id, len(group))
            drawn.update(names)
            for vals, name in zip(group, names, strict=True):
                vals["name"] = name
        return drawn

    @api.model
    def _draw_names(self, company_id, count):
        """Return the next ``count`` references of a company, from the sequence of the model."""
        sequences = self.env["ir.sequence"].with_company(company_id)
        return [sequences.next_by_code(self._name) or "" for _number in range(count)]

    # === STATES === #

    def _set_state(self, to, **facts):
        """Bring these records to a state, with the facts that go with it. Nobody else does.

        :param str to: value of ``state``
        :param facts: values of what the state says, as the day on which it came to be
        :raise UserError: names one from whose state this one is not reached
        """
        contracts_sudo = self.sudo()  # states are facts, which nobody has the right to write
        for name in self._get_state_facts(to):
            if name not in facts and not all(contract[name] for contract in contracts_sudo):
                raise ValueError(f"{self} cannot be {to} without {name}")
        lacks = dict.fromkeys(self._state_lacks.get(to, ()), False)
        contracts_sudo.write(lacks | facts | {"state": to})
        self._settle_todos(*self._get_moot_topics(to))

    @api.model
    def _get_moot_topics(self, to):
        """Return the topics of to-dos of which nothing is left to do in a state. A hook."""
        return {"active", "expired"} - {to}  # to be done in that state only

    @api.model
    def _get_state_facts(self, to):
        """Return the names of the facts without which no record comes to a state. A hook."""
        return self._state_facts.get(to, ())

    def _check_transition(self, to):
        """Check that a state is reached from those that these records have.

        :raise UserError: names one of which it is not
        """
        for contract_sudo in self.sudo():  # Odoo asks later who may write them
            sources = self._state_sources.get(to, ())
            if contract_sudo.state != to and contract_sudo.state not in sources:
                raise UserError(contract_sudo._get_transition_problem(to))

    def _get_transition_problem(self, to):
        """Return the sentence that refuses a state which this record cannot come to."""
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "“%(contract)s” is %(state)s and cannot become %(other)s: enter or sell it anew.",
            contract=self.display_name,
            state=states[self.state],
            other=states.get(to, to),
        )

    def _check_take_back(self):
        """Check that these records can be cancelled, all of them together.

        :raise UserError: names the one that has a history, and the way out
        """
        for contract in self:
            if problem := contract._get_take_back_problem(together=self):
                raise UserError(problem)

    def _get_take_back_problem(self, together):
        """Return why it cannot be cancelled, a sentence, or False.

        :param together: records that are cancelled at the same time
        """
        self.ensure_one()
        if self.state == "withdrawn":
            return self.env._("“%s” cannot be cancelled, its withdrawal is final.", self.name)
        return False

    def _take_back(self):
        """Cancel these records, so that others may take their place."""
        self._set_state("cancelled")
        self.flush_recordset(["state"])  # which the unique indexes look at

    # === COMPUTES === #

    def _compute_access_url(self):
        super()._compute_access_url()
        for contract in self:
            contract.access_url = f"{self._portal_path}/{contract.id}"

    @api.depends("partner_id")
    def _compute_commercial_partner_id(self):
        # Not on the customer's own commercial entity: somebody who changes employer
        # does not take along what the former one bought. See res.partner.write().
        for contract in self:
            contract.commercial_partner_id = contract.partner_id.commercial_partner_id

    @api.depends("order_id")
    @api.depends_context("uid")
    def _compute_is_order_visible(self):
        visible = self.order_id._filtered_access("read")
        for contract in self:
            contract.is_order_visible = bool(contract.order_id & visible)

    @api.depends("date_end", "company_id")
    def _compute_days_left(self):
        today = self._get_today_by_company()
        for contract in self:
            end = contract.date_end
            contract.days_left = (end - today[contract.company_id]).days if end else 0

    def _search_days_left(self, operator, value):
        if operator not in ("in", "<", "<=", ">", ">="):
            return NotImplemented

        def end(today, days):
            return periods.step_day(today, -companies._read_number(days))

        companies = self.env["res.company"]._get_visible_companies()
        by_day = companies.grouped(lambda company: company._deadline_today())
        return Domain.OR(
            Domain(
                "date_end",
                operator,
                [end(today, days) for days in value] if operator == "in" else end(today, value),
            )
            & (Domain("company_id", "in", group.ids) if len(by_day) > 1 else Domain.TRUE)
            for today, group in by_day.items()
        )

    # === CUSTOMER === #

    def _check_customer_change(self, vals):
        """Check whether ``vals`` may make another customer of these contracts.

        :return: dict of those that get another one, and the customer that each of them had
        :raise UserError: names the one that stays with its customer, and the way out
        """
        customer = self._get_new_customer(vals)
        if not customer:
            return {}
        # Orders and messages count that the user may not read.
        changing_sudo = self.sudo().filtered(lambda one: one.commercial_partner_id != customer)
        for contract_sudo in changing_sudo:
            if problem := contract_sudo._get_customer_problem(customer):
                raise UserError(problem)
        return {one: one.commercial_partner_id for one in changing_sudo}

    def _get_new_customer(self, vals):
        """Return the commercial entity that ``vals`` make the customer, none if they do not."""
        named = submap(vals, CUSTOMER_FIELDS)
        if self.env.su:  # a customer who joins a company brings everything along
            named.pop("commercial_partner_id", None)
        # Of an empty one that cannot be saved: Odoo says what is missing.
        known = any(named.values()) and self.new(named).commercial_partner_id
        return known or self.env["res.partner"]

    def _get_customer_problem(self, customer):
        """Return why it cannot become another customer's, a sentence with the way out, or False.

        :param customer: commercial entity that is to have it, ``res.partner``
        """
        return False

    def _update_todo_customer(self):
        """Have open to-dos know the customer that these contracts have now. A hook."""

    def _revoke_access(self, former):
        """Have nothing that a former customer was given lead to what is another one's now."""
        self.ensure_one()
        self.access_token = str(uuid.uuid4())
        theirs = self.message_partner_ids.filtered(
            lambda partner: partner.commercial_partner_id == former
        )
        self.message_unsubscribe(theirs.ids)

    def _get_today_by_company(self):
        """Return the day of each company of these records, ours for one that is not yet set."""
        days = {company: company._deadline_today() for company in self.company_id}
        return defaultdict(self.env.company._deadline_today, days)

    def _get_activity_customer(self):
        return self.commercial_partner_id

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Let who looks after it read what its customer writes, whoever follows it besides.

        Asked as the message comes, so that it is the responsible of that day, and that none of
        thousands of contracts needs a follower for what its customer may never write.
        """
        recipients = super()._notify_get_recipients(message, msg_vals, **kwargs)
        if not self._is_from_customer(message, msg_vals or {}):
            return recipients
        reader_sudo = self.sudo()._get_assignee().partner_id  # whom customers may not read
        if reader_sudo and reader_sudo.id not in [recipient["id"] for recipient in recipients]:
            followers = self.env["mail.followers"]
            found = followers._get_recipient_data(self, "user_notification", False, reader_sudo.ids)
            recipients.append(found[self.id][reader_sudo.id])
        return recipients

    def _notify_thread_with_out_of_office_get_additional_users(self, *args, **kwargs):
        # The responsible is one of them, whom a customer who writes may not read.
        contract_sudo = super(DeadlineContractMixin, self.sudo())
        return contract_sudo._notify_thread_with_out_of_office_get_additional_users(*args, **kwargs)

    @api.model
    def _is_from_customer(self, message, msg_vals):
        """Say whether a message was written by somebody outside, on a page or by e-mail.

        :param message: ``mail.message``, maybe none yet
        :param dict msg_vals: its values
        """
        message_sudo = message.sudo()  # its author is told from others, whoever reads it
        kind = msg_vals.get("message_type") or message_sudo.message_type
        author_id = msg_vals.get("author_id") or message_sudo.author_id.id
        author = message_sudo.author_id.browse(author_id)
        return kind in ("comment", "email") and (not author or author.partner_share)

    def _get_report_base_filename(self):
        """Return the name of the printed file, without its ending."""
        self.ensure_one()
        return f"{self.name} {self.product_id.name}"

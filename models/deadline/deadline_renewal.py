from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_date

from .. import periods

#: Deadlines left out of a renewal of many that the user is told of one by one.
MAX_TOLD = 5


class DeadlineDeadline(models.Model):
    """Renewal: whether and when a deadline may be renewed, by which order line, what follows."""

    _inherit = "deadline.deadline"

    renewal_line_ids = fields.One2many(
        "sale.order.line", "renewed_deadline_id", string="Renewal Lines"
    )
    renewal_status = fields.Selection(
        selection=[
            ("none", "Already renewed"),
            ("early", "Not yet due"),
            ("open", "To renew"),
            ("in_progress", "In progress"),
            ("late", "Late"),
            ("closed", "Not renewable"),
        ],
        string="Renewal",
        compute="_compute_renewal_status",
        compute_sudo=True,
    )

    # === COMPUTES === #

    @api.depends(
        "state",
        "date_start",
        "date_end",
        "product_id.active",
        "partner_id.active",
        "renewal_line_ids.state",
    )
    def _compute_renewal_status(self):
        today = self._get_today_by_company()
        self.partner_id.fetch(["active"])  # and not a hundred columns of each customer
        for deadline in self:
            deadline.renewal_status = deadline._get_renewal_status(today[deadline.company_id])

    @api.depends("renewal_status")
    @api.depends_context("lang")
    def _compute_renewal_problem(self):
        today = self._get_today_by_company()
        for deadline in self:
            day = today[deadline.company_id]
            deadline.renewal_problem = False
            # In a form that is being filled in they may be missing, and are not archived.
            chosen = deadline.partner_id and deadline.product_id
            if chosen and deadline.renewal_status == "closed":
                deadline_sudo = deadline.sudo()  # as renewal_status is computed
                deadline.renewal_problem = deadline_sudo._get_renewal_problem(day)

    # === ACTIONS === #

    def action_renew(self):
        """Open the renewal quotations of these deadlines, one for each customer.

        Odoo refuses orders of several membership levels: there is one quotation for each then.
        A deadline whose renewal is in progress brings its order, the others share a new one.
        Of several, those that cannot be renewed are left out, and the user is told why.

        :return: action on the order or the orders
        :raise UserError: says why, if none of them can be renewed; nothing is made then
        """
        problems = {one: problem for one in self if (problem := one._get_opening_problem())}
        if problems and len(problems) == len(self):
            raise UserError("\n".join(dict.fromkeys(problems.values())))
        good = self.filtered(lambda deadline: deadline not in problems)
        good_sudo = good.sudo()  # what a colleague renews is not renewed once more
        orders = good_sudo._get_renewals_in_progress().order_id.sudo(False)
        waiting = good.filtered(lambda deadline: deadline.renewal_status != "in_progress")
        for (company, _partner), deadlines in waiting.grouped(
            lambda deadline: (deadline.company_id, deadline.commercial_partner_id)
        ).items():
            for group in deadlines._group_by_level():
                orders |= orders.with_company(company).create(group._prepare_renewal_order())
        return self._get_quotations_action(orders, list(dict.fromkeys(problems.values())))

    def _get_opening_problem(self):
        """Return why the user cannot be shown a quotation that renews it, a sentence, or False."""
        self.ensure_one()
        if problem := self._get_renewal_problem():
            return problem
        orders_sudo = self.sudo()._get_renewals_in_progress().order_id  # of colleagues as well
        hidden_sudo = orders_sudo - orders_sudo.sudo(False)._filtered_access("read").sudo()
        if not hidden_sudo:
            return False
        salespeople = ", ".join(hidden_sudo.user_id.mapped("name"))
        return self.env._(
            "“%(deadline)s” is being renewed by %(orders)s, which you may not open:"
            " ask %(salesperson)s.",
            deadline=self.name,
            orders=", ".join(hidden_sudo.mapped("name")),
            salesperson=salespeople or self.env._("a sales manager"),
        )

    @api.model
    def _get_quotations_action(self, orders, problems):
        """Return the action that shows renewal quotations, and says what was left out of them.

        :param list problems: a sentence for each deadline that was left out
        """
        views = {}
        if len(orders) > 1:
            quotations = self.env.ref("sale.view_quotation_tree").id
            views = {"views": [(quotations, "list"), (False, "kanban"), (False, "form")]}
        name = self.env._("Renewal Quotations (%s)", len(orders))
        action = orders._get_records_action(name=name, **views)
        if not problems:
            return action
        if len(problems) > MAX_TOLD:
            more = len(problems) - MAX_TOLD
            problems = [*problems[:MAX_TOLD], self.env._("and %s more", more)]
        params = {
            "type": "warning",
            "title": self.env._("Not renewed"),
            "message": "\n".join(problems),
            "sticky": True,
            "next": action,
        }
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    # === WHETHER AND WHEN === #

    def _is_to_renew(self):
        """Say whether the customer may choose the deadline to renew it today."""
        self.ensure_one()
        if self.renewal_status == "in_progress":
            return not self._is_renewal_paid()
        return self.renewal_status in ("open", "late")

    def _is_too_late(self, day):
        """Say whether the deadline can no longer be renewed on ``day``."""
        self.ensure_one()
        return self.date_end < self._get_first_renewable_end(self.company_id, day)

    @api.model
    def _get_first_renewable_end(self, company, day):
        """Return the earliest end of what can still be renewed in a company on ``day``."""
        return periods.step_day(day, company.deadline_late_renewal)

    @api.model
    def _get_not_too_late_domain(self):
        """Return the domain of what can still be renewed today, as far as its end is concerned."""
        return self.env["res.company"]._get_domain_by_day(
            "date_end",
            ">=",
            lambda company: self._get_first_renewable_end(company, company._deadline_today()),
        )

    def _get_renewal_status(self, today):
        """Return the value of ``renewal_status`` on the company's day ``today``."""
        self.ensure_one()
        if self.state == "renewed" or not self.date_end:
            return "none"
        if self._get_renewal_problem(today):
            return "closed"
        if self._get_renewals_in_progress():
            return "in_progress"
        if today > self.date_end:
            return "late"
        return "open" if today >= self._get_window_start() else "early"

    def _get_no_need_problem(self):
        if self.state != "renewed":
            return super()._get_no_need_problem()
        return self.env._(
            "“%(deadline)s” was already renewed by “%(next)s”: renew that one.",
            deadline=self.name,
            next=self.next_id.name or "",
        )

    def _get_too_late_problem(self, day):
        if not self._is_too_late(day or self.company_id._deadline_today()):
            return super()._get_too_late_problem(day)
        return self.env._(
            "“%(deadline)s” ended on %(end)s, too long ago to be renewed: sell the product again.",
            deadline=self.name,
            end=format_date(self.env, self.date_end),
        )

    def _get_resale_problem(self):
        product = self.product_id.product_tmpl_id
        return super()._get_resale_problem() or product._get_deadline_duration_problem()

    def _get_renewed_problem(self):
        """Return that the deadline was renewed, a sentence for the customer, or False."""
        self.ensure_one()
        if self.state != "renewed":
            return False
        next_sudo = self.sudo().next_id  # which another contact of the customer may have
        return self.env._(
            "“%(deadline)s” was already renewed and is valid until %(end)s: nothing more is to be"
            " paid for it.",
            deadline=self.name,
            end=format_date(self.env, next_sudo.date_end),
        )

    def _get_cart_problem(self):
        """Return why a customer cannot renew the deadline now, a sentence, or False."""
        self.ensure_one()
        if problem := self._get_renewed_problem() or self._get_renewal_problem():
            return problem
        today = self.company_id._deadline_today()
        opens = self._get_window_start()
        if today >= opens:
            return False
        return self.env._(
            "“%(deadline)s” can be renewed from %(day)s on.",
            deadline=self._get_contract().name,
            day=format_date(self.env, opens),
        )

    def _get_window_start(self):
        """Return the first day on which customers may renew the deadline."""
        self.ensure_one()
        company = self.company_id or self.env.company  # emptied in a form
        window = self._get_renewal_window(company, self.commercial_partner_id)
        return periods.window_start(self.date_start, self.date_end, window)

    @api.model
    def _get_renewal_window(self, company, customer):
        """Return how many days before an end a customer may renew.

        :param customer: commercial entity, ``res.partner``
        """
        return company.deadline_renewal_window

    @api.model
    def _search_portal_renewable(self):
        """Return the deadlines that the customer who asks may renew today."""
        if not self.has_access("read"):
            return self
        customer = self.env.user.commercial_partner_id
        companies_sudo = self.env.companies.sudo()  # whose reminders are for staff
        domain = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("days_left", "<=", self._get_renewal_window(company, customer))
            & Domain(
                "date_end", ">=", self._get_first_renewable_end(company, company._deadline_today())
            )
            for company in companies_sudo
        )
        return self.search(domain & self._get_renewable_domain()).filtered(
            lambda deadline: deadline._is_to_renew()
        )

    @api.model
    def _get_renewable_domain(self):
        """Return the domain of what may be renewed, but for its dates. A hook."""
        return Domain("state", "in", ("active", "expired"))

    def _get_level(self):
        """Return the membership level that the renewal of the deadline gives, maybe none."""
        self.ensure_one()
        product_sudo = self._get_contract().product_id.sudo()  # whose level is for staff
        return product_sudo.grade_id

    def _group_by_level(self):
        """Return these deadlines in parts that one order may renew together, a list.

        Those that give no level go with the first part.
        """
        by_level = self.grouped(lambda deadline: deadline._get_level())
        none = by_level.pop(self.env["res.partner.grade"], self.browse())
        parts = list(by_level.values()) or [self.browse()]
        return [parts[0] | none, *parts[1:]]

    # === WHAT FOLLOWS === #

    def _get_period_remark(self):
        """Return a sentence on a period other than the one its quotation promised, or False.

        A renewal that is confirmed only after the grace days starts on the day of the order.
        """
        self.ensure_one()
        line = self.sale_line_id
        if not line.renewed_deadline_id or self.previous_id != line.renewed_deadline_id:
            return False
        # The text of the line is the customer's, who may have changed it, but for the day.
        lang = line.order_id._get_lang()
        if format_date(self.env, self.date_end, lang_code=lang) in (line.name or ""):
            return False
        return self._format_with_period(
            self.env._(
                "“%(deadline)s” runs from %(start)s to %(end)s, other than its line says:"
                " it was ordered after the grace days."
            )
        )

    def _get_priced_line(self):
        """Return the order line that says what the period cost, unless it says something else now.

        It does where somebody has corrected the amount or the quantity, or the line later on.
        """
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        sold = (line_sudo.product_id, line_sudo.currency_id, line_sudo.product_uom_qty)
        if sold != (self.product_id, self.currency_id, self.quantity):
            return line_sudo.browse()
        is_other = self.currency_id.compare_amounts(line_sudo.price_subtotal, self.amount)
        return line_sudo.browse() if is_other else line_sudo

    def _prepare_renewal_order(self):
        """Return the values of the quotation that renews these deadlines of one customer."""
        # Several contacts of one customer have one quotation, which is for their company.
        contact = self.partner_id if len(self.partner_id) == 1 else self.commercial_partner_id
        return {
            "company_id": self.company_id.id,
            "partner_id": contact.id,
            "origin": ", ".join(self.mapped("name")),
            "order_line": [
                Command.create(deadline._prepare_renewal_order_line())
                for deadline in self._filter_one_per_contract()
            ],
        }

    def _get_contract(self):
        """Return what is sold and renewed as a whole: a record of `deadline.contract.mixin`.

        A hook: it is the deadline itself, unless that is part of something.
        """
        self.ensure_one()
        return self

    def _filter_one_per_contract(self):
        """Return one deadline of each contract, see `_get_contract`. A hook."""
        return self

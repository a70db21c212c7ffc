from odoo import api, models
from odoo.fields import Date, Domain

from .. import periods

#: Rows of a widget; the rest is behind its "all" link.
MAX_ROWS = 80


class DeadlineDashboard(models.AbstractModel):
    """What the dashboard shows of the current company. Each figure and the list behind it
    come from one domain."""

    _name = "deadline.dashboard"
    _description = "Dashboard of Deadlines"

    @api.model
    @api.readonly
    def retrieve(self, mine=True):
        """Return what the dashboard shows, without the parts that the user has no right to.

        :param bool mine: only actions assigned to the user
        :return: dict of ``today`` (the company's day), ``currency_id``, ``tiles``, ``renewals``
            and ``actions``; see the methods that fill them
        """
        company = self.env.company
        data = {"today": Date.to_string(company._deadline_today())}
        data["currency_id"] = company.currency_id.id
        if self.env["deadline.deadline"].has_access("read"):
            data["tiles"] = self._get_tiles()
            data["renewals"] = self._get_renewals()
        data["actions"] = self._get_actions(bool(mine))
        return data

    # === TILES === #

    @api.model
    def _get_tiles(self):
        """Return a list of tiles: dicts of ``name``, ``label``, ``count``, ``amount`` (company
        currency), ``rate`` (percent, or False), and the ``model`` and ``domain`` of its list."""
        return [
            self._get_deadline_tile(name, label, domain)
            for name, label, domain in self._get_tile_domains()
        ] + [self._get_withdrawn_tile(), self._get_unpaid_tile()]

    @api.model
    def _get_deadline_tile(self, name, label, domain):
        """Return the tile of the deadlines in ``domain``."""
        rows = self.env["deadline.deadline"]._read_group(
            domain, ["state"], ["__count", "amount_company:sum"]
        )
        count = sum(number for _state, number, _amount in rows)
        amount = sum(amount for _state, _number, amount in rows)
        rate = False
        if name == "renewal_rate" and count:
            renewed = sum(number for state, number, _amount in rows if state == "renewed")
            rate = round(100 * renewed / count)
        return self._prepare_tile(name, label, "deadline.deadline", domain, count, amount, rate)

    @api.model
    def _get_withdrawn_tile(self):
        """Return the tile of the multipacks that were left this month: what need not be paid."""
        company = self.env.company
        first, last = periods.month(company._deadline_today())
        domain = (
            Domain("company_id", "=", company.id)
            & Domain("registered_on", ">=", first)
            & Domain("registered_on", "<=", last)
        )
        model = "deadline.withdrawal.line"
        [(count, amount)] = self.env[model]._read_group(
            domain, [], ["__count", "amount_removed_company:sum"]
        )
        label = self.env._("Withdrawn this month")
        return self._prepare_tile("withdrawn", label, model, domain, count, amount or 0.0)

    @api.model
    def _get_unpaid_tile(self):
        """Return the tile of the installments that are overdue, converted at today's rate."""
        company = self.env.company
        today = company._deadline_today()
        domain = Domain("company_id", "=", company.id) & Domain("is_overdue", "=", True)
        rows = self.env["deadline.installment"]._read_group(
            domain, ["currency_id"], ["__count", "amount:sum"]
        )
        count = sum(number for _currency, number, _amount in rows)
        amount = sum(
            currency._convert(total, company.currency_id, company, today)
            for currency, _number, total in rows
        )
        label = self.env._("Unpaid installments")
        return self._prepare_tile("unpaid", label, "deadline.installment", domain, count, amount)

    @api.model
    def _prepare_tile(self, name, label, model, domain, count, amount, rate=False):
        """Return a tile, see `_get_tiles`."""
        return {
            "name": name,
            "label": label,
            "model": model,
            "domain": list(domain),
            "count": count,
            "amount": amount,
            "rate": rate,
        }

    @api.model
    def _get_tile_domains(self):
        """Return (name, label, domain) of each tile of deadlines."""
        today = self.env.company._deadline_today()
        this_month = periods.month(today)
        last_month = periods.month(periods.step_day(this_month[0], 1))
        own = Domain("company_id", "=", self.env.company.id)
        running = own & Domain("state", "=", "active")
        soon = own & Domain("is_ending", "=", True) & Domain("days_left", ">=", 0)
        due = Domain("date_end", ">=", last_month[0]) & Domain("date_end", "<=", last_month[1])
        expired = Domain("expired_on", ">=", this_month[0]) & Domain("state", "=", "expired")
        return [
            ("active", self.env._("Active capital"), running),
            ("ending_7", self.env._("Ending in 7 days"), soon & Domain("days_left", "<=", 7)),
            ("ending_30", self.env._("Ending in 30 days"), soon & Domain("days_left", "<=", 30)),
            ("expired", self.env._("Expired this month"), own & expired),
            (
                "renewal_rate",
                self.env._("Renewal rate, last month"),
                own & due & self.env["deadline.deadline"]._get_rated_domain(),
            ),
        ]

    # === UPCOMING RENEWALS === #

    @api.model
    def _get_renewals(self):
        """Return the deadlines that end within the days set for the company, soonest first.

        :return: dict of ``days``, ``total``, ``domain`` and ``rows``
        """
        days = self.env.company.deadline_imminent_days
        domain = (
            Domain("company_id", "=", self.env.company.id)
            & Domain("is_ending", "=", True)
            & Domain("days_left", ">=", 0)
            & Domain("days_left", "<=", days)
        )
        deadlines = self.env["deadline.deadline"]
        found = deadlines.search(domain, limit=MAX_ROWS)
        total = len(found) if len(found) < MAX_ROWS else deadlines.search_count(domain)
        statuses = dict(deadlines._fields["renewal_status"]._description_selection(self.env))
        may_renew = self.env["sale.order"].has_access("create")
        rows = [
            {
                "id": deadline.id,
                "name": deadline.name,
                "day": Date.to_string(deadline.date_end),
                "days_left": deadline.days_left,
                "customer": self._prepare_customer(deadline.partner_id),
                "product": deadline.product_id.display_name,
                "description": deadline.description or "",
                "amount": deadline.amount,
                "currency_id": deadline.currency_id.id,
                "renewal_status": deadline.renewal_status,
                "renewal_label": statuses[deadline.renewal_status],
                "may_renew": may_renew and deadline.renewal_status not in ("none", "closed"),
            }
            for deadline in found
        ]
        return {"days": days, "total": total, "domain": list(domain), "rows": rows}

    @api.model
    def _prepare_customer(self, partner):
        """Return how to show and reach a customer."""
        # Contacts that the user may not open are named all the same.
        partner_sudo = partner.sudo()
        return {
            "id": partner_sudo.id,
            "name": partner_sudo.display_name,
            "phone": partner_sudo.phone or partner_sudo.commercial_partner_id.phone or "",
            "email": partner_sudo.email or partner_sudo.commercial_partner_id.email or "",
        }

    # === TO DO TODAY === #

    @api.model
    def _get_actions(self, mine):
        """Return the actions for today and before, and those done today.

        :return: dict of ``mine``, ``total`` (open ones), ``domain`` of those, and ``rows``
        """
        today = self.env.company._deadline_today()
        activities = self.env["mail.activity"].with_context(active_test=False)
        ours = Domain("customer_id", "!=", False) & Domain(
            "deadline_company_id", "in", [False, *self.env.companies.ids]
        )
        assigned = Domain("user_id", "=", self.env.uid) if mine else Domain.TRUE
        by_me = Domain("done_by_id", "=", self.env.uid) if mine else Domain.TRUE
        due = ours & assigned & Domain("active", "=", True) & Domain("date_deadline", "<=", today)
        done = (
            ours
            & (assigned | by_me)
            & Domain("active", "=", False)
            & Domain("date_done", "=", today)
        )
        # Without a limit: Odoo drops what the user may not see after the limit, not before.
        opened = activities.search(due, order="date_deadline, id")
        closed = activities.search(done, order="id")
        shown = opened[:MAX_ROWS] + closed[:MAX_ROWS]
        return {
            "mine": mine,
            "total": len(opened),
            "domain": list(due),
            "rows": [self._prepare_action(activity, today) for activity in shown],
        }

    @api.model
    def _prepare_action(self, activity, today):
        """Return a row of "To do today"."""
        outcomes = dict(activity._fields["recall_outcome"]._description_selection(self.env))
        return {
            "id": activity.id,
            "type": activity.activity_type_id.name or "",
            "icon": activity.icon or "fa-tasks",
            "base_type": activity.base_type or "generic",
            "summary": activity.summary or "",
            "customer": self._prepare_customer(activity.customer_id),
            "res_model": activity.res_model,
            "res_id": activity.res_id,
            "res_name": activity.res_name or "",
            "day": Date.to_string(activity.date_deadline),
            "overdue": activity.active and activity.date_deadline < today,
            "user": activity.user_id.sudo().name or "",
            "done": not activity.active,
            "done_by": activity.done_by_id.sudo().name or "",
            "outcome": outcomes.get(activity.recall_outcome, ""),
            "may_write": activity.can_write,
        }

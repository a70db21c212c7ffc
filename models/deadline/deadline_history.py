from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date


class DeadlineDeadline(models.Model):
    """The periods of a service, one after the other, and what they keep from being changed."""

    _inherit = "deadline.deadline"

    previous_id = fields.Many2one(
        "deadline.deadline",
        string="Renewal of",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The period before this one.",
    )
    next_ids = fields.One2many("deadline.deadline", "previous_id", string="Following Periods")
    next_id = fields.Many2one("deadline.deadline", string="Renewed by", compute="_compute_next_id")
    first_id = fields.Many2one(
        "deadline.deadline",
        string="First Period",
        compute="_compute_first_id",
        store=True,
        recursive=True,
        index="btree_not_null",
    )
    history_ids = fields.Many2many(
        "deadline.deadline", string="Periods", compute="_compute_history_ids"
    )
    history_count = fields.Integer(compute="_compute_history_ids")

    _one_renewal = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL AND state != 'cancelled'",
        "This deadline has already been renewed.",
    )

    # === COMPUTES === #

    @api.depends("previous_id.first_id")
    def _compute_first_id(self):
        for deadline in self:
            previous = deadline.previous_id
            deadline.first_id = previous.first_id or previous

    @api.depends("first_id", "next_ids", "commercial_partner_id")
    def _compute_history_ids(self):
        # Pages of customers show it with all rights: what somebody else had is not among it.
        for deadline in self:
            first = deadline.first_id or deadline._origin
            history = first and self.search(
                (Domain("id", "=", first.id) | Domain("first_id", "=", first.id))
                & Domain("commercial_partner_id", "=", deadline.commercial_partner_id.id),
                order="date_start DESC, id DESC",
            )
            deadline.history_ids = history
            deadline.history_count = len(history)

    # === CONSTRAINTS === #

    @api.constrains("previous_id")
    def _check_previous_customer(self):
        for deadline in self:
            customer, previous = deadline.commercial_partner_id, deadline.previous_id
            if previous and previous.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "“%(previous)s” is a period of “%(other)s”, it cannot be renewed by one of"
                        " “%(customer)s”: choose a period of the same customer.",
                        previous=previous.name,
                        other=previous.commercial_partner_id.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.constrains("previous_id", "date_start", "date_end", "state")
    def _check_history(self):
        for deadline in self | self.next_ids:
            previous = deadline.previous_id
            if not previous or deadline.state == "cancelled":
                continue
            if previous._is_over_for_good():
                raise ValidationError(previous._get_renewal_problem())
            if deadline.date_start <= previous.date_end:
                raise ValidationError(
                    self.env._(
                        "“%(deadline)s” would start on %(start)s, but the period it renews,"
                        " “%(previous)s”, lasts until %(end)s: correct one of the dates.",
                        deadline=deadline._get_message_name(),
                        start=format_date(self.env, deadline.date_start),
                        previous=previous.name,
                        end=format_date(self.env, previous.date_end),
                    )
                )

    # === WHAT STAYS === #

    def _is_over_for_good(self):
        """Say whether nothing may follow the deadline, which was cancelled or left. A hook."""
        self.ensure_one()
        return self.state in ("withdrawn", "cancelled")

    def _has_history(self):
        """Say whether its customer had other periods of it, or was told of it. A hook."""
        self.ensure_one()
        return bool(self.previous_id or self.next_ids)

    def _get_shown_messages(self):
        """Return the messages that customers see on the deadline's page."""
        shown = self.env["mail.message"]._get_search_domain_share()
        return self.website_message_ids.filtered_domain(shown)

    def _get_customer_problem(self, customer):
        # What a customer had stays that customer's: the next one must see neither the history
        # nor the prices, and the links and messages of the former one must not lead to theirs.
        names = {
            "deadline": self.name,
            "customer": self.commercial_partner_id.display_name,
            "other": customer.display_name,
        }
        if order := self.order_id:
            return self.env._(
                "“%(deadline)s” stays with “%(customer)s”, who ordered it with %(order)s. To hand"
                " the service on, set its end date to the last day on which “%(customer)s” has"
                " it, and sell it to “%(other)s”.",
                order=order.name,
                **names,
            )
        if orders := self._get_renewals_in_progress().order_id:
            return self.env._(
                "“%(deadline)s” stays with “%(customer)s” as long as %(order)s is about to renew"
                " it: remove the line there first.",
                order=", ".join(orders.mapped("name")),
                **names,
            )
        if self._has_history() or self._get_shown_messages():
            return self.env._(
                "“%(deadline)s” stays with “%(customer)s”, who had other periods of it or was"
                " written to about it. To hand the service on, set its end date to the last day"
                " on which “%(customer)s” has it, and enter a new deadline for “%(other)s”.",
                **names,
            )
        return False

    def _get_frozen_fields(self):
        return super()._get_frozen_fields() | ({"previous_id"} if self.sale_line_id else set())

    def _check_company_change(self, company_id):
        """Check that only deadlines without a history are handed to another company.

        :raise UserError: names the first one that cannot be
        """
        # Orders and notices count that the user may not read.
        changing_sudo = self.sudo().filtered(lambda one: one.company_id.id != company_id)
        for deadline in changing_sudo:
            if orders := deadline.order_id | deadline.renewal_line_ids.order_id:
                raise UserError(
                    self.env._(
                        "The company of “%(deadline)s” cannot be changed, it belongs to %(order)s:"
                        " cancel that and sell it in the other company.",
                        deadline=deadline.name,
                        order=", ".join(orders.mapped("name")),
                    )
                )
            if deadline._has_history():
                raise UserError(
                    self.env._(
                        "The company of “%s” cannot be changed, it was renewed or its customer"
                        " was sent notices: cancel it and enter a new one in the other company.",
                        deadline.name,
                    )
                )

    # === DELETION === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        for deadline in self:
            if problem := deadline._get_unlink_problem(together=self):
                raise UserError(problem)

    def unlink(self):
        previous = self.previous_id - self
        result = super().unlink()
        previous._reopen()
        return result

    def _get_order_problem(self):
        if not self.sale_line_id or self.state == "cancelled":
            return super()._get_order_problem()
        return self.env._(
            "“%(deadline)s” belongs to %(order)s:"
            " cancel the order, or set the quantity of its line to zero.",
            deadline=self.name,
            order=self.order_id.name,
        )

    def _get_following_problem(self, following):
        return self.env._(
            "“%(deadline)s” cannot be deleted, “%(next)s” follows it: delete that one first.",
            deadline=self.name,
            next=following.name,
        )

    def _get_renewal_line_problem(self):
        orders = self.renewal_line_ids.order_id
        cancelled = orders.filtered(lambda order: order.state == "cancel")
        if about := orders - cancelled:
            return self.env._(
                "“%(deadline)s” cannot be deleted, %(order)s is about to renew it:"
                " remove the line there first.",
                deadline=self.name,
                order=", ".join(about.mapped("name")),
            )
        if cancelled:
            return self.env._(
                "“%(deadline)s” cannot be deleted, %(order)s was to renew it and is cancelled:"
                " delete that order first.",
                deadline=self.name,
                order=", ".join(cancelled.mapped("name")),
            )
        return super()._get_renewal_line_problem()

    # === ACTIONS === #

    def action_view_history(self):
        """Show all periods of this service."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.deadline_deadline_action"
            ),
            "name": self.env._("Periods of %s", self.name),
            "domain": [("id", "in", self.history_ids.ids)],
            "context": {"deadline_show_service": True},
        }

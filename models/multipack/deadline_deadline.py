from odoo import api, fields, models
from odoo.fields import Domain

from .. import schedule
from ..deadline.deadline_deadline import END_FIELDS

#: What a withdrawal has made final, along with the fields that are read-only for all deadlines.
WITHDRAWN_FIELDS = END_FIELDS | {"quantity", "amount", "currency_id", "company_id", "previous_id"}


class DeadlineDeadline(models.Model):
    """Deadlines that are part of a multipack: it has the price, is renewed and left as a whole."""

    _inherit = "deadline.deadline"

    multipack_id = fields.Many2one(
        "deadline.multipack",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The package that this deadline is part of.",
    )
    is_self_renewing = fields.Boolean(
        compute="_compute_is_self_renewing",
        store=True,
        precompute=True,
        help="Goes on month by month with its multipack, so it neither expires nor is renewed.",
    )
    is_withdrawn = fields.Boolean(
        string="Withdrawn",
        compute="_compute_is_withdrawn",
        compute_sudo=True,
        help="The customer has left it. It may still run until its last valid day.",
    )

    # Without those of multipacks: one line opens a deadline for each service and each month.
    _one_per_sale_line = models.UniqueIndex(
        """(sale_line_id) WHERE sale_line_id IS NOT NULL AND multipack_id IS NULL
            AND state != 'cancelled'""",
        "This order line has already opened a deadline.",
    )
    _one_per_multipack_period = models.UniqueIndex(
        """(multipack_id, product_id, date_start) WHERE multipack_id IS NOT NULL
            AND state != 'cancelled'""",
        "This period of the multipack has been opened already.",
    )

    # === COMPUTES === #

    @api.depends("multipack_id.plan", "multipack_id.state")
    def _compute_is_self_renewing(self):
        for deadline in self:
            multipack = deadline.multipack_id
            deadline.is_self_renewing = multipack.plan == "monthly" and multipack.state == "active"

    @api.depends("withdrawal_id")
    def _compute_is_withdrawn(self):
        for deadline in self:
            deadline.is_withdrawn = deadline.withdrawal_id

    @api.depends("multipack_id.state", "multipack_id.renewal_line_ids.state")
    def _compute_renewal_status(self):
        super()._compute_renewal_status()

    @api.depends("is_self_renewing", "withdrawal_id")
    def _compute_is_ending(self):
        super()._compute_is_ending()

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        deadlines = super().create(vals_list)
        deadlines.filtered("is_self_renewing")._reset_notices()
        return deadlines

    def write(self, vals):
        result = super().write(vals)
        if "withdrawal_id" in vals:
            self._reset_notices()
        return result

    def _get_frozen_fields(self):
        frozen = super()._get_frozen_fields()
        return frozen | WITHDRAWN_FIELDS if self.withdrawal_id else frozen

    def _get_customer_problem(self, customer):
        if self.multipack_id:
            return self.multipack_id._get_customer_problem(customer)
        return super()._get_customer_problem(customer)

    def _get_order_problem(self):
        multipack = self.multipack_id
        if self.state == "cancelled" and multipack.state not in (False, "cancelled"):
            return self.env._(
                "“%(deadline)s” has to stay as it is, cancelled: it is in the history of"
                " “%(multipack)s”.",
                deadline=self.name,
                multipack=multipack.name,
            )
        return super()._get_order_problem()

    def _continues_by_itself(self):
        multipack = self.multipack_id
        return super()._continues_by_itself() or bool(
            multipack and self.previous_id.multipack_id == multipack
        )

    # === PRICE === #

    def _is_priced_by_line(self):
        # The line's price is shared among the deadlines of the multipack, by the multipack.
        return not self.multipack_id and super()._is_priced_by_line()

    def _share_amount(self, amount):
        """Return the part of an amount for each of these deadlines of a multipack.

        In proportion to theirs; where those are of nothing, to what the services cost alone.
        """
        weights = self.mapped("amount")
        if not any(weights):
            weights = [max(one.product_id.lst_price, 0.0) * one.quantity for one in self]
        return schedule.share(amount, weights, self.currency_id.rounding)

    # === STATE === #

    @api.model
    def _get_entry_fields(self):
        return (*super()._get_entry_fields(), "multipack_id")

    def _can_expire(self):
        return not self.is_self_renewing and super()._can_expire()

    @api.model
    def _get_expiring_domain(self):
        return super()._get_expiring_domain() & Domain("is_self_renewing", "=", False)

    @api.model
    def _get_ending_domain(self):
        return super()._get_ending_domain() & Domain("withdrawal_id", "=", False)

    @api.model
    def _get_rated_domain(self):
        # Not is_self_renewing, which ends with the multipack: these were never due.
        return super()._get_rated_domain() & Domain(
            "multipack_id", "not any", [("plan", "=", "monthly")]
        )

    def _is_untold(self):
        return self.is_self_renewing or bool(self.withdrawal_id) or super()._is_untold()

    def _get_untold_reason(self):
        if self.is_self_renewing:
            return self.env._("It goes on every month by itself, with its multipack.")
        return super()._get_untold_reason()

    def _get_send_problem(self):
        if self.is_self_renewing and self.state in ("active", "expired"):
            return self.env._(
                "“%s” goes on every month by itself: there is nothing to remind its customer of.",
                self.name,
            )
        return super()._get_send_problem()

    def _is_over_for_good(self):
        deadline_sudo = self.sudo()  # which customers know nothing of
        return super()._is_over_for_good() or bool(deadline_sudo.withdrawal_id)

    def _expire(self):
        left = self.filtered("withdrawal_id")
        left._set_state("withdrawn")
        super(DeadlineDeadline, self - left)._expire()

    def _apply_withdrawal(self, day, withdrawal):
        """End the deadlines of a multipack that the customer leaves.

        Those that start later are cancelled, and the periods they renewed run again: one of
        them covers the day, ends on it, and is withdrawn once it is over.

        :param date day: last valid day
        :param withdrawal: ``deadline.withdrawal``
        """
        later = self.filtered(
            lambda deadline: deadline.date_start > day and deadline.state != "cancelled"
        )
        later._take_back()
        today = self._get_today_by_company()
        covering = self.filtered(
            lambda deadline: (
                deadline.date_start <= day <= deadline.date_end
                and deadline.state in ("active", "expired")
            )
        )
        for deadline in covering:
            over = day < today[deadline.company_id]
            deadline._set_state(
                "withdrawn" if over else "active", date_end=day, withdrawal_id=withdrawal.id
            )

    # === RENEWAL === #

    def _get_contract(self):
        return self.multipack_id or super()._get_contract()

    def _filter_one_per_contract(self):
        packed = self.filtered("multipack_id")
        firsts = [deadlines[0] for deadlines in packed.grouped("multipack_id").values()]
        others = super(DeadlineDeadline, self - packed)._filter_one_per_contract()
        return others + self.browse(deadline.id for deadline in firsts)

    def _get_renewal_lines(self):
        return super()._get_renewal_lines() | self.multipack_id.renewal_line_ids

    @api.model
    def _get_renewal_lines_domain(self, states):
        return super()._get_renewal_lines_domain(states) | Domain(
            "multipack_id.renewal_line_ids.state", "in", states
        )

    @api.model
    def _get_renewed_by(self, lines):
        return super()._get_renewed_by(lines) | lines.renewed_multipack_id.deadline_ids

    @api.model
    def _get_renewable_domain(self):
        return super()._get_renewable_domain() & Domain("is_self_renewing", "=", False)

    def _get_resale_problem(self):
        if self.multipack_id:
            return self.multipack_id._get_renewal_problem()
        return super()._get_resale_problem()

    def _prepare_renewal_period(self, day):
        if self.multipack_id:
            return self.multipack_id._prepare_renewal_period(day)
        return super()._prepare_renewal_period(day)

    def _prepare_renewal_order(self):
        values = super()._prepare_renewal_order()
        multipacks_sudo = self.multipack_id.sudo()  # with payment methods, of accounting alone
        collected = [multipack._get_payment_method_line() for multipack in multipacks_sudo]
        if line := next(filter(None, collected), None):
            values["preferred_payment_method_line_id"] = line.id
        return values

    def _prepare_renewal_order_line(self):
        if self.multipack_id:
            return self.multipack_id._prepare_renewal_order_line()
        return super()._prepare_renewal_order_line()

    def _prepare_following_values(self):
        """Return the values, but for dates and amount, of the period that follows this one."""
        self.ensure_one()
        return {
            "previous_id": self.id,
            "multipack_id": self.multipack_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "description": self.description,
            "sale_line_id": self.sale_line_id.id,
            "quantity": self.quantity,
            "currency_id": self.currency_id.id,
            "origin_id": self.origin_id.id,
            "bank_id": self.bank_id.id,
            "user_id": self.user_id.id,
        }

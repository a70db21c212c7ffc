from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import format_amount, format_date

from .. import schedule
from ..constants import GROUP_USER
from ..deadline.deadline_state import ORDERED_ON


class SaleOrderLine(models.Model):
    """What of an order line is sold as a multipack, and when it is paid."""

    _inherit = "sale.order.line"

    renewed_multipack_id = fields.Many2one(
        "deadline.multipack",
        string="Renews Multipack",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        groups=GROUP_USER,
        help="The multipack that this line renews as a whole.",
    )
    multipack_ids = fields.One2many(
        "deadline.multipack", "sale_line_id", string="Multipacks", groups=GROUP_USER
    )

    # === COMPUTES === #

    @api.depends("renewed_multipack_id")
    def _compute_name(self):
        super()._compute_name()

    @api.depends("renewed_multipack_id")
    def _compute_price_unit(self):
        super()._compute_price_unit()

    @api.depends("renewed_multipack_id")
    def _compute_discount(self):
        super()._compute_discount()

    # === CONSTRAINTS === #

    @api.constrains("renewed_multipack_id")
    def _check_renewed_multipack(self):
        self._check_renewal()

    # === CRUD === #

    def unlink(self):
        # First, as long as lines still name what they opened
        self._delete_opened()
        return super().unlink()

    def _delete_opened(self):
        """Delete the cancelled multipacks that these lines opened, which go with them.

        :raise UserError: names one that has to be kept, and why
        """
        self.check_access("unlink")
        # Who may delete the order deletes what goes with it.
        multipacks_sudo = self.sudo().multipack_ids.filtered(lambda one: one.state == "cancelled")
        told_sudo = self.env["deadline.notice.line"].sudo()
        told_sudo = told_sudo.search(
            [("installment_id", "in", multipacks_sudo.installment_ids.ids)], limit=1
        )
        if told_sudo:
            raise UserError(
                self.env._(
                    "%(order)s has to stay as it is, cancelled: the ledger of notices speaks of"
                    " “%(multipack)s”.",
                    order=told_sudo.installment_id.multipack_id.order_id.name,
                    multipack=told_sudo.installment_id.multipack_id.name,
                )
            )
        multipacks_sudo._delete_with_order()

    # === WHAT IT RENEWS === #

    def _is_renewal(self):
        return super()._is_renewal() or bool(self.sudo().renewed_multipack_id)

    def _get_renewed_deadlines(self):
        # As in the wing of deadlines: customers look at it, too.
        multipacks_sudo = self.sudo().renewed_multipack_id
        return super()._get_renewed_deadlines() | multipacks_sudo._get_current_deadlines()

    def _filter_renewing(self, deadline):
        multipack = deadline.multipack_id
        lines = self if multipack else super()._filter_renewing(deadline)
        return lines.filtered(lambda line: line.sudo().renewed_multipack_id == multipack)

    def _get_renewed_quantity(self):
        multipack_sudo = self.sudo().renewed_multipack_id
        return multipack_sudo.quantity if multipack_sudo else super()._get_renewed_quantity()

    def _get_renewal_text(self):
        multipack_sudo = self.sudo().renewed_multipack_id
        return (
            self._format_renewal(multipack_sudo) if multipack_sudo else super()._get_renewal_text()
        )

    def _keeps_deadline_price(self):
        multipack_sudo = self.sudo().renewed_multipack_id
        return (
            self._keeps_price_of(multipack_sudo)
            if multipack_sudo
            else super()._keeps_deadline_price()
        )

    def _get_priced_line(self):
        return self.sudo().renewed_multipack_id.sale_line_id or super()._get_priced_line()

    def _get_renewal_mismatch(self):
        if self.sudo().renewed_multipack_id:
            return self._get_mismatch("renewed_multipack_id")
        return super()._get_renewal_mismatch()

    def _get_cart_renewal_problem(self):
        return self._get_cancelled_problem() or super()._get_cart_renewal_problem()

    def _get_payment_obstacle(self):
        return self._get_cancelled_problem() or super()._get_payment_obstacle()

    def _get_cancelled_problem(self):
        """Return that the multipack to be renewed was cancelled, a sentence, or False."""
        multipack_sudo = self.sudo().renewed_multipack_id
        if not multipack_sudo or multipack_sudo._get_current_deadlines():
            return False
        return multipack_sudo._get_renewal_problem()

    # === OPENING MULTIPACKS === #

    def _sells_multipack(self):
        """Say whether the line is there to open a multipack, even if it can open none.

        What is opened, paid and invoiced as a multipack is narrower, and follows from this:
        `_filter_without_multipack`, `_is_paid_in_installments`, `_is_invoiced_in_installments`.
        """
        self.ensure_one()
        return bool(self.product_id.is_multipack or self.renewed_multipack_id)

    def _has_multipack_price(self):
        """Say whether what the line costs is the price of a multipack, and not money given back."""
        self.ensure_one()
        return bool(self.product_id.is_multipack and self.price_total >= 0)

    def _open_deadlines(self, day):
        self._open_multipacks(day)
        super()._open_deadlines(day)

    def _filter_without_deadline(self):
        lines = super()._filter_without_deadline()
        return lines.filtered(lambda line: not line._sells_multipack())

    def _get_opening_problems(self):
        problems = [line._get_multipack_problem() for line in self._filter_without_multipack()]
        return super()._get_opening_problems() + [problem for problem in problems if problem]

    def _get_repurchase_domain(self):
        return super()._get_repurchase_domain() & Domain("multipack_id", "=", False)

    def _check_take_back(self):
        self.sudo()._get_live_multipack()._check_take_back()
        super()._check_take_back()

    def _take_back(self):
        self.sudo()._get_live_multipack()._take_back()
        super()._take_back()

    def _get_opened_contracts(self):
        return [*self.multipack_ids, *super()._get_opened_contracts()]

    def _open_multipacks(self, day):
        """Open the multipack of each line of one confirmed order that has none yet.

        As with deadlines, what cannot be opened is said on the order.

        :param date day: day of the order
        """
        lines_sudo = self.sudo()._filter_without_multipack()
        if not lines_sudo:
            return
        lines_sudo = lines_sudo._with_assignee_lang()
        problems = {
            line: problem for line in lines_sudo if (problem := line._get_multipack_problem())
        }
        good = lines_sudo.filtered(lambda line: line not in problems)
        values = [line._prepare_multipack_values(day) for line in good]
        ordered = lines_sudo.with_context(**{ORDERED_ON: day})
        opened, failures = ordered._create_opened("deadline.multipack", values)
        names = ", ".join(opened.mapped("name"))
        remarks = [lines_sudo.env._("Multipacks opened: %s", names)] if opened else []
        remarks += lines_sudo._pop_paid_twice(problems)
        lines_sudo.order_id._log_deadlines(
            opened.deadline_ids, remarks, [*problems.values(), *failures]
        )

    def _filter_without_multipack(self):
        """Return the lines that sell a multipack and have no live one."""
        return self.filtered(
            lambda line: (
                line._sells_multipack()
                and line.product_uom_qty > 0
                and not line.is_downpayment
                and all(multipack.state == "cancelled" for multipack in line.multipack_ids)
            )
        )

    def _get_multipack_problem(self):
        """Return why the line would open no multipack, a sentence that names it, or False."""
        self.ensure_one()
        order, renewed = self.order_id, self.renewed_multipack_id
        if renewed and (problem := self._get_renewal_mismatch() or renewed._get_renewal_problem()):
            return problem
        for deadline in self._get_renewed_deadlines().filtered(lambda one: one.state == "renewed"):
            return deadline._get_renewal_problem()
        if not self.product_id.is_multipack:
            return self.env._("“%s” is no multipack any more.", self.product_id.display_name)
        if self.price_total < 0:
            return self.env._(
                "“%s” costs less than nothing: correct its price.", self.product_id.display_name
            )
        return (
            self.product_id.product_tmpl_id._get_multipack_problem()
            or self.env["deadline.deadline"]._get_archived_problem(
                order.partner_id, self.product_id
            )
            or self.env["deadline.deadline"]._get_rate_problem(self.currency_id, order.company_id)
        )

    def _prepare_multipack_values(self, day):
        """Return the values of the multipack that this line opens.

        :param date day: day of the order
        """
        self.ensure_one()
        order, product_sudo = self.order_id, self.product_id.product_tmpl_id.sudo()
        multipacks = self.env["deadline.multipack"]
        renewed, period = self._prepare_multipack_period(day)
        dates = product_sudo._get_multipack_dates(period["date_start"])
        shares = order._get_shares()
        price = shares.get_amount(self)
        amounts = product_sudo._get_multipack_amounts(price, self.currency_id)
        monthly = product_sudo.multipack_plan == "monthly"
        return {
            "company_id": order.company_id.id,
            "partner_id": (renewed.partner_id or order.partner_id).id,
            "product_id": self.product_id.id,
            "sale_line_id": self.id,
            "user_id": (renewed.user_id or order.user_id).id,
            "currency_id": self.currency_id.id,
            "quantity": self.product_uom_qty,
            # What reduces the order reduces the first month, not those that follow.
            "amount": self._get_own_amount() if monthly else price,
            "plan": product_sudo.multipack_plan,
            "shares_order": True,
            "date_start": period["date_start"],
            "date_end": period["date_end"],
            "anchor_day": period["anchor_day"],
            "previous_id": renewed.id,
            "deadline_ids": [
                Command.create(values)
                for values in self._prepare_component_values(
                    product_sudo, period, renewed, shares.get_untaxed(self)
                )
            ],
            "installment_ids": [
                Command.create(values)
                for values in multipacks._prepare_installments(dates, amounts)
            ],
            **self._prepare_multipack_collection(product_sudo),
        }

    def _prepare_multipack_period(self, day):
        """Return the multipack that the line renews, maybe none, and the values of its period.

        :param date day: day of the order
        """
        self.ensure_one()
        renewed = self.renewed_multipack_id
        # One that ended too long ago is sold anew, from the day of the order.
        if renewed and renewed._get_current_deadlines().filtered(lambda d: not d._is_too_late(day)):
            return renewed, renewed._prepare_renewal_period(day)
        product_sudo = self.product_id.product_tmpl_id.sudo()
        multipacks = self.env["deadline.multipack"]
        return multipacks, multipacks._prepare_period(product_sudo, day)

    def _prepare_component_values(self, product, period, renewed, untaxed):
        """Return the values of the deadlines of a multipack, which share its untaxed price.

        In proportion to what the services cost when they are sold alone.

        :param dict period: values of the first period
        :param renewed: the multipack that is renewed, maybe none
        :param float untaxed: what the multipack costs within its order
        """
        components = product.multipack_component_ids
        amounts = schedule.share(
            untaxed,
            [max(one.product_id.lst_price, 0.0) * one.quantity for one in components],
            self.currency_id.rounding,
        )
        # A service that the multipack did not have before renews nothing.
        previous = {one.product_id: one for one in renewed._get_current_deadlines()}
        order = self.order_id
        return [
            {
                "company_id": order.company_id.id,
                "partner_id": (renewed.partner_id or order.partner_id).id,
                "product_id": component.product_id.id,
                "sale_line_id": self.id,
                "quantity": component.quantity * self.product_uom_qty,
                "currency_id": self.currency_id.id,
                "amount": amount,
                "user_id": (renewed.user_id or order.user_id).id,
                "previous_id": previous.get(component.product_id, renewed.deadline_ids[:0]).id,
                **period,
            }
            for component, amount in zip(components, amounts, strict=True)
        ]

    def _prepare_multipack_collection(self, product):
        """Return how the installments are collected, as far as what the customer gave allows."""
        order = self.order_id
        # Without one, as after a transfer, the customer pays each invoice.
        token = order._get_saved_payment_token()
        if product.multipack_collection == "token" and token:
            return {"collection": "token", "payment_token_id": token.id}
        if product.multipack_collection == "method":
            return {
                "collection": "method",
                "payment_method_line_id": order.preferred_payment_method_line_id.id,
            }
        return {"collection": "manual"}

    # === WHAT IS DUE TODAY === #

    def _get_amount_due_today(self):
        return super()._get_amount_due_today() - self._get_amount_due_later()

    def _get_payment_schedule(self, shares=None):
        """Return (day, amount) of what the line's multipack is paid in, tax included.

        Those of the opened multipack, else those that a purchase now would have. A multipack
        that runs month by month has its first month only.

        :param shares: `Shares` of the order, where they are known
        """
        self.ensure_one()
        # Customers read it in the shop and on their quotation.
        line_sudo = self.sudo()
        opened = line_sudo._get_live_multipack()
        if opened:
            due = opened._get_ordered_installments()
            return [(one.date_due, one.amount) for one in due]
        day = line_sudo.order_id._get_purchase_day()
        product = line_sudo.product_id.product_tmpl_id
        start = line_sudo._prepare_multipack_period(day)[1]["date_start"]
        amounts = product._get_multipack_amounts(
            line_sudo._get_plan_amount(shares), line_sudo.currency_id
        )
        schedule = zip(product._get_multipack_dates(start), amounts, strict=True)
        return [(due, amount) for due, amount in schedule if amount > 0]

    def _get_amount_due_later(self, shares=None):
        """Return what of the multipack's price is not to be paid with the order, tax included.

        The first installment always is, even where a renewal starts on a later day.
        Of an opened multipack that is what is not due yet, or is not due any more.

        :param shares: `Shares` of the order, where they are known
        """
        self.ensure_one()
        line_sudo = self.sudo()
        if not line_sudo._is_paid_in_installments():
            return 0.0
        if opened := line_sudo._get_live_multipack():
            due = opened._get_ordered_installments()._filter_payable()
            price = line_sudo._get_plan_amount(shares)
            return line_sudo.currency_id.round(price - sum(due.mapped("amount")))
        return sum(amount for _day, amount in self._get_payment_schedule(shares)[1:])

    def _get_payment_schedule_text(self):
        """Return when and how the multipack is paid, a sentence for the customer, or False.

        "$ 250.00 today, then 3 × $ 250.00 every month from 04/10/2026"
        """
        self.ensure_one()
        line_sudo = self.sudo()
        schedule = line_sudo._is_paid_in_installments() and line_sudo._get_payment_schedule()
        goes_on = line_sudo._get_live_multipack().state in (False, "active")
        if (
            line_sudo._is_paid_in_installments()
            and line_sudo._is_monthly()
            and (schedule or goes_on)
        ):
            # A coupon or gift card may pay the first month.
            free = [(line_sudo.order_id._get_purchase_day(), 0.0)]
            return self.env._(
                "%(first)s, then %(amount)s every month until you withdraw",
                first=line_sudo._get_first_payment_text(*(schedule or free)[0]),
                amount=format_amount(self.env, line_sudo._get_own_amount(), line_sudo.currency_id),
            )
        if not schedule:
            return False
        first, rest = line_sudo._get_first_payment_text(*schedule[0]), schedule[1:]
        if not rest:
            return first
        product = line_sudo.product_id.product_tmpl_id
        amounts = product._format_amounts([amount for _day, amount in rest], line_sudo.currency_id)
        values = {"first": first, "amounts": amounts, "date": format_date(self.env, rest[0][0])}
        if len(rest) == 1:
            return self.env._("%(first)s, then %(amounts)s on %(date)s", **values)
        values["interval"] = product._get_interval_text()
        return self.env._("%(first)s, then %(amounts)s %(interval)s from %(date)s", **values)

    def _get_first_payment_text(self, day, amount):
        """Return the first amount with its day, which of quotations and carts is today."""
        self.ensure_one()
        text = format_amount(self.env, amount, self.currency_id)
        if self.state in ("draft", "sent"):
            return self.env._("%s today", text)
        return self.env._("%(amount)s on %(date)s", amount=text, date=format_date(self.env, day))

    def _is_paid_in_installments(self):
        """Say whether the line sells a multipack that is paid by a schedule."""
        self.ensure_one()
        if self.display_type or self.is_downpayment or self.product_uom_qty <= 0:
            return False
        return bool(self._get_live_multipack()) or self._has_multipack_price()

    def _is_monthly(self):
        """Say whether the line sells a multipack that runs month by month."""
        self.ensure_one()
        opened = self._get_live_multipack()
        return (opened.plan or self.product_id.multipack_plan) == "monthly"

    def _saves_payment_method(self):
        """Say whether what follows is charged to a payment method that the customer saves."""
        self.ensure_one()
        line_sudo = self.sudo()
        product = line_sudo.product_id.product_tmpl_id
        return (
            line_sudo._is_paid_in_installments()
            and product.multipack_collection == "token"
            and product._is_paid_later()
        )

    def _get_live_multipack(self):
        """Return the multipack that the line opened, unless it was cancelled."""
        return self.multipack_ids.filtered(lambda multipack: multipack.state != "cancelled")

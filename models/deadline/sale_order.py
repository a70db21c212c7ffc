from contextlib import contextmanager

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate, format_amount

from ..constants import GROUP_USER

_lt = LazyTranslate(__name__)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    deadline_count = fields.Integer(compute="_compute_deadline_count", groups=GROUP_USER)
    deadline_warning = fields.Text(
        compute="_compute_deadline_warning", compute_sudo=True, groups=GROUP_USER
    )

    # === COMPUTES === #

    @api.depends("order_line.deadline_ids")
    def _compute_deadline_count(self):
        counts = dict(
            self.env["deadline.deadline"]._read_group(
                [("sale_line_id.order_id", "in", self.ids)],
                ["sale_line_id"],
                ["__count"],
            )
        )
        for order in self:
            order.deadline_count = sum(counts.get(line._origin, 0) for line in order.order_line)

    @api.depends(
        "state",
        "partner_id",
        "currency_id",
        "order_line.product_id",
        "order_line.product_uom_qty",
        "order_line.renewed_deadline_id.state",
    )
    def _compute_deadline_warning(self):
        for order in self:
            lines = order.order_line.browse()
            if order.state in ("draft", "sent") and order.partner_id:
                lines = order.order_line
            problems = lines._get_opening_problems()
            problems += [line._get_payment_elsewhere_problem() for line in lines]
            order.deadline_warning = "\n".join(filter(None, problems))

    # === CONSTRAINTS === #

    @api.constrains("partner_id")
    def _check_deadline_customer(self):
        """Check that no order leaves the customer of what it opened: the invoices are its own."""
        for order in self.sudo().filtered(lambda order: order.state == "sale"):
            customer = order.partner_id.commercial_partner_id
            for contract in order.order_line._get_opened_contracts():
                if contract.state != "cancelled" and contract.commercial_partner_id != customer:
                    raise ValidationError(
                        self.env._(
                            "%(order)s opened “%(deadline)s” of “%(customer)s” and stays with that"
                            " customer: cancel it, and sell to “%(other)s” with a new order.",
                            order=order.name,
                            deadline=contract.name,
                            customer=contract.commercial_partner_id.display_name,
                            other=customer.display_name,
                        )
                    )

    # === CRUD === #

    def write(self, vals):
        if "order_line" not in vals:
            return super().write(vals)
        # Several lines change together, so what they sell follows after all of them.
        with self._watch_prices() as orders:
            return super(SaleOrder, orders).write(vals)

    @contextmanager
    def _watch_prices(self):
        """Have what confirmed orders opened follow the prices that change within. A hook.

        :return: a context manager, which gives the orders to be written to
        """
        yield self

    # === ACTIONS === #

    def action_view_deadlines(self):
        """Show the deadlines that these orders opened."""
        return self._get_action_of_opened("deadline_deadline_action", self.order_line.deadline_ids)

    @api.model
    def _get_action_of_opened(self, name, records):
        """Return a window action of this addon on records that orders opened."""
        action = self.env["ir.actions.act_window"]._for_xml_id(f"deadline_management.{name}")
        action |= {"domain": [("id", "in", records.ids)], "context": {"create": False}}
        if len(records) == 1:
            action |= {"view_mode": "form", "views": [(False, "form")], "res_id": records.id}
        return action

    def action_open_deadlines(self):
        """Open what confirmed orders still lack, as of their day.

        :raise AccessError: for users who may not write the orders, such as their customers
        """
        self.check_access("write")
        self._settle_todos("opening")  # what still cannot be opened is said anew
        for order in self.filtered(lambda order: order.state == "sale"):
            order.order_line._open_deadlines(order._get_deadline_day())

    # === ACTIVITIES === #

    def _get_activity_customer(self):
        return self.partner_id.commercial_partner_id

    # === BUSINESS === #

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            order.order_line._open_deadlines(order._get_deadline_day())
        return result

    def _action_cancel(self):
        self.order_line._take_back_deadlines()
        result = super()._action_cancel()
        self._settle_opening_todos()
        return result

    def _confirmation_error_message(self):
        """Refuse to confirm what somebody is paying elsewhere, unless money has come for it."""
        message = super()._confirmation_error_message()
        if message or self._has_payment_on_its_way():
            return message
        problems = [line._get_payment_elsewhere_problem() for line in self.sudo().order_line]
        return "\n".join(filter(None, problems)) or False

    def _has_payment_on_its_way(self):
        """Say whether money for the order has come, or is under way, and is no mere beginning."""
        self.ensure_one()
        # Salespeople may not read payments.
        payments_sudo = self.sudo().transaction_ids._filter_under_way()
        return any(payment.state != "draft" for payment in payments_sudo)

    def _has_pending_payment(self):
        """Say whether a payment of the order is under way."""
        self.ensure_one()
        return any(
            transaction.state in ("pending", "authorized")
            for transaction in self.sudo().transaction_ids
        )

    def _get_deadline_day(self):
        """Return the company's day on which the customer ordered.

        The day of the first payment that is under way or done, else of the confirmation:
        a slow transfer does not change the dates that the customer was shown.
        """
        self.ensure_one()
        payments_sudo = self.sudo().transaction_ids.filtered(
            lambda transaction: transaction.state in ("pending", "authorized", "done")
        )
        moment = min(payments_sudo.mapped("create_date"), default=self.date_order)
        return self.company_id._deadline_day(moment)

    def _log_deadlines(self, opened, remarks, problems):
        """Tell on the order which deadlines were opened, and leave a to-do for those that were not.

        :param opened: deadlines
        :param list remarks: sentences worth knowing
        :param list problems: sentences on lines that opened nothing
        """
        self.ensure_one()
        lines = list(remarks)
        if opened:
            names = ", ".join(opened.mapped("name"))
            lines.insert(0, self.env._("Deadlines opened: %s", names))
        if problems:
            way_out = self.env._(
                "No deadline was opened for these lines. Correct what is reported below,"
                " then choose “Create Missing Deadlines” among the actions of the order."
            )
            lines += [way_out, *problems]
            self._leave_opening_todo(way_out, problems)
        if lines:
            self._message_log(body=self._format_deadline_lines(lines))

    def _leave_opening_todo(self, way_out, problems):
        """Leave a to-do about lines that opened nothing, or say so in the one that is open."""
        self.ensure_one()
        if todo := self._get_opening_todos():
            known = todo[0].note or ""
            new = [problem for problem in problems if escape(problem) not in known]
            todo[0].note = self._format_deadline_lines([known, *new])
            return
        self._leave_todo(
            _lt("Deadlines not opened"),
            self._format_deadline_lines([way_out, *problems]),
            act_type_xmlid="mail.mail_activity_data_warning",
            deadline_topic="opening",
        )

    def _get_opening_todos(self):
        """Return the open to-dos about lines of these orders that opened nothing."""
        return self.sudo().activity_ids.filtered(lambda todo: todo.deadline_topic == "opening")

    def _settle_opening_todos(self):
        """Delete the to-dos about missing deadlines of orders that lack none, or are cancelled."""
        for order in self._get_opening_todos().mapped("res_id"):
            lines = self.sudo().browse(order).order_line.filtered(lambda one: one.state == "sale")
            if not lines._filter_without_opened():
                self.browse(order)._settle_todos("opening")

    @api.model
    def _format_deadline_lines(self, lines):
        """Return sentences as HTML, one below the other."""
        return Markup("<br/>").join(lines)

    # === RENEWALS IN PROGRESS === #

    def _get_deadlines_to_renew(self):
        """Return the deadlines whose next periods these quotations and carts would sell."""
        quotations = self.sudo().filtered(lambda order: order.state in ("draft", "sent"))
        return quotations.order_line._get_renewed_deadlines()

    def _get_payment_obstacles(self):
        """Return why the user cannot pay the order's renewals now, sentences for the customer."""
        self.ensure_one()
        if self.state not in ("draft", "sent"):
            return []
        # A customer's order names deadlines by fields of the staff.
        lines_sudo = self.sudo().order_line.filtered(lambda line: line._is_renewal())
        return [problem for line in lines_sudo if (problem := line._get_payment_obstacle())]

    def _get_cart_obstacles(self):
        """Return what `_find_cart_obstacles` does, for a page that is being shown.

        Each page asks several times: its layout, its buttons and its form of payment. The answer
        is kept for the transaction, as long as the cart stays as it is. Where money comes, ask
        `_find_cart_obstacles`: somebody else may have paid meanwhile.
        """
        self.ensure_one()
        kept = self.env.cr.cache.setdefault("deadline_cart_obstacles", {})
        lines = tuple(
            (line.id, line.product_id.id, *line._get_renewed_deadlines().ids)
            for line in self.order_line
        )
        key = (self.id, self.env.uid, self.env.lang, self.state, self.partner_id.id, lines)
        if key not in kept:
            kept[key] = self._find_cart_obstacles()
        return kept[key]

    def _find_cart_obstacles(self):
        """Return what `_get_payment_obstacles` does, and what only customers may not renew."""
        self.ensure_one()
        if self.state != "draft":  # no cart any more
            return []
        problems = []
        for line in self.order_line.filtered(lambda line: line._is_renewal()):
            stale = line._get_cart_renewal_problem()
            problem = stale or line._get_payment_obstacle()
            paid = any(one._is_renewal_paid() for one in line._get_renewed_deadlines())
            if problem and (stale or paid):
                problem = self.env._("%s Remove it from your cart.", problem)
            problems.append(problem)
        return list(filter(None, problems))

    def _is_partly_paid_by(self, payment):
        """Say whether a payment under way leaves something to be paid today.

        :param payment: ``payment.transaction`` of the order
        """
        self.ensure_one()
        return self._compare_payments_with_due(payment) < 0

    def _compare_payments_with_due(self, payment):
        """Return -1, 0 or 1: payments under way bring less than is due today, as much, or more.

        :param payment: ``payment.transaction`` of the order, which counts in any case
        """
        self.ensure_one()
        payments_sudo = self.sudo().transaction_ids.filtered(
            lambda one: one == payment or one.state in ("pending", "authorized", "done")
        )
        under_way = sum(payments_sudo._filter_asking().mapped("amount"))
        return self.currency_id.compare_amounts(under_way, self._get_amount_due_today())

    def _get_amount_due_today(self):
        """Return what the order's total has due by today, tax included, paid or not. A hook.

        Never less than nothing, as an order may be.
        """
        self.ensure_one()
        return max(self.currency_id.round(self.amount_total), 0.0)

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._get_payment_obstacles()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._get_payment_obstacles()

    def _leave_double_payment_todo(self, lines):
        """Leave a to-do with what is to be given back of renewals that were paid twice.

        :param lines: of the confirmed order, whose deadlines another one has renewed meanwhile
        """
        self.ensure_one()
        paid = sum(line._get_amount_due_today() for line in lines)
        paid = min(paid, self.sudo().amount_paid)
        names = ", ".join(deadline.name for deadline in lines._get_renewed_deadlines())
        renewed = lines._get_renewed_deadlines()[:1]._with_assignee_lang()
        renewed._leave_todo(
            renewed.env._(
                "Paid twice, give back %(amount)s: %(order)s",
                amount=format_amount(renewed.env, paid, self.currency_id),
                order=self.name,
            ),
            renewed.env._(
                "%(order)s was paid although another order has renewed %(names)s. Give the amount"
                " back, then set the quantity of its lines to zero.",
                order=self.name,
                names=names,
            ),
        )

    # === CART === #

    def _renew_in_cart(self, deadlines):
        """Put the renewals of these deadlines in the cart, each of them once.

        Those of another membership level than the cart's, or the first one's, are left out.

        :return: why some were left out, sentences
        :raise UserError: names a deadline that cannot be renewed now; the cart is as before
        """
        self.ensure_one()
        problems = []
        with self.env.cr.savepoint():
            waiting = deadlines._filter_one_per_contract().filtered(
                lambda deadline: not self.order_line._filter_renewing(deadline)
            )
            for deadline in waiting:
                if problem := self._get_level_problem(deadline):
                    problems.append(problem)
                    continue
                line = deadline._prepare_renewal_order_line()
                attributes = line["product_no_variant_attribute_value_ids"][0][2]
                self._cart_add(
                    line["product_id"],
                    line["product_uom_qty"],
                    uom_id=line["product_uom_id"],
                    no_variant_attribute_value_ids=attributes,
                    renewed_deadline_id=deadline.id,
                )
        return problems

    def _get_level_problem(self, deadline):
        """Return why the cart cannot renew a deadline besides what is in it, or False.

        Odoo refuses orders of products that give different membership levels.
        """
        self.ensure_one()
        level = deadline._get_level()
        others = self.order_line.filtered(
            lambda line: line.product_id.grade_id not in (level, level.browse())
        )
        if not level or not others:
            return False
        return self.env._(
            "%(service)s gives the level “%(level)s” and “%(other)s” gives “%(other_level)s”: one"
            " order cannot give both. Pay what is in your cart first, then renew it.",
            service=deadline._describe_contract(),
            level=level.name,
            other=others[0].product_id.display_name,
            other_level=others[0].product_id.grade_id.name,
        )

    def _cart_find_product_line(self, *args, renewed_deadline_id=False, **kwargs):
        """Keep each renewal, and a purchase of the same product, on lines of their own."""
        lines = super()._cart_find_product_line(*args, **kwargs)
        deadline_sudo = self.env["deadline.deadline"].sudo()
        if renewed_deadline_id:
            deadline_sudo = self._get_cart_deadline(renewed_deadline_id)
        return lines._filter_renewing(deadline_sudo)

    def _verify_updated_quantity(
        self, order_line, product_id, new_qty, uom_id, *, renewed_deadline_id=False, **kwargs
    ):
        new_qty, warning = super()._verify_updated_quantity(
            order_line, product_id, new_qty, uom_id, **kwargs
        )
        quantity = order_line._get_renewed_quantity()
        if quantity is None and renewed_deadline_id:
            deadline_sudo = self._get_cart_deadline(renewed_deadline_id)
            quantity = deadline_sudo._get_contract().quantity
        if quantity is not None and new_qty != quantity:
            warning = self.env._("A renewal has the quantity of the period it renews.")
            return quantity, warning
        return new_qty, warning

    def _prepare_order_line_values(self, product_id, *args, renewed_deadline_id=False, **kwargs):
        """Accept a deadline that the cart's customer may renew today, and no other.

        The arguments come from the visitor's browser.
        """
        values = super()._prepare_order_line_values(product_id, *args, **kwargs)
        if renewed_deadline_id:
            contract = self._get_cart_deadline(renewed_deadline_id)._get_contract()
            values[contract._renewal_field] = contract.id
        return values

    def _get_cart_deadline(self, deadline_id):
        """Return the deadline that the cart may renew.

        :raise UserError: it is not the customer's, not of this company, or not due
        """
        self.ensure_one()
        # What is not the customer's own is refused below.
        deadline_sudo = self.env["deadline.deadline"].sudo()
        if type(deadline_id) is int:  # neither True nor what else a browser may send
            deadline_sudo = deadline_sudo.browse(deadline_id).exists()
        owner = self.partner_id.commercial_partner_id
        if (
            deadline_sudo.commercial_partner_id != owner
            or deadline_sudo.company_id != self.company_id
        ):
            raise UserError(self.env._("This deadline cannot be renewed from here."))
        problem = deadline_sudo._get_cart_problem() or deadline_sudo._get_payment_obstacle(self)
        if problem := problem or self._get_level_problem(deadline_sudo):
            raise UserError(problem)
        return deadline_sudo

    def _verify_cart(self):
        """Take renewals out of an old cart that can be bought no more, and say so."""
        super()._verify_cart()
        if stale := self._get_stale_renewals():
            self.shop_warning = "\n".join(line._get_cart_renewal_problem() for line in stale)
            stale.unlink()

    def _is_cart_ready(self):
        return super()._is_cart_ready() and not self._get_cart_obstacles()

    def _check_cart_is_ready_to_be_paid(self):
        if obstacles := self._find_cart_obstacles():
            raise ValidationError("\n".join(obstacles))
        return super()._check_cart_is_ready_to_be_paid()

    def _get_stale_renewals(self):
        """Return the lines that renew what can no longer be renewed, or not by this customer."""
        renewals = self.order_line.filtered(lambda line: line._is_renewal())
        return renewals.filtered(lambda line: line._get_cart_renewal_problem())

from contextlib import contextmanager

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate, format_amount

from .deadline_facts_mixin import Ours, without_ours
from .product_template import GROUP_USER

_lt = LazyTranslate(__name__)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    deadline_count = fields.Integer(compute="_compute_deadline_count", groups=GROUP_USER)
    multipack_count = fields.Integer(compute="_compute_multipack_count", groups=GROUP_USER)
    deadline_warning = fields.Text(
        compute="_compute_deadline_warning", compute_sudo=True, groups=GROUP_USER
    )
    deadline_due_today = fields.Monetary(
        string="Due Today",
        compute="_compute_deadline_due_today",
        compute_sudo=True,
        groups=GROUP_USER,
        help="What the customer pays with the order, taxes included: its total less the"
        " installments that are due later.",
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

    @api.depends("order_line.multipack_ids")
    def _compute_multipack_count(self):
        for order in self:
            order.multipack_count = len(order.order_line.multipack_ids)

    @api.depends(
        "state",
        "partner_id",
        "currency_id",
        "order_line.product_id",
        "order_line.product_uom_qty",
        "order_line.renewed_deadline_id.state",
        "order_line.renewed_multipack_id.state",
    )
    def _compute_deadline_warning(self):
        for order in self:
            lines = order.order_line.browse()
            if order.state in ("draft", "sent") and order.partner_id:
                lines = order.order_line
            problems = [line._get_deadline_problem() for line in lines._filter_without_deadline()]
            problems += [
                line._get_multipack_problem() for line in lines._filter_without_multipack()
            ]
            problems += [line._get_payment_elsewhere_problem() for line in lines]
            order.deadline_warning = "\n".join(filter(None, problems))

    @api.depends(
        "amount_total",
        "order_line.price_total",
        "order_line.multipack_ids.installment_ids.amount",
        "order_line.multipack_ids.installment_ids.date_due",
        "order_line.multipack_ids.installment_ids.removed_on",
    )
    def _compute_deadline_due_today(self):
        for order in self:
            order.deadline_due_today = order._get_amount_due_today()

    @api.depends("order_line.multipack_ids.installment_ids.state")
    def _compute_amount_paid(self):
        """Add the installments of the order that were not paid with the order itself."""
        super()._compute_amount_paid()
        for order in self:
            for multipack in order.sudo().order_line.multipack_ids:
                order.amount_paid += sum(
                    one.amount
                    for one in multipack._get_ordered_installments()
                    if one.state == "paid" and not one._is_paid_with_order()
                )

    # === CONSTRAINTS === #

    @api.constrains("partner_id")
    def _check_deadline_customer(self):
        """Check that no order leaves the customer of what it opened: the invoices are its own."""
        for order in self.sudo().filtered(lambda order: order.state == "sale"):
            customer, lines = order.partner_id.commercial_partner_id, order.order_line
            opened = [*lines.multipack_ids, *lines.deadline_ids]
            for contract in opened:
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

    def unlink(self):
        if self:
            self.check_access("unlink")
            self.order_line._delete_opened()
        return super().unlink()

    def write(self, vals):
        if "order_line" in vals:
            # Several lines change together, so multipacks follow after all of them.
            with self._following_multipacks() as orders:
                result = super(SaleOrder, orders).write(vals)
        else:
            result = super().write(vals)
        if "partner_id" in vals:
            self.sudo().with_context(active_test=False).activity_ids._follow_customer()
        return result

    @contextmanager
    def _following_multipacks(self):
        """Have multipacks that these confirmed orders opened follow what changes meanwhile.

        Within another one it does nothing, as that one follows in the end.

        :raise UserError: names the multipack of which more is invoiced than it would now cost
        """
        opened = without_ours(self.sudo(), "multipack_following").filtered(
            lambda order: order.state == "sale" and order.order_line.multipack_ids
        )
        if not opened:
            yield self
            return
        before = {line: line._get_price_facts() for line in opened.order_line}
        yield self.with_context(multipack_following=Ours(opened.ids))
        after = {line: line._get_price_facts() for line in opened.order_line}
        if before != after:
            prices = {line: facts[0] for line, facts in before.items()}
            changed = [line for line in after if after[line][0] != prices.get(line)]
            lines = opened.order_line
            lines.multipack_ids._follow_order(lines.browse().union(*changed))

    # === ACTIONS === #

    def action_view_deadlines(self):
        """Show the deadlines that these orders opened."""
        deadlines = self.order_line.deadline_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "deadline_management.deadline_deadline_action"
        )
        action |= {"domain": [("id", "in", deadlines.ids)], "context": {"create": False}}
        if len(deadlines) == 1:
            action |= {"view_mode": "form", "views": [(False, "form")], "res_id": deadlines.id}
        return action

    def action_view_multipacks(self):
        """Show the multipacks that these orders opened."""
        multipacks = self.order_line.multipack_ids
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "deadline_management.deadline_multipack_action"
        )
        action |= {"domain": [("id", "in", multipacks.ids)], "context": {"create": False}}
        if len(multipacks) == 1:
            action |= {"view_mode": "form", "views": [(False, "form")], "res_id": multipacks.id}
        return action

    def action_open_deadlines(self):
        """Open the deadlines and multipacks that confirmed orders still lack, as of their day.

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
        payments = self.sudo().transaction_ids._filter_under_way()
        return any(payment.state != "draft" for payment in payments)

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
        payments = self.sudo().transaction_ids.filtered(
            lambda transaction: transaction.state in ("pending", "authorized", "done")
        )
        moment = min(payments.mapped("create_date"), default=self.date_order)
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
            if not lines._filter_without_deadline() | lines._filter_without_multipack():
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
        lines = self.sudo().order_line.filtered(lambda line: line._get_renewed())
        return [problem for line in lines if (problem := line._get_payment_obstacle())]

    def _get_cart_obstacles(self):
        """Return what `_get_payment_obstacles` does, and what only customers may not renew."""
        self.ensure_one()
        if self.state != "draft":  # no cart any more
            return []
        problems = []
        for line in self.order_line.filtered(lambda line: line._get_renewed()):
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
        payments = self.sudo().transaction_ids.filtered(
            lambda one: one == payment or one.state in ("pending", "authorized", "done")
        )
        under_way = sum(payments._filter_asking().mapped("amount"))
        return self.currency_id.compare_amounts(under_way, self._get_amount_due_today())

    def _has_to_be_signed(self):
        return super()._has_to_be_signed() and not self._get_payment_obstacles()

    def _has_to_be_paid(self):
        return super()._has_to_be_paid() and not self._get_payment_obstacles()

    def _remind_of_double_payment(self, lines):
        """Leave a to-do with what is to be given back of renewals that were paid twice.

        :param lines: of the confirmed order, whose deadlines another one has renewed meanwhile
        """
        self.ensure_one()
        paid = sum(line.price_total - line._get_amount_due_later() for line in lines)
        paid = min(paid, self.sudo().amount_paid)
        names = ", ".join(deadline.name for deadline in lines._get_renewed_deadlines())
        renewed = lines._get_renewed_deadlines()[:1]
        renewed = renewed.with_context(lang=renewed._get_assignee().lang or self.env.lang)
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
            waiting = deadlines._filter_one_per_multipack().filtered(
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
            service=deadline._say_contract(),
            level=level.name,
            other=others[0].product_id.display_name,
            other_level=others[0].product_id.grade_id.name,
        )

    def _cart_find_product_line(self, *args, renewed_deadline_id=False, **kwargs):
        """Keep each renewal, and a purchase of the same product, on lines of their own."""
        lines = super()._cart_find_product_line(*args, **kwargs)
        deadline = self.env["deadline.deadline"].sudo()
        if renewed_deadline_id:
            deadline = self._get_cart_deadline(renewed_deadline_id)
        return lines._filter_renewing(deadline)

    def _verify_updated_quantity(
        self, order_line, product_id, new_qty, uom_id, *, renewed_deadline_id=False, **kwargs
    ):
        new_qty, warning = super()._verify_updated_quantity(
            order_line, product_id, new_qty, uom_id, **kwargs
        )
        renewed = order_line._get_renewed()
        if not renewed and renewed_deadline_id:
            deadline = self._get_cart_deadline(renewed_deadline_id)
            renewed = deadline.multipack_id or deadline
        if renewed and new_qty != renewed.quantity:
            warning = self.env._("A renewal has the quantity of the period it renews.")
            return renewed.quantity, warning
        return new_qty, warning

    def _prepare_order_line_values(self, product_id, *args, renewed_deadline_id=False, **kwargs):
        """Accept a deadline that the cart's customer may renew today, and no other.

        The arguments come from the visitor's browser.
        """
        values = super()._prepare_order_line_values(product_id, *args, **kwargs)
        if renewed_deadline_id:
            deadline = self._get_cart_deadline(renewed_deadline_id)
            if deadline.multipack_id:
                values["renewed_multipack_id"] = deadline.multipack_id.id
            else:
                values["renewed_deadline_id"] = deadline.id
        return values

    def _get_cart_deadline(self, deadline_id):
        """Return the deadline that the cart may renew.

        :raise UserError: it is not the customer's, not of this company, or not due
        """
        self.ensure_one()
        deadline = self.env["deadline.deadline"].sudo()
        if type(deadline_id) is int:  # neither True nor what else a browser may send
            deadline = deadline.browse(deadline_id).exists()
        owner = self.partner_id.commercial_partner_id
        if deadline.commercial_partner_id != owner or deadline.company_id != self.company_id:
            raise UserError(self.env._("This deadline cannot be renewed from here."))
        problem = deadline._get_cart_problem() or deadline._get_payment_obstacle(self)
        if problem := problem or self._get_level_problem(deadline):
            raise UserError(problem)
        return deadline

    def _verify_cart(self):
        """Take renewals out of an old cart that can be bought no more, and say so."""
        super()._verify_cart()
        if stale := self._get_stale_renewals():
            self.shop_warning = "\n".join(line._get_cart_renewal_problem() for line in stale)
            stale.unlink()

    def _is_cart_ready(self):
        return super()._is_cart_ready() and not self._get_cart_obstacles()

    def _check_cart_is_ready_to_be_paid(self):
        if obstacles := self._get_cart_obstacles():
            raise ValidationError("\n".join(obstacles))
        return super()._check_cart_is_ready_to_be_paid()

    def _get_stale_renewals(self):
        """Return the lines that renew what can no longer be renewed, or not by this customer."""
        renewals = self.order_line.filtered(lambda line: line._get_renewed())
        return renewals.filtered(lambda line: line._get_cart_renewal_problem())

    # === PAYMENT OF MULTIPACKS === #

    def _has_payment_plan(self):
        """Say whether the order sells multipacks, so that not all of it may be due today."""
        self.ensure_one()
        return any(line._is_plan() for line in self.sudo().order_line)

    def _is_paid_later(self):
        """Say whether something is to be paid on later days, within the total or after it."""
        self.ensure_one()
        lines = self.sudo().order_line.filtered(lambda line: line._is_plan())
        shares = self._get_shares()
        return any(line._runs_monthly() or line._get_amount_due_later(shares) for line in lines)

    def _get_amount_due_today(self):
        """Return what the order's total has due by today, tax included, paid or not.

        Never less than nothing, as an order may be.
        """
        self.ensure_one()
        lines, shares = self.sudo().order_line, self._get_shares()
        later = sum(line._get_amount_due_later(shares) for line in lines)
        return max(self.currency_id.round(self.amount_total - later), 0.0)

    def _get_amount_due_later(self):
        """Return what of the order's total is due on later days, tax included."""
        self.ensure_one()
        return self.currency_id.round(self.amount_total - self._get_amount_due_today())

    def _get_amount_to_pay(self):
        """Return what is due by today and was not paid, tax included."""
        self.ensure_one()
        paid = self.sudo().amount_paid
        return max(self.currency_id.round(self._get_amount_due_today() - paid), 0.0)

    def _get_purchase_day(self):
        """Return the company's day from which the payments of the order are counted."""
        self.ensure_one()
        if self.state == "sale" or self._has_pending_payment():
            return self._get_deadline_day()
        return self.company_id._deadline_today()

    def _is_saving_payment_method(self):
        """Say whether paying these orders has to save the customer's payment method."""
        return any(line._saves_payment_method() for line in self.sudo().order_line)

    def _get_saved_payment_token(self):
        """Return the payment method that the customer saved by paying the order, maybe none.

        Of the latest payment, and only the customer's own: whoever has the link of a
        quotation may pay it.
        """
        self.ensure_one()
        payments = self.sudo().transaction_ids.filtered(
            lambda payment: (
                payment.state in ("pending", "authorized", "done")
                and payment.token_id.active
                and payment.token_id.partner_id.commercial_partner_id
                == self.partner_id.commercial_partner_id
            )
        )
        return payments.sorted("id")[-1:].token_id

    def _get_payment_note(self, amount, saves):
        """Return what is paid now and how the rest is collected, for the customer to read.

        :param float amount: what is paid now, tax included
        :param bool saves: whether the payment method is saved and charged for the rest
        :return: ``Markup``
        """
        self.ensure_one()
        text = format_amount(self.env, amount, self.currency_id)
        amount = Markup('<strong class="text-nowrap">%s</strong>') % text
        if saves:
            return self.env._(
                "You pay %s today. Your payment method is saved, and what is due later is charged"
                " to it on the days shown.",
                amount,
            )
        return self.env._(
            "You pay %s today. You will receive an invoice for each amount that is due later.",
            amount,
        )

    def _collect_by_saved_method(self):
        """Charge multipacks that were opened before the customer's payment to what it saved."""
        self.ensure_one()
        token = self._get_saved_payment_token()
        waiting = self.sudo().order_line.multipack_ids.filtered(
            lambda multipack: (
                multipack.state == "active"
                and multipack.collection == "manual"
                and multipack.product_id.multipack_collection == "token"
                and not multipack.payment_token_id
            )
        )
        if token and waiting:
            waiting.write({"collection": "token", "payment_token_id": token.id})

    def _get_prepayment_required_amount(self):
        """Ask for what is due today where the order sells multipacks.

        A percentage of the total would be neither what is due nor what was agreed.
        """
        if self.require_payment and self._has_payment_plan():
            return self._get_amount_due_today()
        return super()._get_prepayment_required_amount()

    def _get_default_payment_link_values(self):
        values = super()._get_default_payment_link_values()
        if not self._has_payment_plan():
            return values
        amount = self._get_amount_to_pay()
        return values | {"amount": amount, "amount_max": amount}

    def _force_lines_to_invoice_policy_order(self):
        super()._force_lines_to_invoice_policy_order()
        self.order_line._leave_to_installments()

    def _nothing_to_invoice_error_message(self):
        for order in self.filtered(lambda order: order._has_payment_plan()):
            return self.env._(
                "%s sells a multipack, which is invoiced by its installments: see Invoices of the"
                " multipack. There is nothing else to invoice now.",
                order.name,
            )
        return super()._nothing_to_invoice_error_message()

    def _get_payable_installments(self):
        """Return the unpaid installments that a payment of these orders is for."""
        installments = self.env["deadline.installment"]
        for multipack in self.sudo().order_line.multipack_ids:
            if multipack.state != "cancelled":
                installments += multipack._get_ordered_installments()._filter_payable()
        return installments.filtered(lambda one: one.state in ("planned", "invoiced"))

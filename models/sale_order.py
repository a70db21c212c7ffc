from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .product_template import GROUP_USER


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
                lines = order.order_line._filter_without_deadline()
            problems = [line._get_deadline_problem() for line in lines]
            order.deadline_warning = "\n".join(filter(None, problems))

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

    def action_open_deadlines(self):
        """Open the deadlines that confirmed orders still lack, from the day of each order.

        :raise AccessError: for users who may not write the orders, such as their customers
        """
        self.check_access("write")
        for order in self.filtered(lambda order: order.state == "sale"):
            order.order_line._open_deadlines(order._get_deadline_day())

    def _get_records_action(self):
        """Return the window action that shows these orders."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Orders"),
            "res_model": "sale.order",
            "view_mode": "list,form",
            "domain": [("id", "in", self.ids)],
        }
        if len(self) == 1:
            action |= {"view_mode": "form", "res_id": self.id}
        return action

    # === BUSINESS === #

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            order.order_line._open_deadlines(order._get_deadline_day())
        return result

    def _action_cancel(self):
        self.order_line._take_back_deadlines()
        return super()._action_cancel()

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
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Deadlines not opened"),
                note=self._format_deadline_lines([way_out, *problems]),
                user_id=self.user_id.id,
            )
        if lines:
            self._message_log(body=self._format_deadline_lines(lines))

    @api.model
    def _format_deadline_lines(self, lines):
        """Return sentences as HTML, one below the other."""
        return Markup("<br/>").join(lines)

    # === CART === #

    def _renew_in_cart(self, deadlines):
        """Put the renewals of these deadlines in the cart, each of them once.

        :raise UserError: names a deadline that cannot be renewed now; the cart is as before
        """
        self.ensure_one()
        with self.env.cr.savepoint():
            for deadline in deadlines - self.order_line.renewed_deadline_id:
                line = deadline._prepare_renewal_order_line()
                self._cart_add(
                    line["product_id"],
                    line["product_uom_qty"],
                    uom_id=line["product_uom_id"],
                    no_variant_attribute_value_ids=deadline._get_chosen_attributes().ids,
                    renewed_deadline_id=deadline.id,
                )

    def _cart_find_product_line(self, *args, renewed_deadline_id=False, **kwargs):
        """Keep each renewal, and a purchase of the same product, on lines of their own."""
        lines = super()._cart_find_product_line(*args, **kwargs)
        return lines.filtered(
            lambda line: line.renewed_deadline_id.id == (renewed_deadline_id or False)
        )

    def _verify_updated_quantity(
        self, order_line, product_id, new_qty, uom_id, *, renewed_deadline_id=False, **kwargs
    ):
        new_qty, warning = super()._verify_updated_quantity(
            order_line, product_id, new_qty, uom_id, **kwargs
        )
        deadline = order_line.renewed_deadline_id
        if not deadline and renewed_deadline_id:
            deadline = self._get_cart_deadline(renewed_deadline_id)
        if deadline and new_qty != deadline.quantity:
            warning = self.env._("A renewal has the quantity of the period it renews.")
            return deadline.quantity, warning
        return new_qty, warning

    def _prepare_order_line_values(self, product_id, *args, renewed_deadline_id=False, **kwargs):
        """Accept a deadline that the cart's customer may renew today, and no other.

        The arguments come from the visitor's browser.
        """
        values = super()._prepare_order_line_values(product_id, *args, **kwargs)
        if renewed_deadline_id:
            values["renewed_deadline_id"] = self._get_cart_deadline(renewed_deadline_id).id
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
        if problem := deadline._get_cart_problem():
            raise UserError(problem)
        return deadline

    def _verify_cart(self):
        """Take renewals out of an old cart that can be bought no more."""
        super()._verify_cart()
        self._get_stale_renewals().unlink()

    def _check_cart_is_ready_to_be_paid(self):
        if stale := self._get_stale_renewals()[:1]:
            raise ValidationError(
                self.env._("%s Remove it from your cart.", stale._get_cart_renewal_problem())
            )
        return super()._check_cart_is_ready_to_be_paid()

    def _get_stale_renewals(self):
        """Return the lines that renew what can no longer be renewed, or not by this customer."""
        renewals = self.order_line.filtered("renewed_deadline_id")
        return renewals.filtered(lambda line: line._get_cart_renewal_problem())

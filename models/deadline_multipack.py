from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import LazyTranslate, format_amount, format_date

from . import bills, periods, schedule
from .deadline_facts_mixin import Ours

_lt = LazyTranslate(__name__)

#: Days ahead that a withdrawal may be registered for: about five years.
MAX_AHEAD = 1827
#: States of installments that the customer still owes, invoiced or not.
OWED = ("planned", "invoiced")
#: States of a multipack that the customer has no more.
LEFT = ("withdrawn", "cancelled")


class DeadlineMultipack(models.Model):
    _name = "deadline.multipack"
    _description = "Multipack"
    _inherit = ["deadline.contract.mixin", "deadline.batch.mixin"]
    _order = "date_start desc, id desc"
    _state_sources = {
        "active": (),
        "withdrawn": ("active",),
        "ended": ("active",),
        "cancelled": ("active", "ended"),
    }
    _state_facts = {"withdrawn": ("withdrawal_id",)}
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(string="Reference", required=True, readonly=True, copy=False, default="")
    company_id = fields.Many2one(readonly=True)
    product_id = fields.Many2one(readonly=True)
    sale_line_id = fields.Many2one(required=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    quantity = fields.Float(required=True, readonly=True, digits="Product Unit")
    amount = fields.Monetary(
        string="Price",
        required=True,
        readonly=True,
        help="Taxes included: of the whole multipack, or of one month if it runs by the month.",
    )
    shares_order = fields.Boolean(
        readonly=True,
        help="Its price is its part of the order's total, shared discounts included. Those opened"
        " by earlier versions have the price of their order line.",
    )
    plan = fields.Selection(
        selection=[("installments", "In installments"), ("monthly", "Month by month")],
        required=True,
        readonly=True,
    )
    date_start = fields.Date(string="Start Date", required=True, readonly=True)
    date_end = fields.Date(
        readonly=True,
        help="Last valid day. A multipack that runs month by month goes on from there.",
    )
    anchor_day = fields.Integer(
        required=True,
        readonly=True,
        help="Day of the month on which the periods of the multipack start.",
    )
    state = fields.Selection(
        selection=[
            ("active", "Active"),
            ("withdrawn", "Withdrawn"),
            ("ended", "Ended"),
            ("cancelled", "Sale cancelled"),
        ],
        required=True,
        readonly=True,
        default="active",
        string="Status",
        tracking=True,
    )
    collection = fields.Selection(
        selection=[
            ("token", "Charged automatically"),
            ("method", "By payment method"),
            ("manual", "Paid by the customer"),
        ],
        required=True,
        default="manual",
        tracking=True,
        help="How installments are collected: charged to the saved card or account, by the payment "
        "method set on the invoices, or paid by the customer.",
    )
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Saved Payment Method",
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )
    payment_token_name = fields.Char(
        string="Charged To", compute="_compute_payment_token_name", compute_sudo=True
    )
    payment_method_line_id = fields.Many2one(
        "account.payment.method.line",
        string="Payment Method",
        domain="[('payment_type', '=', 'inbound'), ('company_id', 'parent_of', company_id)]",
        groups="base.group_user",
        help="Set on the invoices, for the direct debit files and others that collect by it. "
        "Empty: that of the customer.",
    )
    previous_id = fields.Many2one(
        "deadline.multipack",
        string="Renewal of",
        readonly=True,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    next_ids = fields.One2many("deadline.multipack", "previous_id", string="Following Multipacks")
    next_id = fields.Many2one("deadline.multipack", string="Renewed by", compute="_compute_next_id")
    renewal_line_ids = fields.One2many(
        "sale.order.line", "renewed_multipack_id", string="Renewal Lines"
    )
    deadline_ids = fields.One2many("deadline.deadline", "multipack_id", string="Deadlines")
    deadline_count = fields.Integer(compute="_compute_deadline_count")
    invoice_count = fields.Integer(compute="_compute_invoice_count", compute_sudo=True)
    amount_invoiced = fields.Monetary(compute="_compute_invoice_count", compute_sudo=True)
    renewal_status = fields.Selection(
        selection="_get_renewal_statuses",
        string="Renewal",
        compute="_compute_renewal_status",
        help="That of the deadlines of the last period, which are renewed together.",
    )
    installment_ids = fields.One2many("deadline.installment", "multipack_id", string="Installments")
    amount_paid = fields.Monetary(compute="_compute_amounts")
    amount_overdue = fields.Monetary(
        string="Overdue", compute="_compute_amounts", help="Due before today and not paid."
    )
    amount_planned = fields.Monetary(
        string="Not Yet Invoiced", compute="_compute_amounts", help="Still to be invoiced."
    )
    next_due = fields.Date(
        string="Next Due Date",
        compute="_compute_amounts",
        help="Day of the first installment that is not paid.",
    )

    _dates_order = models.Constraint(
        "CHECK(date_end >= date_start - 1)", "A multipack cannot end before it starts."
    )
    _one_per_sale_line = models.UniqueIndex(
        "(sale_line_id) WHERE state != 'cancelled'",
        "This order line has already opened a multipack.",
    )
    _one_renewal = models.UniqueIndex(
        "(previous_id) WHERE previous_id IS NOT NULL AND state != 'cancelled'",
        "This multipack has already been renewed.",
    )
    _active_end_idx = models.Index("(company_id, plan, date_end) WHERE state = 'active'")

    # === COMPUTES === #

    @api.depends("payment_token_id")
    def _compute_payment_token_name(self):
        for multipack in self:
            token = multipack.payment_token_id
            multipack.payment_token_name = token.display_name if token else False

    @api.depends("next_ids.state")
    def _compute_next_id(self):
        for multipack in self:
            multipack.next_id = multipack._get_next()[:1]

    @api.depends("deadline_ids")
    def _compute_deadline_count(self):
        for multipack in self:
            multipack.deadline_count = len(multipack.deadline_ids)

    @api.depends("installment_ids.move_id.state")
    def _compute_invoice_count(self):
        for multipack in self:
            billed = multipack.installment_ids.filtered(lambda one: one._has_history())
            multipack.invoice_count = len(billed.move_id)
            multipack.amount_invoiced = sum(billed.mapped("amount"))

    @api.model
    def _get_renewal_statuses(self):
        """Return the values of ``renewal_status`` with their labels: those of deadlines."""
        return (
            self.env["deadline.deadline"]._fields["renewal_status"]._description_selection(self.env)
        )

    @api.depends("date_end", "deadline_ids.renewal_status")
    def _compute_renewal_status(self):
        for multipack in self:
            multipack.renewal_status = multipack._get_current_deadlines()[:1].renewal_status

    @api.depends("renewal_status")
    @api.depends_context("lang")
    def _compute_renewal_problem(self):
        for multipack in self:
            multipack.renewal_problem = multipack._get_current_deadlines()[:1].renewal_problem

    @api.depends("installment_ids.state", "installment_ids.amount", "installment_ids.date_due")
    def _compute_amounts(self):
        for multipack in self:
            today = multipack.company_id._deadline_today()
            live = multipack.installment_ids.filtered(lambda one: one.state in OWED)
            paid = multipack.installment_ids.filtered(lambda one: one.state == "paid")
            dated = live.filtered("date_due")  # not a row that is being added
            overdue = dated.filtered(lambda one, day=today: one.date_due < day)
            planned = live.filtered(lambda one: one.state == "planned")
            multipack.amount_paid = sum(paid.mapped("amount"))
            multipack.amount_overdue = sum(overdue.mapped("amount"))
            multipack.amount_planned = sum(planned.mapped("amount"))
            multipack.next_due = min(dated.mapped("date_due"), default=False)

    def _compute_access_url(self):
        super()._compute_access_url()
        for multipack in self:
            multipack.access_url = f"/my/multipacks/{multipack.id}"

    # === CONSTRAINTS === #

    @api.constrains("collection", "payment_token_id", "commercial_partner_id")
    def _check_payment_token(self):
        for multipack in self.sudo():
            token, owner = multipack.payment_token_id, multipack.commercial_partner_id
            if multipack.collection == "token" and not token:
                raise ValidationError(
                    self.env._(
                        "“%s” has no saved payment method to be charged: have the customer save"
                        " one, or collect it in another way.",
                        multipack.name,
                    )
                )
            if token and token.partner_id.commercial_partner_id != owner:
                raise ValidationError(
                    self.env._(
                        "The saved payment method of “%(multipack)s” belongs to %(owner)s:"
                        " choose one of the customer's own.",
                        multipack=multipack.name,
                        owner=token.partner_id.display_name,
                    )
                )

    def _check_schedule(self):
        """Check that the installments still sum to the price.

        :raise ValidationError: names the multipack and both sums
        """
        for multipack in self:
            kept = multipack.installment_ids.filtered(lambda one: not one.removed_on)
            total = sum(kept.mapped("amount"))
            if (
                multipack.plan == "installments"
                and multipack.state in ("active", "ended")
                and multipack.currency_id.compare_amounts(total, multipack.amount)
            ):
                raise ValidationError(
                    self.env._(
                        "The installments of “%(multipack)s” sum to %(sum)s, but its price is"
                        " %(price)s: correct their amounts.",
                        multipack=multipack.name,
                        sum=format_amount(self.env, total, multipack.currency_id),
                        price=format_amount(self.env, multipack.amount, multipack.currency_id),
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("name"):
                company = vals.get("company_id") or self.env.company
                sequences = self.env["ir.sequence"].with_company(company)
                vals["name"] = sequences.next_by_code(self._name) or ""
        return super().create(vals_list)

    def write(self, vals):
        self._check_customer_change(vals)
        if "installment_ids" not in vals:
            result = super().write(vals)
            if "partner_id" in vals or "commercial_partner_id" in vals:
                self.sudo().with_context(active_test=False).activity_ids._follow_customer()
            if vals.get("collection", "manual") != "manual" or vals.get("state") in LEFT:
                self._settle_todos("collection")
            return result
        # Several rows change together, so their sum is checked after all of them.
        together = self.with_context(multipack_schedule=Ours(self.ids))
        result = super(DeadlineMultipack, together).write(vals)
        self._check_schedule()
        return result

    def _get_frozen_fields(self):
        return {"collection"} if self.state in ("withdrawn", "cancelled") else set()

    def _creation_message(self):
        return self.env._("Opened by %s", self.sudo().order_id.name)

    def _get_customer_problem(self, customer):
        # Its invoices are the order's customer's, and so is the payment method it is charged to.
        return self.env._(
            "“%(multipack)s” stays with “%(customer)s”, who ordered it with %(order)s. To hand the"
            " services on, register a multipack withdrawal of “%(customer)s” and sell the"
            " multipack to “%(other)s”.",
            multipack=self.name,
            customer=self.commercial_partner_id.display_name,
            order=self.order_id.name,
            other=customer.display_name,
        )

    # === ACTIONS === #

    def action_renew(self):
        """Open the quotation that renews these multipacks as a whole.

        :raise UserError: names the one that cannot be renewed
        """
        return self._get_current_deadlines().action_renew()

    def action_view_deadlines(self):
        """Show the deadlines of these multipacks."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "deadline_management.deadline_deadline_action"
        )
        return action | {
            "domain": [("multipack_id", "in", self.ids)],
            "context": {"create": False},
        }

    def action_view_order(self):
        """Show the order that sold the multipack."""
        self.ensure_one()
        return self.order_id._get_records_action()

    def action_view_invoices(self):
        """Show the invoices of the installments."""
        return self.installment_ids.action_view_invoice()

    # === BUSINESS === #

    def _get_current_deadlines(self):
        """Return the deadlines of the last period."""
        return self.deadline_ids.filtered(
            lambda deadline: (
                deadline.date_end == deadline.multipack_id.date_end
                and deadline.state != "cancelled"
            )
        )

    def _get_ordered_installments(self):
        """Return the installments that the order was for: of a monthly plan, the first month."""
        self.ensure_one()
        kept = self.installment_ids.filtered(lambda one: not one.removed_on).sorted("number")
        return kept.filtered(lambda one: one.number == 1) if self.plan == "monthly" else kept

    def _say_collection(self):
        """Return how its installments are paid, a sentence for the customer to read."""
        self.ensure_one()
        if self.collection == "token":
            return self.env._(
                "Each installment is charged to %s when it is due.", self.payment_token_name
            )
        if self.collection == "method":
            return self.env._("Each installment is collected as agreed with you.")
        return self.env._("You pay the invoice of each installment when it is due.")

    def _get_renewal_problem(self):
        """Return why the multipack cannot be renewed by an order, a sentence, or False.

        That it ended too long ago is for its deadlines to say.
        """
        self.ensure_one()
        product = self.product_id.product_tmpl_id
        if self.plan == "monthly" and self.state == "active":
            return self.env._(
                "“%s” goes on every month by itself, there is nothing to renew.", self.name
            )
        if self.state in ("withdrawn", "cancelled"):
            return self.env._(
                "“%s” was withdrawn or cancelled and cannot be renewed: sell the product again.",
                self.name,
            )
        return self.env["deadline.deadline"]._get_archived_problem(
            self.partner_id, self.product_id
        ) or (product.sudo().is_multipack and product._get_multipack_problem())

    def _get_payment_method_line(self):
        """Return the payment method line that collects the invoices, maybe none.

        That of the multipack, else of the customer, else of the customer's company.
        """
        self.ensure_one()
        if self.collection != "method":
            return self.env["account.payment.method.line"]
        own = self.with_company(self.company_id)
        lines = (
            own.payment_method_line_id
            | own.partner_id.property_inbound_payment_method_line_id
            | own.commercial_partner_id.property_inbound_payment_method_line_id
        )
        # Those taken off their journal are kept for the payments made by them. Other addons have
        # some for which the journal is chosen later, among several.
        return lines.filtered(
            lambda line: (
                line.journal_id or ("variable_journal_ids" in line and line.variable_journal_ids)
            )
        )[:1]

    def _prepare_renewal_order_line(self):
        """Return the values of the order line that renews the multipack as a whole."""
        self.ensure_one()
        line = self.sudo().sale_line_id
        return {
            "product_id": self.product_id.id,
            "product_no_variant_attribute_value_ids": [
                Command.set(line.product_no_variant_attribute_value_ids.ids)
            ],
            "product_uom_qty": self.quantity,
            "product_uom_id": line.product_uom_id.id,
            "renewed_multipack_id": self.id,
        }

    @api.model
    def _prepare_period(self, product, start, anchor_day=None):
        """Return the values of the period of a multipack that starts on the day ``start``.

        :param product: ``product.template``
        :param int anchor_day: anchor of the period before, kept where the new one starts on it
        """
        product = product.sudo()
        if product.multipack_plan == "monthly":
            return self._prepare_month(start, anchor_day)
        return self.env["deadline.deadline"]._prepare_period(product, start, anchor_day)

    @api.model
    def _prepare_month(self, start, anchor_day):
        """Return the values of the monthly period that starts on the day ``start``."""
        return self.env["deadline.deadline"]._prepare_dates(start, 1, "month", anchor_day)

    def _prepare_renewal_period(self, day):
        """Return the values of the period of a multipack that renews this one.

        :param date day: day of the order
        """
        self.ensure_one()
        product = self.product_id.product_tmpl_id.sudo()
        period = self._prepare_period(product, day)
        start = periods.renewal_start(
            self.date_end,
            day,
            product._get_deadline_grace_days(self.company_id),
            period["duration_count"],
            period["duration_unit"],
            self.anchor_day,
        )
        return self._prepare_period(product, start, self.anchor_day)

    # === FOLLOWING THE ORDER === #

    def _follow_order(self, changed):
        """Split what is not yet invoiced again after something changed on their order.

        What is invoiced as a whole keeps its price, unless its own line has changed.

        :param changed: order lines of which the own price changed
        :raise UserError: names the multipack of which more is invoiced than it would now cost
        """
        for multipack in self.filtered(lambda one: one.state == "active" and one.shares_order):
            line = multipack.sale_line_id
            shares = line.order_id._get_shares(changed)
            if line not in shares.plans:
                continue
            is_done = multipack._is_wholly_invoiced() and multipack.plan == "installments"
            if shares.problem == line or (is_done and line in changed):
                wanted = line.order_id._get_shares(changed | line).get_amount(line)
                multipack.installment_ids._refuse_split(multipack, wanted)
            if not is_done:
                multipack._follow(shares)
        for multipack in self.filtered(lambda one: one.state == "active" and not one.shares_order):
            if multipack.sale_line_id in changed:
                multipack._follow()

    def _follow(self, shares=None):
        """Take over what the order line of the multipack costs now.

        :param shares: `Shares` of the order; none for those that have the price of their line
        :raise UserError: names the multipack of which more is invoiced than it would now cost
        """
        self.ensure_one()
        line = self.sale_line_id
        total = shares.get_amount(line) if shares else line.price_total
        untaxed = shares.get_untaxed(line) if shares else line.price_subtotal
        price = self._get_month_price() if self.plan == "monthly" else total
        ordered = sum(self._get_ordered_installments().mapped("amount"))
        if self.currency_id.compare_amounts(total, ordered) or self.currency_id.compare_amounts(
            price, self.amount
        ):
            self.installment_ids._split_again(self, total)
        self._share_again(line.product_uom_qty, untaxed)
        self.write({"amount": price, "quantity": line.product_uom_qty})
        self._check_schedule()

    def _share_again(self, quantity, untaxed):
        """Give the deadlines of the last period their part of what the multipack costs now.

        Those that an early renewal has concluded, too: cancelled, it has them run again.
        Of a plan that runs month by month: later months cost what the order line does.
        """
        self.ensure_one()
        if self.plan == "monthly" and len(self.installment_ids) > 1:
            untaxed = self._get_month_untaxed()
        deadlines = self._get_current_deadlines()
        amounts = deadlines and deadlines._share_amount(untaxed)
        for deadline, amount in zip(deadlines, amounts, strict=True):
            deadline.write(
                {"amount": amount, "quantity": deadline.quantity * quantity / self.quantity}
            )

    def _check_take_back(self):
        """Check that these multipacks can be cancelled.

        :raise UserError: names the one that has a history, and the way out
        """
        for multipack in self:
            if multipack.state == "withdrawn":
                raise UserError(
                    self.env._("“%s” cannot be cancelled, its withdrawal is final.", multipack.name)
                )
            if following := multipack._get_next():
                raise UserError(
                    self.env._(
                        "“%(multipack)s” cannot be cancelled, it was renewed by “%(next)s”:"
                        " cancel that one first.",
                        multipack=multipack.name,
                        next=following.name,
                    )
                )
            if multipack.installment_ids.filtered(lambda one: one._has_history()):
                raise UserError(
                    self.env._(
                        "“%s” cannot be cancelled, some of its installments are invoiced, or being"
                        " charged: use Multipack Withdrawal on the customer instead.",
                        multipack.name,
                    )
                )

    def _get_next(self):
        """Return the multipack that renewed this one, if any."""
        return self.next_ids.filtered(lambda following: following.state != "cancelled")

    def _take_back(self):
        """Cancel multipacks whose order is cancelled, with what was planned for them."""
        self.installment_ids._remove()
        self._set_state("cancelled")
        self.flush_recordset(["state"])  # the unique indexes let another one take their place

    def _delete_with_order(self):
        """Delete cancelled multipacks, with their services and installments.

        :raise UserError: names one that has to be kept, and why
        """
        for multipack in self:
            if problem := multipack._get_unlink_problem(together=self):
                raise UserError(problem)
        self.deadline_ids.unlink()
        self.unlink()

    def _get_unlink_problem(self, together):
        """Return why a cancelled multipack has to be kept, a sentence, or False.

        :param together: multipacks that are deleted at the same time
        """
        self.ensure_one()
        if following := self.next_ids - together:
            return self.env._(
                "“%(multipack)s” cannot be deleted, “%(next)s” follows it: delete the order of"
                " that one first.",
                multipack=self.name,
                next=following[0].name,
            )
        if orders := self.renewal_line_ids.order_id:
            return self.env._(
                "“%(multipack)s” cannot be deleted, it is renewed in %(order)s: delete that one"
                " first.",
                multipack=self.name,
                order=", ".join(orders.mapped("name")),
            )
        return False

    # === WHAT IS INVOICED === #

    def _is_wholly_invoiced(self):
        """Say whether all that the order sells of the multipack has invoices."""
        self.ensure_one()
        ordered = self._get_ordered_installments()
        if not ordered or not all(one._has_history() for one in ordered):
            return False
        left = self.amount - sum(ordered.mapped("amount"))
        return self.plan == "monthly" or self.currency_id.is_zero(left)

    def _get_whole_bill(self):
        """Return the bill of all that the order sells of the multipack, see `bills`."""
        self.ensure_one()
        line = self.sudo().sale_line_id
        shares = self.shares_order and line.order_id._get_shares(changed=line)
        if shares and line in shares.plans:
            return shares.plans[line]
        return {line: line._get_own_row()}

    def _get_invoiced_bill(self, states=("draft", "posted")):
        """Return the bill of what is invoiced of what the order sells of the multipack.

        :param states: of the invoices that count
        """
        self.ensure_one()
        moves = self.sudo()._get_ordered_installments().move_id
        return moves.filtered(lambda move: move.state in states)._get_bill_of_order()

    def _get_bill_to_invoice(self):
        """Return the bill of what is still to be invoiced of the multipack, drafts included."""
        self.ensure_one()
        step = self.currency_id.rounding
        ordered = self._get_ordered_installments()
        open_ones = self.installment_ids.filtered(lambda one: one._is_to_invoice())
        bill = {}
        if first := open_ones & ordered:
            whole = self._get_whole_bill()
            rest = bills.plus_bill(whole, self._get_invoiced_bill(("posted",)), -1)
            due = schedule.count(sum(first.mapped("amount")), step)
            bill = self._take_of_bill(due, rest, whole)
        for month in open_ones - ordered:
            due = schedule.count(month.amount, step)
            bill = bills.plus_bill(bill, self._take_of_bill(due))
        return bill

    def _take_of_bill(self, due, *whole):
        """Return the part of a bill for which an amount is paid.

        :param int due: steps of the currency
        :param whole: bills, of which the first that is about enough for it is divided; without
            one, the bill of the order line as if it were alone in its order
        """
        self.ensure_one()
        line = self.sudo().sale_line_id
        for bill in whole:
            if 2 * bills.total_bill(bill) >= due:
                return bills.take(bill, due)
        own = line._get_own_row()
        return bills.take({line: own}, due) if bills.total(own) > 0 else {line: {bills.BASE: due}}

    # === MONTH BY MONTH === #

    def _extend(self):
        """Open the next periods, up to the one whose installment is to be invoiced next.

        Several months are made up for at once where the scheduled action did not run.
        """
        while due := self.filtered(lambda multipack: multipack._is_to_extend()):
            due._open_next_month()

    def _extend_until(self, day):
        """Open all months that begin no later than ``day``, which a withdrawal leaves as debt."""
        while due := self.filtered(
            lambda multipack: multipack.plan == "monthly" and multipack.date_end < day
        ):
            due._open_next_month()

    def _is_to_extend(self):
        """Say whether the next month of the multipack is to be opened today."""
        self.ensure_one()
        return (
            self.plan == "monthly"
            and self.state == "active"
            and self.date_end < self.company_id._get_invoicing_horizon()
        )

    def _open_next_month(self):
        """Open the month that follows the last one of each of these multipacks."""
        deadlines, installments = [], []
        for multipack in self:
            start = periods.step_day(multipack.date_end, periods.EXPIRY)
            month = multipack._prepare_month(start, multipack.anchor_day)
            deadlines += multipack._prepare_next_deadlines(month)
            installments += [
                {"multipack_id": multipack.id, **values}
                for values in multipack._prepare_installments(
                    [start], [multipack._get_month_price()]
                )
            ]
            multipack.date_end = month["date_end"]
        quiet = {"mail_create_nosubscribe": True, "mail_notrack": True}
        self.env["deadline.deadline"].with_context(**quiet).create(deadlines)
        self.env["deadline.installment"].create(installments)

    def _get_month_price(self):
        """Return what the next month costs, tax included: what the order line says now.

        Discounts of the order, coupons and gift cards are for what it sells, the first month.
        """
        self.ensure_one()
        return self.sudo().sale_line_id._get_own_amount()

    def _get_month_untaxed(self):
        """Return what the next month costs without taxes."""
        self.ensure_one()
        line = self.sudo().sale_line_id
        return max(line.price_subtotal, 0.0)

    def _prepare_next_deadlines(self, month):
        """Return the values of the deadlines that follow those of the last period.

        :param dict month: values of the new period
        """
        self.ensure_one()
        last = self._get_current_deadlines()
        amounts = last and last._share_amount(self._get_month_untaxed())
        return [
            deadline._prepare_following_values() | month | {"amount": amount}
            for deadline, amount in zip(last, amounts, strict=True)
        ]

    def _prepare_installments(self, days, amounts):
        """Return the values of installments after those there are; none is of nothing.

        :param days: dates on which they are due
        :param amounts: in the multipack's currency, tax included
        """
        # The first month is number 1 even where a gift card paid it, so that it is of nothing.
        begun = 1 if self.plan == "monthly" else 0
        number = max(self.installment_ids.mapped("number"), default=begun)
        due = [(day, amount) for day, amount in zip(days, amounts, strict=True) if amount > 0]
        return [
            {"number": index, "date_due": day, "amount": amount}
            for index, (day, amount) in enumerate(due, number + 1)
        ]

    # === WITHDRAWAL === #

    def _get_transition_problem(self, to):
        if self.state != "withdrawn":
            return super()._get_transition_problem(to)
        return self.env._("The withdrawal of “%s” is final: sell the multipack again.", self.name)

    def _get_withdrawal_problem(self, day):
        """Return why the customer cannot leave the multipack on a day, a sentence, or False.

        :param date day: last valid day
        """
        self.ensure_one()
        today = self.company_id._deadline_today()
        if self.state != "active":
            return self.env._(
                "“%s” does not run any more, so it cannot be withdrawn: reload the page.", self.name
            )
        if self.plan == "installments" and day > self.date_end:
            return self.env._(
                "“%(multipack)s” ends on %(end)s by itself: choose a day up to then.",
                multipack=self.name,
                end=format_date(self.env, self.date_end),
            )
        if periods.length(today, day) > MAX_AHEAD:
            return self.env._(
                "“%s” can be withdrawn five years ahead at most: choose a day before.", self.name
            )
        return False

    def _get_left_renewal_problem(self, together):
        """Return why the multipack cannot be left and its renewal kept, a sentence, or False.

        A gap would be left between the two, and the period that is renewed would not end in it.

        :param together: multipacks that are left at the same time
        """
        self.ensure_one()
        renewed = self._get_current_deadlines().filtered(lambda one: one.state == "renewed")
        following = renewed.next_id.multipack_id - self - together
        if not following:
            return False
        return self.env._(
            "“%(multipack)s” was renewed by “%(next)s”: choose that one as well, or cancel its"
            " order first.",
            multipack=self.name,
            next=", ".join(following.mapped("name")),
        )

    def _get_months_until(self, day):
        """Return the days on which the months begin that a withdrawal would still open."""
        self.ensure_one()
        starts, end = [], self.date_end
        while self.plan == "monthly" and end < day:
            start = periods.step_day(end, periods.EXPIRY)
            starts.append(start)
            end = self._prepare_month(start, self.anchor_day)["date_end"]
        return starts

    def _get_withdrawal_plan(self, day):
        """Return what a withdrawal would make of each installment, without changing anything.

        :param date day: last valid day
        :return: list of dicts: ``number``, ``date_due`` (ISO), ``amount``, ``paid``, ``outcome``
        """
        self.ensure_one()
        rows = [
            installment._prepare_withdrawal_row(outcome)
            for installment in self.installment_ids
            if (outcome := installment._judge_withdrawal(day))
        ]
        opened = self._prepare_installments(
            months := self._get_months_until(day), [self._get_month_price()] * len(months)
        )
        return rows + [
            {
                "number": values["number"],
                "date_due": values["date_due"].isoformat(),
                "amount": self.currency_id.round(values["amount"]),
                "paid": 0.0,
                "outcome": "debt",
            }
            for values in opened
        ]

    def _end_on(self, day, withdrawal):
        """End these multipacks on a day: their deadlines with it, and no charge after it.

        :param date day: last valid day
        :param withdrawal: ``deadline.withdrawal``
        """
        for multipack in self.sorted("date_start", reverse=True):
            deadlines = multipack.deadline_ids
            installments = multipack.installment_ids
            installments.filtered(lambda one: one.charge_state == "failed")._end_charge()
            multipack._set_state(
                "withdrawn",
                withdrawal_id=withdrawal.id,
                date_end=max(day, periods.step_day(multipack.date_start, 1)),
                collection="manual",
            )
            deadlines._withdraw(day, withdrawal)

    def _get_kept_amount(self):
        """Return what the customer pays and has paid in installments, tax included."""
        self.ensure_one()
        return sum(one._get_kept_amount() for one in self.installment_ids)

    def _reduce_deadlines(self, before):
        """Leave of the services' amounts what a withdrawal leaves of the installments.

        Months that the customer leaves are cancelled whole, so nothing is to be reduced there.

        :param float before: what `_get_kept_amount` was before
        """
        self.ensure_one()
        after, currency = self._get_kept_amount(), self.currency_id
        deadlines = self.deadline_ids.filtered(lambda deadline: deadline.state != "cancelled")
        if self.plan == "monthly" or not deadlines or not currency.compare_amounts(before, after):
            return
        weights = deadlines.mapped("amount")
        amounts = schedule.share(sum(weights) * after / before, weights, currency.rounding)
        for deadline, amount in zip(deadlines, amounts, strict=True):
            deadline.amount = amount

    # === CRON === #

    @api.model
    def _cron_extend(self):
        """Open the next month of multipacks that run month by month, before the last one ends.

        In chunks, see `deadline.batch.mixin`.
        """
        domain = (
            Domain("state", "=", "active")
            & Domain("plan", "=", "monthly")
            & self.env["res.company"]._get_domain_by_day(
                "date_end", "<", lambda company: company._get_invoicing_horizon()
            )
            & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        found._run_chunks([[one] for one in found.ids], type(self)._extend, domain)

    @api.model
    def _cron_end(self):
        """End the multipacks in installments whose last valid day is over.

        In chunks, see `deadline.batch.mixin`.
        """
        domain = (
            Domain("state", "=", "active")
            & Domain("plan", "=", "installments")
            & self.env["res.company"]._get_domain_by_day(
                "date_end", "<", lambda company: company._deadline_today()
            )
            & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        found._run_chunks([[one] for one in found.ids], type(self)._end, domain)

    def _end(self):
        """End multipacks that are over. Installments of theirs that are open stay due."""
        self._set_state("ended")

    # === SAVED PAYMENT METHOD === #

    def _set_payment_token(self, token):
        """Have these multipacks charged to another saved payment method from now on.

        What failed with the one before is charged to it today.

        :param token: ``payment.token`` of their customer
        :raise UserError: names the multipack, and why the token cannot be charged for it
        """
        for multipack in self:
            if problem := multipack._get_token_problem(token):
                raise UserError(
                    self.env._(
                        "“%(multipack)s” cannot be charged. %(problem)s",
                        multipack=multipack.name,
                        problem=problem,
                    )
                )
        self.write({"collection": "token", "payment_token_id": token.id})
        installments = self.sudo().installment_ids
        unpaid = installments.filtered(lambda one: one.state == "invoiced")
        unpaid._clear_method()  # they would be collected as well
        installments._plan_failed_charges()

    def _adopt_payment_token(self, token):
        """Charge to a token that the customer saved while paying, where that was agreed.

        Agreed is what the product says. Multipacks that it is no use for are passed over.
        """
        for multipack in self:
            agreed = multipack.product_id.product_tmpl_id.multipack_collection == "token"
            if (
                agreed
                and multipack.state == "active"
                and multipack.collection in ("token", "manual")
                and multipack.payment_token_id != token
                and not multipack._get_token_problem(token)
            ):
                multipack._set_payment_token(token)

    def _get_token_problem(self, token):
        """Return why a saved payment method cannot be charged for the multipack, or False."""
        self.ensure_one()
        token = token.sudo()
        if not token.active or token.provider_id.state == "disabled":
            return self.env._("The saved payment method was deleted, or its provider switched off.")
        if token.partner_id.commercial_partner_id != self.commercial_partner_id:
            return self.env._("The saved payment method belongs to somebody else.")
        if token.company_id not in self.company_id.sudo().parent_ids:
            return self.env._("The saved payment method is of another company.")
        return False

    def _give_up_foreign_tokens(self):
        """Charge no more to what belongs to somebody who has left the customer."""
        for multipack in self.filtered("payment_token_id"):
            if problem := multipack._get_token_problem(multipack.payment_token_id):
                multipack._collect_by_hand(problem)

    def _collect_by_hand(self, reason):
        """Leave it to the customers to pay, as their saved payment method is of no more use.

        One to-do for the responsible of each multipack that goes on.

        :param reason: sentence for the to-do, see `_leave_todo`
        """
        self.installment_ids.filtered(lambda one: one.charge_state == "failed")._end_charge()
        self.write({"collection": "manual", "payment_token_id": False})
        running = self.filtered(
            lambda multipack: (
                multipack.state == "active"
                or (multipack.state == "ended" and multipack.amount_overdue)
            )
        )
        running._leave_todo(
            _lt("No longer charged automatically: agree on how it is paid"),
            reason,
            deadline_topic="collection",
        )

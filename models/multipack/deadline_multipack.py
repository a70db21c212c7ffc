from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_amount

from ..deadline_facts_mixin import Ours
from .deadline_installment import OWED


class DeadlineMultipack(models.Model):
    _name = "deadline.multipack"
    _description = "Multipack"
    _inherit = ["deadline.contract.mixin", "deadline.batch.mixin"]
    _order = "date_start desc, id desc"
    _portal_path = "/my/multipacks"
    _renewal_field = "renewed_multipack_id"
    _state_sources = {
        "active": (),
        "withdrawn": ("active",),
        "ended": ("active",),
        "cancelled": ("active", "ended"),
    }
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

    @api.depends("deadline_ids")
    def _compute_deadline_count(self):
        for multipack in self:
            multipack.deadline_count = len(multipack.deadline_ids)

    @api.depends("installment_ids.move_id.state")
    def _compute_invoice_count(self):
        for multipack in self:
            billed = multipack.installment_ids.filtered(lambda one: one._has_invoice())
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

    # === CONSTRAINTS === #

    def _check_installment_sum(self):
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
        self._set_names(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if "installment_ids" not in vals:
            return super().write(vals)
        # Several rows change together, so their sum is checked after all of them.
        together = self.with_context(multipack_schedule=Ours(self.ids))
        result = super(DeadlineMultipack, together).write(vals)
        self._check_installment_sum()
        return result

    def _get_frozen_fields(self):
        return {"collection"} if self.state in ("withdrawn", "cancelled") else set()

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

    # === RENEWAL === #
    # That it ended too long ago is for its deadlines to say: whose end may have been moved.

    def _get_no_need_problem(self):
        if self.plan != "monthly" or self.state != "active":
            return super()._get_no_need_problem()
        return self.env._(
            "“%s” goes on every month by itself, there is nothing to renew.", self.name
        )

    def _get_resale_problem(self):
        product = self.product_id.product_tmpl_id
        product_sudo = product.sudo()  # whose settings are for staff
        return super()._get_resale_problem() or (
            product_sudo.is_multipack and product._get_multipack_problem()
        )

    @api.model
    def _get_period_duration(self, product):
        if product.multipack_plan == "monthly":
            return 1, "month"
        return super()._get_period_duration(product)

    # === CANCELLING === #

    def _get_take_back_problem(self, together):
        if problem := super()._get_take_back_problem(together):
            return problem
        if following := self._get_next():
            return self.env._(
                "“%(multipack)s” cannot be cancelled, it was renewed by “%(next)s”:"
                " cancel that one first.",
                multipack=self.name,
                next=following.name,
            )
        if self.installment_ids.filtered(lambda one: one._has_invoice()):
            return self.env._(
                "“%s” cannot be cancelled, some of its installments are invoiced, or being"
                " charged: use Multipack Withdrawal on the customer instead.",
                self.name,
            )
        return False

    def _take_back(self):
        """Cancel multipacks whose order is cancelled, with what was planned for them."""
        self.installment_ids._remove()
        super()._take_back()

    def _delete_with_order(self):
        """Delete cancelled multipacks, with their services and installments.

        :raise UserError: names one that has to be kept, and why
        """
        for multipack in self:
            if problem := multipack._get_unlink_problem(together=self):
                raise UserError(problem)
        self.deadline_ids.unlink()
        self.unlink()

    def _get_following_problem(self, following):
        return self.env._(
            "“%(multipack)s” cannot be deleted, “%(next)s” follows it: delete the order of"
            " that one first.",
            multipack=self.name,
            next=following.name,
        )

    def _get_renewal_line_problem(self):
        orders = self.renewal_line_ids.order_id
        if not orders:
            return super()._get_renewal_line_problem()
        return self.env._(
            "“%(multipack)s” cannot be deleted, it is renewed in %(order)s: delete that one first.",
            multipack=self.name,
            order=", ".join(orders.mapped("name")),
        )

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

    def _get_transition_problem(self, to):
        if self.state != "withdrawn":
            return super()._get_transition_problem(to)
        return self.env._("The withdrawal of “%s” is final: sell the multipack again.", self.name)

    # === CRON === #

    @api.model
    def _cron_end(self):
        """End the multipacks in installments whose last valid day is over."""
        self._run_ending_before(
            "installments", lambda company: company._deadline_today(), type(self)._set_ended
        )

    @api.model
    def _run_ending_before(self, plan, get_day, work):
        """Do ``work`` for the active multipacks of all companies that end before a day.

        In chunks, see `deadline.batch.mixin`.

        :param str plan: value of ``plan``
        :param get_day: function that returns the day for a company
        """
        domain = (
            Domain("state", "=", "active")
            & Domain("plan", "=", plan)
            & self.env["res.company"]._get_domain_by_day("date_end", "<", get_day)
            & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")
        found._run_chunks([[one] for one in found.ids], work, domain)

    def _set_ended(self):
        """End multipacks that are over. Installments of theirs that are open stay due."""
        self._set_state("ended")

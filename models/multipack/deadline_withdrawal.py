from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import LazyTranslate, format_date, plaintext2html

_lt = LazyTranslate(__name__)

GROUP_WITHDRAWAL = "deadline_management.group_multipack_withdrawal"


class DeadlineWithdrawal(models.Model):
    """The record of a withdrawal: what the customer left, when, and what became of the money."""

    _name = "deadline.withdrawal"
    _description = "Multipack Withdrawal"
    _inherit = ["mail.thread"]
    _order = "registered_on desc, id desc"
    _mailing_enabled = True

    name = fields.Char(string="Reference", required=True, readonly=True, default="")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="Commercial entity of the customer who left.",
    )
    user_id = fields.Many2one(
        "res.users", string="Operator", required=True, readonly=True, ondelete="restrict"
    )
    registered_on = fields.Date(
        string="Registration Day",
        required=True,
        readonly=True,
        index=True,
        help="The company's day on which the withdrawal was registered.",
    )
    date = fields.Date(
        string="Last Valid Day",
        required=True,
        readonly=True,
        help="Installments due on this day or before stay as debt, later ones are removed.",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type", string="Type", required=True, readonly=True, ondelete="restrict"
    )
    note = fields.Text(string="Notes", required=True, readonly=True)
    line_ids = fields.One2many("deadline.withdrawal.line", "withdrawal_id", string="Multipacks")
    multipack_count = fields.Integer(
        string="Number of Multipacks", compute="_compute_multipack_count", store=True
    )

    @api.depends("line_ids")
    def _compute_multipack_count(self):
        for withdrawal in self:
            withdrawal.multipack_count = len(withdrawal.line_ids)

    # === CRUD === #

    def write(self, vals):
        if any(field._module == self._module for field in map(self._fields.get, vals) if field):
            raise UserError(self._get_frozen_problem())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self._get_frozen_problem())

    def _get_frozen_problem(self):
        """Return the sentence that refuses any change of a withdrawal."""
        return self.env._(
            "Withdrawal %s cannot be changed or deleted. If it was a mistake, sell it again.",
            ", ".join(self.exists().mapped("name")),
        )

    # === ACTIONS === #

    def action_sell_again(self):
        """Make a quotation of what the customer left, at the price of then, and show it.

        One that was made before is shown again, unless it was cancelled.

        :raise UserError: names a product that is no longer sold
        """
        self.ensure_one()
        if order := self._get_order_sold_again():
            return order._get_records_action()
        products = self.line_ids.product_id
        if archived := products.filtered(lambda product: not product.active):
            raise UserError(
                self.env._(
                    "“%s” is archived: unarchive it to sell it again.", archived[0].display_name
                )
            )
        order = (
            self.env["sale.order"]
            .with_company(self.company_id)
            .create(
                {
                    "company_id": self.company_id.id,
                    "partner_id": self.line_ids.multipack_id.partner_id[:1].id,
                    "origin": self.name,
                    "order_line": [
                        Command.create(line._prepare_order_line()) for line in self.line_ids
                    ],
                }
            )
        )
        return order._get_records_action()

    def action_send_receipt(self):
        """Send the customer the receipt by e-mail.

        :raise UserError: names the customer who has no e-mail address
        """
        self.ensure_one()
        self._send_receipt()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The receipt leaves within a minute."),
            },
        }

    def action_view_multipacks(self):
        """Show the multipacks that the customer left."""
        return self.line_ids.multipack_id._get_records_action(name=self.env._("Multipacks"))

    # === BUSINESS === #

    def _get_order_sold_again(self):
        """Return the order that sells again what the customer left, if there is one."""
        self.ensure_one()
        return self.env["sale.order"].search(
            [
                ("origin", "=", self.name),
                ("company_id", "=", self.company_id.id),
                ("partner_id", "child_of", self.partner_id.id),
                ("state", "!=", "cancel"),
            ],
            order="id desc",
            limit=1,
        )

    @api.model
    def _get_plans(self, multipacks, day):
        """Return what a withdrawal would do, as dict from each multipack to its plan.

        :param date day: last valid day
        :return: see `deadline.multipack._get_withdrawal_plan`
        :raise UserError: names a multipack that cannot be left on that day
        """
        for multipack in multipacks:
            problem = multipack._get_withdrawal_problem(day)
            if problem := problem or multipack._get_left_renewal_problem(multipacks):
                raise UserError(problem)
        return {multipack: multipack._get_withdrawal_plan(day) for multipack in multipacks}

    @api.model
    def _register_withdrawal(self, multipacks, day, activity_type, note=""):
        """Have a customer leave multipacks. It cannot be undone.

        All of it in one transaction: the multipacks and their deadlines end, installments due
        after the day are removed with their invoices, earlier ones stay as debt that is no
        longer collected automatically. What is at the bank is left alone.

        :param multipacks: running ones of one customer and one company
        :param date day: last valid day
        :param activity_type: ``mail.activity.type`` with base type withdrawal
        :param str note: written by itself where empty
        :return: the withdrawal
        :raise AccessError: for those who may not withdraw, or not these multipacks
        :raise UserError: names what keeps a multipack from being left
        """
        self._check_registration(multipacks, activity_type)
        multipacks._lock_or_refuse()
        multipacks.installment_ids._lock_or_refuse()
        plans = self._get_plans(multipacks, day)
        # In sudo mode from here on: that it may be done was checked, nobody may write the record,
        # and what follows reaches invoices and payment orders, which are for accountants.
        withdrawal_sudo = self.sudo().create(
            {
                **self._prepare_record(multipacks, day),
                "activity_type_id": activity_type.id,
                "note": (note or "").strip() or self._prepare_note(multipacks, day),
                "line_ids": [
                    Command.create(self.line_ids._prepare_snapshot(multipack, plan))
                    for multipack, plan in plans.items()
                ],
            }
        )
        withdrawal_sudo._apply(multipacks.sudo())
        return withdrawal_sudo.sudo(False)

    @api.model
    def _prepare_record(self, multipacks, day):
        """Return who leaves what company on which day, and who registers it."""
        company = multipacks.company_id
        sequences_sudo = self.env["ir.sequence"].with_company(company).sudo()  # needs no right
        return {
            "name": sequences_sudo.next_by_code(self._name),
            "company_id": company.id,
            "partner_id": multipacks.commercial_partner_id.id,
            "user_id": self.env.uid,
            "registered_on": company._deadline_today(),
            "date": day,
        }

    @api.model
    def _check_registration(self, multipacks, activity_type):
        """Check what `_register_withdrawal` is given, and who gives it; raise what it does."""
        if not self.env.su and not self.env.user.has_group(GROUP_WITHDRAWAL):
            raise AccessError(
                self.env._("You may not register withdrawals: ask an administrator of deadlines.")
            )
        multipacks.check_access("write")
        if not multipacks:
            raise UserError(self.env._("Choose at least one multipack that the customer leaves."))
        if len(multipacks.commercial_partner_id) > 1 or len(multipacks.company_id) > 1:
            raise UserError(
                self.env._("A withdrawal concerns one customer and one company: choose again.")
            )

    @api.model
    def _prepare_note(self, multipacks, day):
        """Return the note of a withdrawal for which the operator wrote none."""
        names = ", ".join(
            f"{multipack.product_id.display_name} ({multipack.name})" for multipack in multipacks
        )
        return self.env._(
            "Withdrawal from %(multipacks)s, valid until and including %(day)s.",
            multipacks=names,
            day=format_date(self.env, day),
        )

    def _apply(self, multipacks):
        """Do what the withdrawal says, see `_register_withdrawal`.

        What people write stays with the company: the customer may be one of several.
        """
        self.ensure_one()
        # Months until the last valid day are owed, so they have to be there when that is counted.
        multipacks._extend_until(self.date)
        multipacks._apply_withdrawal(self.date, self)
        multipacks.installment_ids._apply_withdrawal(self.date)
        body = plaintext2html(f"{self.name}: {self.note}")
        multipacks._message_log_batch(dict.fromkeys(multipacks.ids, body))
        self.partner_id._message_log(
            body=Markup("%s: %s") % (self.activity_type_id.name, self._get_html_link())
        )
        # Done by the operator and not by the superuser, so that it counts as the operator's.
        self.sudo(False)._leave_action(self.env.user).action_feedback(feedback=self.note)

    def _leave_action(self, user, note=False, notify=False):
        """Leave an action of the withdrawal's type, for today, on the first of its multipacks.

        :param user: whose it is, and whose language it speaks
        :param bool notify: whether Odoo tells that person by e-mail
        :return: ``mail.activity``
        """
        return self.line_ids.multipack_id[:1]._leave_todo(
            _lt("Multipack withdrawal %s", self.name),
            note,
            user=user,
            notify=notify,
            activity_type_id=self.activity_type_id.id,
            date_deadline=self.registered_on,
        )

    def _send_receipt(self):
        """Queue the e-mail with the receipt.

        :raise UserError: names the customer who has no e-mail address
        """
        self.ensure_one()
        if not self.partner_id.email_normalized:
            raise UserError(
                self.env._(
                    "“%s” has no valid e-mail address: enter one, or print the receipt.",
                    self.partner_id.display_name,
                )
            )
        template = self.env.ref("deadline_management.mail_template_withdrawal")
        template.sudo().send_mail(self.id)  # it reads multipacks and attaches the printed receipt

    def _get_report_base_filename(self):
        """Return the name of the printed receipt, without its ending."""
        self.ensure_one()
        return self.name

    # === MARKETING === #

    def _mailing_get_default_domain(self, _mailing):
        """Propose to Email Marketing whoever left and may be written to."""
        return [("partner_id.deadline_notices_excluded", "=", False)]

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate, format_amount

from .. import texts
from ..notice.deadline_notice_subject_mixin import NoticeEntry

_lt = LazyTranslate(__name__)

PAYMENT_TEMPLATES = {
    "payment_due": "deadline_management.mail_template_notice_payment_due",
    "payment_failed": "deadline_management.mail_template_notice_payment_failed",
}


def keep(_records):
    """Keep what has a kind that is deleted along with its module: its table goes as well."""


class DeadlineInstallment(models.Model):
    """What customers are told of installments: that one is to be paid, or could not be charged."""

    _name = "deadline.installment"
    _inherit = ["deadline.installment", "deadline.notice.subject.mixin"]
    _notice_line_field = "installment_id"
    _notice_page = "/my/invoices"

    is_due_told = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The customer was told to pay it, or could not be told.",
    )

    # === WHEN === #

    @api.model
    def _get_due_domain(self, company, kind):
        if kind == "payment_failed":
            told = Domain("is_failure_to_tell", "=", True)
        elif kind == "payment_due":
            told = (
                Domain("is_failure_to_tell", "=", False)
                & Domain("is_due_told", "=", False)
                & Domain("multipack_id.collection", "=", "manual")
                & Domain("date_due", "<=", company._get_invoicing_horizon())
            )
        else:
            return super()._get_due_domain(company, kind)
        return (
            Domain("company_id", "=", company.id)
            & self._get_tellable_domain()
            & Domain("move_id.state", "=", "posted")
            & Domain("withdrawal_outcome", "!=", "bank")  # it becomes a debt if that fails
            & told
        )

    @api.model
    def _get_tellable_domain(self):
        return Domain("state", "=", "invoiced")

    def _filter_not_held_back(self):
        # Nobody is asked to pay what a payment order collects.
        return self - self._filter_in_payment_orders()

    def _get_notice_entries(self, company, kind, day):
        if kind not in PAYMENT_TEMPLATES:
            return super()._get_notice_entries(company, kind, day)
        # Asked anew: another worker may have told it since it was found to be due.
        due = self.filtered(lambda one: one._is_to_be_told(kind))
        attempts = due._get_next_attempts(kind)
        return [
            NoticeEntry(
                subject=installment,
                kind=kind,
                days_before=(installment.date_due - day).days,
                date_end=installment.date_due,
                verdict="due",
                facts={"attempt": attempts[installment]},
            )
            for installment in due
        ]

    def _is_to_be_told(self, kind):
        """Say whether the customer is still to be told this of the installment."""
        self.ensure_one()
        if kind == "payment_failed":
            return self.is_failure_to_tell
        return not self.is_failure_to_tell and not self.is_due_told

    def _get_next_attempts(self, kind):
        """Return by which attempt the ledger tells this notice of each from others, a dict.

        What was collected after all and then given back by the bank is told once more, although
        it was not charged in between. That something is due, is told once.
        """
        groups = self.env["deadline.notice.line"]._read_group(
            Domain("installment_id", "in", self.ids if kind == "payment_failed" else [])
            & Domain("kind", "=", kind),
            ["installment_id"],
            ["attempt:max"],
        )
        last = dict(groups)
        return {one: max(one.charge_attempts, last.get(one, -1) + 1) for one in self}

    def _mark_told(self, entries):
        told = self.browse(entry.subject.id for entry in entries)
        told.write({"is_due_told": True, "is_failure_to_tell": False})

    # === TO WHOM === #

    def _get_addressee(self):
        # Who the invoice is addressed to.
        partner = self.sudo().move_id.partner_id or self.partner_id
        return self._find_addressee(partner, self.commercial_partner_id)

    def _get_unreached_todo(self):
        return self.multipack_id, _lt("Notices of payments do not reach this customer.")

    # === WHAT === #

    def _prepare_letter(self, company, kind, letter):
        if kind not in PAYMENT_TEMPLATES:
            return super()._prepare_letter(company, kind, letter)
        template = self.env["deadline.notice"]._get_standard_template(PAYMENT_TEMPLATES[kind])
        user = letter.entries[0].subject.multipack_id._get_responsible()
        return {"user_id": user.id, "template_id": template.id}

    def _get_notice_path(self):
        return self.move_id.get_portal_url(query_string="&payment=True")

    def _describe_notice(self, notice):
        """Return the subject: what is to be paid, or how many payments."""
        service = texts.one_line(self[:1].product_id.display_name or "")
        count = len(self)
        if notice.kind == "payment_failed":
            if count > 1:
                return self.env._("%s payments failed", count)
            return self.env._("Payment failed: %s", service)
        overdue = len(self.filtered(lambda one: one.date_due < notice.date))
        if count > 1 and overdue == count:
            return self.env._("%s payments are overdue", count)
        if count > 1 and overdue:
            return self.env._(
                "%(count)s payments to make, %(overdue)s overdue", count=count, overdue=overdue
            )
        if count > 1:
            return self.env._("%s payments are due", count)
        if overdue:
            return self.env._("Payment overdue: %s", service)
        return self.env._("Payment due: %s", service)

    def _prepare_notice_table(self, notice):
        company, lang = notice.company_id, notice.partner_id.lang
        rows = [
            {
                "installment": one,
                "url": company._get_portal_address(one._get_notice_path(), lang),
                "amount": format_amount(self.env, one.move_id.amount_residual, one.currency_id),
                "overdue": notice.kind == "payment_due" and one.date_due < notice.date,
                "retry": notice.kind == "payment_failed" and one.next_attempt,
            }
            for one in self
        ]
        return "deadline_management.notice_payment_table", {"notice": notice, "rows": rows}

    def _get_again_problem(self, line):
        reason = self._get_addressee()[1]
        if self.state != "invoiced":
            return self.env._("“%s” is paid, or no longer due.", self.display_name)
        if reason:
            return self.env._(
                "“%(customer)s” cannot be written to: %(reason)s.",
                customer=self.commercial_partner_id.display_name,
                reason=dict(line._get_reasons())[reason],
            )
        return False


class DeadlineNotice(models.Model):
    _inherit = "deadline.notice"

    kind = fields.Selection(
        selection_add=[("payment_due", "Payment due"), ("payment_failed", "Failed payment")],
        ondelete={"payment_due": keep, "payment_failed": keep},
    )

    @api.model
    def _get_subject_models(self):
        models = super()._get_subject_models()
        return models | dict.fromkeys(PAYMENT_TEMPLATES, self.env["deadline.installment"])

    def _queue_mails(self):
        # Before they are rendered, in the name of nobody: no token is tracked.
        for invoice in self.line_ids.installment_id.move_id.with_context(tracking_disable=True):
            invoice._portal_ensure_token()
        return super()._queue_mails()

    # === MAIL TEMPLATES === #

    # Databases have e-mail templates that call these: their names stay.

    def _say_payment_subject(self):
        """Return the subject of the e-mail."""
        return self._say_subject()

    def _get_payment_url(self):
        """Return the address where the recipient pays: of the invoice, or of all invoices."""
        return self._get_portal_url()

    def _get_payment_table(self):
        """Return the table (``Markup``) of the payments that the notice is about."""
        return self._get_table()

    # === CRON === #

    @api.model
    def _cron_notify_payments(self):
        """Tell customers what they have to pay themselves, and which charges have failed.

        In chunks of whole customers, see `deadline.batch.mixin`.
        """
        self._run_notices(*PAYMENT_TEMPLATES)


class DeadlineNoticeLine(models.Model):
    _inherit = "deadline.notice.line"

    installment_id = fields.Many2one("deadline.installment", readonly=True, ondelete="restrict")
    kind = fields.Selection(
        selection_add=[("payment_due", "Payment due"), ("payment_failed", "Failed payment")],
        ondelete={"payment_due": keep, "payment_failed": keep},
    )
    attempt = fields.Integer(
        readonly=True, aggregator=None, help="How often the installment had been charged by then."
    )
    date_end = fields.Date(
        help="Last valid day of the deadline, or the day on which the installment is due."
    )

    _once_installment = models.UniqueIndex(
        "(installment_id, kind, attempt, date_end) WHERE installment_id IS NOT NULL",
        "The customer was already told of this payment.",
    )
    _one_subject = models.Constraint(
        "CHECK((deadline_id IS NULL) != (installment_id IS NULL))",
        "A notice is about a deadline or about an installment.",
    )

    @api.model
    def _get_subject_fields(self):
        return [*super()._get_subject_fields(), "installment_id"]

    @api.depends("installment_id")
    def _compute_display_name(self):
        super()._compute_display_name()

    @api.depends("installment_id")
    def _compute_from_subject(self):
        super()._compute_from_subject()

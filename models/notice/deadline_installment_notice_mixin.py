from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate, format_amount

from .. import texts

_lt = LazyTranslate(__name__)

PAYMENT_TEMPLATES = {
    "payment_due": "deadline_management.mail_template_notice_payment_due",
    "payment_failed": "deadline_management.mail_template_notice_payment_failed",
}


class DeadlineInstallmentNoticeMixin(models.AbstractModel):
    """What notices tell of installments: that one is to be paid, or could not be charged.

    Which ones, is what the installments say; what became of it goes into the same ledger.
    """

    _name = "deadline.installment.notice.mixin"
    _description = "Notices of Payments"

    # === WHAT IS DUE === #

    @api.model
    def _get_payment_domain(self, company):
        """Return the domain of the installments of which customers are to be told today."""
        by_hand = (
            Domain("is_due_told", "=", False)
            & Domain("multipack_id.collection", "=", "manual")
            & Domain("date_due", "<=", company._get_invoicing_horizon())
        )
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "invoiced")
            & Domain("move_id.state", "=", "posted")
            & Domain("withdrawal_outcome", "!=", "bank")  # it becomes a debt if that fails
            & (Domain("is_failure_to_tell", "=", True) | by_hand)
        )

    @api.model
    def _get_payment_units(self, company):
        """Return lists of ids of installments, one for each customer who is to be told today.

        Nobody is asked to pay what a payment order collects.
        """
        installments = self.env["deadline.installment"]
        due = installments.search_fetch(
            self._get_payment_domain(company) & installments._get_batch_domain(),
            ["commercial_partner_id"],
            order="id",
        )
        due -= due._filter_in_payment_orders()
        return [group.ids for group in due.grouped("commercial_partner_id").values()]

    # === SENDING === #

    @api.model
    def _notify_payments(self, installments):
        """Write in the ledger what is to be told of these installments, and queue its e-mails.

        A customer who was told something of the same kind today is told the rest tomorrow.

        :param installments: all of each customer, so that each kind makes one e-mail
        :return: the new notices
        """
        notices = self.browse()
        for company, group in installments.sudo().grouped("company_id").items():
            sender = self.sudo().with_company(company)
            notices += sender._notify_payments_of_company(company, group)
        return notices

    def _notify_payments_of_company(self, company, installments):
        """Do what `_notify_payments` does, for installments of one company."""
        today = company._deadline_today()
        told = {
            kind: self._get_customers_noticed(company, today, kind) for kind in PAYMENT_TEMPLATES
        }
        entries = [
            entry
            for installment in installments
            if (entry := self._judge_payment(installment))
            and installment.commercial_partner_id not in told[entry["kind"]]
        ]
        letters = defaultdict(list)
        for entry in entries:
            if entry["verdict"] == "queued":
                customer = entry["installment"].commercial_partner_id
                key = entry["kind"], customer, self._get_addresses(entry["partner"])
                letters[key].append(entry)
        letters = self._merge_letters(letters)
        self._remind_of_payers(entries)
        notices = self._write_payment_notices(company, letters)
        self._write_payment_ledger(company, entries, today)
        done = installments.browse(entry["installment"].id for entry in entries)
        done.write({"is_due_told": True, "is_failure_to_tell": False})
        notices._queue_mails()
        return notices

    @api.model
    def _judge_payment(self, installment):
        """Return what is to be told of an installment: a dict of its kind, verdict, addressee."""
        partner, reason = installment._get_addressee()
        return {
            "installment": installment,
            "kind": "payment_failed" if installment.is_failure_to_tell else "payment_due",
            "verdict": "skipped" if reason else "queued",
            "reason": reason,
            "partner": partner,
        }

    def _write_payment_notices(self, company, letters):
        """Make the notices of letters: entries by (kind, customer, address)."""
        vals_list = [
            {
                **self._prepare_addressee(customer, letter[0]["partner"]),
                "kind": kind,
                "user_id": letter[0]["installment"].multipack_id._get_responsible().id,
                "template_id": self._get_payment_template(kind).id,
            }
            for (kind, customer, _email), letter in letters.items()
        ]
        return self._create_notices(company, letters.values(), vals_list)

    @api.model
    def _get_payment_template(self, kind):
        """Return the e-mail template of a kind of notice.

        :raise UserError: when it was deleted
        """
        name = PAYMENT_TEMPLATES[kind]
        template_id = self.env["ir.model.data"]._xmlid_to_res_id(name)
        if not template_id:
            raise UserError(
                self.env._(
                    "The e-mail template %s was deleted: upgrade the addon to get it back.", name
                )
            )
        return self.env["mail.template"].browse(template_id)

    @api.model
    def _write_payment_ledger(self, company, entries, today):
        """Write what was told in the ledger, where the database refuses each second one."""
        told = self._get_last_attempts(entries)
        return self.env["deadline.notice.line"].create(
            [
                {
                    **self._prepare_verdict(company, today, entry),
                    "installment_id": entry["installment"].id,
                    "kind": entry["kind"],
                    "attempt": max(
                        entry["installment"].charge_attempts,
                        told.get((entry["installment"], entry["kind"]), -1) + 1,
                    ),
                    "days_before": (entry["installment"].date_due - today).days,
                    "date_end": entry["installment"].date_due,
                }
                for entry in entries
            ]
        )

    @api.model
    def _get_last_attempts(self, entries):
        """Return the last attempt that customers were told of, by installment and kind.

        What was collected after all and then given back by the bank is told once more, although
        it was not charged in between. That something is due, is told once.
        """
        failed = [entry for entry in entries if entry["kind"] == "payment_failed"]
        groups = self.env["deadline.notice.line"]._read_group(
            Domain("installment_id", "in", [entry["installment"].id for entry in failed])
            & Domain("kind", "=", "payment_failed"),
            ["installment_id", "kind"],
            ["attempt:max"],
        )
        return {(installment, kind): last for installment, kind, last in groups}

    @api.model
    def _remind_of_payers(self, entries):
        """Leave one to-do for each customer who could not be told to pay, unless one is open."""
        lost = {
            entry["installment"].commercial_partner_id: entry
            for entry in reversed(entries)
            if entry["reason"] in ("no_address", "bounced")
        }
        if not lost:
            return
        customers = [customer.id for customer in lost]
        open_ones = self.env["deadline.notice.line"].search(
            Domain("activity_id.active", "=", True)
            & (
                Domain("installment_id.commercial_partner_id", "in", customers)
                | Domain("deadline_id.commercial_partner_id", "in", customers)
            )
        )
        for line in open_ones:
            lost.pop((line.deadline_id or line.installment_id).commercial_partner_id, None)
        for customer, entry in lost.items():
            entry["activity"] = entry["installment"].multipack_id._leave_todo(
                _lt("No valid e-mail address: %s", customer.display_name),
                _lt("Notices of payments do not reach this customer."),
            )

    # === MAIL TEMPLATES === #

    def _get_payments(self):
        """Return the installments that the notice is about, the oldest first."""
        self.ensure_one()
        return self.line_ids.installment_id.sorted(lambda one: (one.date_due, one.id))

    def _say_payment_subject(self):
        """Return the subject: what is to be paid, or how many payments."""
        self.ensure_one()
        installments = self._get_payments()
        service = texts.one_line(installments[:1].product_id.display_name or "")
        count = len(installments)
        if self.kind == "payment_failed":
            if count > 1:
                return self.env._("%s payments failed", count)
            return self.env._("Payment failed: %s", service)
        overdue = len(installments.filtered(lambda one: one.date_due < self.date))
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

    def _get_payment_url(self):
        """Return the address where the recipient pays: of the invoice, or of all invoices."""
        self.ensure_one()
        installments = self._get_payments()
        several = len(installments) > 1 and self.partner_id.sudo().user_ids
        if installments and not several:
            return self._get_invoice_url(installments[0])
        return self.company_id._get_portal_address("/my/invoices", self.partner_id.lang)

    def _get_invoice_url(self, installment):
        """Return the absolute address of the page on which an installment is paid."""
        path = installment.move_id.get_portal_url(query_string="&payment=True")
        return self.company_id._get_portal_address(path, self.partner_id.lang)

    def _get_payment_table(self):
        """Return the table (``Markup``) of the payments that the notice is about."""
        self.ensure_one()
        values = {
            "notice": self,
            "rows": [
                {
                    "installment": installment,
                    "url": self._get_invoice_url(installment),
                    "amount": format_amount(
                        self.env, installment.move_id.amount_residual, installment.currency_id
                    ),
                    "overdue": self.kind == "payment_due" and installment.date_due < self.date,
                    "retry": self.kind == "payment_failed" and installment.next_attempt,
                }
                for installment in self._get_payments()
            ],
        }
        return self.env["ir.qweb"]._render("deadline_management.notice_payment_table", values)

    # === CRON === #

    @api.model
    def _cron_notify_payments(self):
        """Tell customers what they have to pay themselves, and which charges have failed.

        In chunks of whole customers, see `deadline.batch.mixin`.
        """
        sender = self.sudo()
        domain = Domain("state", "=", "invoiced")
        self._run_notices(
            "deadline.installment", sender._get_payment_units, sender._notify_payments, domain
        )

    @api.model
    def _run_notices(self, model, get_units, notify, domain):
        """Tell the customers of each company, by its own day, what there is to tell.

        :param str model: what they are told of
        :param get_units: function that is given a company and returns lists of ids, those of a
            customer together
        :param notify: function that is given records of whole lists and queues their e-mails
        :param domain: which records are still to be handled, see `deadline.batch.mixin`
        """
        # Hardly anything is due, which PostgreSQL cannot foresee: to start parallel workers takes
        # it many times what there is to read.
        self.env.cr.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        units = []
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            units += get_units(company)
        if units:
            self.env[model].sudo()._run_chunks(units, notify, domain)
            self._trigger_queue()

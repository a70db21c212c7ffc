from collections import defaultdict
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate, format_date
from odoo.tools.mail import email_normalize_all

from .deadline_notice_subject_mixin import NoticeLetter

_lt = LazyTranslate(__name__)

#: What has become of a notice, by the state of its e-mail.
MAIL_STATES = {
    "outgoing": "queued",
    "sent": "sent",
    "received": "sent",
    "exception": "failed",
    "cancel": "failed",
}
#: E-mails that are deleted in one go, once they have been kept long enough.
GC_BATCH = 1000


class DeadlineNotice(models.Model):
    """An e-mail of a day to a customer, and how it comes about.

    Each night, units (all that is due of a customer) become entries (what becomes of each step),
    letters (entries that share an e-mail), notices, lines of the ledger, and queued e-mails. What
    they are about answers `deadline.notice.subject.mixin`.
    """

    _name = "deadline.notice"
    _description = "Deadline Notice"
    _order = "date DESC, id DESC"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Recipient",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    kind = fields.Selection(
        selection=[("deadline", "Deadlines")],
        string="About",
        required=True,
        readonly=True,
        default="deadline",
    )
    date = fields.Date(
        required=True, readonly=True, help="The company's day on which the notice was made."
    )
    email = fields.Char(string="E-mail", required=True, readonly=True)
    addressee_key = fields.Char(
        required=True,
        readonly=True,
        help="Customer and address of that day. It is no reference, so that customers who had "
        "a notice on the same day can be merged.",
    )
    is_manual = fields.Boolean(string="Sent by Hand", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    template_id = fields.Many2one("mail.template", readonly=True, ondelete="set null")
    mail_id = fields.Many2one(
        "mail.mail", readonly=True, index="btree_not_null", ondelete="set null"
    )
    body = fields.Html(compute="_compute_body", compute_sudo=True, sanitize=False)
    subject = fields.Char(readonly=True, help="Kept when the e-mail itself is deleted.")
    state = fields.Selection(
        selection=[("queued", "Queued"), ("sent", "Sent"), ("failed", "Failed")],
        string="Status",
        compute="_compute_state",
        store=True,
        readonly=False,  # what creates one says it: to precompute it takes longer than the rest
        precompute=True,
        required=True,
    )
    failure_reason = fields.Text(related="mail_id.failure_reason")
    line_ids = fields.One2many("deadline.notice.line", "notice_id", readonly=True)
    deadline_ids = fields.Many2many("deadline.deadline", compute="_compute_deadline_ids")
    deadline_count = fields.Integer(compute="_compute_deadline_ids")

    _one_a_day = models.UniqueIndex(
        "(company_id, date, addressee_key, kind) WHERE is_manual IS NOT TRUE",
        "This customer was already sent a notice on this day.",
    )
    _queued_idx = models.Index("(id) WHERE state = 'queued'")
    _kept_mails_idx = models.Index("(company_id, date) WHERE mail_id IS NOT NULL")

    # === COMPUTES === #

    @api.depends("partner_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = (
                f"{notice.partner_id.display_name}, {format_date(self.env, notice.date)}"
            )

    @api.depends("mail_id.state")
    def _compute_state(self):
        for notice in self:
            if notice.mail_id:
                notice.state = MAIL_STATES.get(notice.mail_id.state, "queued")
            elif notice._origin:  # somebody has deleted the e-mail, sent or not
                notice.state = "sent" if notice.state == "sent" else "failed"
            else:
                notice.state = "queued"

    @api.depends("mail_id")
    def _compute_body(self):
        for notice in self:
            notice.body = notice.mail_id.body_html

    @api.depends("line_ids")
    def _compute_deadline_ids(self):
        for notice in self:
            notice.deadline_ids = notice.line_ids.deadline_id.sorted("date_end")
            notice.deadline_count = len(notice.deadline_ids)

    # === ACTIONS === #

    def action_send_again(self):
        """Queue the e-mails of failed notices once more, as far as they still hold.

        :return: the action that says which ones were left out, and why
        """
        self.check_access("read")
        failed_sudo = self.sudo().filtered(lambda notice: notice.state == "failed")
        problems = {notice: notice._get_again_problem() for notice in failed_sudo}
        again = failed_sudo.filtered(lambda notice: not problems[notice])
        again._queue_again()
        said = [problem for problem in problems.values() if problem]
        said.insert(0, self.env._("Queued once more: %s", len(again)))
        params = {"type": "info", "message": "\n".join(said), "sticky": len(said) > 1}
        params["next"] = {"type": "ir.actions.client", "tag": "soft_reload"}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    def _queue_again(self):
        """Queue the e-mails of failed notices once more, to the addresses of today.

        :return: these notices
        """
        for notice in self:
            notice.email = ", ".join(self._get_addresses(notice.partner_id)) or notice.email
        self.mail_id.write({"failure_reason": False, "failure_type": False})
        self.mail_id.mark_outgoing()
        if self:
            self._trigger_queue()
        return self

    def _get_again_problem(self):
        """Return why the notice must not be sent once more, a sentence that names it, or False."""
        self.ensure_one()
        if not self.mail_id:
            return self.env._(
                "The e-mail of “%s” was deleted: send a new notice from the deadline.",
                self.display_name,
            )
        for line in self.line_ids:
            if problem := line._get_subject()._get_again_problem(line):
                return problem
        return False

    def action_view_deadlines(self):
        """Show the deadlines that these notices are about."""
        return self.deadline_ids._get_records_action(name=self.env._("Deadlines"))

    # === WHAT IS DUE === #

    @api.model
    def _get_subject_models(self):
        """Return what each kind of notice is about: a dict of models. A hook."""
        return {"deadline": self.env["deadline.deadline"]}

    @api.model
    def _get_due_units(self, company, kinds):
        """Return lists of ids of subjects, one for each customer who is due a notice today.

        Customers who had one of that kind today come again tomorrow.

        :param kinds: kinds of notices about the same model
        """
        today = company._deadline_today()
        units = defaultdict(list)
        for kind in kinds:
            subjects = self._get_subject_models()[kind]
            due = subjects.search_fetch(
                subjects._get_due_domain(company, kind) & subjects._get_batch_domain(),
                ["commercial_partner_id"],
                order="id",
            )
            done = due and self._get_customers_noticed(company, today, kind)
            for customer, group in due.grouped("commercial_partner_id").items():
                if customer not in done:
                    units[customer] += group.ids
        return list(units.values())

    @api.model
    def _get_customers_noticed(self, company, day, kind):
        """Return the commercial entities that were sent a notice of a kind on a day."""
        domain = [("company_id", "=", company.id), ("date", "=", day), ("is_manual", "=", False)]
        domain.append(("kind", "=", kind))
        return self.search(domain).commercial_partner_id

    # === SENDING === #

    @api.model
    def _notify(self, kinds, subjects):
        """Write in the ledger what is due on these subjects today, and queue its e-mails.

        What has to wait is passed over, and comes again the next night.

        :param kinds: kinds of notices about that model
        :param subjects: all that is due of each customer, so that it makes one e-mail of a kind
        :return: the new notices
        """
        notices = self.browse()
        for company, group in subjects._filter_not_held_back().grouped("company_id").items():
            # Notices and their ledger are written by nobody's own right.
            sender_sudo = self.sudo().with_company(company)
            for kind in kinds:
                notices += sender_sudo._notify_of_company(company, kind, group.sudo())
        return notices

    def _notify_of_company(self, company, kind, subjects):
        """Do what `_notify` does, for one kind and subjects of one company."""
        entries = subjects._get_notice_entries(company, kind, company._deadline_today())
        if not entries:
            return self.browse()
        self._set_addressees(entries)
        letters = self._group_letters(entries)
        self._remind_of_addresses(entries)
        notices = self._make_notices(company, kind, letters, entries)
        notices._queue_mails()
        return notices

    @api.model
    def _set_addressees(self, entries):
        """Have each entry that is due be queued for somebody, or skipped for a reason."""
        for entry in entries:
            if entry.verdict == "due":
                entry.partner, entry.reason = entry.subject._get_addressee()
                entry.verdict = "skipped" if entry.reason else "queued"

    @api.model
    def _group_letters(self, entries):
        """Return the letters, a list of `NoticeLetter`, that tell of the entries that are queued.

        Contacts may share the address of their company: it gets one e-mail. None goes only to
        addresses that another one of the same customer goes to as well.
        """
        letters = {}
        for entry in entries:
            if entry.verdict == "queued":
                customer = entry.subject.commercial_partner_id
                addresses = self._get_addresses(entry.partner)
                letter = NoticeLetter(customer, entry.partner, addresses, [])
                letters.setdefault((customer, addresses), letter).entries.append(entry)
        merged = defaultdict(list)
        for letter in sorted(letters.values(), key=lambda one: -len(one.addresses)):
            others = merged[letter.customer]
            wider = (other for other in others if set(letter.addresses).issubset(other.addresses))
            if found := next(wider, None):
                found.entries += letter.entries
            else:
                others.append(letter)
        return [letter for group in merged.values() for letter in group]

    @api.model
    def _get_addresses(self, partner):
        """Return the addresses that an e-mail to a partner goes to, a tuple: there may be several.

        The first one is its normalized address.
        """
        return tuple(dict.fromkeys(email_normalize_all(partner.email or "")))

    def _make_notices(self, company, kind, letters, entries, **values):
        """Make the notices of letters and the ledger's lines of all entries, for good.

        :param values: of each notice
        :return: the notices, without their e-mails
        """
        today = company._deadline_today()
        values |= {"company_id": company.id, "kind": kind, "date": today, "state": "queued"}
        subjects = self._get_subject_models()[kind]
        notices = self.create(
            [
                values
                | self._prepare_addressee(letter)
                | subjects._prepare_letter(company, kind, letter)
                for letter in letters
            ]
        )
        for notice, letter in zip(notices, letters, strict=True):
            for entry in letter.entries:
                entry.notice = notice
        # Where the database refuses each second one.
        self.env["deadline.notice.line"].create(
            [self._prepare_line(today, entry) for entry in entries if entry.verdict != "none"]
        )
        subjects._mark_told(entries)
        return notices

    @api.model
    def _prepare_addressee(self, letter):
        """Return the values of a notice that say to whom a letter goes."""
        email = ", ".join(letter.addresses)  # none in the preview for whom nothing reaches
        return {
            "partner_id": letter.partner.id,
            "commercial_partner_id": letter.customer.id,
            "email": email,
            "addressee_key": f"{letter.customer.id} {email}",
        }

    @api.model
    def _prepare_line(self, today, entry):
        """Return the values of a line of the ledger that say what became of an entry.

        What follows from them is given as well, as it would be computed line by line.
        """
        subject = entry.subject
        return {
            subject._notice_line_field: subject.id,
            "company_id": subject.company_id.id,
            "kind": entry.kind,
            "days_before": entry.days_before,
            "date_end": entry.date_end,
            "date": today,
            "verdict": entry.verdict,
            "state": entry.verdict,
            "reason": entry.reason,
            "notice_id": entry.notice.id if entry.notice else False,
            "activity_id": entry.activity.id if entry.activity else False,
            **entry.facts,
        }

    @api.model
    def _get_standard_template(self, name):
        """Return the e-mail template of this name.

        :raise UserError: when it was deleted
        """
        # Not env.ref(), which asks the database each time whether there still is one.
        template_id = self.env["ir.model.data"]._xmlid_to_res_id(name)
        if not template_id:
            raise UserError(
                self.env._(
                    "The e-mail template %s was deleted: upgrade the addon to get it back.",
                    name,
                )
            )
        return self.env["mail.template"].browse(template_id)

    def _queue_mails(self):
        """Queue one e-mail for each of these notices, in its recipient's language."""
        for template, notices in self.grouped("template_id").items():
            try:
                mails = template.send_mail_batch(
                    notices.ids,
                    email_values={"auto_delete": False, "scheduled_date": False},
                )
            except UserError as error:
                raise notices._explain_unrendered(error) from error
            notices._set_mails(mails)
            for notice, mail in zip(notices, mails, strict=True):
                if notice.partner_id not in mail.recipient_ids:  # the template names others
                    mail.recipient_ids += notice.partner_id

    def _explain_unrendered(self, error):
        """Return the ``UserError`` that says why the e-mails of these notices cannot be made.

        Of several, Odoo's error does not say which one it was: that comes out as the chunk is done
        in parts, see `deadline.batch.mixin`.
        """
        while error.__cause__:  # Odoo's own have the whole template and traceback in their text
            error = error.__cause__
        return UserError(
            self.env._(
                "The e-mail to “%(customer)s” cannot be made (%(error)s): correct its template"
                " “%(template)s” or what it shows.",
                customer=", ".join(self.partner_id.mapped("display_name")),
                template=self.template_id.name,
                error=str(error) or type(error).__name__,
            )
        )

    def _set_mails(self, mails):
        """Note the e-mail of each of these notices, and its subject, which outlives it.

        By SQL: nothing has to be computed anew of notices that were queued just now.
        """
        self.env.execute_query(
            SQL(
                """
                UPDATE deadline_notice AS notice
                   SET mail_id = pair.mail_id, subject = pair.subject
                  FROM unnest(%s, %s, %s) AS pair (notice_id, mail_id, subject)
                 WHERE notice.id = pair.notice_id
             RETURNING notice.id
                """,
                self.ids,
                mails.ids,
                [mail.subject or None for mail in mails],
            )
        )
        self.invalidate_recordset(["mail_id", "subject"], flush=False)
        if any(mail.state != "outgoing" for mail in mails):  # that they are queued is known
            self.modified(["mail_id"])

    @api.model
    def _trigger_queue(self):
        """Have the queue of e-mails sent soon, and not within the hour. Needs no right."""
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.model
    def _remind_of_addresses(self, entries):
        """Leave one to-do for each customer whom a notice could not reach, unless one is open."""
        lost = [entry for entry in entries if entry.reason in ("no_address", "bounced")]
        if not lost:
            return
        by_customer = {entry.subject.commercial_partner_id: entry for entry in reversed(lost)}
        lines = self.env["deadline.notice.line"]
        open_ones = lines.search(
            Domain("activity_id.active", "=", True)
            & lines._get_subject_domain(
                "commercial_partner_id", "in", [customer.id for customer in by_customer]
            )
        )
        for line in open_ones:
            by_customer.pop(line._get_subject().commercial_partner_id, None)
        for customer, entry in by_customer.items():
            record, note = entry.subject._get_unreached_todo()
            summary = _lt("No valid e-mail address: %s", customer.display_name)
            entry.activity = record._leave_todo(summary, note)

    # === MAIL TEMPLATES === #

    # Databases have e-mail templates that call these: their names stay.

    def _get_told(self):
        """Return what the notice is about, records of its subject's model, the nearest end first.

        None, when what it was about is deleted.
        """
        self.ensure_one()
        subjects = self._get_subject_models()[self.kind]
        lines = self.line_ids.sorted(lambda line: (line.date_end, line.id))
        return lines[subjects._notice_line_field]

    def _get_portal_url(self):
        """Return the absolute address where the recipient can act on what the notice is about."""
        told = self._get_told()
        several = len(told) > 1 and self.partner_id.sudo().user_ids
        path = told[0]._get_notice_path() if told and not several else told._notice_page
        return self.company_id._get_portal_address(path, self.partner_id.lang)

    def _say_subject(self):
        """Return the subject of the e-mail: what it is about, or how many, and how urgent."""
        return self._get_told()._describe_notice(self)

    def _get_table(self):
        """Return the table (``Markup``) of what the notice is about."""
        name, values = self._get_told()._prepare_notice_table(self)
        return self.env["ir.qweb"]._render(name, values)

    # === KEEPING === #

    @api.autovacuum
    def _gc_mails(self):
        """Delete the e-mails that companies keep no longer, some at a time.

        To whom, when, with which subject and what became of it stays with the notice.

        :return: how many were deleted, and whether there are more
        """
        # Also of companies that were archived, whoever has the vacuum run.
        notices_sudo = self.sudo()
        companies_sudo = self.env["res.company"].sudo().with_context(active_test=False)
        kept = Domain("mail_id", "=", False) | Domain("state", "=", "queued")
        over = Domain.OR(
            Domain("company_id", "=", company.id) & Domain("date", "<", company._get_mail_day())
            for company in companies_sudo.search([("deadline_mail_months", ">", 0)])
        )
        found_sudo = notices_sudo.search(over & ~kept, limit=GC_BATCH)
        found_sudo.mail_id.unlink()
        return len(found_sudo), len(found_sudo) == GC_BATCH

    # === CRON === #

    @api.model
    def _cron_notify(self):
        """Send the reminders and notices of expiry that are due, each company by its own day.

        In chunks of whole customers, see `deadline.batch.mixin`.
        """
        self._run_notices("deadline")

    @api.model
    def _run_notices(self, *kinds):
        """Tell the customers of each company, by its own day, what there is to tell.

        :param kinds: kinds of notices about the same model
        """
        # Hardly anything is due, which PostgreSQL cannot foresee: to start parallel workers takes
        # it many times what there is to read.
        self.env.cr.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        sender_sudo = self.sudo()  # whoever starts it by hand, customers are told of all
        subjects_sudo = sender_sudo._get_subject_models()[kinds[0]]
        units = []
        for company in self.env["res.company"].sudo().search(Domain.TRUE):
            units += sender_sudo._get_due_units(company, kinds)
        if units:
            work = partial(sender_sudo._notify, kinds)
            subjects_sudo._run_chunks(units, work, subjects_sudo._get_tellable_domain())
            self._trigger_queue()

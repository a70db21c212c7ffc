from collections import defaultdict
from functools import cache, partial
from itertools import chain

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate, format_date
from odoo.tools.mail import email_normalize_all

from .. import periods, texts
from .deadline_deadline import MAX_BOUNCES

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
#: Rows of the table of a notice: mail programs cut off what is much longer.
MAX_ROWS = 50
STANDARD_TEMPLATES = {
    "expired": "deadline_management.mail_template_notice_expired",
    "reminder": "deadline_management.mail_template_notice_reminder",
}


class DeadlineNotice(models.Model):
    _name = "deadline.notice"
    _description = "Deadline Notice"
    _inherit = ["deadline.installment.notice.mixin"]
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
        selection=[
            ("deadline", "Deadlines"),
            ("payment_due", "Payment due"),
            ("payment_failed", "Failed payment"),
        ],
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
        failed = self.sudo().filtered(lambda notice: notice.state == "failed")
        problems = {notice: notice._get_again_problem() for notice in failed}
        again = failed.filtered(lambda notice: not problems[notice])
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
        self.mail_id.write({"state": "outgoing", "failure_reason": False, "failure_type": False})
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
            if line.installment_id:
                return line._get_payment_problem()
            deadline = line.deadline_id
            if deadline.state not in ("active", "expired") or deadline.date_end != line.date_end:
                return self.env._(
                    "“%(notice)s” no longer holds, as “%(deadline)s” was renewed or changed.",
                    notice=self.display_name,
                    deadline=deadline.name,
                )
            if problem := self._get_reach_problem(deadline):
                return problem
        return False

    def action_view_deadlines(self):
        """Show the deadlines that these notices are about."""
        return self.deadline_ids._get_records_action(name=self.env._("Deadlines"))

    # === WHAT IS DUE === #

    @api.model
    def _get_due_domain(self, company, day, exactly=False):
        """Return the domain of the deadlines whose next notice falls on a day, by the calendar.

        Whom it cannot be sent to, and what is waiting for a payment, is not asked here.

        :param date day: the company's day
        :param bool exactly: without what was due before and was not dealt with, which tells
            what the days to come will bring
        """
        own = (
            self.env["res.partner.grade"]
            .sudo()
            .with_context(active_test=False)
            .search([("reminder_policy", "=", "own"), ("company_id", "in", (company.id, False))])
        )
        levels = Domain("commercial_partner_id.grade_id", "not in", own.ids) if own else Domain.TRUE
        deadlines = self.env["deadline.deadline"]
        schedules = [(deadlines._get_deadline_steps(company, own.browse()), levels)]
        for grade in own:
            steps = deadlines._get_deadline_steps(company, grade)
            schedules.append((steps, Domain("commercial_partner_id.grade_id", "=", grade.id)))
        return Domain("company_id", "=", company.id) & Domain.OR(
            self._get_step_domain(company, day, step, following, exactly) & members
            for steps, members in schedules
            for step, following in zip(steps, (*steps[1:], None), strict=True)
        )

    @api.model
    def _get_step_domain(self, company, day, step, following, exactly):
        """Return the domain of the deadlines for which ``step`` is the nearest one on ``day``.

        :param int following: the next step, which is nearer to the end
        """
        end = periods.step_day(day, -step)
        if step == periods.EXPIRY:
            late = company.deadline_late_renewal
            begin = end if exactly else periods.step_day(day, late + 1)
            # What will have expired by then is still active today.
            states = ("active", "expired") if exactly else ("expired",)
        else:
            begin = end if exactly else periods.step_day(day, -max(following + 1, 0))
            states = ("active",)
        domain = (
            Domain("state", "in", states)
            & Domain("date_end", ">=", begin)
            & Domain("date_end", "<=", end)
            & Domain("notified_step", ">", step)
        )
        if exactly:
            domain &= Domain("date_start", "<", day) & Domain("notify_from", "<=", day)
        return domain

    @api.model
    def _get_due_units(self, company):
        """Return lists of ids of deadlines, one for each customer who is due a notice today.

        Customers who had theirs today come again tomorrow.
        """
        today = company._deadline_today()
        deadlines = self.env["deadline.deadline"]
        due = deadlines.search_fetch(
            self._get_due_domain(company, today) & deadlines._get_batch_domain(),
            ["commercial_partner_id"],
            order="id",
        )
        if not due:
            return []
        done = self._get_customers_noticed(company, today)
        return [
            deadlines.ids
            for customer, deadlines in due.grouped("commercial_partner_id").items()
            if customer not in done
        ]

    @api.model
    def _get_customers_noticed(self, company, day, kind="deadline"):
        """Return the commercial entities that were sent their notice of a day."""
        domain = [("company_id", "=", company.id), ("date", "=", day), ("is_manual", "=", False)]
        domain.append(("kind", "=", kind))
        return self.search(domain).commercial_partner_id

    # === FORECAST === #

    @api.model
    def _forecast(self, company, days):
        """Return how many notices go out on each of the next ``days`` days, as things stand today.

        :return: list of dicts of ``company_id``, ``date``, ``notice_count``, ``deadline_count``
        """
        rows = []
        waiting = self.sudo()._get_waiting(company)
        for ahead in range(days):
            day = periods.step_day(company._deadline_today(), -ahead)
            domain = self._get_forecast_domain(company, day, waiting)
            notices, deadlines = self._count_notices(domain)
            rows.append(
                {
                    "company_id": company.id,
                    "date": day,
                    "notice_count": notices,
                    "deadline_count": deadlines,
                }
            )
        return rows

    @api.model
    def _count_notices(self, domain):
        """Return how many e-mails tell of deadlines that can be told of, and of how many.

        By SQL, as there may be very many. An e-mail goes to a customer and an address, chosen
        as `_get_addressee` does.
        """
        deadlines = self.env["deadline.deadline"].sudo()
        deadlines.flush_model(["partner_id", "commercial_partner_id"])
        self.env["res.partner"].flush_model(
            ["commercial_partner_id", "active", "email_normalized", "message_bounce"]
        )
        [counts] = self.env.execute_query(
            SQL(
                """
                SELECT count(DISTINCT (customer.id, CASE
                           WHEN contact.commercial_partner_id = customer.id
                            AND contact.active
                            AND contact.message_bounce < %s
                           THEN coalesce(contact.email_normalized, customer.email_normalized)
                           ELSE customer.email_normalized
                       END)),
                       count(*)
                  FROM deadline_deadline AS deadline
                  JOIN res_partner AS contact ON contact.id = deadline.partner_id
                  JOIN res_partner AS customer ON customer.id = deadline.commercial_partner_id
                 WHERE deadline.id IN %s
                """,
                MAX_BOUNCES,
                deadlines._search(domain).subselect(),
            )
        )
        return counts

    @api.model
    def _get_forecast_domain(self, company, day, waiting=None):
        """Return the domain of the deadlines whose customers are given notice on a day.

        For today it is what is still to be done, judged by the code that sends it, and tomorrow
        brings what was held back today.

        :param waiting: what `_get_waiting` returns, where it is known
        """
        today = company._deadline_today()
        notices = self.sudo()
        if day <= today:
            return Domain("id", "in", notices._get_sendable(company, today).ids)
        waiting = notices._get_waiting(company) if waiting is None else waiting
        reachable = Domain("product_id.active", "=", True) & Domain.OR(
            Domain(f"{name}.email_normalized", "!=", False)
            & Domain(f"{name}.active", "=", True)
            & Domain(f"{name}.message_bounce", "<", MAX_BOUNCES)
            for name in ("partner_id", "commercial_partner_id")
        )
        domain = (
            self._get_due_domain(company, day, exactly=True)
            & reachable
            & Domain("partner_id.deadline_notices_excluded", "=", False)
            & Domain("commercial_partner_id.deadline_notices_excluded", "=", False)
            & Domain("id", "not in", waiting.ids)
        )
        if day == periods.step_day(today, -1):
            domain |= Domain("id", "in", notices._get_sendable(company, day).ids)
        return domain

    @api.model
    def _get_sendable(self, company, day):
        """Return the deadlines already due that a run on ``day`` would tell their customers about.

        :param date day: today, or tomorrow for those that today's run passes over: they have
            failed, or their customers were sent a notice today
        """
        today = company._deadline_today()
        now = self.env["deadline.deadline"].browse(
            chain.from_iterable(self._get_due_units(company))
        )
        due = now if day == today else now.search(self._get_due_domain(company, today)) - now
        due = due._filter_not_awaiting_payment()
        verdicts = self._judge(company, due, day)
        return due.filtered(
            lambda deadline: (
                "due" in verdicts[deadline].values() and not deadline._get_addressee()[1]
            )
        )

    @api.model
    def _get_waiting(self, company):
        """Return the deadlines of a company whose renewal may still be paid."""
        deadlines = self.env["deadline.deadline"]
        return deadlines._search_awaiting_payment(Domain("company_id", "=", company.id))

    # === SENDING === #

    @api.model
    def _notify(self, deadlines):
        """Write in the ledger what is due on these deadlines today, and queue its e-mails.

        What awaits a payment is passed over, and comes again the next night.

        :param deadlines: all that is due of each customer, so that it makes one e-mail
        :return: the new notices
        """
        notices = self.browse()
        for company, group in (
            deadlines._filter_not_awaiting_payment().grouped("company_id").items()
        ):
            sender = self.sudo().with_company(company)
            notices += sender._notify_of_company(company, group.sudo())
        return notices

    def _notify_of_company(self, company, deadlines):
        """Do what `_notify` does, for deadlines of one company."""
        verdicts = self._judge(company, deadlines, company._deadline_today())
        entries = self._get_entries(verdicts)
        letters = defaultdict(list)
        for entry in entries:
            if entry["verdict"] == "due":
                deadline = entry["deadline"]
                partner, reason = deadline._get_addressee()
                if reason:
                    entry |= {"verdict": "skipped", "reason": reason}
                else:
                    entry["verdict"] = "queued"
                    # Contacts may share the address of their company: it gets one e-mail.
                    key = deadline.commercial_partner_id, self._get_addresses(partner)
                    entry["partner"] = partner
                    letters[key].append(entry)
        letters = self._merge_letters(letters)
        self._remind_of_addresses(entries)
        notices = self._write_notices(company, letters)
        self._write_ledger(company, entries)
        self._mark_reached(verdicts)
        notices._queue_mails()
        return notices

    @api.model
    def _get_addresses(self, partner):
        """Return the addresses that an e-mail to a partner goes to, a tuple: there may be several.

        The first one is its normalized address.
        """
        return tuple(dict.fromkeys(email_normalize_all(partner.email or "")))

    @api.model
    def _merge_letters(self, letters):
        """Return letters of which none goes only to addresses that another one goes to as well.

        :param letters: dict of lists of entries; the key ends with the addresses
        """
        merged, known = {}, defaultdict(list)
        for key, letter in sorted(letters.items(), key=lambda item: -len(item[0][-1])):
            others = known[key[:-1]]
            wider = (other for other in others if set(key[-1]).issubset(other[-1]))
            if (chosen := next(wider, key)) == key:
                others.append(key)
            merged.setdefault(chosen, []).extend(letter)
        return merged

    def _write_notices(self, company, letters, **values):
        """Make the notices of letters: entries by (customer, address), which then know theirs."""
        get_template = cache(partial(self._get_template, company))
        vals_list = [
            values | self._prepare_notice(customer, letter, get_template)
            for (customer, _address), letter in letters.items()
        ]
        return self._create_notices(company, letters.values(), vals_list)

    def _create_notices(self, company, letters, vals_list):
        """Make the notices of letters: lists of entries, which then know theirs.

        :param vals_list: values of each notice, but those that all have
        """
        values = {"company_id": company.id, "date": company._deadline_today(), "state": "queued"}
        notices = self.create([values | vals for vals in vals_list])
        for notice, letter in zip(notices, letters, strict=True):
            for entry in letter:
                entry["notice"] = notice
        return notices

    @api.model
    def _judge(self, company, deadlines, today):
        """Return the verdicts of a day, dict from each deadline of a company to those of its steps.

        See `periods.judge_steps`; steps that were dealt with have none.
        """
        get_steps = cache(partial(deadlines._get_deadline_steps, company))
        return {
            deadline: self._judge_deadline(
                deadline,
                get_steps(deadline.commercial_partner_id.grade_id),
                today,
                deadline.notified_step,
            )
            for deadline in deadlines
        }

    @api.model
    def _get_entries(self, verdicts):
        """Return what becomes final: dicts of deadline, step, verdict, reason.

        Verdicts are ``due``, ``superseded`` and ``skipped`` (due before notices were wanted).

        :param dict verdicts: see `_judge`
        """
        known = self._get_ledger_keys(verdicts)
        entries = []
        for deadline, steps in verdicts.items():
            for step, verdict in steps.items():
                if verdict in ("none", "planned"):
                    continue
                if (deadline.id, step, deadline.date_end) not in known:
                    entry = {"deadline": deadline, "step": step, "verdict": verdict}
                    past = {"verdict": "skipped", "reason": "past"} if verdict == "past" else {}
                    entries.append(entry | past)
        return entries

    @api.model
    def _mark_reached(self, verdicts):
        """Mark deadlines with the nearest step that they have reached, which is then dealt with.

        :param dict verdicts: see `_judge`
        """
        reached = defaultdict(self.env["deadline.deadline"].browse)
        for deadline, steps in verdicts.items():
            due = [step for step, verdict in steps.items() if verdict != "planned"]
            reached[min(due, default=deadline.notified_step)] += deadline
        for step, group in reached.items():
            group.sudo().notified_step = step

    @api.model
    def _judge_deadline(self, deadline, steps, today, handled):
        """Return the verdicts of `periods.judge_steps` on the steps not yet dealt with.

        :param steps: the days before the end at which the customer is given notice
        :param date today: the day of the deadline's company
        :param int handled: the nearest step that was dealt with, or `periods.NO_STEP`
        """
        if deadline.state == "active":  # over or not: the state says when it has expired
            steps = [step for step in steps if step != periods.EXPIRY]
        return periods.judge_steps(
            deadline.date_start,
            deadline.date_end,
            [step for step in steps if step < handled],
            today,
            deadline.notify_from,
        )

    @api.model
    def _get_ledger_keys(self, deadlines):
        """Return what the ledger has of these deadlines: a set of (deadline id, step, end)."""
        rows = self.env["deadline.notice.line"].search_read(
            [("deadline_id", "in", [one.id for one in deadlines]), ("kind", "!=", "manual")],
            ["deadline_id", "days_before", "date_end"],
            load=None,
        )
        return {(row["deadline_id"], row["days_before"], row["date_end"]) for row in rows}

    @api.model
    def _prepare_notice(self, customer, letter, get_template):
        """Return the values of the notice to a customer that says the entries of a letter.

        :param get_template: function that is given a level and a step, see `_get_template`
        """
        urgent = min(letter, key=lambda entry: (entry["step"], entry["deadline"].date_end))
        return {
            **self._prepare_addressee(customer, letter[0]["partner"]),
            "user_id": urgent["deadline"]._get_responsible().id,  # who gets the replies
            "template_id": get_template(customer.grade_id, urgent["step"]).id,
        }

    @api.model
    def _prepare_addressee(self, customer, partner):
        """Return the values of a notice that say to whom of a customer it goes."""
        # None in the preview for whom nothing reaches.
        email = ", ".join(self._get_addresses(partner))
        return {
            "partner_id": partner.id,
            "commercial_partner_id": customer.id,
            "email": email,
            "addressee_key": f"{customer.id} {email}",
        }

    @api.model
    def _get_template(self, company, grade, step):
        """Return the e-mail template of a step, for members of a level.

        :raise UserError: when the standard one was deleted
        """
        reminders = company._get_deadline_reminders(grade)
        chosen = reminders.filtered(lambda reminder: reminder.days_before == step).template_id
        chosen = chosen.filtered(lambda template: template.model == self._name)
        name = STANDARD_TEMPLATES["expired" if step < 0 else "reminder"]
        # Not env.ref(), which asks the database each time whether there still is one.
        template_id = self.env["ir.model.data"]._xmlid_to_res_id(name)
        template = chosen or chosen.browse(template_id or ())
        if not template:
            raise UserError(
                self.env._(
                    "The e-mail template %s was deleted: upgrade the addon to get it back.",
                    name,
                )
            )
        return template

    @api.model
    def _write_ledger(self, company, entries):
        """Write verdicts in the ledger, where the database refuses each second one."""
        today = company._deadline_today()
        return self.env["deadline.notice.line"].create(
            [
                {
                    **self._prepare_verdict(company, today, entry),
                    "deadline_id": entry["deadline"].id,
                    "kind": entry.get("kind") or ("expired" if entry["step"] < 0 else "reminder"),
                    "days_before": entry["step"],
                    "date_end": entry["deadline"].date_end,
                }
                for entry in entries
            ]
        )

    @api.model
    def _prepare_verdict(self, company, today, entry):
        """Return the values of a line of the ledger that say what became of an entry.

        What follows from them is given as well, as it would be computed line by line.
        """
        return {
            "date": today,
            "company_id": company.id,
            "verdict": entry["verdict"],
            "state": entry["verdict"],
            "reason": entry.get("reason"),
            "notice_id": entry["notice"].id if "notice" in entry else False,
            "activity_id": entry["activity"].id if entry.get("activity") else False,
        }

    def _queue_mails(self):
        """Queue one e-mail for each of these notices, in its recipient's language."""
        for template, notices in self.grouped("template_id").items():
            invoices = notices.line_ids.installment_id.move_id
            for invoice in invoices.with_context(tracking_disable=True):  # no token is tracked
                invoice._portal_ensure_token()
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
        lost = [entry for entry in entries if entry.get("reason") in ("no_address", "bounced")]
        if not lost:
            return
        by_customer = {entry["deadline"].commercial_partner_id: entry for entry in reversed(lost)}
        open_ones = self.env["deadline.notice.line"].search(
            [
                ("deadline_id.commercial_partner_id", "in", [one.id for one in by_customer]),
                ("activity_id.active", "=", True),
            ]
        )
        for customer in open_ones.deadline_id.commercial_partner_id:
            del by_customer[customer]
        for customer, entry in by_customer.items():
            entry["activity"] = entry["deadline"]._leave_todo(
                _lt("No valid e-mail address: %s", customer.display_name),
                _lt("Deadline notices do not reach this customer."),
            )

    # === BY HAND === #

    @api.model
    def _send_now(self, deadline):
        """Queue a notice about one deadline at once, whatever the day.

        A step that is due today is thereby dealt with; otherwise none is.

        :param deadline: one deadline that the user may read
        :return: the notice
        :raise UserError: says why the customer cannot be written to, or was already today
        """
        deadline.ensure_one().check_access("write")
        deadline = deadline.sudo().with_company(deadline.company_id)
        deadline._lock_or_refuse()
        if problem := self._get_send_problem(deadline):
            raise UserError(problem)
        if failed := deadline._get_failed_notice():
            return failed._queue_again()
        notice = self.sudo()._compose(deadline, deadline._get_addressee()[0])
        self._trigger_queue()
        return notice

    @api.model
    def _get_send_problem(self, deadline):
        """Return why no notice about a deadline can be sent now, a sentence, or False."""
        if deadline.state not in ("active", "expired"):
            return self.env._(
                "“%s” is concluded: there is nothing to remind its customer of.", deadline.name
            )
        if deadline.is_self_renewing:
            return self.env._(
                "“%s” goes on every month by itself: there is nothing to remind its customer of.",
                deadline.name,
            )
        if problem := self._get_reach_problem(deadline):
            return problem
        if failed := deadline._get_failed_notice():
            return failed._get_again_problem()
        notices = deadline._get_notices_today()
        if any(notice.state != "failed" or notice.is_manual for notice in notices):
            return self.env._(
                "“%(customer)s” was already sent a notice about “%(deadline)s” today.",
                customer=deadline.commercial_partner_id.display_name,
                deadline=deadline.name,
            )
        return False

    @api.model
    def _get_reach_problem(self, deadline):
        """Return why the customer of a deadline cannot be written to, a sentence, or False."""
        customer = deadline.commercial_partner_id.display_name
        reason = deadline._get_addressee()[1]
        if reason == "excluded":
            return self.env._(
                "“%s” is excluded from deadline notices: an administrator can change that"
                " on the customer.",
                customer,
            )
        if reason == "archived":
            return self.env._(
                "The customer or the product of “%s” is archived: unarchive it first.",
                deadline.name,
            )
        if reason:
            return self.env._(
                "“%s” has no e-mail address that works: correct it on the customer.", customer
            )
        return False

    def _compose(self, deadline, partner):
        """Make a notice by hand about one deadline, its ledger and its e-mail."""
        company = deadline.company_id
        verdicts = self._judge(company, deadline, company._deadline_today())
        entries = self._get_entries(verdicts)
        due = [entry for entry in entries if entry["verdict"] == "due"]
        if not due:
            due = [{"deadline": deadline, "step": deadline.days_left, "kind": "manual"}]
            entries += due
        due[0] |= {"verdict": "queued", "partner": partner}
        key = deadline.commercial_partner_id, self._get_addresses(partner)
        notice = self._write_notices(company, {key: due}, is_manual=True)
        self._write_ledger(company, entries)
        self._mark_reached(verdicts)
        notice._queue_mails()
        return notice

    @api.model
    def _render_preview(self, deadline):
        """Return subject and body of the notice that `_send_now` would send; nothing is kept.

        :param deadline: one deadline that the user may read
        """
        deadline.ensure_one().check_access("read")
        deadline = deadline.sudo().with_company(deadline.company_id)
        savepoint = self.env.cr.savepoint()
        try:
            partner = deadline._get_addressee()[0] or deadline.partner_id
            mail = self.sudo()._compose(deadline, partner).mail_id
            return mail.subject, mail.body_html
        finally:
            savepoint.close(rollback=True)

    @api.model
    def _send_to_user(self, deadline):
        """Queue the notice about one deadline to the user instead of the customer, unrecorded.

        :raise UserError: when the user has no e-mail address
        """
        user = self.env.user
        if not user.email_normalized:
            raise UserError(
                self.env._("“%s” has no e-mail address: enter one in your preferences.", user.name)
            )
        subject, body = self._render_preview(deadline)
        self.env["mail.mail"].sudo().create(
            {
                "subject": subject,
                "body_html": body,
                "email_to": user.email_formatted,
                "email_from": deadline.company_id.email_formatted or user.email_formatted,
                "auto_delete": True,
            }
        )
        self._trigger_queue()

    # === WHY === #

    @api.model
    def _explain(self, deadline):
        """Say of every step of a deadline what became of it, or will.

        :param deadline: one deadline that the user may read
        :return: list of dicts of ``label``, ``day``, ``verdict`` (a state of the ledger, or
            ``planned``, ``waiting``, ``none``), ``text`` and, where there is one, ``line``
        """
        deadline.ensure_one().check_access("read")
        deadline = deadline.sudo()
        lines = deadline.notice_line_ids
        rows = [
            {
                "label": line.step,
                "day": line._get_day(),
                "verdict": line.state,
                "text": line._get_explanation(),
                "line": line,
            }
            for line in lines
        ]
        known = self._get_ledger_keys(deadline)
        company = deadline.company_id
        steps = deadline._get_deadline_steps(company, deadline.commercial_partner_id.grade_id)
        today = company._deadline_today()
        verdicts = self._judge_deadline(deadline, steps, today, periods.NO_STEP)
        for step, verdict in verdicts.items():
            if (deadline.id, step, deadline.date_end) not in known:
                rows.append(self._explain_step(deadline, step, verdict))
        return sorted(rows, key=lambda row: row["day"])

    @api.model
    def _explain_step(self, deadline, step, verdict):
        """Return the row of a step that is not in the ledger."""
        day = periods.step_day(deadline.date_end, step)
        verdict, text = self._explain_verdict(deadline, step, verdict, day)
        label = self.env["deadline.notice.line"]._say_step(step)
        return {"label": label, "day": day, "verdict": verdict, "text": text}

    @api.model
    def _explain_verdict(self, deadline, step, verdict, day):
        """Return the verdict to show for a step that is not in the ledger, and its reason."""
        if deadline.is_self_renewing:
            return "none", self.env._("It goes on every month by itself, with its multipack.")
        if verdict == "none":
            return "none", self.env._("The period had not begun by then.")
        if verdict == "past":
            return "skipped", self.env._(
                "No notices are sent for what was due before %s.",
                format_date(self.env, deadline.notify_from),
            )
        if deadline.state not in ("active", "expired"):
            return "none", self.env._("The deadline is concluded.")
        if deadline._is_over_silently():
            return "none", self.env._(
                "Its end was over already when it was entered or changed: the customer is not"
                " told of that."
            )
        if verdict == "superseded":
            return "superseded", self.env._("Another step was nearer to the end.")
        if step >= deadline.notified_step:
            return "none", self.env._(
                "The step was added when it, or one nearer to the end, had been dealt with."
            )
        if verdict == "due" and self._is_beyond_notice(deadline):
            return "none", self.env._("The deadline ended too long ago.")
        return self._explain_outlook(deadline, day)

    @api.model
    def _is_beyond_notice(self, deadline):
        """Say whether a deadline ended too long ago to be told so."""
        return -deadline.days_left > deadline.company_id.deadline_late_renewal + 1

    @api.model
    def _explain_outlook(self, deadline, day):
        """Return the verdict on a step that is planned or due, as things stand, and its reason."""
        if waiting := deadline._get_renewal_to_wait_for():
            return "waiting", self.env._(
                "Waits while the renewal %s may still be paid.", waiting[0].name
            )
        if reason := deadline._get_addressee()[1]:
            reasons = dict(self.env["deadline.notice.line"]._get_reasons())
            return "waiting", self.env._("Will be skipped: %s.", reasons[reason])
        if deadline.batch_error:
            return "waiting", self.env._("Failed, and is tried again: %s", deadline.batch_error)
        today = deadline.company_id._deadline_today()
        if day <= today:
            return "planned", self.env._("Goes out with the next nightly run.")
        return "planned", self.env._("Planned for %s.", format_date(self.env, day))

    # === MAIL TEMPLATES === #

    def _get_portal_url(self):
        """Return the absolute address where the recipient can renew what the notice is about."""
        self.ensure_one()
        one = self.deadline_ids[:1]
        several = len(self.deadline_ids) > 1 and self.partner_id.sudo().user_ids
        path = one.get_portal_url() if one and not several else "/my/deadlines"
        return self.company_id._get_portal_address(path, self.partner_id.lang)

    def _say_subject(self):
        """Return the subject: the service, or how many, and how urgent it is."""
        self.ensure_one()
        line = self.line_ids.sorted(lambda line: (line.date_end, line.id))[:1]
        if len(self.line_ids) != 1:  # none, when what it was about is deleted
            return self.env._("%s services to renew", len(self.line_ids))
        service = texts.one_line(line.product_id.display_name)
        end = line._say_end()
        if line.days_before < 0:
            return self.env._("%(service)s ended on %(end)s", service=service, end=end)
        return self.env._("%(service)s ends on %(end)s", service=service, end=end)

    def _get_table(self):
        """Return the table (``Markup``) of the services that the notice is about.

        Of very many it has those nearest to the end, and a link to all in the customer area.
        """
        self.ensure_one()
        lines = self.line_ids.filtered("deadline_id")  # any notice may be shown in any e-mail
        lines = lines.sorted(lambda line: (line.date_end, line.id))
        # A slice would forget that these are read together with those of other notices.
        values = {"lines": lines[:MAX_ROWS].with_prefetch(lines._prefetch_ids)}
        if (number := len(lines) - MAX_ROWS) > 0:
            values["more"] = self.env._("and %s more, see them all in your customer area", number)
            values["portal_url"] = self.company_id._get_portal_address(
                "/my/deadlines", self.partner_id.lang
            )
        return self.env["ir.qweb"]._render("deadline_management.notice_table", values)

    # === KEEPING === #

    @api.autovacuum
    def _gc_mails(self):
        """Delete the e-mails that companies keep no longer, some at a time.

        To whom, when, with which subject and what became of it stays with the notice.

        :return: how many were deleted, and whether there are more
        """
        notices = self.sudo()
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        kept = Domain("mail_id", "=", False) | Domain("state", "=", "queued")
        over = Domain.OR(
            Domain("company_id", "=", company.id) & Domain("date", "<", company._get_mail_day())
            for company in companies.search([("deadline_mail_months", ">", 0)])
        )
        found = notices.search(over & ~kept, limit=GC_BATCH)
        found.mail_id.unlink()
        return len(found), len(found) == GC_BATCH

    # === CRON === #

    @api.model
    def _cron_notify(self):
        """Send the reminders and notices of expiry that are due, each company by its own day.

        In chunks of whole customers, see `deadline.batch.mixin`.
        """
        sender = self.sudo()
        domain = Domain("state", "in", ("active", "expired"))
        self._run_notices("deadline.deadline", sender._get_due_units, sender._notify, domain)

from itertools import chain

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .. import periods
from .deadline_notice_subject_mixin import NoticeEntry


class DeadlineNotice(models.Model):
    """Notices of deadlines by hand, and what becomes of them: "Why?" and the forecast."""

    _inherit = "deadline.notice"

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
        # The ledger and e-mails are written by nobody's own right.
        deadline_sudo = deadline.sudo().with_company(deadline.company_id)
        deadline_sudo._lock_or_refuse()
        if problem := deadline_sudo._get_send_problem():
            raise UserError(problem)
        if failed_sudo := deadline_sudo._get_failed_notice():
            return failed_sudo._queue_again()
        notice = self.sudo()._compose(deadline_sudo, deadline_sudo._get_addressee()[0])
        self._trigger_queue()
        return notice

    def _compose(self, deadline, partner):
        """Make a notice by hand about one deadline, its ledger and its e-mail."""
        company = deadline.company_id
        today = company._deadline_today()
        entries = deadline._get_notice_entries(company, "deadline", today)
        due = [entry for entry in entries if entry.verdict == "due"]
        if not due:
            due = [NoticeEntry(deadline, "manual", deadline.days_left, deadline.date_end, "due")]
            entries += due
        for entry in due:
            entry.partner, entry.verdict = partner, "queued"
        notice = self._make_notices(
            company, "deadline", self._group_letters(entries), entries, is_manual=True
        )
        notice._queue_mails()
        return notice

    @api.model
    def _render_preview(self, deadline):
        """Return subject and body of the notice that `_send_now` would send; nothing is kept.

        :param deadline: one deadline that the user may read
        """
        deadline.ensure_one().check_access("read")
        deadline_sudo = deadline.sudo().with_company(deadline.company_id)
        # It is made as in earnest, so that it is what would be sent, and undone.
        savepoint = self.env.cr.savepoint()
        try:
            partner_sudo = deadline_sudo._get_addressee()[0] or deadline_sudo.partner_id
            mail_sudo = self.sudo()._compose(deadline_sudo, partner_sudo).mail_id
            return mail_sudo.subject, mail_sudo.body_html
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
        # What holds a notice back may be somebody else's order, or a contact out of reach.
        deadline_sudo = deadline.sudo()
        lines_sudo = deadline_sudo.notice_line_ids
        rows = [
            {
                "label": line.step,
                "day": line._get_day(),
                "verdict": line.state,
                "text": line._get_explanation(),
                "line": line,
            }
            for line in lines_sudo
        ]
        known = deadline_sudo._get_ledger_keys()
        company = deadline_sudo.company_id
        grade = deadline_sudo.commercial_partner_id.grade_id
        steps = deadline_sudo._get_deadline_steps(company, grade)
        today = company._deadline_today()
        for step, verdict in deadline_sudo._get_step_verdicts(steps, today, today).items():
            if (deadline_sudo.id, step, deadline_sudo.date_end) not in known:
                rows.append(self._explain_step(deadline_sudo, step, verdict))
        return sorted(rows, key=lambda row: row["day"])

    @api.model
    def _explain_step(self, deadline, step, verdict):
        """Return the row of a step that is not in the ledger.

        :param deadline: one deadline, in sudo mode
        """
        day = periods.step_day(deadline.date_end, step)
        verdict, text = self._explain_verdict(deadline, step, verdict, day)
        label = self.env["deadline.notice.line"]._format_step(step)
        return {"label": label, "day": day, "verdict": verdict, "text": text}

    @api.model
    def _explain_verdict(self, deadline, step, verdict, day):
        """Return the verdict to show for a step that is not in the ledger, and its reason."""
        if reason := deadline._get_untold_reason():
            return "none", reason
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
        if verdict == "due" and deadline.date_end < deadline._get_first_told_end(
            deadline.company_id, deadline.company_id._deadline_today()
        ):
            return "none", self.env._("The deadline ended too long ago.")
        return self._explain_outlook(deadline, day)

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

    # === FORECAST === #

    @api.model
    def _forecast(self, company, days):
        """Return how many notices go out on each of the next ``days`` days, as things stand today.

        :return: list of dicts of ``company_id``, ``date``, ``notice_count``, ``deadline_count``
        """
        rows = []
        for ahead in range(days):
            day = periods.step_day(company._deadline_today(), -ahead)
            letters = self._get_letters_of_day(company, day)
            rows.append(
                {
                    "company_id": company.id,
                    "date": day,
                    "notice_count": len(letters),
                    "deadline_count": sum(len(letter.entries) for letter in letters),
                }
            )
        return rows

    @api.model
    def _get_letters_of_day(self, company, day):
        """Return the letters that the nightly run of a day would make, as things stand today.

        :param date day: the company's today, for what is still to be done, or a day to come
        """
        notices_sudo = self.sudo()  # whoever looks at figures may not read every contact
        due = notices_sudo._get_deadlines_of_day(company, day)
        entries = due._filter_not_held_back()._get_notice_entries(company, "deadline", day)
        self._set_addressees(entries)
        return self._group_letters(entries)

    @api.model
    def _get_deadlines_of_day(self, company, day):
        """Return the deadlines of which a step falls on a day, by the calendar.

        Tomorrow brings what today's run passes over: what has failed, or whose customer was sent
        a notice today.
        """
        today = company._deadline_today()
        deadlines = self.env["deadline.deadline"]
        if day > today:
            due = deadlines.search(deadlines._get_calendar_domain(company, day, exactly=True))
            if day > periods.step_day(today, -1):
                return due
        now = deadlines.browse(chain.from_iterable(self._get_due_units(company, ["deadline"])))
        if day <= today:
            return now
        return due | deadlines.search(deadlines._get_calendar_domain(company, today)) - now

from collections import defaultdict
from functools import cache, partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from .. import periods, texts
from .deadline_notice_subject_mixin import NoticeEntry

_lt = LazyTranslate(__name__)

#: Rows of the table of a notice: mail programs cut off what is much longer.
MAX_ROWS = 50
STANDARD_TEMPLATES = {
    "expired": "deadline_management.mail_template_notice_expired",
    "reminder": "deadline_management.mail_template_notice_reminder",
}


class DeadlineDeadline(models.Model):
    """What customers are told of their deadlines: that they end soon, and that they have ended."""

    _name = "deadline.deadline"
    _inherit = ["deadline.deadline", "deadline.notice.subject.mixin"]
    _notice_line_field = "deadline_id"
    _notice_page = "/my/deadlines"

    notify_from = fields.Date(
        string="No Notices Before",
        required=True,
        copy=False,
        default=lambda self: self.env.company._deadline_today(),
        groups="base.group_user",
        help="Reminders that were due before this day are not sent.",
    )
    notified_step = fields.Integer(
        required=True,
        readonly=True,
        default=periods.NO_STEP,
        copy=False,
        aggregator=None,
        groups="base.group_user",
        help="Nearest step before the end, in days, whose notice was dealt with: "
        "-1 is the expiry itself, 100000 none yet.",
    )
    notice_line_ids = fields.One2many(
        "deadline.notice.line", "deadline_id", string="Notices", groups="base.group_user"
    )
    notice_count = fields.Integer(
        string="Number of Notices", compute="_compute_notice_count", groups="base.group_user"
    )

    # The index of the model on its running deadlines, with the step that is looked for among them.
    _active_end_idx = models.Index("(company_id, date_end, notified_step) WHERE state = 'active'")
    _expired_notice_idx = models.Index(
        "(company_id, date_end) WHERE state = 'expired' AND notified_step > -1"
    )

    @api.depends("notice_line_ids.notice_id")
    def _compute_notice_count(self):
        for deadline in self:
            deadline.notice_count = len(deadline.notice_line_ids.notice_id)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get("notify_from"):
                company = self.env["res.company"].browse(vals.get("company_id"))
                vals["notify_from"] = (company or self.env.company)._deadline_today()
        return super().create(vals_list)

    def _has_history(self):
        return super()._has_history() or bool(self.notice_line_ids)

    def _get_told_problem(self):
        if not self.notice_line_ids:
            return super()._get_told_problem()
        if self.state == "cancelled":
            return self.env._(
                "“%s” has to stay as it is, cancelled: the ledger of notices speaks of it.",
                self.name,
            )
        return self.env._(
            "“%s” cannot be deleted, the ledger of notices speaks of it: cancel it instead.",
            self.name,
        )

    @api.model
    def _get_silent_facts(self, end):
        return super()._get_silent_facts(end) | {"notified_step": periods.EXPIRY}

    @api.model
    def _get_renewal_window(self, company, customer):
        # Since the first reminder: whoever is told that a service ends can renew it.
        steps = self._get_deadline_steps(company, customer.sudo().grade_id)
        return max(super()._get_renewal_window(company, customer), *steps)

    def _reset_notices(self):
        """Begin anew with the notices of deadlines whose end has moved, or is not to be told of.

        Another end has notices of its own; the ledger knows those of an end that comes back.
        """
        quiet = self.filtered(lambda one: one._is_untold())
        for deadlines, step in ((quiet, periods.EXPIRY), (self - quiet, periods.NO_STEP)):
            changed = deadlines.filtered(lambda one, step=step: one.notified_step != step)
            changed.sudo().notified_step = step

    def _is_untold(self):
        """Say whether customers are not to be told of the end of the deadline. A hook."""
        self.ensure_one()
        return False

    def _get_untold_reason(self):
        """Return why customers are told of no step of the deadline, a sentence, or False. A hook.

        Besides what may be said of any: that it is concluded, or was over when it was entered.
        """
        self.ensure_one()
        return False

    # === WHEN === #

    @api.model
    def _get_deadline_steps(self, company, grade):
        """Return the days before the end at which members of a level are given notice.

        :return: tuple of days, the farthest first, the last one being ``periods.EXPIRY``
        """
        reminders = company._get_deadline_reminders(grade)
        return (*reminders.mapped("days_before"), periods.EXPIRY)

    @api.model
    def _get_due_domain(self, company, kind):
        if kind != "deadline":
            return super()._get_due_domain(company, kind)
        return self._get_calendar_domain(company, company._deadline_today())

    @api.model
    def _get_calendar_domain(self, company, day, exactly=False):
        """Return the domain of the deadlines whose next notice falls on a day, by the calendar.

        :param date day: the company's day
        :param bool exactly: without what was due before and was not dealt with, which tells
            what the days to come will bring
        """
        grades_sudo = self.env["res.partner.grade"].sudo().with_context(active_test=False)
        own = grades_sudo.search(
            [("reminder_policy", "=", "own"), ("company_id", "in", (company.id, False))]
        )
        levels = Domain("commercial_partner_id.grade_id", "not in", own.ids) if own else Domain.TRUE
        schedules = [(self._get_deadline_steps(company, own.browse()), levels)]
        for grade in own:
            steps = self._get_deadline_steps(company, grade)
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
            begin = end if exactly else self._get_first_told_end(company, day)
            # What will have expired by then is still active today.
            states = ("active", "expired") if exactly else ("expired",)
        else:
            begin = end if exactly else periods.step_day(day, -max(following + 1, 0))
            states = ("active",)
        return (
            Domain("state", "in", states)
            & Domain("date_end", ">=", begin)
            & Domain("date_end", "<=", end)
            & Domain("notified_step", ">", step)
        )

    @api.model
    def _get_first_told_end(self, company, day):
        """Return the earliest end that customers of a company are still told of on ``day``.

        As long as they may renew, and one day more: what ends is found the next night.
        """
        return periods.step_day(self._get_first_renewable_end(company, day), 1)

    @api.model
    def _get_tellable_domain(self):
        return Domain("state", "in", ("active", "expired"))

    def _filter_not_held_back(self):
        return self._filter_not_awaiting_payment()

    def _get_notice_entries(self, company, kind, day):
        if kind != "deadline":
            return super()._get_notice_entries(company, kind, day)
        known = self._get_ledger_keys()
        get_steps = cache(partial(self._get_deadline_steps, company))
        today = company._deadline_today()
        entries = []
        for deadline in self:
            steps = get_steps(deadline.commercial_partner_id.grade_id)
            steps = [step for step in steps if step < deadline.notified_step]
            verdicts = deadline._get_step_verdicts(steps, day, today)
            entries += [
                deadline._make_entry(step, verdict, known)
                for step, verdict in verdicts.items()
                if verdict != "planned"
            ]
        return entries

    def _make_entry(self, step, verdict, known):
        """Return the `NoticeEntry` of a step whose day has come.

        :param known: what `_get_ledger_keys` returns
        """
        entry = NoticeEntry(
            subject=self,
            kind="expired" if step == periods.EXPIRY else "reminder",
            days_before=step,
            date_end=self.date_end,
            verdict=verdict,
        )
        if (self.id, step, self.date_end) in known:
            entry.verdict = "none"
        elif verdict == "past":
            entry.verdict, entry.reason = "skipped", "past"
        return entry

    def _get_step_verdicts(self, steps, day, today):
        """Return a dict from steps to their verdicts on a day, see `periods.judge_steps`.

        :param steps: the days before the end at which the customer is given notice
        :param date day: today, or a day to come
        :param date today: the day of the deadline's company
        """
        self.ensure_one()
        # Over or not: the state says when it has expired. Of days to come the calendar says it.
        foreseen = day > today and self.date_end < day
        if self.state == "active" and not foreseen:
            steps = [step for step in steps if step != periods.EXPIRY]
        return periods.judge_steps(self.date_start, self.date_end, steps, day, self.notify_from)

    def _get_ledger_keys(self):
        """Return what the ledger has of these deadlines: a set of (deadline id, step, end)."""
        rows = self.env["deadline.notice.line"].search_read(
            [("deadline_id", "in", self.ids), ("kind", "in", ("reminder", "expired"))],
            ["deadline_id", "days_before", "date_end"],
            load=None,
        )
        return {(row["deadline_id"], row["days_before"], row["date_end"]) for row in rows}

    def _mark_told(self, entries):
        # By the nearest step that each has reached.
        nearest = {}
        for entry in entries:
            if entry.kind in ("reminder", "expired"):  # nothing else deals with a step
                step = nearest.get(entry.subject, periods.NO_STEP)
                nearest[entry.subject] = min(step, entry.days_before)
        reached = defaultdict(self.browse)
        for deadline, step in nearest.items():
            reached[min(step, deadline.notified_step)] += deadline
        for step, group in reached.items():
            group.sudo().notified_step = step

    # === TO WHOM === #

    def _get_addressee(self):
        partner, reason = super()._get_addressee()
        if reason != "excluded" and not self.product_id.sudo().active:
            return partner.browse(), "archived"
        return partner, reason

    def _get_unreached_todo(self):
        return self, _lt("Deadline notices do not reach this customer.")

    # === WHAT === #

    def _prepare_letter(self, company, kind, letter):
        if kind != "deadline":
            return super()._prepare_letter(company, kind, letter)
        urgent = min(letter.entries, key=lambda entry: (entry.days_before, entry.date_end))
        template = self._get_notice_template(company, letter.customer.grade_id, urgent.days_before)
        return {"user_id": urgent.subject._get_responsible().id, "template_id": template.id}

    @api.model
    def _get_notice_template(self, company, grade, step):
        """Return the e-mail template of a step, for members of a level.

        :raise UserError: when the standard one was deleted
        """
        reminders = company._get_deadline_reminders(grade)
        chosen = reminders.filtered(lambda reminder: reminder.days_before == step).template_id
        notices = self.env["deadline.notice"]
        # Which may have been made one for other records.
        if usable := chosen.filtered(lambda template: template.model == notices._name):
            return usable
        name = STANDARD_TEMPLATES["expired" if step < 0 else "reminder"]
        return notices._get_standard_template(name)

    def _get_notice_path(self):
        return self.get_portal_url()

    def _get_mail_url(self):
        """Return the address of the deadline's page, in its customer's language."""
        self.ensure_one()
        return self.company_id._get_portal_address(self.get_portal_url(), self.partner_id.lang)

    def _describe_notice(self, notice):
        """Return the subject: the service, or how many, and how urgent it is."""
        if len(self) != 1:  # none, when what it was about is deleted
            return self.env._("%s services to renew", len(self))
        line = notice.line_ids[:1]
        service = texts.one_line(line.product_id.display_name)
        end = line._format_end()
        if line.days_before < 0:
            return self.env._("%(service)s ended on %(end)s", service=service, end=end)
        return self.env._("%(service)s ends on %(end)s", service=service, end=end)

    def _prepare_notice_table(self, notice):
        # Of very many those nearest to the end, and a link to all in the customer area.
        lines = notice.line_ids.filtered("deadline_id")  # templates are tried out with any notice
        lines = lines.sorted(lambda line: (line.date_end, line.id))
        # A slice would forget that these are read together with those of other notices.
        values = {"lines": lines[:MAX_ROWS].with_prefetch(lines._prefetch_ids)}
        if (number := len(lines) - MAX_ROWS) > 0:
            values["more"] = self.env._("and %s more, see them all in your customer area", number)
            values["portal_url"] = notice.company_id._get_portal_address(
                self._notice_page, notice.partner_id.lang
            )
        return "deadline_management.notice_table", values

    def _get_again_problem(self, line):
        if self.state not in ("active", "expired") or self.date_end != line.date_end:
            return self.env._(
                "“%(notice)s” no longer holds, as “%(deadline)s” was renewed or changed.",
                notice=line.notice_id.display_name,
                deadline=self.name,
            )
        return self._get_reach_problem()

    def _get_reach_problem(self):
        """Return why the customer of the deadline cannot be written to, a sentence, or False."""
        customer = self.commercial_partner_id.display_name
        reason = self._get_addressee()[1]
        if reason == "excluded":
            return self.env._(
                "“%s” is excluded from deadline notices: an administrator can change that"
                " on the customer.",
                customer,
            )
        if reason == "archived":
            return self.env._(
                "The customer or the product of “%s” is archived: unarchive it first.", self.name
            )
        if reason:
            return self.env._(
                "“%s” has no e-mail address that works: correct it on the customer.", customer
            )
        return False

    # === BY HAND === #

    def _get_send_problem(self):
        """Return why no notice about the deadline can be sent now, a sentence, or False."""
        self.ensure_one()
        if self.state not in ("active", "expired"):
            return self.env._(
                "“%s” is concluded: there is nothing to remind its customer of.", self.name
            )
        if problem := self._get_reach_problem():
            return problem
        if failed := self._get_failed_notice():
            return failed._get_again_problem()
        notices = self._get_notices_today()
        if any(notice.state != "failed" or notice.is_manual for notice in notices):
            return self.env._(
                "“%(customer)s” was already sent a notice about “%(deadline)s” today.",
                customer=self.commercial_partner_id.display_name,
                deadline=self.name,
            )
        return False

    def _get_notices_today(self):
        """Return the notices about the deadline that were made today."""
        self.ensure_one()
        today = self.company_id._deadline_today()
        return self.notice_line_ids.filtered(lambda line: line.date == today).notice_id

    def _get_failed_notice(self):
        """Return today's notice about the deadline that failed and can be sent again, if any.

        None where another one has gone out.
        """
        notices = self._get_notices_today()
        failed = notices.filtered(lambda notice: notice.state == "failed" and notice.mail_id)
        return failed[:1] if failed == notices else failed.browse()

    def _is_over_silently(self):
        """Say whether the end was past when it was entered, so that nobody was told, see
        `_update_state_by_end`.
        """
        self.ensure_one()
        return (
            self.state == "expired"
            and self.notified_step == periods.EXPIRY
            and self.expired_on == self.date_end
        )

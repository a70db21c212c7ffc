from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import periods, texts

#: Services that an e-mail which wins back names.
MAX_NAMED = 3
#: From this many bounces in a row on, an address counts as dead, as in Email Marketing.
MAX_BOUNCES = 5


class DeadlineDeadline(models.Model):
    _inherit = "deadline.deadline"
    _mailing_enabled = True

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
    is_to_win_back = fields.Boolean(
        string="To Win Back",
        compute="_compute_is_to_win_back",
        search="_search_is_to_win_back",
        compute_sudo=True,
        groups="base.group_user",
        help="Expired, its customer was told so and may still renew and be written to. Of several"
        " that ended on one day only one, for one e-mail.",
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

    def _get_mail_url(self):
        """Return the address of the deadline's page, in its customer's language."""
        self.ensure_one()
        return self.company_id._get_portal_address(self.get_portal_url(), self.partner_id.lang)

    def _get_won_back(self):
        """Return what an e-mail about the deadline wins back: what ended with it, it first."""
        self.ensure_one()
        alike = Domain.AND(
            Domain(name, "=", self._fields[name].convert_to_write(self[name], self))
            for name in ("company_id", "partner_id", "expired_on")
        )
        return self | self.sudo().search(self._get_win_back_domain() & alike).sudo(self.env.su)

    def _get_win_back_url(self):
        """Return the address where the customer renews what `_get_won_back` returns."""
        self.ensure_one()
        one = len(self._get_won_back()._filter_one_per_contract()) == 1
        if one or not self.partner_id.sudo().user_ids:
            return self._get_mail_url()
        return self.company_id._get_portal_address("/my/deadlines", self.partner_id.lang)

    def _say_service(self):
        """Return on one line what an e-mail that wins back is about, as its subject takes it."""
        self.ensure_one()
        names = self._get_won_back().product_id.mapped("display_name")
        shown = ", ".join(texts.one_line(name) for name in names[:MAX_NAMED])
        if (number := len(names) - MAX_NAMED) > 0:
            return self.env._("%(services)s and %(number)s more", services=shown, number=number)
        return shown

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
        `_follow_end`.
        """
        self.ensure_one()
        return (
            self.state == "expired"
            and self.notified_step == periods.EXPIRY
            and self.expired_on == self.date_end
        )

    def _get_addressee(self):
        """Return whom to write to about the deadline, and why nobody can be, as (partner, reason).

        It is the customer's contact, as long as it is one, or else the customer's company.
        The reason is one of those of the ledger, or False.
        """
        self.ensure_one()
        partner, reason = self._find_addressee(self.partner_id, self.commercial_partner_id)
        if reason != "excluded" and not self.product_id.sudo().active:
            return partner.browse(), "archived"
        return partner, reason

    @api.model
    def _find_addressee(self, partner, customer):
        """Return whom to write to, as `_get_addressee` does.

        :param partner: contact of the commercial entity ``customer``, or once was
        """
        belongs = partner.commercial_partner_id == customer
        candidates = (partner | customer if belongs else customer).sudo()
        if any(one.deadline_notices_excluded for one in candidates):
            return candidates.browse(), "excluded"
        if not any(candidates.mapped("active")):
            return candidates.browse(), "archived"
        reachable = candidates.filtered(lambda one: one.active and one.email_normalized)
        alive = reachable.filtered(lambda one: one.message_bounce < MAX_BOUNCES)
        if alive:
            return alive[0], False
        return candidates.browse(), "bounced" if reachable else "no_address"

    @api.model
    def _get_deadline_steps(self, company, grade):
        """Return the days before the end at which members of a level are given notice.

        :return: tuple of days, the farthest first, the last one being ``periods.EXPIRY``
        """
        reminders = company._get_deadline_reminders(grade)
        return (*reminders.mapped("days_before"), periods.EXPIRY)

    # === MARKETING === #

    def _compute_is_to_win_back(self):
        wanted = self.search(Domain("id", "in", self.ids) & Domain("is_to_win_back", "=", True))
        for deadline in self:
            deadline.is_to_win_back = deadline._origin in wanted

    @api.model
    def _search_is_to_win_back(self, operator, value):
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        deadlines = self.sudo()
        one_of_each = SQL(
            "(SELECT min(id) FROM deadline_deadline WHERE id IN %s"
            " GROUP BY company_id, partner_id, expired_on)",
            deadlines._search(deadlines._get_win_back_domain()).subselect(),
        )
        return Domain("id", "in", one_of_each)

    @api.model
    def _get_win_back_domain(self):
        """Return the domain of what customers may be won back for, as reminders judge it."""
        told = [("kind", "=", "expired"), ("verdict", "=", "queued")]
        expired = Domain("state", "=", "expired") & self._get_not_too_late_domain()
        return (
            expired
            & Domain("notice_line_ids", "any", told)
            & Domain("partner_id.deadline_notices_excluded", "=", False)
            & Domain("commercial_partner_id.deadline_notices_excluded", "=", False)
            & Domain("partner_id.is_blacklisted", "=", False)
            & Domain("id", "not in", self._search_awaiting_payment(expired).ids)
        )

    def _mailing_get_default_domain(self, _mailing):
        """Propose to Email Marketing whoever let a deadline expire and may be written to."""
        return [
            ("state", "=", "expired"),
            ("partner_id.deadline_notices_excluded", "=", False),
            ("commercial_partner_id.deadline_notices_excluded", "=", False),
        ]

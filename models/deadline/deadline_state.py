from datetime import date, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import LazyTranslate
from odoo.tools.misc import submap

from .deadline_deadline import END_FIELDS

_lt = LazyTranslate(__name__)

# What says of a deadline that is being entered whether it is past its end.
ENTRY_FIELDS = (*END_FIELDS, "anchor_day")
#: Key of the context: the day of the order that opens deadlines, a date.
ORDERED_ON = "deadline_ordered_on"
#: Deadlines that expire in one transaction: each takes so little time that only queries tell.
EXPIRE_CHUNK = 1000


class DeadlineDeadline(models.Model):
    """How a deadline comes to its state: entered, renewed, expired, reopened, cancelled."""

    _inherit = "deadline.deadline"

    is_ending = fields.Boolean(
        string="Ends",
        compute="_compute_is_ending",
        search="_search_is_ending",
        compute_sudo=True,
        exportable=False,
        groups="base.group_user",
    )

    # === COMPUTES === #

    @api.depends("state")
    def _compute_is_ending(self):
        ending = self.filtered_domain(self._get_ending_domain())
        for deadline in self:
            deadline.is_ending = deadline in ending

    @api.model
    def _search_is_ending(self, operator, value):
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        return self._get_ending_domain()

    @api.model
    def _get_ending_domain(self):
        """Return the domain of what ends on its end date, unless somebody renews it. A hook.

        That is what lists, cards and the dashboard count as ending soon.
        """
        return self._get_expiring_domain()

    # === AS IT IS ENTERED === #

    @api.model
    def _check_not_renewed(self, vals_list):
        """Check that the periods which new ones are to follow have not been renewed yet.

        :raise ValidationError: names one that was; the database would not say which
        """
        previous = self.browse(vals["previous_id"] for vals in vals_list if vals.get("previous_id"))
        for renewed in previous.filtered(lambda deadline: deadline.state == "renewed"):
            raise ValidationError(renewed._get_renewal_problem())

    @api.model
    def _add_facts(self, vals_list):
        """Have what is past its end when it is entered be expired from the outset.

        So that rules on the state, which count a creation and a change, meet it once.
        """
        today = {}
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            day = today.setdefault(company, company._deadline_today())
            if vals.get("state", "active") == "active" and (end := self._get_past_end(vals, day)):
                vals |= {"state": "expired", **self._get_silent_facts(end)}

    @api.model
    def _get_past_end(self, vals, day):
        """Return the end of a deadline that is being entered, if it is before ``day``, or None."""
        # The end follows from other fields, which are computed only where it may be over.
        dates = filter(None, (vals.get("date_start"), vals.get("date_end")))
        if all(str(one) >= str(day) for one in dates):
            return None
        try:
            entered = self.new(submap(vals, self._get_entry_fields()))
        except (TypeError, ValueError):  # whatever a client sends: Odoo refuses it
            return None
        end = entered.date_end
        return end if end and end < day and entered._can_expire() else None

    @api.model
    def _get_entry_fields(self):
        """Return the fields that say whether a deadline is past its end. A hook."""
        return ENTRY_FIELDS

    @api.model
    def _get_silent_facts(self, end):
        """Return the facts, a dict, of deadlines that were over when they were entered. A hook."""
        return {"expired_on": end}

    # === BY ITS END === #
    # An end that was past when it was entered is no news: nobody is told of it, there is no to-do,
    # and it counts as expired on that day. What the nightly run finds expired today is told.

    def _can_expire(self):
        """Say whether the deadline is over after its end, unless it is renewed. A hook."""
        self.ensure_one()
        return True

    @api.model
    def _get_expiring_domain(self):
        """Return the domain of the active deadlines that can expire, see `_can_expire`. A hook."""
        return Domain("state", "=", "active")

    def _update_state_by_end(self):
        """Expire what is active and past its end, reactivate what no longer is.

        For periods entered in the past and ends moved by hand: nobody is notified
        of them, and they count as expired on their last day.
        """
        today = self._get_today_by_company()
        past = self.filtered(lambda deadline: deadline.date_end < today[deadline.company_id])
        overdue = past.filtered(
            lambda deadline: deadline.state in ("active", "expired") and deadline._can_expire()
        )
        for end, deadlines in overdue.grouped("date_end").items():
            deadlines._set_state("expired", **self._get_silent_facts(end))
        running = (self - past).filtered(lambda deadline: deadline.state == "expired")
        running._reactivate()

    def _reactivate(self):
        """Make deadlines active, with the quantity and the amount that their line has now."""
        if self:
            self._set_state("active")
            for name in ("quantity", "amount"):
                self.env.add_to_compute(self._fields[name], self)

    def _expire(self):
        """Expire deadlines past their end, with a to-do for the responsible where asked for.

        The customer's notice and whatever hangs on the state follow from it.
        """
        today = self._get_today_by_company()
        for day, deadlines in self.grouped(lambda deadline: today[deadline.company_id]).items():
            deadlines._set_state("expired", expired_on=day)
        asked = self.filtered("product_id.deadline_expiry_activity")
        asked._leave_todo(_lt("Expired without renewal"))

    @api.model
    def _cron_expire(self):
        """Expire every active deadline whose last valid day is over, each company by its own day.

        In chunks, see `deadline.batch.mixin`.
        """
        domain = (
            self._get_expiring_domain() & Domain("days_left", "<", 0) & self._get_batch_domain()
        )
        found = self.sudo().search(domain, order="company_id, id")  # of all companies
        units = [[deadline_id] for deadline_id in found.ids]
        found._run_chunks(units, type(self)._expire, domain, size=EXPIRE_CHUNK)

    # === BY WHAT FOLLOWS === #

    def _conclude_previous(self):
        """Conclude the periods that these deadlines renew, as renewed on the day of the order.

        It is given as `ORDERED_ON` in the context, and is else today.
        """
        concluding = self.filtered(
            lambda deadline: (
                deadline.state != "cancelled"
                and deadline.previous_id.state in ("active", "expired")
            )
        )
        today = concluding._get_today_by_company()
        by_day = concluding.grouped(
            lambda deadline: deadline._get_entry_day(today[deadline.company_id])
        )
        for day, deadlines in by_day.items():
            deadlines.previous_id._set_state("renewed", renewed_on=day)

    def _get_entry_day(self, today):
        """Return the day on which a period that begins now counts as ordered.

        One without an order may have been continued long before it was entered here.
        """
        self.ensure_one()
        ordered_on = self.env.context.get(ORDERED_ON)
        # A client can send texts and, by XML-RPC, moments, but no day.
        if isinstance(ordered_on, date) and not isinstance(ordered_on, datetime):
            return ordered_on
        follows = self.date_start - timedelta(days=1)
        return today if self.sale_line_id else min(today, follows)

    def _reopen(self):
        """Make periods that nothing renews any more active again, or expired if past their end.

        Nobody is notified a second time of an expiry.
        """
        reopened = self.filtered(
            lambda deadline: deadline.state == "renewed" and not deadline.next_id
        )
        reopened._reactivate()  # even what is over: its amount may have changed meanwhile
        reopened._update_state_by_end()

    # === CANCELLING === #

    def action_cancel(self):
        """Cancel deadlines that were entered by hand and have no history.

        :raise UserError: names the one that was sold, renewed or withdrawn
        """
        self.check_access("write")
        for deadline in self:
            deadline_sudo = deadline.sudo()  # whose order the user may not read
            if deadline.state != "cancelled" and (problem := deadline_sudo._get_order_problem()):
                raise UserError(problem)
        self._check_take_back()
        self._take_back()

    def _get_take_back_problem(self, together):
        if self.state != "renewed" or self.next_id in together:
            return super()._get_take_back_problem(together)
        return self.env._(
            "“%(deadline)s” cannot be cancelled, it was renewed by “%(next)s”:"
            " cancel that one first.",
            deadline=self.name,
            next=self.next_id.name or "",
        )

    def _take_back(self):
        """Cancel these deadlines and reopen the periods they renewed."""
        super()._take_back()
        self.previous_id._reopen()

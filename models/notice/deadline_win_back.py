from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import texts

#: Services that an e-mail which wins back names.
MAX_NAMED = 3


class DeadlineDeadline(models.Model):
    """How customers who let deadlines expire are won back, by automation rules or mailings."""

    _inherit = "deadline.deadline"
    _mailing_enabled = True

    is_to_win_back = fields.Boolean(
        string="To Win Back",
        compute="_compute_is_to_win_back",
        search="_search_is_to_win_back",
        compute_sudo=True,
        groups="base.group_user",
        help="Expired, its customer was told so and may still renew and be written to. Of several"
        " that ended on one day only one, for one e-mail.",
    )

    def _compute_is_to_win_back(self):
        wanted = self.search(Domain("id", "in", self.ids) & Domain("is_to_win_back", "=", True))
        for deadline in self:
            deadline.is_to_win_back = deadline._origin in wanted

    @api.model
    def _search_is_to_win_back(self, operator, value):
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        deadlines_sudo = self.sudo()  # rules and mailings ask for all, the caller's rules follow
        one_of_each = SQL(
            "(SELECT min(id) FROM deadline_deadline WHERE id IN %s"
            " GROUP BY company_id, partner_id, expired_on)",
            deadlines_sudo._search(deadlines_sudo._get_win_back_domain()).subselect(),
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
            & self._get_not_excluded_domain()
            & Domain("partner_id.is_blacklisted", "=", False)
            & Domain("id", "not in", self._search_awaiting_payment(expired).ids)
        )

    def _mailing_get_default_domain(self, _mailing):
        """Propose to Email Marketing whoever let a deadline expire and may be written to."""
        return list(Domain("state", "=", "expired") & self._get_not_excluded_domain())

    # === E-MAILS === #

    # Databases have e-mail templates that call these: their names stay.

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

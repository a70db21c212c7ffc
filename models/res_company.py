import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ResCompany(models.Model):
    """The company's day, its people, and what a query of one that has several may find."""

    _inherit = "res.company"

    deadline_user_id = fields.Many2one(
        "res.users",
        string="Left-over To-dos",
        domain=[("share", "=", False)],
        groups="base.group_user",
        help="Who is given what nobody is responsible for, and reads what customers without a"
        " salesperson write. Empty: an administrator of deadlines.",
    )

    # === ITS DAY === #

    def _deadline_tz(self):
        """Return the time zone (a ``tzinfo``) whose calendar the company's deadlines follow.

        It is that of the company's address, else of its working hours, else UTC, and never
        the user's: staff, customers and scheduled actions have to agree on the day.
        """
        self.ensure_one()
        # Which all need, and not all may read.
        company_sudo = self.sudo()
        return pytz.timezone(
            company_sudo.partner_id.tz or company_sudo.resource_calendar_id.tz or "UTC"
        )

    def _deadline_day(self, moment):
        """Return the company's day at ``moment``, a naive datetime in UTC as Odoo stores it."""
        return pytz.utc.localize(moment).astimezone(self._deadline_tz()).date()

    def _deadline_today(self):
        """Return the company's day now. Nothing in this addon asks for today elsewhere."""
        return self._deadline_day(fields.Datetime.now())

    @api.model
    def _get_domain_by_day(self, field, operator, get_day):
        """Return the domain of records of any company whose date compares to a day of its own.

        :param str field: name of a date of a model with ``company_id``
        :param str operator: as of domains
        :param get_day: function from a company to its day
        """
        companies_sudo = self.sudo().with_context(active_test=False).search(Domain.TRUE)
        return Domain.OR(
            Domain("company_id", "in", group.ids) & Domain(field, operator, day)
            for day, group in companies_sudo.grouped(get_day).items()
        )

    # === ITS PEOPLE === #

    def _is_deadline_staff(self, user):
        """Say whether a user can look after something of the company."""
        self.ensure_one()
        user = user.sudo()
        return bool(user) and user.active and not user.share and self in user.company_ids

    def _get_deadline_user(self):
        """Return who is given the to-dos of the company that nobody is responsible for.

        :return: ``res.users``, nobody only where no administrator of deadlines works here
        """
        self.ensure_one()
        chosen = self.sudo().deadline_user_id
        if self._is_deadline_staff(chosen):
            return chosen.sudo(self.env.su)
        managers = self.env.ref("deadline_management.group_deadline_manager").sudo().all_user_ids
        able = managers.filtered(self._is_deadline_staff).sorted("id")
        return able[:1].sudo(self.env.su)

    # === OTHERS === #

    def _get_portal_address(self, path, lang):
        """Return the absolute address of a page of the portal, in a customer's language.

        :param str path: page, beginning with a slash
        :param str lang: code of the customer's language; one that the website does not
            have leaves it to the website
        """
        self.ensure_one()
        website_sudo = self.sudo().website_id
        language = website_sudo.language_ids.filtered(lambda one: one.code == lang)
        prefix = ""
        if language and language != website_sudo.default_lang_id:
            prefix = f"/{language.url_code}"
        return f"{self.get_base_url()}{prefix}{path}"

    @api.model
    def _get_visible_companies(self):
        """Return the companies whose deadlines a query of this environment may find."""
        if self.env.su:  # whom no rule keeps to the allowed companies
            return self.with_context(active_test=False).search(Domain.TRUE)
        return self.env.companies

    @api.model
    def _read_number(self, value, kind=int):
        """Return what a search looks for as a number, 0 for nothing.

        :param kind: ``int`` or ``float``
        :raise UserError: when it is no number
        """
        try:
            return kind(value or 0)
        except (OverflowError, TypeError, ValueError):
            raise UserError(self.env._("“%s” is not a number to search for.", value)) from None

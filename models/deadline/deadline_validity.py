from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from .. import periods

MAX_DAYS = periods.MAX_COUNT["day"]


class DeadlineDeadline(models.Model):
    """What a deadline has to be, whoever enters it: dates, quantity, currency, product."""

    _inherit = "deadline.deadline"

    @api.constrains("date_start", "date_end", "duration_count", "duration_unit")
    def _check_period(self):
        for deadline in self:
            if problem := deadline._get_period_problem():
                raise ValidationError(problem)

    @api.constrains("quantity", "state")
    def _check_quantity(self):
        for deadline in self:
            if deadline.quantity > 0:
                continue
            # One whose line is of nothing has come to an end otherwise, and may stay so.
            if deadline._is_being_created():
                raise ValidationError(
                    self.env._(
                        "Enter a quantity above zero for “%s”.", deadline._get_message_name()
                    )
                )
            if deadline.state == "active":
                raise ValidationError(
                    self.env._(
                        "“%s” needs a quantity above zero. To end it, cancel it.", deadline.name
                    )
                )

    @api.constrains("currency_id", "company_id")
    def _check_currency_rate(self):
        for deadline in self:
            if problem := self._get_rate_problem(deadline.currency_id, deadline.company_id):
                raise ValidationError(problem)

    @api.constrains("partner_id", "product_id")
    def _check_archived(self):
        # The company stands for a contact who has left it, even where it is archived.
        if self.env.su and self.env.context.get("deadline_contact_left"):
            return
        for deadline in self:
            if deadline._continues_by_itself():
                continue  # until the customer leaves, whatever is sold now
            if problem := self._get_archived_problem(deadline.partner_id, deadline.product_id):
                raise ValidationError(problem)

    @api.constrains("product_id")
    def _check_product(self):
        for deadline in self:
            # What was sold, or goes on, may be of a product that opens no deadlines any more.
            sold = deadline.sale_line_id or deadline.previous_id
            product_sudo = deadline.product_id.sudo()  # whose settings are for staff alone
            if not sold and not product_sudo.is_deadline:
                raise ValidationError(
                    self.env._(
                        "“%s” opens no deadlines: tick “Creates Deadlines” on the product"
                        " and give it a duration.",
                        deadline.product_id.display_name,
                    )
                )

    def _continues_by_itself(self):
        """Say whether the deadline goes on with the one before it without an order. A hook."""
        self.ensure_one()
        return False

    def _get_period_problem(self):
        """Return what is wrong with the dates and the duration, a sentence, or False."""
        self.ensure_one()
        if self.date_end < self.date_start:
            return self._format_with_period(
                self.env._(
                    "“%(deadline)s” would end on %(end)s, before it starts on %(start)s:"
                    " correct one of the dates."
                )
            )
        if not periods.is_valid_duration(self.duration_count, self.duration_unit):
            return self._format_with_period(
                self.env._(
                    "“%(deadline)s” needs a duration between 1 day and 100 years:"
                    " set it on the deadline or on its product."
                )
            )
        if (
            periods.length(self.date_start, self.date_end) > MAX_DAYS
            or self.date_start > periods.LAST_START
        ):
            return self._format_with_period(
                self.env._(
                    "“%(deadline)s” would last from %(start)s to %(end)s, more than 100 years"
                    " or beyond the calendar: correct the dates."
                )
            )
        return False

    @api.model
    def _is_being_created(self):
        return "deadline_numbers" in self.env.context

    def _get_message_name(self):
        """Return what to call the deadline in a message: nobody has seen a new one's number."""
        self.ensure_one()
        if self.name not in self.env.context.get("deadline_numbers", ()):
            return self.name
        return f"{self.product_id.display_name}, {self.partner_id.display_name}"

    def _format_with_period(self, sentence):
        """Fill the deadline's name and dates into a translated sentence."""
        return sentence % {
            "deadline": self._get_message_name(),
            "start": format_date(self.env, self.date_start),
            "end": format_date(self.env, self.date_end),
        }

    def _check_company(self, fnames=None):
        """Check those with a record that some company owns; what all share needs no check."""
        if fnames and "company_id" not in fnames:
            checked = (self._fields[name] for name in fnames)
            if not any(field.relational and field.check_company for field in checked):
                return
        owned = self.filtered(
            lambda deadline: (
                deadline.previous_id
                or any(
                    record.company_id
                    for record in (deadline.partner_id, deadline.product_id, deadline.origin_id)
                )
            )
        )
        super(DeadlineDeadline, owned)._check_company(fnames)

    @api.model
    def _get_rate_problem(self, currency, company):
        """Return why amounts in ``currency`` cannot be converted for ``company``, or False.

        Odoo itself converts a currency without any rate at 1:1.
        """
        rates_sudo = self.env["res.currency.rate"].sudo()  # of the root company, which owns them
        companies = Domain("company_id", "in", (False, company.root_id.id))
        if currency == company.currency_id or rates_sudo.search_count(
            Domain("currency_id", "=", currency.id) & companies, limit=1
        ):
            return False
        return self.env._(
            "There is no exchange rate for %(currency)s in %(company)s:"
            " enter one in the list of currencies.",
            currency=currency.name,
            company=company.name,
        )

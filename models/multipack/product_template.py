from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date, groupby

from .. import periods, schedule
from ..constants import DURATION_UNITS

#: Ten years of monthly installments.
MAX_INSTALLMENTS = 120


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_multipack = fields.Boolean(
        string="Multipack",
        groups="base.group_user",
        help="A package of services that is sold at one price and paid in installments, "
        "or month by month.",
    )
    multipack_component_ids = fields.One2many(
        "deadline.multipack.component",
        "product_tmpl_id",
        string="Components",
        copy=True,
        groups="base.group_user",
    )
    multipack_plan = fields.Selection(
        selection=[
            ("installments", "In installments"),
            ("monthly", "Month by month, until withdrawn"),
        ],
        string="Plan",
        default="installments",
        required=True,
        groups="base.group_user",
    )
    multipack_installment_count = fields.Integer(
        string="Installments",
        default=12,
        groups="base.group_user",
        help="How many amounts the price is split into. The first is due on the day of purchase.",
    )
    multipack_interval_count = fields.Integer(
        string="Every",
        default=1,
        groups="base.group_user",
        help="Time from one installment to the next.",
    )
    multipack_interval_unit = fields.Selection(
        selection=DURATION_UNITS,
        string="Interval Unit",
        default="month",
        groups="base.group_user",
    )
    multipack_collection = fields.Selection(
        selection=[
            ("token", "Charged automatically to the saved card or account"),
            ("method", "By the customer's payment method, such as a direct debit file"),
            ("manual", "Paid by the customer"),
        ],
        string="Collection",
        default="token",
        required=True,
        groups="base.group_user",
        help="How installments after the first are collected. Bought online, a multipack that is "
        "charged automatically saves the customer's payment method.",
    )
    multipack_preview = fields.Html(
        string="Schedule",
        compute="_compute_multipack_preview",
        groups="base.group_user",
        help="What a customer who buys today would pay, and when.",
    )

    @api.depends(
        "is_multipack",
        "list_price",
        "taxes_id",
        "currency_id",
        "multipack_plan",
        "multipack_installment_count",
        "multipack_interval_count",
        "multipack_interval_unit",
        "multipack_component_ids",
        "deadline_duration_count",
        "deadline_duration_unit",
    )
    @api.depends_context("lang", "company")
    def _compute_multipack_preview(self):
        for product in self:
            if not product.is_multipack:
                product.multipack_preview = False
            elif problem := product._get_multipack_problem():
                product.multipack_preview = problem
            else:
                product.multipack_preview = product._get_multipack_preview()

    @api.constrains(
        "is_multipack",
        "is_deadline",
        "type",
        "multipack_component_ids",
        "multipack_plan",
        "multipack_installment_count",
        "multipack_interval_count",
        "multipack_interval_unit",
        "deadline_duration_count",
        "deadline_duration_unit",
    )
    def _check_multipack(self):
        for product in self.sudo().filtered("is_multipack"):
            if problem := product._get_multipack_problem():
                raise ValidationError(problem)

    def _get_multipack_problem(self):
        """Return why the product cannot be sold as a multipack, a sentence, or False."""
        self.ensure_one()
        # The shop shows what the fields of the staff make of a price.
        product_sudo = self.sudo()
        name = product_sudo.display_name or ""
        if product_sudo.is_deadline:
            return self.env._(
                "“%s” either is a multipack or creates deadlines itself: choose one of the two.",
                name,
            )
        if product_sudo.type == "combo":
            return self.env._("“%s” is a combo and cannot be a multipack as well.", name)
        if not product_sudo.multipack_component_ids:
            return self.env._(
                "The multipack “%s” has no components: add the services that it brings.", name
            )
        if product_sudo.multipack_plan == "monthly":
            return False
        return (
            product_sudo._get_deadline_duration_problem()
            or product_sudo._get_installments_problem()
        )

    def _get_installments_problem(self):
        """Return what is wrong with the number and distance of installments, or False.

        The last one has to be due while the multipack is valid, whatever day it begins.
        """
        self.ensure_one()
        name = self.display_name or ""
        count, unit = self.multipack_interval_count, self.multipack_interval_unit
        if not 1 <= self.multipack_installment_count <= MAX_INSTALLMENTS:
            return self.env._(
                "“%(multipack)s” needs between 1 and %(max)s installments.",
                multipack=name,
                max=MAX_INSTALLMENTS,
            )
        if self.multipack_installment_count == 1:
            return False
        if not periods.is_valid_duration(count, unit):
            return self.env._(
                "“%s” needs a time from one installment to the next: at least one day.", name
            )
        if not periods.fits(
            self.multipack_installment_count,
            (count, unit),
            (self.deadline_duration_count, self.deadline_duration_unit),
        ):
            return self.env._(
                "The last installment of “%s” would be due after the multipack is over:"
                " set fewer installments, a shorter interval or a longer duration.",
                name,
            )
        return False

    def _get_multipack_dates(self, start):
        """Return the days on which the installments of a multipack that starts are due."""
        self.ensure_one()
        product_sudo = self.sudo()
        if product_sudo.multipack_plan == "monthly":
            return [start]
        interval = product_sudo.multipack_interval_count, product_sudo.multipack_interval_unit
        return periods.series(start, product_sudo.multipack_installment_count, *interval)

    def _get_multipack_amounts(self, total, currency):
        """Return the amounts of the installments that ``total``, tax included, is paid in."""
        self.ensure_one()
        product_sudo = self.sudo()
        monthly = product_sudo.multipack_plan == "monthly"
        count = 1 if monthly else product_sudo.multipack_installment_count
        return schedule.split(total, count, currency.rounding)

    def _is_paid_later(self):
        """Say whether selling the multipack leaves something to be paid on a later day."""
        self.ensure_one()
        product_sudo = self.sudo()
        return (
            product_sudo.multipack_plan == "monthly" or product_sudo.multipack_installment_count > 1
        )

    def _get_interval_text(self):
        """Return how often installments follow each other, such as "every month"."""
        self.ensure_one()
        product_sudo = self.sudo()
        count, unit = product_sudo.multipack_interval_count, product_sudo.multipack_interval_unit
        if product_sudo.multipack_plan == "monthly":
            count, unit = 1, "month"
        if count == 1:
            return {
                "day": self.env._("every day"),
                "week": self.env._("every week"),
                "month": self.env._("every month"),
                "year": self.env._("every year"),
            }[unit]
        return {
            "day": self.env._("every %s days", count),
            "week": self.env._("every %s weeks", count),
            "month": self.env._("every %s months", count),
            "year": self.env._("every %s years", count),
        }[unit]

    def _get_multipack_offer(self, price, currency):
        """Return how a price is paid, for the shop: "or 4 × $ 250.00", or False.

        :param float price: of one multipack, as the shop shows it
        """
        self.ensure_one()
        product_sudo = self.sudo()
        if not product_sudo.is_multipack or price <= 0 or product_sudo._get_multipack_problem():
            return False
        if product_sudo.multipack_plan == "monthly":
            return self.env._("every month, until you withdraw")
        if product_sudo.multipack_installment_count == 1:
            return False
        amounts = product_sudo._get_multipack_amounts(price, currency)
        return self.env._(
            "or %(amounts)s, %(interval)s",
            amounts=self._format_amounts(amounts, currency),
            interval=self._get_interval_text(),
        )

    @api.model
    def _format_amounts(self, amounts, currency):
        """Return amounts as text, equal ones together: "1 × $ 33.34 + 2 × $ 33.33"."""
        if len(amounts) == 1:
            return format_amount(self.env, amounts[0], currency)
        return " + ".join(
            f"{len(equal)} × {format_amount(self.env, amount, currency)}"
            for amount, equal in groupby(amounts)
        )

    def _get_additionnal_combination_info(self, product_or_template, quantity, uom, date, website):
        info = super()._get_additionnal_combination_info(
            product_or_template, quantity, uom, date, website
        )
        if self.sudo().is_multipack:
            info["multipack_offer"] = self._get_multipack_offer(info["price"], info["currency"])
        return info

    def _get_total_included(self, price, taxes, company):
        """Return what an order of one of these alone would total."""
        base_line = taxes._prepare_base_line_for_taxes_computation(
            None, price_unit=price, quantity=1.0, tax_ids=taxes, currency_id=self.currency_id
        )
        taxes._add_tax_details_in_base_lines([base_line], company)
        taxes._round_base_lines_tax_details([base_line], company)
        totals = taxes._get_tax_totals_summary([base_line], self.currency_id, company)
        return totals["total_amount_currency"]

    def _get_multipack_preview(self):
        """Return the schedule of a purchase today at the list price with taxes, as HTML."""
        company = self.company_id or self.env.company
        dates = self._get_multipack_dates(company._deadline_today())
        taxes = self.sudo().taxes_id._filter_taxes_by_company(company)
        price = self._get_total_included(max(self.list_price, 0.0), taxes, company)
        amounts = self._get_multipack_amounts(price, self.currency_id)
        rows = [
            Markup("<tr><td>%s</td><td class='text-end ps-4'>%s</td></tr>")
            % (format_date(self.env, day), format_amount(self.env, amount, self.currency_id))
            for day, amount in zip(dates, amounts, strict=True)
        ]
        if self.multipack_plan == "monthly":
            note = self.env._("and again every month, until the customer withdraws")
            rows.append(Markup("<tr><td colspan='2'>%s</td></tr>") % note)
        return Markup("<table>%s</table>") % Markup().join(rows)

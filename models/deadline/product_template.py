from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import periods
from ..constants import DURATION_UNITS


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_deadline = fields.Boolean(
        string="Creates Deadlines",
        groups="base.group_user",
        help="Each sale of this product opens a deadline for the customer, or renews one.",
    )
    deadline_duration_count = fields.Integer(
        string="Duration", default=1, groups="base.group_user", help="How long one period lasts."
    )
    deadline_duration_unit = fields.Selection(
        selection=DURATION_UNITS,
        string="Duration Unit",
        default="year",
        groups="base.group_user",
    )
    deadline_grace_policy = fields.Selection(
        selection=[("company", "As set for the company"), ("own", "Own number of days")],
        string="Grace",
        default="company",
        required=True,
        groups="base.group_user",
        help="Days after the end within which a renewal still follows without a gap.",
    )
    deadline_grace_days = fields.Integer(string="Own Grace Days", groups="base.group_user")
    deadline_repurchase = fields.Selection(
        selection=[
            ("separate", "Opens another deadline"),
            ("renew", "Renews the customer's open deadline"),
        ],
        string="Buying It Again",
        default="separate",
        required=True,
        groups="base.group_user",
        help="What a new purchase by a customer who already has this product does. "
        "It renews only when the customer has exactly one open deadline of the product.",
    )
    deadline_price_policy = fields.Selection(
        selection=[
            ("current", "Today's price"),
            ("kept", "Price of the previous period"),
            ("increase", "Price of the previous period, increased"),
        ],
        string="Price at Renewal",
        default="current",
        required=True,
        groups="base.group_user",
        help="A period that cost nothing has no price to keep: it is renewed at today's.",
    )
    deadline_price_increase = fields.Float(
        string="Increase",
        groups="base.group_user",
        help="Percentage added to the price of the previous period; negative to lower it.",
    )
    deadline_expiry_activity = fields.Boolean(
        string="To-Do at Expiry",
        groups="base.group_user",
        help="Leaves a to-do for the responsible when a deadline of this product expires "
        "without renewal.",
    )

    @api.constrains("is_deadline", "deadline_duration_count", "deadline_duration_unit")
    def _check_deadline_duration(self):
        for product in self.sudo().filtered("is_deadline"):
            if problem := product._get_deadline_duration_problem():
                raise ValidationError(problem)

    @api.constrains("deadline_grace_days")
    def _check_deadline_grace_days(self):
        for product in self.sudo():
            if product.deadline_grace_days < 0:
                raise ValidationError(
                    self.env._(
                        "The grace days of “%s” cannot be negative: set zero or more.",
                        product.display_name,
                    )
                )

    @api.constrains("deadline_price_increase")
    def _check_deadline_price_increase(self):
        for product in self.sudo():
            if not -100 <= product.deadline_price_increase <= 1000:
                raise ValidationError(
                    self.env._(
                        "The renewal price of “%s” may change by -100 to 1000 percent:"
                        " correct the increase.",
                        product.display_name,
                    )
                )

    def _get_deadline_duration_problem(self):
        """Return why the product's duration cannot be used, a sentence, or False."""
        self.ensure_one()
        # The fields of deadlines are for the staff, their prices for all.
        product_sudo = self.sudo()
        if periods.is_valid_duration(
            product_sudo.deadline_duration_count, product_sudo.deadline_duration_unit
        ):
            return False
        return self.env._(
            "“%s” has no usable duration: set one between 1 day and 100 years on the product.",
            product_sudo.display_name,
        )

    def _get_deadline_grace_days(self, company):
        """Return the grace days (after the end) that hold for the product in ``company``."""
        self.ensure_one()
        product_sudo = self.sudo()
        if product_sudo.deadline_grace_policy == "own":
            return product_sudo.deadline_grace_days
        return company.deadline_grace_days

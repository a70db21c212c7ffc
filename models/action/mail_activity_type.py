from odoo import fields, models

BASE_TYPES = [("generic", "Generic"), ("recall", "Recall"), ("withdrawal", "Withdrawal")]


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    base_type = fields.Selection(
        selection=BASE_TYPES,
        default="generic",
        required=True,
        help="What actions of this type are: a recall counts for the recall date of its "
        "customer, and is closed with an outcome; a withdrawal goes with one of a multipack.",
    )
    show_in_agenda = fields.Boolean(
        help="An action given to somebody appears in that person's calendar."
    )

    def write(self, vals):
        changed = self.filtered(lambda one: one.base_type != vals.get("base_type", one.base_type))
        result = super().write(vals)
        changed._update_recall_dates()
        return result

    def _update_recall_dates(self):
        """Bring the recall dates of customers up to date with what counts as a recall."""
        activities_sudo = self.env["mail.activity"].sudo().with_context(active_test=False)
        for kind in self:
            activities_sudo.search(
                [("activity_type_id", "=", kind.id), ("customer_id", "!=", False)]
            )._update_recall_dates()

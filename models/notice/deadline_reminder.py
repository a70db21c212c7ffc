from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Earliest reminder accepted, in days before the end: ten years.
MAX_DAYS_BEFORE = 3650


class DeadlineReminder(models.Model):
    _name = "deadline.reminder"
    _description = "Deadline Reminder"
    _order = "days_before DESC, id"

    company_id = fields.Many2one("res.company", ondelete="cascade")
    grade_id = fields.Many2one("res.partner.grade", string="Level", ondelete="cascade")
    days_before = fields.Integer(
        required=True, help="Days before the last valid day on which the customer is reminded."
    )
    template_id = fields.Many2one(
        "mail.template",
        string="E-mail Template",
        domain=[("model", "=", "deadline.notice")],
        ondelete="set null",
        help="Leave empty for the standard reminder.",
    )

    _one_owner = models.Constraint(
        "CHECK(num_nonnulls(company_id, grade_id) = 1)",
        "A reminder belongs either to a company or to a level.",
    )
    _one_per_company = models.UniqueIndex(
        "(company_id, days_before) WHERE company_id IS NOT NULL",
        "This company already has a reminder so many days before the end: change or remove it.",
    )
    _one_per_grade = models.UniqueIndex(
        "(grade_id, days_before) WHERE grade_id IS NOT NULL",
        "This level already has a reminder so many days before the end: change or remove it.",
    )

    @api.depends("days_before")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for reminder in self:
            reminder.display_name = self._format_step(reminder.days_before)

    @api.constrains("days_before")
    def _check_days_before(self):
        for reminder in self:
            owner = reminder.company_id or reminder.grade_id
            if not 0 <= reminder.days_before <= MAX_DAYS_BEFORE:
                raise ValidationError(
                    self.env._(
                        "“%(owner)s” cannot have a reminder %(days)s days before the end:"
                        " enter a number between 0 and %(most)s.",
                        owner=owner.display_name,
                        days=reminder.days_before,
                        most=MAX_DAYS_BEFORE,
                    )
                )

    @api.constrains("template_id")
    def _check_template(self):
        for reminder in self:
            template = reminder.template_id
            if template and template.model != "deadline.notice":
                raise ValidationError(
                    self.env._(
                        "The e-mail template “%s” is not for deadline notices: choose another.",
                        template.name,
                    )
                )

    @api.model
    def _format_step(self, days_before):
        """Return the name of a step: how many days before the end it is."""
        if not days_before:
            return self.env._("On the last day")
        if days_before == 1:
            return self.env._("1 day before the end")
        return self.env._("%s days before the end", days_before)

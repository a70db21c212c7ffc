from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from .active import get_active_ids, only_ids


class DeadlineActionWizard(models.TransientModel):
    """Record an action on a customer or on deadlines: something to do, or already done."""

    _name = "deadline.action.wizard"
    _description = "Record an Action"

    res_model = fields.Char(required=True, readonly=True)
    res_ids = fields.Json(required=True, readonly=True)
    target = fields.Char(string="About", compute="_compute_target")
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Type",
        required=True,
        default=lambda self: self.env.ref(
            "deadline_management.mail_activity_type_recall", raise_if_not_found=False
        ),
        domain="[('res_model', 'in', (False, res_model))]",
        ondelete="cascade",
    )
    base_type = fields.Selection(related="activity_type_id.base_type")
    is_done = fields.Selection(
        selection=[("planned", "To do"), ("done", "Already done")],
        string="Status",
        required=True,
        default="planned",
    )
    day = fields.Date(
        compute="_compute_day", store=True, readonly=False, precompute=True, required=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Operator",
        required=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        ondelete="cascade",
    )
    summary = fields.Char(compute="_compute_summary", store=True, readonly=False, precompute=True)
    note = fields.Text(string="Notes")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        values.setdefault("res_model", self.env.context.get("active_model"))
        values.setdefault("res_ids", get_active_ids(self.env))
        return values

    @api.depends("res_model", "res_ids")
    def _compute_target(self):
        for wizard in self:
            wizard.target = ", ".join(wizard._get_records().mapped("display_name"))

    @api.depends("activity_type_id", "is_done")
    def _compute_day(self):
        today = self.env.company._deadline_today()
        for wizard in self:
            kind = wizard.activity_type_id
            planned = wizard.is_done == "planned" and kind
            wizard.day = kind._get_date_deadline() if planned else today

    @api.depends("activity_type_id")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = wizard.activity_type_id.summary

    def _get_records(self):
        """Return the customers or deadlines that the action is about.

        :raise UserError: when it is about anything else
        """
        self.ensure_one()
        ids = only_ids(self.res_ids)
        if self.res_model not in ("res.partner", "deadline.deadline") or not ids:
            raise UserError(self.env._("Open a customer or a deadline to record an action on it."))
        return self.env[self.res_model].browse(ids)

    def action_record(self):
        """Record the action on each of the records.

        :raise UserError: when it is said to be done on a day to come, or to be a withdrawal
        """
        self.ensure_one()
        records = self._get_records()
        records.check_access("read")
        done = self.is_done == "done"
        if done and self.day > self.env.company._deadline_today():
            raise UserError(
                self.env._("An action on a day to come cannot be done already: plan it instead.")
            )
        # Nobody is told to do what is done.
        actions = self.env["mail.activity"].with_context(mail_activity_quick_update=done)
        # For colleagues, too, whom Odoo has follow the customer, whoever may not change it.
        activities = actions.sudo().create([self._prepare_action(record) for record in records])
        activities = activities.sudo(self.env.su)
        if done:
            activities._mark_done_on(self.day, self.user_id, self.note)
        return {"type": "ir.actions.act_window_close"}

    def _prepare_action(self, record):
        """Return the values of the activity on one record."""
        done = self.is_done == "done"  # then the notes are what came of it
        return {
            "res_model_id": self.env["ir.model"]._get_id(record._name),
            "res_id": record.id,
            "activity_type_id": self.activity_type_id.id,
            "summary": self.summary,
            "note": plaintext2html(self.note) if self.note and not done else False,
            "date_deadline": self.day,
            "user_id": self.user_id.id,
        }

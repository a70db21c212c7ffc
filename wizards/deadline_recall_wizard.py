from odoo import api, fields, models

from ..models.action.mail_activity import OUTCOMES
from .active import get_active_id


class DeadlineRecallWizard(models.TransientModel):
    """The outcome of a recall that takes more than a click: when to call again, why it is lost."""

    _name = "deadline.recall.wizard"
    _description = "Outcome of a Recall"

    activity_id = fields.Many2one(
        "mail.activity",
        required=True,
        readonly=True,
        default=lambda self: get_active_id(self.env),
        ondelete="cascade",
    )
    outcome = fields.Selection(selection=OUTCOMES, required=True, default="later")
    days = fields.Integer(
        string="Call Again in Days",
        compute="_compute_days",
        store=True,
        readonly=False,
        precompute=True,
        help="0 for not at all.",
    )
    reason = fields.Char(string="Reason or Notes")

    @api.depends("outcome")
    def _compute_days(self):
        for wizard in self:
            wizard.days = {"later": 7, "no_answer": 1}.get(wizard.outcome, 0)

    @api.constrains("activity_id")
    def _check_activity(self):
        # The name of what a field refers to is shown to whoever may read the field. Constraints
        # have all rights, the user has not.
        self.activity_id.sudo(False).check_access("read")

    def action_record(self):
        """Close the recall.

        :raise UserError: says what is missing
        """
        self.ensure_one()
        days = 0 if self.outcome == "lost" else self.days
        self.activity_id.action_close_recall(self.outcome, days=days, reason=self.reason or "")
        return {"type": "ir.actions.act_window_close"}

from odoo import api, fields, models


class DeadlineNoticeWizard(models.TransientModel):
    """Why a deadline's customer was given notice or not, and the notice itself by hand."""

    _name = "deadline.notice.wizard"
    _description = "Notices of a Deadline"

    deadline_id = fields.Many2one(
        "deadline.deadline", required=True, readonly=True, ondelete="cascade"
    )
    # As the user: a form may be asked about any id.
    partner_id = fields.Many2one(
        related="deadline_id.partner_id", string="Customer", related_sudo=False
    )
    state = fields.Selection(related="deadline_id.state", related_sudo=False)
    step_ids = fields.One2many("deadline.notice.wizard.step", "wizard_id", readonly=True)
    subject = fields.Char(readonly=True)
    body = fields.Html(readonly=True, sanitize=False)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if "step_ids" in fields and values.get("deadline_id"):
            deadline = self.env["deadline.deadline"].browse(values["deadline_id"])
            rows = self.env["deadline.notice"]._explain(deadline)
            values["step_ids"] = [(0, 0, self._prepare_step(row)) for row in rows]
        return values

    @api.model
    def _prepare_step(self, row):
        """Return the values of the line that shows a row of `_explain`."""
        line = row.get("line")
        return {
            "label": row["label"],
            "day": row["day"],
            "verdict": row["verdict"],
            "explanation": row["text"],
            "notice_id": line.notice_id.id if line else False,
        }

    def action_preview(self):
        """Show the e-mail that would be sent now, without sending it."""
        self.ensure_one()
        self.subject, self.body = self.env["deadline.notice"]._render_preview(self.deadline_id)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.deadline_notice_wizard_action"
            ),
            "res_id": self.id,
        }

    def action_send(self):
        """Send the customer a notice now.

        :raise UserError: says why the customer cannot be written to
        """
        self.ensure_one()
        notice = self.env["deadline.notice"]._send_now(self.deadline_id)
        return self._close_with_message(
            self.env._("The notice to %s leaves within a minute.", notice.email)
        )

    def action_send_to_user(self):
        """Send the user the e-mail that the customer would get; nothing is recorded."""
        self.ensure_one()
        self.env["deadline.notice"]._send_to_user(self.deadline_id)
        email = self.env.user.email
        return self._close_with_message(
            self.env._("The notice leaves within a minute, to %s only.", email)
        )

    @api.model
    def _close_with_message(self, message):
        """Return the action that closes the dialog with a message."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class DeadlineNoticeWizardStep(models.TransientModel):
    _name = "deadline.notice.wizard.step"
    _description = "Step of the Notices of a Deadline"
    _order = "day, id"

    wizard_id = fields.Many2one(
        "deadline.notice.wizard", required=True, index=True, ondelete="cascade"
    )
    label = fields.Char(string="Step", readonly=True)
    day = fields.Date(readonly=True)
    verdict = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("waiting", "Waiting"),
            ("queued", "Queued"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("superseded", "Superseded"),
            ("skipped", "Skipped"),
            ("none", "Not needed"),
        ],
        readonly=True,
    )
    explanation = fields.Text(string="Why?", readonly=True)
    notice_id = fields.Many2one("deadline.notice", readonly=True, ondelete="cascade")

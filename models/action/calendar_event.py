from odoo import fields, models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    is_deadline_action = fields.Boolean(
        string="Made for an Action",
        readonly=True,
        copy=False,
        help="The appointment shows an action for a customer, and goes with it.",
    )

    def unlink(self):
        # Odoo deletes the activities of a deleted appointment: actions for customers stay.
        made = self.filtered("is_deadline_action")
        actions_sudo = self.env["mail.activity"].sudo().with_context(active_test=False)
        actions_sudo.search([("calendar_event_id", "in", made.ids)]).calendar_event_id = False
        return super().unlink()

    def _sync_activities(self, fields):
        if self.env.context.get("deadline_agenda"):
            return  # it is the action that changes its appointment
        made = self.filtered("is_deadline_action")
        # Its name says more than the summary of the action, and is not to become that.
        super(CalendarEvent, made)._sync_activities(fields - {"name"})
        super(CalendarEvent, self - made)._sync_activities(fields)

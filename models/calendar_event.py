from odoo import models


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def unlink(self):
        # Odoo deletes the activities of a deleted appointment: actions for customers stay.
        actions = self.env["mail.activity"].sudo().with_context(active_test=False)
        actions.search(
            [("calendar_event_id", "in", self.ids), ("customer_id", "!=", False)]
        ).calendar_event_id = False
        return super().unlink()

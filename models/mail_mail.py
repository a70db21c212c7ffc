from odoo import api, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model
    def process_email_queue(self, email_ids=(), batch_size=1000):
        """Come back at once for the notices that are left after a full run.

        Odoo 19.0 sends a thousand e-mails and then waits for its next hour, as it looks
        for the scheduled action under a name that no model has.
        """
        before = self._count_queued_notices()
        result = super().process_email_queue(email_ids, batch_size)
        if 0 < self._count_queued_notices() < before:
            self.env["deadline.notice"]._trigger_queue()
        return result

    @api.model
    def _count_queued_notices(self):
        """Return how many notices have not left yet."""
        return self.env["deadline.notice"].sudo().search_count([("state", "=", "queued")])

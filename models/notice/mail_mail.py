from odoo import api, models


class MailMail(models.Model):
    _inherit = "mail.mail"

    @api.model
    def process_email_queue(self, email_ids=(), batch_size=1000):
        """Come back at once for the notices that are left after a full run.

        Odoo 19.0 sends a thousand e-mails and then waits for its next hour, as it looks
        for the scheduled action under a name that no model has.
        """
        notices_sudo = self.env["deadline.notice"].sudo()  # only counted
        queued = [("state", "=", "queued")]  # of which there is an index, unlike of e-mails
        if email_ids or not notices_sudo.search_count(queued, limit=1):
            return super().process_email_queue(email_ids, batch_size)
        outgoing = [("state", "=", "outgoing")]
        before = self.search_count(outgoing)
        result = super().process_email_queue(email_ids, batch_size)
        left = notices_sudo.search_count(queued, limit=1)
        if left and self.search_count(outgoing) < before:  # or it would turn in circles
            notices_sudo._trigger_queue()
        return result

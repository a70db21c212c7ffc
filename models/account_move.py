from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        for move in posted.filtered(lambda move: move.move_type == "out_refund"):
            move._remind_of_credited_deadlines()
        return posted

    def _remind_of_credited_deadlines(self):
        """Leave a to-do on the running deadlines that a credit note gives back.

        Whether the service ends as well is for a person to decide: the credit note itself
        is never refused and changes no deadline.
        """
        self.ensure_one()
        deadlines = self.invoice_line_ids.sale_line_ids.sudo().deadline_ids
        for deadline in deadlines.filtered(lambda deadline: deadline.state == "active"):
            deadline.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Credit note %s", self.name),
                note=self.env._(
                    "Decide whether the service ends: cancel the order, or leave it as it is."
                ),
                user_id=deadline.user_id.id,
            )

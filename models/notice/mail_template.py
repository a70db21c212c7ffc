from odoo import api, models
from odoo.exceptions import UserError


class MailTemplate(models.Model):
    _inherit = "mail.template"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reminders(self):
        # Customers would be sent the standard text without anybody having said so.
        reminders_sudo = self.env["deadline.reminder"].sudo()  # of companies of any user
        for reminder in reminders_sudo.search([("template_id", "in", self.ids)]):
            owner = reminder.company_id or reminder.grade_id
            raise UserError(
                self.env._(
                    "“%(template)s” cannot be deleted, it is the text of a reminder (%(owner)s:"
                    " %(step)s): choose another template there first.",
                    template=reminder.template_id.name,
                    owner=owner.display_name,
                    step=reminder.display_name,
                )
            )

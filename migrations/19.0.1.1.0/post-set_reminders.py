from odoo import SUPERUSER_ID, api
from odoo.fields import Domain


def migrate(cr, version):
    """Give companies that are older than reminders those of a new company.

    Where a reminder was ever deleted, a company without any has chosen so.
    """
    cr.execute(
        """SELECT count(reminder.company_id),
                  count(reminder.id),
                  max(CASE WHEN made.is_called THEN made.last_value ELSE 0 END)
             FROM deadline_reminder_id_seq AS made
                  LEFT JOIN deadline_reminder AS reminder ON TRUE"""
    )
    of_companies, kept, made = cr.fetchone()
    if not of_companies and kept == made:
        env = api.Environment(cr, SUPERUSER_ID, {})
        companies = env["res.company"].with_context(active_test=False).search(Domain.TRUE)
        companies._set_default_reminders()

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Say of what was renewed before that was written down on which day it was."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    renewed = env["deadline.deadline"].search(
        [("state", "=", "renewed"), ("renewed_on", "=", False), ("next_ids", "!=", False)]
    )
    by_day = renewed.grouped(lambda deadline: _get_day(deadline.next_id))
    for day, deadlines in by_day.items():
        deadlines.renewed_on = day


def _get_day(deadline):
    """Return the day on which a period was ordered, or entered where no order says so."""
    if order := deadline.sale_line_id.order_id:
        return order._get_deadline_day()
    return deadline._get_entry_day(deadline.company_id._deadline_day(deadline.create_date))

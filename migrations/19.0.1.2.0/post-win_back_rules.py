from odoo import SUPERUSER_ID, api

OLD = (
    "[('state', '=', 'expired'), ('expired_on', '>=', 'today -{days}d'),"
    " ('notice_line_ids', 'any', [('kind', '=', 'expired'), ('verdict', '=', 'queued')]),"
    " ('partner_id.deadline_notices_excluded', '=', False),"
    " ('commercial_partner_id.deadline_notices_excluded', '=', False),"
    " ('partner_id.is_blacklisted', '=', False),"
    " ('renewal_line_ids', 'not any', [('state', '=', 'sent')])]"
)
NEW = "[('is_to_win_back', '=', True), ('days_left', '>=', -{days})]"


def migrate(cr, version):
    """Have rules that win back, unless people changed them, ask for what reminders ask."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for after in (1, 7, 21):
        name = f"deadline_management.base_automation_win_back_{after}"
        rule = env.ref(name, raise_if_not_found=False)
        if rule and rule.filter_domain == OLD.format(days=after + 3):
            rule.filter_domain = NEW.format(days=after + 4)

from psycopg2.extras import Json

#: Methods of which pages and e-mails show what they return, and what they are called now.
RENAMED = {
    "line._say_days_left(": "line._format_days_left(",  # in "deadline._say_days_left(" as well
    "line._say_end(": "line._format_end(",
    "line._get_renewed(": "line._is_renewal(",
    "._has_payment_plan(": "._is_paid_in_installments(",
}


def migrate(cr, version):
    """Have pages that somebody has changed for a website call methods by the names of today."""
    for old, new in RENAMED.items():
        cr.execute(
            "SELECT id, arch_db FROM ir_ui_view WHERE website_id IS NOT NULL"
            " AND key LIKE 'deadline\\_management.%%' AND arch_db::text LIKE %s",
            [f"%{old.replace('_', chr(92) + '_')}%"],
        )
        for view_id, texts in cr.fetchall():
            renamed = {lang: text.replace(old, new) for lang, text in texts.items()}
            cr.execute("UPDATE ir_ui_view SET arch_db = %s WHERE id = %s", [Json(renamed), view_id])

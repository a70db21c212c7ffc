from odoo.tools import SQL


def migrate(cr, version):
    """Give what was opened before that came of itself the token of its link in e-mails."""
    for table in ("deadline_deadline", "deadline_multipack"):
        cr.execute(
            SQL(
                "UPDATE %s SET access_token = gen_random_uuid() WHERE access_token IS NULL",
                SQL.identifier(table),
            )
        )

from odoo.tools import SQL

#: Columns whose index another one stands in for, or that tell too few rows from the others.
COLUMNS = {
    "deadline_deadline": ["commercial_partner_id"],
    "deadline_installment": ["multipack_id", "charge_state"],
    "deadline_multipack_component": ["product_tmpl_id"],
    "deadline_notice": ["company_id"],
    "deadline_notice_line": ["company_id", "deadline_id", "installment_id"],
    "deadline_reminder": ["company_id", "grade_id"],
    "deadline_withdrawal_line": ["multipack_id"],
}


def migrate(cr, version):
    """Drop indexes that only cost: Odoo keeps those that its fields no longer ask for."""
    for table, columns in COLUMNS.items():
        for column in columns:
            cr.execute(SQL("DROP INDEX IF EXISTS %s", SQL.identifier(f"{table}__{column}_index")))

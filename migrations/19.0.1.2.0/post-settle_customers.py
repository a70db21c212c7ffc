from odoo.tools import SQL

CONTRACTS = ("deadline_deadline", "deadline_multipack")


def migrate(cr, version):
    """Settle whose deadlines and multipacks are, as is done from now on whenever it changes."""
    for table in CONTRACTS:
        _join_companies(cr, table)
        _leave_behind(cr, table)
    cr.execute(
        """UPDATE deadline_installment AS installment
              SET partner_id = multipack.partner_id,
                  commercial_partner_id = multipack.commercial_partner_id
             FROM deadline_multipack AS multipack
            WHERE multipack.id = installment.multipack_id
              AND (multipack.partner_id, multipack.commercial_partner_id)
                  != (installment.partner_id, installment.commercial_partner_id)"""
    )
    _close_links(cr)


def _join_companies(cr, table):
    """Hand what belongs to a contact, into which a customer was merged, over to its company."""
    cr.execute(
        SQL(
            """UPDATE %s AS contract SET commercial_partner_id = contact.commercial_partner_id
                 FROM res_partner AS contact
                WHERE contact.id = contract.commercial_partner_id
                  AND contact.commercial_partner_id != contact.id""",
            SQL.identifier(table),
        )
    )


def _leave_behind(cr, table):
    """Let the company stand for contacts who have left it."""
    cr.execute(
        SQL(
            """UPDATE %s AS contract SET partner_id = contract.commercial_partner_id
                 FROM res_partner AS contact
                WHERE contact.id = contract.partner_id
                  AND contact.commercial_partner_id != contract.commercial_partner_id""",
            SQL.identifier(table),
        )
    )


def _close_links(cr):
    """Have links that were sent to a former customer open nothing that is another one's now."""
    cr.execute(
        """UPDATE deadline_deadline AS deadline SET access_token = gen_random_uuid()
             FROM mail_tracking_value AS change
                  JOIN ir_model_fields AS field ON field.id = change.field_id
                  JOIN mail_message AS message ON message.id = change.mail_message_id
                  JOIN res_partner AS former ON former.id = change.old_value_integer
            WHERE field.model = 'deadline.deadline' AND field.name = 'partner_id'
              AND message.model = 'deadline.deadline' AND message.res_id = deadline.id
              AND former.commercial_partner_id != deadline.commercial_partner_id"""
    )

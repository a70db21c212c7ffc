from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Bring withdrawals that were registered before to what they mean now.

    The services of a multipack keep what its customer pays and has paid, no more their full
    amount. What the operator wrote moves from the customer, who may be one of several
    companies, to the multipack.
    """
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    for line in env["deadline.withdrawal.line"].search([]):
        line.multipack_id._reduce_deadlines(line.amount)
    env.flush_all()
    for withdrawal in env["deadline.withdrawal"].search([]):
        _move_notes(cr, withdrawal)


def _move_notes(cr, withdrawal):
    """Move the actions and messages of a withdrawal, known by its name, to its first multipack."""
    multipack = withdrawal.line_ids.multipack_id[:1]
    values = {
        "model": multipack._name,
        "model_id": withdrawal.env["ir.model"]._get_id(multipack._name),
        "id": multipack.id,
        "name": multipack.display_name,
        "partner": withdrawal.partner_id.id,
        "type": withdrawal.activity_type_id.id,
        "said": rf"\m{withdrawal.name}\M",
    }
    cr.execute(
        """
        UPDATE mail_activity
           SET res_model = %(model)s, res_model_id = %(model_id)s, res_id = %(id)s,
               res_name = %(name)s
         WHERE res_model = 'res.partner' AND res_id = %(partner)s
           AND activity_type_id = %(type)s AND summary ~ %(said)s
        """,
        values,
    )
    cr.execute(
        """
        UPDATE mail_message SET model = %(model)s, res_id = %(id)s
         WHERE model = 'res.partner' AND res_id = %(partner)s
           AND mail_activity_type_id = %(type)s AND body ~ %(said)s
        """,
        values,
    )

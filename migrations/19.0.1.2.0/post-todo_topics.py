from odoo import SUPERUSER_ID, api
from odoo.tools import LazyTranslate

_lt = LazyTranslate("deadline_management")  # a script has no name by which it is found


def migrate(cr, version):
    """Say what open to-dos were left for, and delete those that are moot by now.

    Those about credit notes have the number of the note in their words: they stay as they are.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    todos = env["mail.activity"].search([("automated", "=", True), ("deadline_topic", "=", False)])
    warning_id = env["ir.model.data"]._xmlid_to_res_id("mail.mail_activity_data_warning")
    opening = todos.filtered(
        lambda todo: todo.res_model == "sale.order" and todo.activity_type_id.id == warning_id
    )
    speaking = [env(context={"lang": code}) for code, _name in env["res.lang"].get_installed()]
    words = {one._(_lt("Expired without renewal")) for one in speaking}
    expired = todos.filtered(
        lambda todo: todo.res_model == "deadline.deadline" and todo.summary in words
    )
    opening.deadline_topic = "opening"
    expired.deadline_topic = "expired"
    env["sale.order"].browse(opening.mapped("res_id"))._settle_opening_todos()
    deadlines = env["deadline.deadline"].browse(expired.mapped("res_id"))
    deadlines.filtered(lambda deadline: deadline.state != "expired")._settle_todos("expired")

from odoo import SUPERUSER_ID, api
from odoo.tools import LazyTranslate

_lt = LazyTranslate("deadline_management")  # a script has no name by which it is found

MODELS = ("deadline.deadline", "deadline.multipack")


def migrate(cr, version):
    """Let to-dos be seen, have owners, and tell of what customers wrote and nobody was told."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    actions = env["mail.activity"].with_context(active_test=False, mail_activity_quick_update=True)
    actions.search(
        [("res_model", "in", ("deadline.multipack", "sale.order")), ("customer_id", "=", False)]
    )._update_customer()
    for todo in actions.search(
        [("active", "=", True), ("automated", "=", True), ("res_model", "in", MODELS)]
    ):
        if not todo.user_id.active:  # or there is none
            todo.user_id = env[todo.res_model].browse(todo.res_id)._get_assignee()
    events = env["calendar.event"].with_context(deadline_agenda=True, dont_notify=True)
    events.search(
        [("is_deadline_action", "=", True), ("allday", "=", True), ("show_as", "=", "busy")]
    ).show_as = "free"
    for model in MODELS:
        env[model].browse(_get_unread(env, model))._leave_todo(
            _lt("Read what the customer wrote"),
            _lt("A message of the customer was not passed on to anybody."),
        )


def _get_unread(env, model):
    """Return the ids of records to which outsiders wrote what nobody was told of or answered."""
    env.cr.execute(
        """SELECT DISTINCT message.res_id
             FROM mail_message AS message
            WHERE message.model = %s
              AND message.message_type IN ('comment', 'email')
              AND NOT EXISTS (
                  SELECT FROM res_users WHERE partner_id = message.author_id AND NOT share
              )
              AND NOT EXISTS (
                  SELECT FROM mail_notification AS told
                         JOIN res_users AS reader ON reader.partner_id = told.res_partner_id
                   WHERE told.mail_message_id = message.id AND NOT reader.share
              )
              AND NOT EXISTS (
                  SELECT FROM mail_message AS answer
                         JOIN res_users AS colleague ON colleague.partner_id = answer.author_id
                   WHERE answer.model = message.model
                     AND answer.res_id = message.res_id
                     AND answer.id > message.id
                     AND answer.message_type IN ('comment', 'email')
                     AND NOT colleague.share
              )""",
        [model],
    )
    return env[model].browse(row[0] for row in env.cr.fetchall()).exists().ids

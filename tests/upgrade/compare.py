"""What ./dev upgrade asks of a database before and after an upgrade.

A snapshot holds every row of every table. Rows that the addon's files write anew at each upgrade
are the addon's; all others are a person's, those marked `noupdate` included. It stays because a
test of a migration sees the rows that it has thought of, and this sees them all.
"""

import pickle
import sys
from functools import partial
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tools import SQL

MODULE = "deadline_management"
#: What Odoo writes down about models, modules and its caches, which every upgrade does anew.
DERIVED = (
    "bus_bus",
    "ir_cron_trigger",  # Odoo has its auto-vacuum run soon after an update
    "ir_act_window_view",  # which the windows of the addon's files make anew, too
    "ir_logging",
    "ir_model",
    "ir_model_constraint",
    "ir_model_data",
    "ir_model_fields",
    "ir_model_fields_selection",
    "ir_model_inherit",
    "ir_model_relation",
    "ir_module_module",
    "orm_signaling_registry",
)
#: Who wrote last, when, and over what; and what is made when a link is first needed.
STAMPS = {"access_token", "arch_prev", "signup_type", "write_date", "write_uid"}
#: What an upgrade mends on purpose: by table, which rows, and in which of their columns.
MENDED = {
    # Services of withdrawn multipacks keep what is paid for them.
    "deadline_deadline": [("withdrawal_id", {"amount", "amount_company"})],
    "mail_activity": [
        # Those of withdrawals move to the multipack; to-dos of nobody are given to somebody.
        ("summary", {"res_id", "res_model", "res_model_id", "res_name"}),
        ("automated", {"user_id", "user_tz"}),
        # Those on orders and multipacks are among the customer's, and in the agenda.
        ("res_model", {"customer_id", "calendar_event_id"}),
    ],
    # Whoever wrote is answered by who is responsible by then.
    "mail_template": [("model_id", {"reply_to"})],
    "mail_message": [("mail_activity_type_id", {"model", "res_id"})],
    # Actions in the agenda block no day.
    "calendar_event": [("is_deadline_action", {"show_as"})],
}


def snapshot(env, path):
    """Keep every row, and whose it is, in a file."""
    Path(path).write_bytes(pickle.dumps({"rows": read_rows(env), "ours": read_ours(env)}))


def read_rows(env):
    """Return {table: {id or the row itself: {column: value}}}."""
    tables = env.execute_query(
        SQL(
            "SELECT table_name, bool_or(column_name = 'id') FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND table_name NOT IN %s GROUP BY table_name",
            DERIVED,
        )
    )
    return {table: _read_table(env, table, has_id) for table, has_id in tables}


def _read_table(env, table, has_id):
    query = SQL("SELECT to_jsonb(t) FROM ONLY %s AS t", SQL.identifier(table))
    if table == "ir_attachment":
        query = SQL("%s WHERE url IS NULL OR url NOT LIKE '/web/assets/%%'", query)
    rows = [row for (row,) in env.execute_query(query)]
    return {row["id"] if has_id else str(sorted(row.items())): row for row in rows}


def read_ours(env):
    """Return {(table, id): xml id} of the records that the addon's files write anew."""
    found = env.execute_query(
        SQL(
            "SELECT model, res_id, name FROM ir_model_data WHERE module = %s AND NOT noupdate",
            MODULE,
        )
    )
    return {(env[model]._table, id_): name for model, id_, name in found if model in env}


def find_losses(before, after):
    """Return what of a person's rows is gone or changed, a list of sentences."""
    losses = []
    for table, rows in before["rows"].items():
        now = after["rows"].get(table)
        if now is None:
            losses += [f"table {table} is gone with {len(rows)} rows"] if rows else []
            continue
        for key, row in rows.items():
            if (table, key) not in before["ours"]:
                losses += _compare_row(table, key, row, now.get(key))
    return losses


def _compare_row(table, key, row, now):
    if now is None:
        return [f"{table} {key} is gone"]
    mended = [columns for told, columns in MENDED.get(table, ()) if row.get(told)]
    ignored = STAMPS.union(*mended)
    return [
        f"{table} {key} {column}: {value!r} is now {now.get(column)!r}"
        for column, value in row.items()
        if column not in ignored and _get_own(table, column, now) != _get_own(table, column, row)
    ]


def _get_own(table, column, row):
    """Return a value without what an upgrade may mend: e-mails in the languages left as they were.

    The rehearsal's people write theirs in English.
    """
    value = row.get(column)
    return (
        (value or {}).get("en_US") if (table, column) == ("mail_template", "body_html") else value
    )


def find_differences(before, after):
    """Return how two snapshots differ at all, a list of sentences."""
    nobody = {"ours": {}}
    gone = find_losses({**before, **nobody}, after)
    new = find_losses({**after, **nobody}, before)
    return sorted({*gone, *(sentence.replace(" is gone", " is new") for sentence in new)})


def find_broken(env):
    """Return which screens and e-mails no longer work, a list of sentences."""
    broken = []
    models = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.model")])
    names = env["ir.model"].browse(models.mapped("res_id")).mapped("model")
    for view in env["ir.ui.view"].search([("model", "in", names)]):
        broken += _try(f"view {view.name}", view._check_xml)
    for template in env["mail.template"].search([("model", "in", names)]):
        record = env[template.model].search([], limit=1)
        for field in ("subject", "body_html", "email_from") if record else ():
            render = partial(template._render_field, field, record.ids)
            broken += _try(f"{field} of template {template.name}", render)
    return broken


def _try(what, function):
    try:
        function()
    except (UserError, ValueError) as error:
        return [f"{what}: {error}"]
    return []


def find_missing(env):
    """Return what newer versions write down and rows of older ones lack, a list of sentences."""
    renewed = env["deadline.deadline"].search(
        [("state", "=", "renewed"), ("renewed_on", "=", False)]
    )
    missing = [f"the day on which {deadline.name} was renewed" for deadline in renewed]
    if not env.company.deadline_reminder_ids:
        missing.append(f"the reminders of {env.company.name}")
    return missing


def find_unasked(env):
    """Run every cron of ours, and return which e-mails about the past they made."""
    today = env.company._deadline_today()
    before = env["deadline.notice.line"].search([])
    data = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", "ir.cron")])
    for cron in env["ir.cron"].with_context(active_test=False).browse(data.mapped("res_id")):
        env.cr.commit()  # it runs in a transaction of its own, and would wait for this one
        cron.method_direct_trigger()
    lines = env["deadline.notice.line"].search([("verdict", "=", "queued")]) - before
    return [
        f"an e-mail about {line.deadline_id.name}, which ended on {line.date_end}"
        for line in lines.filtered("deadline_id")
        if line.date_end < today
    ]


def check_kept(env, before, after):
    """Check that between two snapshots, files of these names, nobody lost anything."""
    end("lost", find_losses(_load(before), _load(after)))
    end("missing", find_missing(env))


def check_same(before, after):
    end("changed again", find_differences(_load(before), _load(after)))


def check_works(env):
    """Check screens and e-mails, and that a night runs well, which commits."""
    end("broken", find_broken(env))
    end("e-mails about the past", find_unasked(env))


def end(what, sentences):
    """Print sentences, if any, and have the command fail."""
    for sentence in sentences:
        print(sentence[:400], file=sys.stderr)
    if sentences:
        sys.exit(f"{what}: {len(sentences)}")


def _load(path):
    return pickle.loads(Path(path).read_bytes())

"""What ./dev chaos runs: the scheduled actions in processes that are killed in the middle of it.

Other processes run both actions; this one looks on from its own connection, kills them with SIGKILL
once they have come some way, has two of them finish the rest at the same time, and then counts.
It stays beside the simulation because that has one connection, in which no two runs ever meet.
"""

import random
import sys
from datetime import timedelta

import processes

from odoo.tools import SQL

DUE = 2000
ENDED = 2000  # more than expire in one transaction
KILLS = 5
#: What processes of their own run to its end, committing as they go.
NIGHT = """
env["deadline.deadline"]._cron_expire()
env["deadline.notice"]._cron_notify()
env.cr.commit()
"""

#: What has to be found in the end.
COUNTS = {
    "expired deadlines": ("deadline_deadline WHERE state = 'expired'", ENDED),
    "to-dos of them": ("mail_activity", ENDED),
    "deadlines with a to-do": ("(SELECT DISTINCT res_id FROM mail_activity) AS told", ENDED),
    "lines of the ledger that say sent": (
        "deadline_notice_line WHERE verdict = 'queued'",
        DUE + ENDED,
    ),
    "deadlines with one": (
        "(SELECT DISTINCT deadline_id FROM deadline_notice_line WHERE verdict = 'queued') AS told",
        DUE + ENDED,
    ),
    "notices, one for each customer": ("deadline_notice", DUE),
    "customers with one": (
        "(SELECT DISTINCT commercial_partner_id FROM deadline_notice) AS told",
        DUE,
    ),
    "e-mails of the notices": ("(SELECT DISTINCT mail_id FROM deadline_notice) AS mails", DUE),
    "e-mails in all": ("mail_mail WHERE state = 'outgoing'", DUE),
    "failures": ("deadline_deadline WHERE batch_error IS NOT NULL", 0),
}


def prepare(env):
    """Make customers with a deadline that is due, and one that has ended."""
    customers = env["res.partner"].create(
        [{"name": f"Customer {n}", "email": f"customer{n}@example.com"} for n in range(DUE)]
    )
    product = env["product.product"].create(
        {
            "name": "Licence",
            "type": "service",
            "is_deadline": True,
            "deadline_expiry_activity": True,
        }
    )
    today = env.company._deadline_today()
    values = {
        "product_id": product.id,
        "notify_from": today - timedelta(days=400),
        "date_start": today - timedelta(days=300),
        "date_end": today + timedelta(days=7),
    }
    deadlines = env["deadline.deadline"].create(
        [{"partner_id": customer.id, **values} for customer in [*customers, *customers[:ENDED]]]
    )
    env.flush_all()
    env.cr.execute(
        "UPDATE deadline_deadline SET date_end = %s WHERE id IN %s",
        [today - timedelta(days=1), deadlines[DUE:]._ids],
    )
    env["mail.activity"].with_context(active_test=False).search([]).unlink()
    env["mail.mail"].search([]).unlink()
    env.cr.commit()


def count(env, table):
    """Return how many rows there are by now."""
    env.cr.rollback()
    [[number]] = env.execute_query(SQL("SELECT count(*) FROM %s", SQL(table)))
    return number


def come_so_far(env):
    """Return how many deadlines have expired and how many notices were made, by now."""
    return tuple(count(env, COUNTS[name][0]) for name in list(COUNTS)[:6:5])


def kill_midway(env):
    """Start a worker and kill it once it has done some part of what is left."""
    begun = come_so_far(env)
    some = random.randint(20, 300)
    midway = processes.kill_midway(
        processes.start(NIGHT), lambda: sum(come_so_far(env)) >= sum(begun) + some
    )
    print(f"killed {'midway' if midway else 'too late'}: {begun} -> {come_so_far(env)}", flush=True)
    return midway


def run(env):
    """Kill, go on, check; end the process with 1 when something is wrong."""
    prepare(env)
    kills = sum(kill_midway(env) for _turn in range(KILLS))
    before = come_so_far(env)
    workers = [processes.start(NIGHT), processes.start(NIGHT)]
    codes = [worker.wait() for worker in workers]
    print(f"two at once: {before} -> {come_so_far(env)}, exit codes {codes}", flush=True)
    right = processes.tell(
        {name: (count(env, table), expected) for name, (table, expected) in COUNTS.items()}
    )
    sys.stdout.flush()
    sys.exit(not (right and kills))

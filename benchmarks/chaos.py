"""What ./dev chaos runs: the scheduled actions in processes that are killed in the middle of it.

Other processes run both actions; this one looks on from its own connection, kills them with SIGKILL
once they have come some way, has two of them finish the rest at the same time, and then counts.
"""

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

from odoo.tools import SQL

DUE = 2000
ENDED = 2000  # more than expire in one transaction
KILLS = 5
#: Seconds in which a worker has to come some way.
PATIENCE = 120

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


def start():
    """Start a process that runs both actions to their end, committing as they go."""
    script = (
        "env['deadline.deadline']._cron_expire();"
        "env['deadline.notice']._cron_notify(); env.cr.commit()"
    )
    command = [sys.executable, "-m", "odoo", "shell", "--no-http", "--log-level=critical"]
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    worker.stdin.write(script.encode())
    worker.stdin.close()
    return worker


def kill_midway(env):
    """Start a worker and kill it once it has done some part of what is left."""
    begun = come_so_far(env)
    worker = start()
    some = random.randint(20, 300)
    deadline = time.monotonic() + PATIENCE
    while sum(come_so_far(env)) < sum(begun) + some and worker.poll() is None:
        if time.monotonic() > deadline:
            raise TimeoutError("the worker does nothing")
        time.sleep(0.02)
    midway = worker.poll() is None
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    print(f"killed {'midway' if midway else 'too late'}: {begun} -> {come_so_far(env)}", flush=True)
    return midway


def check(env):
    """Say what was found, and return whether nothing was lost and nothing done twice."""
    right = True
    for name, (table, expected) in COUNTS.items():
        found = count(env, table)
        right &= found == expected
        print(f"{'ok   ' if found == expected else 'WRONG'} {name}: {found:,} of {expected:,}")
    return right


def run(env):
    """Kill, go on, check; end the process with 1 when something is wrong."""
    prepare(env)
    kills = sum(kill_midway(env) for _turn in range(KILLS))
    before = come_so_far(env)
    workers = [start(), start()]
    codes = [worker.wait() for worker in workers]
    print(f"two at once: {before} -> {come_so_far(env)}, exit codes {codes}", flush=True)
    right = check(env)
    sys.stdout.flush()
    sys.exit(not (right and kills))

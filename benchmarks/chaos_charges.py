"""What ./dev chaos runs after chaos.py: charges in processes that are killed in the middle of them.

The provider is a file, to which each charge adds its reference before anything comes back, as money
moves before Odoo knows it. One of two providers knows charges by their key: to be asked twice for
the same reference moves money once. The other one moves it each time. It stays because money that
moves twice cannot be rolled back, and only a killed process leaves it unknown.
"""

import collections
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import processes
from charges import create_product, create_token, prepare_accounting, provider, sell

DUE = 120
KILLS = 12
#: Seconds that the provider takes to answer, in which most kills fall.
ANSWER = 0.15
LEDGER = Path(os.environ.get("CHARGE_LEDGER", ""))


def work(env):
    """Do what the scheduled action does, in a process of its own."""

    def answer(transaction):
        with LEDGER.open("a") as file:
            file.write(f"{transaction.reference}\n")
        time.sleep(ANSWER)
        transaction._set_done()

    def knows_by_key(asked):
        return asked.name == "Keys"

    type(env["payment.provider"])._knows_charges_by_key = knows_by_key
    with provider(env, answer):
        env["deadline.installment"]._cron_charge()
        env.cr.commit()


def start():
    return processes.start("import chaos_charges; chaos_charges.work(env)")


def read_ledger():
    return collections.Counter(LEDGER.read_text().splitlines())


def kill_midway():
    """Start a worker, and kill it once it has charged some."""
    far = read_ledger().total() + random.randint(1, 8)
    midway = processes.kill_midway(
        start(), lambda: read_ledger().total() >= far, random.uniform(0, 2 * ANSWER)
    )
    print(f"killed {'midway' if midway else 'too late'} after {read_ledger().total()}", flush=True)
    return midway


def check(env, keys, plain):
    """Say what was found, and return whether no money moved twice and none was forgotten."""
    env.cr.rollback()
    env.invalidate_all()
    ledger = read_ledger()
    charged = (keys + plain).filtered(
        lambda one: any(
            reference in ledger for reference in one.transaction_ids.mapped("reference")
        )
    )
    paid = (keys + plain).filtered(lambda one: one.state == "paid")
    unknown = plain.filtered(lambda one: one.charge_problem == "unknown")
    payments = (keys + plain).transaction_ids.payment_id
    facts = {
        "charges without a key that were repeated": (
            sum(ledger[charge] > 1 for charge in plain.transaction_ids.mapped("reference")),
            0,
        ),
        "installments with more than one transaction": (
            sum(len(one.transaction_ids) > 1 for one in keys + plain),
            0,
        ),
        "paid though never charged": (len(paid - charged), 0),
        "neither paid nor given to a person": (len(keys + plain - paid - unknown), 0),
        "with keys, paid": (len(keys & paid), len(keys)),
        "payments in accounting": (len(payments), len(paid)),
        "to-dos of unknown outcomes": (len(unknown.charge_activity_id), len(unknown)),
    }
    print(f"      unknown, left to a person: {len(unknown)}")
    return processes.tell(facts)


def run(env):
    """Kill, go on, check; end the process with 1 when something is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        globals()["LEDGER"] = Path(folder, "ledger")
        os.environ["CHARGE_LEDGER"] = str(LEDGER)
        LEDGER.touch()
        prepare_accounting(env)
        product = create_product(env)
        tokens = [create_token(env, name) for name in ("Keys", "Plain")]
        keys = plain = env["deadline.installment"]
        for _turn in range(DUE // 2):  # in turns, so that the kills fall on both
            keys += sell(env, product, tokens[0], 1)
            plain += sell(env, product, tokens[1], 1)
        env.cr.commit()
        kills = sum(kill_midway() for _turn in range(KILLS))
        workers = [start(), start()]
        print("two at once, exit codes", [worker.wait() for worker in workers], flush=True)
        start().wait()  # what one of them left to the other
        right = check(env, keys, plain)
    sys.stdout.flush()
    sys.exit(not (right and kills))

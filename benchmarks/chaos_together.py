"""What ./dev chaos runs last: people and scheduled actions on the same records at the same moment.

Processes of their own invoice, charge, withdraw, renew and cancel; each goes through all records,
in an order of its own. One of each two has to lose, and be told why: what it finds is written to a
file, as is what the provider collects.
"""

import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import psycopg2
from charges import create_product, create_token, prepare_accounting, provider

from odoo.exceptions import UserError
from odoo.fields import Command

MULTIPACKS = 32
DEADLINES = 32
#: Deadlines that two colleagues pay to renew, each with an order of one's own.
PAID = 32
#: What runs at once, two of each.
ROLES = ("invoice", "charge", "withdraw", "renew", "cancel") * 2 + ("pay_here", "pay_there")
#: How often somebody tries again what another one was working on.
TRIES = 5
#: What the addon says to whom it concerns, who then tries again as well.
BUSY = "try again"
FOLDER = Path(os.environ.get("CHAOS_FOLDER", ""))


def note(kind, text="", **facts):
    with (FOLDER / kind).open("a") as file:
        file.write(json.dumps({"text": text, **facts}) + "\n")


def read(kind):
    path = FOLDER / kind
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def work(env, role):
    """Do all that there is of one role, in a process of its own."""
    random.seed(os.getpid())
    globals()[f"work_{role}"](env)


def work_invoice(env):
    """Invoice two at a time, so that others come in between."""
    model = type(env["deadline.installment"])
    usual = model._run_chunks

    def run_few(records, units, work, domain):
        usual(records, units, work, domain, size=2)

    with patch.object(model, "_run_chunks", run_few):
        env["deadline.installment"]._cron_invoice()
        env.cr.commit()


def work_charge(env, turns=12):
    def answer(transaction):
        installment = transaction.deadline_installment_id
        note("ledger", reference=transaction.reference, installment=installment.id)
        time.sleep(0.02)
        transaction._set_done()

    with provider(env, answer):
        for _turn in range(turns):
            env["deadline.installment"]._cron_charge()
            env.cr.commit()
            time.sleep(1)


def work_withdraw(env):
    kind = env.ref("deadline_management.mail_activity_type_withdrawal")
    for multipack in shuffled(env, "deadline.multipack", [("id", "in", load()["multipacks"])]):
        day = multipack.date_start - timedelta(days=multipack.id % 2)

        def leave(multipack=multipack, day=day):
            env["deadline.withdrawal"]._register_withdrawal(multipack, day, kind)

        attempt(env, "withdraw", multipack, leave)
        time.sleep(random.uniform(0, 2))  # so that some are charged before


def work_renew(env):
    for deadline in shuffled(env, "deadline.deadline", [("id", "in", load()["deadlines"])]):

        def renew(deadline=deadline):
            order = env["sale.order"].browse(deadline.action_renew()["res_id"])
            order.action_confirm()

        attempt(env, "renew", deadline, renew)


def work_cancel(env):
    """Cancel some of the orders whose multipacks others are withdrawing and charging."""
    multipacks = load()["multipacks"][::4]
    for multipack in shuffled(env, "deadline.multipack", [("id", "in", multipacks)]):
        attempt(env, "cancel", multipack, multipack.order_id._action_cancel)


def work_pay_here(env):
    pay(env, 0)


def work_pay_there(env):
    pay(env, 1)


def pay(env, number):
    """Ask for the money of the renewals with one of the two orders of each, one after the other."""
    provider = env["payment.provider"].browse(load()["provider"])
    for orders in load()["paid"]:
        order = env["sale.order"].browse(orders[number])

        def ask(order=order):
            env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": provider.payment_method_ids[0].id,
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "operation": "online_direct",
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )
            time.sleep(0.1)  # so that the other one comes in between

        attempt(env, "pay", order, ask)


def load():
    return json.loads((FOLDER / "made").read_text())


def shuffled(env, model, domain):
    records = env[model].search(domain)
    return [records.browse(one) for one in random.sample(records.ids, len(records))]


def attempt(env, what, record, act):
    """Do something as a user's request does: again after a conflict, and told what is refused."""
    for _try in range(TRIES):
        try:
            env.cr.rollback()
            env.invalidate_all()
            act()
            env.flush_all()
            env.cr.commit()
        except UserError as error:
            env.cr.rollback()
            note("refused", what=what, record=record.id, text=str(error))
            if BUSY in str(error):
                time.sleep(random.uniform(0.5, 3))
                continue
        except psycopg2.OperationalError:
            time.sleep(random.uniform(0.05, 0.3))
            continue
        except psycopg2.IntegrityError as error:
            env.cr.rollback()
            note(*tell(env, error), what=what, record=record.id)
        else:
            note("done", what=what, record=record.id)
        return
    env.cr.rollback()


def tell(env, error):
    """Return what Odoo tells its users of a constraint, and whether that is the database's text."""
    tables = {model._table: model for model in env.values()}
    said = tables[error.diag.table_name]._sql_error_to_message(error)
    return ("raw" if error.diag.constraint_name in said else "refused"), said


def start(role):
    command = [sys.executable, "-m", "odoo", "shell", "--no-http", "--log-level=critical"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    worker.stdin.write(f"import chaos_together; chaos_together.work(env, '{role}')".encode())
    worker.stdin.close()
    return worker


def prepare(env):
    """Sell multipacks that are charged from today on, and deadlines that are to be renewed."""
    prepare_accounting(env)
    env.company.deadline_invoice_lead_days = 0
    token = create_token(env, "Keys")
    product = create_product(env)
    orders = env["sale.order"].create(
        [
            {
                "partner_id": token.partner_id.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
            for _number in range(MULTIPACKS)
        ]
    )
    orders.action_confirm()
    multipacks = orders.order_line.multipack_ids
    multipacks._set_payment_token(token)
    multipacks[::2].installment_ids.filtered(lambda one: one.number == 1)._invoice()
    service = product.multipack_component_ids.product_id
    deadlines = env["deadline.deadline"].create(
        [
            {"partner_id": token.partner_id.id, "product_id": service.id, "amount": 10}
            for _number in range(DEADLINES + PAID)
        ]
    )
    deadlines, paid = deadlines[:DEADLINES], deadlines[DEADLINES:]
    made = {"multipacks": multipacks.ids, "deadlines": deadlines.ids}
    made["provider"] = token.provider_id.id
    made["paid"] = [
        env["sale.order"].create([one._prepare_renewal_order() for _order in range(2)]).ids
        for one in paid
    ]
    env.cr.commit()
    (FOLDER / "made").write_text(json.dumps(made))
    return multipacks, deadlines


def check(env, multipacks, deadlines):
    """Say what was found, and return whether nothing happened twice and nothing was lost."""
    env.cr.rollback()
    env.invalidate_all()
    facts = (
        find_withdrawals(env, multipacks)
        | find_renewals(deadlines)
        | find_collected(multipacks.installment_ids)
        | find_invoices(multipacks)
        | find_payments(env)
        | {"errors of the database shown to somebody": (len(read("raw")), 0)}
    )
    for name, (found, expected) in facts.items():
        print(f"{'ok   ' if found == expected else 'WRONG'} {name}: {found} of {expected}")
    tell_refusals(read("refused"))
    for one in read("raw"):
        print("WRONG", one)
    return all(found == expected for found, expected in facts.values())


def find_withdrawals(env, multipacks):
    """Return {fact: (found, expected)} on multipacks that were left or cancelled."""
    told = [one for one in read("done") if one["what"] == "withdraw"]
    withdrawn = multipacks.filtered(lambda one: one.state == "withdrawn")
    cancelled = multipacks.filtered(lambda one: one.state == "cancelled")
    records = env["deadline.withdrawal.line"].search([("multipack_id", "in", multipacks.ids)])
    owed = withdrawn.installment_ids.filtered(
        lambda one: (
            one.state in ("planned", "invoiced")
            and one.date_due > one.multipack_id.withdrawal_id.date
            and not one.removal_pending
        )
    )
    return {
        "multipacks withdrawn or cancelled": (len(withdrawn + cancelled), MULTIPACKS),
        "withdrawals that said they were done": (len(told), len(withdrawn)),
        "records of withdrawals": (len(records), len(withdrawn)),
        "due later and still owed after a withdrawal": (len(owed), 0),
    }


def find_renewals(deadlines):
    """Return {fact: (found, expected)} on deadlines that were renewed."""
    renewed = deadlines.filtered(lambda one: one.state == "renewed")
    renewals = deadlines.next_ids.filtered(lambda one: one.state != "cancelled")
    lines = deadlines.renewal_line_ids.filtered(lambda line: line.state == "sale")
    late = lines.filtered(lambda line: not line.deadline_ids).order_id
    told = late.filtered(lambda order: "not opened" in order.activity_ids.summary)
    return {
        "deadlines renewed": (len(renewed), DEADLINES),
        "renewals of them": (len(renewals), DEADLINES),
        "orders that came too late, with a to-do that says so": (len(told), len(late)),
    }


def find_payments(env):
    """Return {fact: (found, expected)} on renewals that two colleagues paid at the same moment."""
    counts = [len(env["sale.order"].browse(ids).transaction_ids) for ids in load()["paid"]]
    return {
        "renewals asked to be paid": (sum(count > 0 for count in counts), PAID),
        "renewals asked to be paid twice": (sum(count > 1 for count in counts), 0),
    }


def find_collected(installments):
    """Return {fact: (found, expected)} on what the provider has collected."""
    money = collections.Counter(one["installment"] for one in read("ledger"))
    paid = set(installments.filtered(lambda one: one.state == "paid").ids)
    return {
        "nothing collected at all": (not money, False),
        "installments collected more than once": (sum(one > 1 for one in money.values()), 0),
        "collected and not paid": (len(set(money) - paid), 0),
        "paid and not collected": (len(paid - set(money)), 0),
    }


def find_invoices(multipacks):
    """Return {fact: (found, expected)} on the invoices of installments."""
    installments = multipacks.installment_ids
    moves = installments.move_id
    billed = multipacks.order_id.invoice_ids.filtered(lambda one: one.move_type == "out_invoice")
    removed = installments.filtered(lambda one: one.state == "removed").move_id
    is_open = removed.filtered(
        lambda one: one.state == "posted" and one.payment_state in ("not_paid", "partial")
    )
    return {
        "invoices, one for each installment": (len(moves), len(installments.filtered("move_id"))),
        "invoices in all": (len(billed), len(moves)),
        "removed with something open": (len(is_open), 0),
        "failures set aside": (len(installments.filtered("batch_error")), 0),
    }


def tell_refusals(refused):
    """List what the losers were told, one example of each kind."""
    examples = collections.defaultdict(list)
    for one in refused:
        examples[one["what"], "".join(c for c in one["text"] if not c.isdigit())].append(one)
    for (what, _text), found in examples.items():
        print(f"      {len(found)} x {what}: {found[0]['text']}")


def finish(env):
    """Do what they left to one another, as the next night and a second try would."""
    env.cr.rollback()
    env.invalidate_all()
    work_invoice(env)
    work_charge(env, turns=1)
    work_withdraw(env)
    work_renew(env)
    env["deadline.installment"]._cron_remove()
    env.cr.commit()


def run(env):
    """Let them all loose, and count; end the process with 1 when something is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        globals()["FOLDER"] = Path(folder)
        os.environ["CHAOS_FOLDER"] = folder
        multipacks, deadlines = prepare(env)
        workers = [start(role) for role in ROLES]
        print(f"{len(ROLES)} at once, exit codes", [one.wait() for one in workers], flush=True)
        finish(env)
        right = check(env, multipacks, deadlines)
    sys.stdout.flush()
    sys.exit(not right)

"""Charging installments, with three commits for each of them, and a night without any due.

The hourly run waits for a provider each time: what it adds to that holds all others up.
"""

from charges import create_product, create_token, prepare_accounting, provider, sell
from harness import Measure, Row, compare_committed, measure_committed
from rows import copy_rows

from odoo.tools import SQL

COMMITS = True
#: Installments that run, of which none is due for a charge.
LIVE = 100_000
#: Installments of each of their multipacks.
EACH = 100


def prepare(env):
    """A hundred thousand installments: planned, invoiced, paid by their customers or overdue."""
    prepare_accounting(env)
    token = create_token(env, "Provider")
    one = sell(env, create_product(env), token, 1)
    multipack = one.multipack_id
    today = env.company._deadline_today()
    env.flush_all()
    lines = copy_rows(env, "sale_order_line", multipack.sale_line_id.id, {}, LIVE // EACH)
    values = {
        "sale_line_id": SQL("(%s)[n]", lines),
        # One in ten is paid by its customer, with installments that are overdue.
        "collection": SQL("CASE n %% 10 WHEN 0 THEN 'manual' ELSE 'token' END"),
    }
    multipacks = copy_rows(env, "deadline_multipack", multipack.id, values, LIVE // EACH)
    by_hand = env["deadline.multipack"].search([("collection", "=", "manual")])
    values = {
        "multipack_id": SQL("(%s)[1 + (n - 1) / %s]", multipacks, EACH),
        "number": SQL("n"),
        "date_due": SQL("%s::date + 30 + n %% 700", today),
        "state": SQL("CASE n %% 20 WHEN 0 THEN 'invoiced' WHEN 1 THEN 'paid' ELSE 'planned' END"),
    }
    copy_rows(env, "deadline_installment", one.id, values, LIVE)
    env.execute_query(
        SQL(
            """UPDATE deadline_installment SET date_due = %s::date - 10
               WHERE multipack_id IN %s RETURNING id""",
            today,
            by_hand._ids,
        )
    )
    multipack.state = "withdrawn"


def case_quiet_night(env):
    """The hourly run when nothing is due."""
    [ours] = measure_committed(env, lambda: env["deadline.installment"]._cron_charge, repeat=10)
    yield Row(f"no charge due of {LIVE:,} installments", ours, most=Measure(wall=0.02, sql=10))


def case_charge(env):
    """The run against bare transactions: each made, charged, accounted for, and committed."""
    count = 15
    product = env["product.product"].search([("name", "=", "Package")])
    token = env["payment.token"].search([("provider_ref", "=", "Provider")])

    def begin():
        sell(env, product, token, count)
        return env["deadline.installment"]._cron_charge

    def begin_floor():
        installments = sell(env, product, token, count)

        def work():
            for one in installments.ids:
                values = env["deadline.installment"].browse(one)._prepare_charge(1)
                transaction = env["payment.transaction"].create(
                    {**values, "deadline_installment_id": False}
                )
                env.cr.commit()
                transaction._charge_with_token()
                env.cr.commit()
                transaction._post_process()
                env.cr.commit()

        return work

    with provider(env, lambda transaction: transaction._set_done()):
        row = compare_committed(
            env, f"charge {count} installments", begin, begin_floor, goal=1.15, repeat=2
        )
        row.case += f" ({row.ours.sql / count:.0f} SQL each, floor {row.floor.sql / count:.0f})"
        yield row

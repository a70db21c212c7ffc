"""Multipacks: the invoices of their installments, and leaving them."""

from harness import compare
from rows import copy_rows, create_customers

from odoo.fields import Command
from odoo.tools import SQL

#: How many installments are invoiced at once, and how often that is measured.
COUNTS = {500: 2, 1000: 1, 2000: 1}
MULTIPACKS, INSTALLMENTS = 50, 24


def _sell(env, count, installments=1, price=100.0):
    """Return the multipacks of so many customers, in one order each."""
    service = env["product.product"].create(
        {"name": "Service", "type": "service", "is_deadline": True, "list_price": 10.0}
    )
    package = env["product.product"].create(
        {
            "name": "Package",
            "type": "service",
            "list_price": price,
            "is_multipack": True,
            "deadline_duration_count": 10,
            "multipack_installment_count": installments,
            "multipack_collection": "manual",
            "multipack_component_ids": [Command.create({"product_id": service.id})],
        }
    )
    customers = env["res.partner"].create([{"name": f"Customer {n}"} for n in range(count)])
    orders = env["sale.order"].create(
        [
            {
                "partner_id": customer.id,
                "order_line": [Command.create({"product_id": package.id})],
            }
            for customer in customers
        ]
    )
    orders.action_confirm()
    return env["deadline.multipack"].browse(orders.order_line.multipack_ids.ids)


def copy_sale(env, count):
    """Return the installments of as many customers, each in an order like one that was sold."""
    [one] = _sell(env, 1)
    line, order, installment = one.sale_line_id, one.sale_line_id.order_id, one.installment_ids
    customers = SQL("(%s)[n]", create_customers(env, count).ids)
    env.flush_all()
    owners = {"partner_id": customers, "commercial_partner_id": customers}
    addresses = dict.fromkeys(
        ("partner_id", "partner_invoice_id", "partner_shipping_id"), customers
    )
    orders = copy_rows(env, order._table, order.id, addresses, count)
    values = {"order_id": SQL("(%s)[n]", orders), "order_partner_id": customers}
    lines = copy_rows(env, line._table, line.id, values, count)
    env.cr.execute(
        """INSERT INTO account_tax_sale_order_line_rel (sale_order_line_id, account_tax_id)
           SELECT copied, account_tax_id FROM account_tax_sale_order_line_rel, unnest(%s) AS copied
            WHERE sale_order_line_id = %s""",
        (lines, line.id),
    )
    values = {"sale_line_id": SQL("(%s)[n]", lines), **owners}
    multipacks = copy_rows(env, one._table, one.id, values, count)
    values = {"multipack_id": SQL("(%s)[n]", multipacks), **owners}
    copied = copy_rows(env, installment._table, installment.id, values, count)
    env.invalidate_all()
    return installment.browse(copied)


def _invoice_plainly(env, values):
    moves = env["account.move"].create(values)
    moves._post(soft=False)
    return moves


def case_invoice_installments(env):
    """Invoices of installments against one batched create and post of the same ones.

    Those of the floor are of other multipacks; nobody has to work out their values.
    """
    installments = copy_sale(env, 2 * max(COUNTS))
    for count, repeat in COUNTS.items():
        ours, plain = installments[:count], installments[-count:]
        values = [installment._prepare_invoice() for installment in plain]
        row = compare(
            env,
            f"invoice {count:,} installments",
            ours._invoice,
            lambda values=values: _invoice_plainly(env, values),
            goal=1.2,
            repeat=repeat,
        )
        row.case += f" ({(row.ours.sql - row.floor.sql) / count:.2f} SQL each more)"
        yield row


def case_withdraw(env):
    """Leaving multipacks at once against the same credit notes, cancellations and writes."""
    ours, plain = (_sell(env, MULTIPACKS, INSTALLMENTS, 2400.0) for _half in range(2))
    for multipacks in (ours, plain):
        multipacks.commercial_partner_id = multipacks[0].commercial_partner_id
        for multipack in multipacks:
            multipack.installment_ids[:6]._invoice()
    kind = env.ref("deadline_management.mail_activity_type_withdrawal")
    day = ours.installment_ids.sorted("date_due")[MULTIPACKS * 3].date_due

    def floor():
        later = plain.installment_ids.filtered(lambda one: one.date_due > day)
        notes = env["account.move"].create([_prepare_plain_note(move) for move in later.move_id])
        notes._post(soft=False)  # which reconciles them with what they credit
        later.write({"removed_on": day})
        plain.write({"state": "ended", "date_end": day})
        plain.deadline_ids.write({"date_end": day})

    yield compare(
        env,
        f"leave {MULTIPACKS} multipacks of {INSTALLMENTS} installments",
        lambda: env["deadline.withdrawal"]._register_withdrawal(ours, day, kind),
        floor,
        goal=1.3,
        repeat=2,
    )


def _prepare_plain_note(move):
    """Return the values of a credit note over the whole of an invoice."""
    return {
        "move_type": "out_refund",
        "reversed_entry_id": move.id,
        "partner_id": move.partner_id.id,
        "invoice_date": move.invoice_date,
        "invoice_line_ids": [
            Command.create(
                {
                    "product_id": line.product_id.id,
                    "name": line.name,
                    "price_unit": line.price_unit,
                    "tax_ids": [Command.set(line.tax_ids.ids)],
                    "sale_line_ids": [Command.set(line.sale_line_ids.ids)],
                }
            )
            for line in move.invoice_line_ids
        ],
    }

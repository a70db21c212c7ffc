"""Confirming orders that open deadlines: a customer who pays waits for it."""

from harness import compare

LINES = 100, 400


def case_confirm_order(env):
    """An order of deadline products against plain services and as many bare mail.thread records.

    What no implementation can do without: confirming the lines, and a record with a chatter
    and its creation note for each of them.
    """
    customer = env["res.partner"].create({"name": "Customer"})
    bare = env["ir.model"].create({"name": "Bare", "model": "x_bare", "is_mail_thread": True})
    products = {
        is_deadline: env["product.product"].create(
            {"name": "Service", "type": "service", "list_price": 10, "is_deadline": is_deadline}
        )
        for is_deadline in (True, False)
    }

    def order(count, is_deadline):
        line = {"product_id": products[is_deadline].id}
        return env["sale.order"].create(
            {"partner_id": customer.id, "order_line": [(0, 0, line) for _line in range(count)]}
        )

    def floor(plain, count):
        plain.action_confirm()
        threads = env[bare.model].with_context(mail_create_nosubscribe=True)
        threads.create([{"x_name": str(number)} for number in range(count)])

    for count in LINES:
        ours, plain = order(count, True), order(count, False)
        row = compare(
            env,
            f"confirm an order of {count} lines",
            ours.action_confirm,
            lambda plain=plain, count=count: floor(plain, count),
            goal=1.25 if count == 100 else None,
        )
        row.case += f" ({row.ours.sql / count:.1f} SQL each)"
        yield row

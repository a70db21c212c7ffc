"""Lists of very many deadlines."""

from harness import compare
from lxml import etree
from rows import create_customers, create_products, insert_deadlines

from odoo.tools import SQL

ROWS = 1_000_000
PAGE = 80
REPEAT = 25


def _list_specification(env, view, limit=None):
    """Return what the web client asks `web_search_read` for, to show this list."""
    view = env.ref(view)
    model = env[view.model]
    arch = etree.fromstring(model.get_view(view.id, "list")["arch"])
    names = list(dict.fromkeys(node.get("name") for node in arch.xpath("./field")))[:limit]
    relational = {"many2one": {"fields": {"display_name": {}}}, "one2many": {"fields": {}}}
    return {name: relational.get(model._fields[name].type, {}) for name in names}


def prepare(env):
    """Deadlines of 10,000 customers, ends over six years, a sixth of them running."""
    insert_deadlines(
        env,
        ROWS,
        create_customers(env, 10_000),
        create_products(env, 10),
        SQL("current_date - 1825 + (n * 37) %% 2190"),
        state=SQL("CASE WHEN day >= current_date THEN 'active' ELSE 'renewed' END"),
    )


def _rows_read_in_sequence(env):
    env.cr.execute(
        "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'deadline_deadline'"
    )
    return env.cr.fetchone()[0]


def case_list(env):
    """A page of the deadlines list against a page of Odoo's own orders, as many columns wide."""
    customers = env["res.partner"].search([("name", "=like", "Customer %")], limit=2 * PAGE)
    env["sale.order"].create([{"partner_id": customer.id} for customer in customers])
    ours = _list_specification(env, "deadline_management.deadline_deadline_view_list")
    theirs = _list_specification(env, "sale.view_order_tree", limit=len(ours))
    # As a user does, not as a superuser whom no rule restrains.
    user = env["res.users"].create(
        {
            "name": "Seller",
            "login": "seller",
            "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
        }
    )
    deadlines, orders = env(user=user)["deadline.deadline"], env(user=user)["sale.order"]
    for name, domain in {
        "running": [("state", "=", "active")],
        "all": [],
        "ending in 30 days": [("days_left", ">=", 0), ("days_left", "<=", 30)],
        "of one customer": [("partner_id", "=", customers[0].id)],
    }.items():
        before = _rows_read_in_sequence(env)
        row = compare(
            env,
            f"list of {PAGE} of {ROWS:,} deadlines, {name}",
            lambda domain=domain: deadlines.web_search_read(
                domain, ours, limit=PAGE, count_limit=10001
            ),
            lambda: orders.web_search_read([], theirs, limit=PAGE, count_limit=10001),
            goal=1.25,
            repeat=REPEAT,
        )
        read = (_rows_read_in_sequence(env) - before) // REPEAT
        row.case += f" ({read:,} rows read in sequence)"
        yield row

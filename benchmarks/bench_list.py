"""Lists of very many deadlines."""

from harness import compare
from lxml import etree

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
    """Insert deadlines by SQL: 10,000 customers, ends over six years, a sixth of them running."""
    products = env["product.product"].create(
        [{"name": f"Service {n}", "type": "service", "is_deadline": True} for n in range(10)]
    )
    customers = env["res.partner"].create([{"name": f"Customer {n}"} for n in range(10000)])
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO deadline_deadline (
            name, company_id, partner_id, commercial_partner_id, product_id, quantity,
            currency_id, amount, amount_company, date_start, date_end, anchor_day,
            duration_count, duration_unit, state, user_id, create_uid, create_date)
        SELECT 'DL' || n, %(company)s, customer, customer, (%(products)s)[1 + n %% 10], 1,
            %(currency)s, 10, 10, day - 364, day, 1, 1, 'year',
            CASE WHEN day >= current_date THEN 'active' ELSE 'renewed' END, %(user)s, 1, now()
        FROM (SELECT n, %(customer)s + n %% 10000 AS customer,
                     current_date - 1825 + (n * 37) %% 2190 AS day
              FROM generate_series(1, %(count)s) AS n) AS numbered
        """,
        {
            "company": env.company.id,
            "currency": env.company.currency_id.id,
            "products": products.ids,
            "customer": customers[0].id,  # the others follow it
            "user": env.uid,
            "count": ROWS,
        },
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

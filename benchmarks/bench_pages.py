"""Pages of very many deadlines: the list of the office, and that of a customer.

They are opened most often of all, and a filter without an index would read every row.
"""

from harness import compare
from lxml import etree
from rows import as_seller, insert_years
from werkzeug.test import Client

from odoo import http

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
    insert_years(env, ROWS)
    _create_buyer(env)


def _create_buyer(env):
    """Make a customer who has a page of deadlines and as many orders."""
    buyer = env["res.users"].create(
        {
            "name": "Buyer",
            "login": "buyer",
            "group_ids": [(6, 0, [env.ref("base.group_portal").id])],
        }
    )
    partner = buyer.partner_id
    product = env["product.product"].search([("is_deadline", "=", True)], limit=1)
    orders = env["sale.order"].create([{"partner_id": partner.id} for _row in range(PAGE)])
    orders.write({"state": "sale"})
    env["deadline.deadline"].create(
        [{"partner_id": partner.id, "product_id": product.id} for _row in range(PAGE)]
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
    as_user = as_seller(env)
    deadlines, orders = as_user["deadline.deadline"], as_user["sale.order"]
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


def _log_in(env, login):
    """Return a browser in which this user is logged in."""
    user = env["res.users"].search([("login", "=", login)])
    session = http.root.session_store.new()
    session.update(http.get_default_session(), db=env.cr.dbname, uid=user.id, login=login)
    session.session_token = user._compute_session_token(session.sid)
    http.root.session_store.save(session)
    client = Client(http.root)
    client.set_cookie("session_id", session.sid)
    return client


def case_portal_list(env):
    """/my/deadlines against Odoo's own /my/orders of the same customer, 80 rows on a page."""
    client = _log_in(env, "buyer")

    def page(url):
        response = client.get(url)
        assert response.status_code == 200, (url, response.status_code)

    yield compare(
        env,
        f"/my/deadlines of a customer who has {PAGE}",
        lambda: page("/my/deadlines"),
        lambda: page("/my/orders"),
        goal=1.0,
        repeat=15,
    )

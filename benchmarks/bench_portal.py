"""The customer's list of deadlines, asked for over HTTP as a browser does."""

import bench_list
from harness import compare
from werkzeug.test import Client

from odoo import http

SIZES = 10, 80, 1000
PAGE = 80


def prepare(env):
    """A million deadlines of others, and a customer of each size with as many orders as a page."""
    bench_list.prepare(env)
    product = env["product.product"].search([("is_deadline", "=", True)], limit=1)
    for size in SIZES:
        user = env["res.users"].create(
            {
                "name": f"Buyer of {size}",
                "login": f"buyer{size}",
                "group_ids": [(6, 0, [env.ref("base.group_portal").id])],
            }
        )
        partner = user.partner_id
        env["sale.order"].create([{"partner_id": partner.id} for _row in range(PAGE)]).write(
            {"state": "sale"}
        )
        env["deadline.deadline"].create(
            [{"partner_id": partner.id, "product_id": product.id} for _row in range(size)]
        )


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
    for size in SIZES:
        client = _log_in(env, f"buyer{size}")

        def page(url, client=client):
            response = client.get(url)
            assert response.status_code == 200, (url, response.status_code)

        yield compare(
            env,
            f"/my/deadlines of a customer who has {size:,}",
            lambda page=page: page("/my/deadlines"),
            lambda page=page: page("/my/orders"),
            goal=1.0 if size == PAGE else None,
            repeat=15,
        )

"""The dashboard and the list of customers, among very many deadlines and actions.

They are the first pages of everybody's day, and sum up what no index has.
"""

from harness import Measure, Row, compare, measure
from rows import as_seller, insert_years

from odoo.tools import SQL

DEADLINES = 1_000_000
CUSTOMERS = 100_000
ACTIONS = 200_000
PAGE = 80


def prepare(env):
    """Insert customers, deadlines over six years, a sixth of them running, and actions."""
    env.execute_query(
        SQL(
            """
            INSERT INTO res_partner (name, complete_name, active, is_company, type, autopost_bills)
            SELECT 'Customer ' || n, 'Customer ' || n, true, true, 'contact', 'ask'
            FROM generate_series(1, %s) AS n RETURNING id
            """,
            CUSTOMERS,
        )
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE name LIKE 'Customer %'")
    env.invalidate_all()
    customers = env["res.partner"].search([("name", "=like", "Customer %")])
    insert_years(env, DEADLINES, customers=customers)
    _insert_actions(env, customers)


def _insert_actions(env, customers):
    """Insert recalls of the customers, of which one in fifty is still to be done."""
    recall = env.ref("deadline_management.mail_activity_type_recall")
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_activity (
                res_model, res_model_id, res_id, res_name, customer_id, activity_type_id,
                user_id, active, date_deadline, date_done, create_uid, create_date)
            SELECT 'res.partner', %s, %s + n %% %s, 'Customer', %s + n %% %s, %s, %s, n %% 50 = 0,
                current_date - n %% 365, CASE WHEN n %% 50 != 0 THEN current_date - n %% 365 END,
                1, now()
            FROM generate_series(1, %s) AS n
            """,
            env["ir.model"]._get_id("res.partner"),
            customers[0].id,
            CUSTOMERS,
            customers[0].id,
            CUSTOMERS,
            recall.id,
            env.uid,
            ACTIONS,
        )
    )


def case_dashboard(env):
    """All that the dashboard shows against the bare SQL of the same figures and rows."""
    as_user = as_seller(env)
    company = env.company
    figures = SQL(
        """
        SELECT count(*), sum(amount_company) FROM deadline_deadline
            WHERE company_id = %(company)s AND state = 'active';
        SELECT count(*), sum(amount_company) FROM deadline_deadline
            WHERE company_id = %(company)s AND state = 'active'
            AND date_end BETWEEN current_date AND current_date + 7;
        SELECT count(*), sum(amount_company) FROM deadline_deadline
            WHERE company_id = %(company)s AND state = 'active'
            AND date_end BETWEEN current_date AND current_date + 30;
        SELECT count(*), sum(amount_company) FROM deadline_deadline
            WHERE company_id = %(company)s AND state = 'expired'
            AND expired_on >= date_trunc('month', current_date);
        SELECT state, count(*), sum(amount_company) FROM deadline_deadline
            WHERE company_id = %(company)s AND state IN ('active', 'renewed', 'expired')
            AND date_end >= date_trunc('month', current_date) - interval '1 month'
            AND date_end < date_trunc('month', current_date) GROUP BY state;
        SELECT * FROM deadline_deadline WHERE company_id = %(company)s AND state = 'active'
            AND date_end BETWEEN current_date AND current_date + 7 ORDER BY date_end, id LIMIT 80;
        SELECT * FROM mail_activity WHERE customer_id IS NOT NULL AND active
            AND date_deadline <= current_date AND user_id = %(user)s;
        SELECT * FROM mail_activity WHERE customer_id IS NOT NULL AND NOT active
            AND date_done = current_date AND (user_id = %(user)s OR done_by_id = %(user)s)
        """,
        company=company.id,
        user=as_user.uid,
    )

    yield compare(
        env,
        f"dashboard, {DEADLINES:,} deadlines, {ACTIONS:,} actions",
        as_user["deadline.dashboard"].retrieve,
        _in_order(env, figures),
        goal=3,
        repeat=7,
    )


def _in_order(env, statements):
    """Return a function that runs statements separated by semicolons, each with its parameters."""
    parts, params = [], list(statements.params)
    for code in statements.code.split(";"):
        count = code.count("%s")
        parts.append((code, params[:count]))
        params = params[count:]

    def run():
        for code, own in parts:
            env.cr.execute(code, own)
            env.cr.fetchall()

    return run


def case_customers(env):
    """A page of customers with our columns against the list without them; sorted by money."""
    as_user = as_seller(env)
    partners = as_user["res.partner"]
    bare = {name: {} for name in ("complete_name", "email", "phone")}
    ours = bare | {
        name: {} for name in ("recall_date", "deadline_next_end", "deadline_active_amount")
    }

    def read(specification, order=None):
        return lambda: partners.web_search_read(
            [], specification, limit=PAGE, order=order, count_limit=10001
        )

    row = compare(
        env, f"{PAGE} of {CUSTOMERS:,} customers with our columns", read(ours), read(bare)
    )
    more = (row.ours.wall - row.floor.wall) * 1000
    row.case += f" (+{more:.1f} ms, at most +10)"
    yield row
    sorted_by_money = measure(env, read(ours, "deadline_active_amount DESC"), repeat=3)
    most = Measure(wall=1, sql=50)
    yield Row("the same, sorted by active capital", sorted_by_money, most=most)

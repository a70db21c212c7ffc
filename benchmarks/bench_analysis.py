"""The analysis of very many deadlines, which is worked out anew each time that somebody looks."""

from harness import compare
from rows import as_seller, insert_years

from odoo.tools import SQL

ROWS = 1_000_000
#: What the pivot of renewal rates shows for each month, and for all of them.
RATES = ("renewal_rate", "rate_00", "rate_07", "rate_30", "rate_90", "open_rate", "lost_rate")
NOT_CANCELLED = [("state", "!=", "cancelled")]


def prepare(env):
    """Ends over six years, a sixth of them to come; of the others some are lost, and some were
    renewed up to a hundred days late."""
    insert_years(
        env,
        ROWS,
        state=SQL(
            "CASE WHEN day >= current_date THEN 'active'"
            " WHEN n %% 5 = 0 THEN 'expired' ELSE 'renewed' END"
        ),
        renewed_on=SQL("CASE WHEN day < current_date AND n %% 5 != 0 THEN day - 20 + n %% 120 END"),
    )


def _pivot(env, model, measures, domain, *groupby):
    """Return what a pivot asks for: the total, and each level of its rows."""
    records = as_seller(env)[model]
    sets = [list(groupby[:depth]) for depth in range(len(groupby) + 1)]
    return lambda: records.formatted_read_grouping_sets(domain, sets, ["__count", *measures])


def _floor(env, query):
    def run():
        env.cr.execute(query)
        env.cr.fetchall()

    return run


def case_renewal_rate(env):
    """Seven rates by month of end against the bare SQL of the same figures."""
    late = env.company.deadline_late_renewal
    query = SQL(
        """
        SELECT date_trunc('month', date_end), count(*),
            avg(renewed), avg(renewed * (renewed_on <= date_end)::int),
            avg(renewed * (renewed_on <= date_end + 7)::int),
            avg(renewed * (renewed_on <= date_end + 30)::int),
            avg(renewed * (renewed_on <= date_end + 90)::int),
            avg(1 - renewed - lost), avg(lost)
        FROM (
            SELECT date_end, coalesce(renewed_on, 'infinity') AS renewed_on,
                (state = 'renewed')::int AS renewed,
                (state = 'expired' AND date_end < current_date - %s)::int AS lost
            FROM deadline_deadline
            WHERE company_id = %s AND state IN ('active', 'renewed', 'expired')
        ) AS rated
        GROUP BY GROUPING SETS ((), (date_trunc('month', date_end)))
        """,
        late,
        env.company.id,
    )
    yield compare(
        env,
        f"renewal rate by month, {ROWS:,} deadlines",
        _pivot(env, "deadline.analysis", [f"{name}:avg" for name in RATES], [], "date_end:month"),
        _floor(env, query),
        goal=1.5,
    )


def case_capital(env):
    """Capital by month of end and product against the same pivot of the deadlines themselves,
    which sorts by the names of products as well."""
    groupby = "date_end:month", "product_id"
    yield compare(
        env,
        f"capital by month and product, {ROWS:,} deadlines",
        _pivot(env, "deadline.analysis", ["amount:sum"], [], *groupby),
        _pivot(env, "deadline.deadline", ["amount_company:sum"], NOT_CANCELLED, *groupby),
        goal=1.5,
    )


def case_value_at_risk(env):
    """What ends in 90 days, by responsible, against the bare SQL, which an index serves."""
    query = SQL(
        """
        SELECT user_id, (date_end - current_date) / 30, count(*), sum(amount_company)
        FROM deadline_deadline WHERE company_id = %s AND state = 'active'
            AND date_end BETWEEN current_date AND current_date + 90
        GROUP BY GROUPING SETS ((), (user_id), (user_id, (date_end - current_date) / 30))
        """,
        env.company.id,
    )
    at_risk = [("state", "=", "active"), ("days_left", ">=", 0), ("days_left", "<=", 90)]
    yield compare(
        env,
        f"value at risk, {ROWS:,} deadlines",
        _pivot(env, "deadline.analysis", ["amount:sum"], at_risk, "user_id", "horizon"),
        _floor(env, query),
        goal=2,
    )

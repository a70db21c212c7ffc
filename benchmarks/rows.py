"""Very many rows for the cases, in SQL: how they are made is not what is measured."""

from odoo.tools import SQL

#: What a deadline is unless told otherwise: a year that costs 10 and ends on the day `day`.
COLUMNS = {
    "name": SQL("'DL' || n"),
    "quantity": SQL("1"),
    "amount": SQL("10"),
    "amount_company": SQL("10"),
    "date_start": SQL("day - 364"),
    "date_end": SQL("day"),
    "notify_from": SQL("day - 364"),
    "notified_step": SQL("100000"),
    "anchor_day": SQL("1"),
    "duration_count": SQL("1"),
    "duration_unit": SQL("'year'"),
    "state": SQL("'active'"),
    "create_uid": SQL("1"),
    "create_date": SQL("now()"),
}


def create_products(env, count, **values):
    values = {"type": "service", "is_deadline": True, **values}
    return env["product.product"].create([{"name": f"Service {n}", **values} for n in range(count)])


def create_customers(env, count, **values):
    """Return customers with addresses, and the other values given."""
    return env["res.partner"].create(
        [
            {"name": f"Customer {n}", "email": f"customer{n}@example.com", **values}
            for n in range(count)
        ]
    )


def insert_deadlines(env, count, customers, products, day, **columns):
    """Insert deadlines, of these customers and products in turns, and return them.

    :param SQL day: their last valid day; like ``columns`` it may use ``n``, which counts them
    :param columns: SQL by name of the column
    """
    env.flush_all()
    numbered = {
        "company_id": SQL("%s", env.company.id),
        "currency_id": SQL("%s", env.company.currency_id.id),
        "user_id": SQL("%s", env.uid),
        "access_token": SQL("gen_random_uuid()"),
        "partner_id": SQL("customer"),
        "commercial_partner_id": SQL("customer"),
        "product_id": SQL("(%s)[1 + n %% %s]", products.ids, len(products)),
        **COLUMNS,
        **columns,
    }
    rows = env.execute_query(
        SQL(
            """
            INSERT INTO deadline_deadline (%s)
            SELECT %s FROM (
                SELECT n, (%s)[1 + n %% %s] AS customer, %s AS day FROM generate_series(1, %s) AS n
            ) AS numbered
            RETURNING id
            """,
            SQL(", ").join(map(SQL.identifier, numbered)),
            SQL(", ").join(numbered.values()),
            customers.ids,
            len(customers),
            day,
            count,
        )
    )
    return env["deadline.deadline"].browse(row[0] for row in rows)


def insert_years(env, count, **columns):
    """Insert deadlines of 10,000 customers over six years, of which a sixth still runs."""
    return insert_deadlines(
        env,
        count,
        columns.pop("customers", None) or create_customers(env, 10_000),
        create_products(env, 10),
        SQL("current_date - 1825 + (n * 37) %% 2190"),
        state=columns.pop(
            "state", SQL("CASE WHEN day >= current_date THEN 'active' ELSE 'renewed' END")
        ),
        **columns,
    )


def as_seller(env):
    """Return the environment of a user, whom rules restrain as they do not a superuser."""
    seller = env["res.users"].search([("login", "=", "seller")]) or env["res.users"].create(
        {
            "name": "Seller",
            "login": "seller",
            "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
        }
    )
    return env(user=seller)


def copy_rows(env, table, one, values, count):
    """Copy a row many times, with other values, and return the ids.

    :param int one: id of the row
    :param dict values: SQL by name of the column; it may use ``n``, which counts the copies
    """
    rows = env.execute_query(
        SQL(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND column_name != 'id'",
            table,
        )
    )
    names = [name for (name,) in rows]
    inserted = env.execute_query(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(1, %s) AS n WHERE id = %s"
            " RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(values.get(name) or SQL.identifier(name) for name in names),
            SQL.identifier(table),
            count,
            one,
        )
    )
    return [id_ for (id_,) in inserted]

"""The import of a spreadsheet, through the calls of the import screen.

Odoo stops a request after a time, and a company begins with all that it has.
"""

from harness import Measure, Row, compare, measure
from rows import create_customers, create_products

#: Rows that the screen imports with one request, and how many make a large file.
BATCH = 2_000
ROWS = 10_000
PERIODS = 4
COLUMNS = [
    "name",
    "previous_id",
    "partner_id",
    "product_id",
    "date_start",
    "date_end",
    "notify_from",
    "amount",
    "origin_id",
    "bank_id",
    "user_id",
]
OPTIONS = {
    "has_headers": True,
    "quoting": '"',
    "separator": ",",
    "date_format": "%Y-%m-%d",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
}


def prepare(env):
    env["res.users"].create({"name": "Seller", "login": "seller"})
    create_customers(env, 1_000)
    create_products(env, 10, deadline_duration_count=1, deadline_duration_unit="year")
    env["deadline.origin"].create({"name": "Previous system"})
    env["res.bank"].create({"name": "Some Bank"})


def _create_file(count):
    """Return a file of services with four periods each, everything by its name."""
    rows = []
    for number in range(count):
        service, period = divmod(number, PERIODS)
        start = 2023 + period
        rows.append(
            [
                f"OLD-{number}",
                f"OLD-{number - 1}" if period else "",
                f"Customer {service % 1_000}",
                f"Service {service % 10}",
                f"{start}-05-01",
                f"{start + 1}-04-30",
                "2026-01-01",
                "100",
                "Previous system",
                "Some Bank",
                "Seller",
            ]
        )
    return "\n".join(",".join(row) for row in [COLUMNS, *rows]).encode()


def _import(env, content, count):
    """Return a function that imports a file batch by batch, as the screen does."""
    imports = env["base_import.import"].with_context(tracking_disable=True)

    def run():
        screen = imports.create(
            {
                "res_model": "deadline.deadline",
                "file": content,
                "file_name": "deadlines.csv",
                "file_type": "text/csv",
            }
        )
        for skip in range(0, count, BATCH):
            options = {**OPTIONS, "limit": BATCH, "skip": skip}
            result = screen.execute_import(COLUMNS, COLUMNS, options)
            if result["messages"]:
                raise AssertionError(result["messages"][0])

    return run


def case_import(env):
    """A large file, whose requests may take 60 s each before Odoo stops them."""
    ours = measure(env, _import(env, _create_file(ROWS), ROWS), repeat=1)
    requests = ROWS // BATCH
    yield Row(
        f"import {ROWS:,} rows in {requests} requests", ours, most=Measure(wall=60, sql=10_000)
    )


def case_import_batch(env):
    """One request against the bare `create` of what it imports: chains, and names to look up."""
    customers = env["res.partner"].search([("name", "=like", "Customer %")], order="id")
    products = env["product.product"].search([("name", "=like", "Service %")], order="id")
    values = [
        {
            "partner_id": customers[number // PERIODS % len(customers)].id,
            "product_id": products[number // PERIODS % len(products)].id,
            "date_start": f"{2023 + number % PERIODS}-05-01",
            "date_end": f"{2024 + number % PERIODS}-04-30",
            "amount": 100,
        }
        for number in range(BATCH)
    ]
    deadlines = env["deadline.deadline"].with_context(tracking_disable=True)
    yield compare(
        env,
        f"import {BATCH:,} rows against creating them unchained",
        _import(env, _create_file(BATCH), BATCH),
        lambda: deadlines.create(values),
        goal=5,
        repeat=2,
    )

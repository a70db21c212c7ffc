"""Where a simulation begins: companies in three time zones, who works there, what they sell, and to
whom."""

from odoo.fields import Command

#: Days of the month, clocks and currencies differ; the last one sells no multipacks.
ZONES = {"Rome": "USD", "Auckland": "EUR", "Honolulu": "USD"}
MANAGER = "deadline_management.group_deadline_manager"
SELLER = "sales_team.group_sale_salesman_all_leads"
#: Who works there: language, group, companies. The first one is always there.
STAFF = {
    "Eva": (
        "de_DE",
        MANAGER,
        ("Rome", "Auckland", "Honolulu"),
    ),
    "Ada": (
        "en_US",
        MANAGER,
        ("Rome", "Auckland", "Honolulu"),
    ),
    "Ida": ("it_IT", SELLER, ("Rome", "Auckland")),
    "Dirk": ("de_DE", SELLER, ("Auckland", "Honolulu")),
}
TIME_ZONES = {"Rome": "Europe/Rome", "Auckland": "Pacific/Auckland", "Honolulu": "Pacific/Honolulu"}


def build(env):
    """Make the world in the database, and return the ids of what a simulation begins with."""
    for name in ("USD", "EUR"):
        currency = env.ref(f"base.{name}")
        currency.active = True
    env["res.currency.rate"].create(
        {"currency_id": env.ref("base.EUR").id, "rate": 0.83, "name": "2020-01-01"}
    )
    companies = _build_companies(env)
    env = env(context={"allowed_company_ids": companies.ids, "tracking_disable": False})
    companies = companies.with_env(env)
    trading = companies[:2]
    products = _build_products(env, [_build_taxes(env, company) for company in trading])
    providers = [
        build_provider(env, company, name) for company in trading for name in ("Keys", "Plain")
    ]
    staff = _build_staff(env, companies)
    customers = _build_customers(env)
    portal = _build_portal(env, customers)
    env.flush_all()
    env.invalidate_all()
    return {
        "context": dict(env.context),
        "companies": companies.ids,
        "trading": trading.ids,
        "customers": customers.ids,
        "staff": staff[1:].ids,
        "portal": portal.ids,
        "grades": _build_grades(env).ids,
        "pricelists": _build_pricelists(env).ids,
        "providers": [provider.id for provider in providers],
        **products,
    }


def _build_companies(env):
    companies = env.company
    companies.write({"name": "Rome", "currency_id": env.ref("base.USD").id})
    for name, currency in list(ZONES.items())[1:]:
        companies += env["res.company"].create(
            {"name": name, "currency_id": env.ref(f"base.{currency}").id}
        )
    for company in companies:
        company.partner_id.write(
            {"tz": TIME_ZONES[company.name], "email": f"{company.name}@example.com"}
        )
    env.user.company_ids += companies
    for company in companies[:2]:
        if not company.chart_template:
            env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    return companies


def _build_staff(env, companies):
    """Return who works in the companies, of whom some speak another language."""
    for lang in ("it_IT", "de_DE"):
        env["res.lang"]._activate_lang(lang)
    env["ir.module.module"]._load_module_terms(["deadline_management"], ["it_IT", "de_DE"])
    staff = env["res.users"].with_context(no_reset_password=True)
    for name, (lang, group, places) in STAFF.items():
        theirs = companies.filtered(lambda company, places=places: company.name in places)
        staff += staff.create(
            {
                "name": name,
                "login": name.lower(),
                "email": f"{name}@example.com".lower(),
                "lang": lang,
                "group_ids": [Command.link(env.ref(group).id)],
                "company_ids": [Command.set(theirs.ids)],
                "company_id": theirs[0].id,
                "notification_type": "inbox",
            }
        )
    companies[0].deadline_user_id = staff[1]
    return staff


def _build_portal(env, customers):
    """Return users of the portal: somebody of each company, and persons."""
    users = env["res.users"].with_context(no_reset_password=True)
    for partner in customers.filtered(lambda one: one.name in ("Bob", "Dora", "Emil")):
        users += users.create(
            {
                "login": f"portal{partner.id}",
                "partner_id": partner.id,
                "group_ids": [Command.set(env.ref("base.group_portal").ids)],
            }
        )
    return users


def _build_taxes(env, company):
    """Return a tax on top of prices and one within them."""
    return (
        env["account.tax"]
        .with_company(company)
        .create(
            [
                {
                    "name": f"{company.name} {amount}",
                    "amount": amount,
                    "price_include_override": "tax_included" if included else "tax_excluded",
                    "company_id": company.id,
                }
                for amount, included in ((22, False), (10, True))
            ]
        )
    )


def _build_products(env, taxes):
    """Return {"services": ids, "multipacks": ids}."""
    excluded = [Command.set([pair[0].id for pair in taxes])]
    included = [Command.set([pair[1].id for pair in taxes])]

    def create(name, count, unit, price, tax=None, **values):
        return env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": tax or [Command.clear()],
                "is_deadline": True,
                "deadline_duration_count": count,
                "deadline_duration_unit": unit,
                "invoice_policy": "order",
                **values,
            }
        )

    services = (
        create("Month", 1, "month", 33.33, excluded)
        + create("Year", 1, "year", 1200.0, included, deadline_price_policy="kept")
        + create("Fortnight", 2, "week", 9.99)
        + create("Again", 1, "month", 49.5, excluded, deadline_repurchase="renew")
        + create(
            "Dearer",
            3,
            "month",
            120.0,
            included,
            deadline_price_policy="increase",
            deadline_price_increase=3.5,
            deadline_expiry_activity=True,
        )
        + create("Days", 45, "day", 15.0, deadline_grace_policy="own", deadline_grace_days=3)
    )
    parts = [
        Command.create({"product_id": one.id, "quantity": number})
        for number, one in enumerate(services[:3], 1)
    ]
    plans = [
        (
            "Quarters",
            {
                "multipack_installment_count": 4,
                "multipack_interval_count": 3,
                "multipack_interval_unit": "month",
            },
        ),
        ("Thirds", {"multipack_installment_count": 3, "deadline_duration_unit": "year"}),
        ("Flat", {"multipack_plan": "monthly"}),
    ]
    multipacks = env["product.product"]
    for number, (name, plan) in enumerate(plans):
        for collection in ("token", "manual", "method"):
            values = {"is_deadline": False, "is_multipack": True, **plan}
            multipacks += create(
                f"{name} {collection}",
                1,
                "year",
                (999.99, 100.0, 29.9)[number],
                (excluded, included, None)[number],
                multipack_collection=collection,
                multipack_component_ids=parts[number:],
                **values,
            )
    return {"services": services.ids, "multipacks": multipacks.ids}


def build_provider(env, company, name):
    """Return a provider with a journal of its own."""
    card = env.ref("payment.payment_method_card")
    journal = env["account.journal"].create(
        {
            "name": f"{name} {company.name}",
            "code": f"{name[:2]}{company.id}",
            "type": "bank",
            "company_id": company.id,
        }
    )
    provider = env["payment.provider"].create(
        {
            "name": name,
            "code": "none",
            "state": "test",
            "company_id": company.id,
            "allow_tokenization": True,
            "payment_method_ids": [Command.set(card.ids)],
        }
    )
    card.active = True
    line = journal.inbound_payment_method_line_ids[:1]
    line.write({"payment_provider_id": provider.id, "payment_account_id": False})
    return provider


def _build_customers(env):
    """Return companies with contacts who share some addresses, people, and one without address."""
    partners = env["res.partner"]
    for name in ("Acme", "Bolt", "Core"):
        company = partners.create(
            {"name": name, "is_company": True, "email": f"{name}@example.com".lower()}
        )
        partners += company
        for contact, email in (("Ann", f"ann@{name}.example.com"), ("Bob", company.email)):
            partners += partners.create({"name": contact, "parent_id": company.id, "email": email})
    for name in ("Dora", "Emil"):
        partners += partners.create({"name": name, "email": f"{name}@example.com".lower()})
    return partners + partners.create({"name": "Nobody"})


def _build_grades(env):
    """Return levels: with steps of their own, without any step, with the company's."""
    own = {"reminder_policy": "own", "company_id": False}
    steps = [Command.create({"days_before": days}) for days in (60, 10, 0)]
    return env["res.partner.grade"].create(
        [
            {"name": "Gold", **own, "deadline_reminder_ids": steps},
            {"name": "Silent", **own},
            {"name": "Plain"},
        ]
    )


def _build_pricelists(env):
    """Return a list of prices for each currency, whatever the company's."""
    return env["product.pricelist"].create(
        [
            {"name": name, "currency_id": env.ref(f"base.{name}").id, "company_id": False}
            for name in ("USD", "EUR")
        ]
    )

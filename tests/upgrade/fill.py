"""What people do with an addon before it is upgraded: ./dev upgrade runs it in an older version.

Each step is left out by versions that do not have what it needs; more are welcome, as long as
every version since the first one of ./dev can run them. Nothing here may be changed by an upgrade.
"""

from datetime import timedelta

from odoo.fields import Command, Date

MODULE = "deadline_management"
#: Names of records of ours that administrators change, by model, and what they write there.
CHANGED = {
    "mail.template": {"subject": "Our own words", "body_html": "<p>Our own words</p>"},
    "ir.cron": {"interval_number": 5, "interval_type": "days", "active": False},
    "base.automation": {"active": True, "filter_domain": "[('amount', '>', 12345)]"},
    "mail.activity.type": {"name": "Our own type", "delay_count": 77, "icon": "fa-bell"},
    "ir.sequence": {"prefix": "OUR-", "padding": 9},
    "ir.rule": {"domain_force": "[(1, '=', 1)]"},
}


def run(env):
    """Fill the database and commit."""
    translate(env)
    customer = env["res.partner"].create({"name": "Rehearsal", "email": "rehearsal@example.com"})
    sell(env, customer)
    if "deadline.multipack" in env:
        sell_multipacks(env, customer)
    act(env, customer)
    env.cr.commit()  # the nights have transactions of their own
    run_nightly(env)
    env.cr.commit()
    set_up_companies(env)
    change_records(env)
    customize(env)
    env.cr.commit()


def translate(env):
    """Speak Italian as well, so that what is translated by hand has somewhere to be."""
    env["base.language.install"].create(
        {"lang_ids": [Command.set(env["res.lang"]._activate_lang("it_IT").ids)]}
    ).lang_install()


def create_product(env, name, **values):
    return env["product.product"].create(
        {
            "name": name,
            "type": "service",
            "list_price": 120.0,
            "is_deadline": True,
            "deadline_duration_count": 1,
            "deadline_duration_unit": "month",
            **values,
        }
    )


def confirm(env, customer, *products):
    lines = [Command.create({"product_id": product.id}) for product in products]
    order = env["sale.order"].create({"partner_id": customer.id, "order_line": lines})
    order.action_confirm()
    return order


def sell(env, customer):
    """Sell, renew in time and late, cancel, invoice, import the past, and leave a quotation."""
    product = create_product(env, "Rehearsed service")
    order = confirm(env, customer, product, product)
    for deadline in order.order_line.deadline_ids:
        renewal = env["sale.order"].browse(deadline.action_renew()["res_id"])
        renewal.action_confirm()
    confirm(env, customer, product)._action_cancel()
    order._create_invoices().action_post()
    today = Date.context_today(order)
    names = ["name", "partner_id", "product_id", "date_start", "date_end", "amount", "note"]
    rows = [
        ["OLD-1", customer.name, product.name, today - timedelta(400), today - timedelta(200)],
        ["OLD-2", customer.name, product.name, today - timedelta(60), today + timedelta(7)],
    ]
    rows = [[*map(str, row), "99.5", "Taken over"] for row in rows]
    result = env["deadline.deadline"].load(names, rows)
    assert result["ids"], result["messages"]
    env["deadline.deadline"].search([("name", "=", "OLD-2")]).action_renew()


def sell_multipacks(env, customer):
    """Sell one of each plan, invoice and pay the first installments, and leave one."""
    service = create_product(env, "Rehearsed part")
    plan = {
        "is_deadline": False,
        "is_multipack": True,
        "deadline_duration_unit": "year",
        "multipack_collection": "manual",
        "multipack_component_ids": [Command.create({"product_id": service.id})],
    }
    pack = create_product(env, "Rehearsed package", multipack_installment_count=12, **plan)
    flat = create_product(env, "Rehearsed flat rate", multipack_plan="monthly", **plan)
    kept, left = (confirm(env, customer, pack, flat).order_line.multipack_ids for _n in range(2))
    for installment in (kept + left).installment_ids.filtered(lambda one: one.number == 1):
        installment._invoice()
    wizard = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=kept.installment_ids.move_id.ids[:1]
    )
    wizard.create({})._create_payments()
    kind = env.ref(f"{MODULE}.mail_activity_type_withdrawal")
    env["deadline.withdrawal"]._register_withdrawal(left, env.company._deadline_today(), kind)


def act(env, customer):
    """Have actions done and planned, a note, a follower and a file."""
    deadline = env["deadline.deadline"].search([("partner_id", "=", customer.id)], limit=1)
    kinds = env["mail.activity.type"].search([("res_model", "=", False)])
    for record in (customer, deadline):
        for kind in kinds:
            record.activity_schedule(activity_type_id=kind.id, note="Rehearsed")
        record.activity_ids[::2].action_feedback("Done")
    deadline.message_post(body=customer.name, attachments=[("rehearsed.txt", b"rehearsed")])
    deadline.message_subscribe(customer.ids)


def run_nightly(env):
    """Run every cron of ours, as the nights before the upgrade did."""
    for cron in find(env, "ir.cron"):
        env.cr.commit()  # it runs in a transaction of its own, and would wait for this one
        cron.method_direct_trigger()


def find(env, model):
    """Return the records of a model that are ours, archived ones included."""
    ours = env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", model)])
    return env[model].with_context(active_test=False).browse(ours.mapped("res_id"))


def set_up_companies(env):
    """Change every setting of the company, and have one that reminds nobody."""
    values = {"deadline_grace_days": 3, "deadline_late_renewal": 45, "deadline_renewal_window": 12}
    env.company.write(values)
    silent = env["res.company"].create({"name": "Rehearsed company"})
    if "deadline.reminder" in env:
        silent.deadline_reminder_ids.unlink()
        env.company.deadline_reminder_ids[:1].days_before = 44


def change_records(env):
    """Change what an upgrade must keep, in both languages, and add records alike."""
    for model, values in CHANGED.items():
        for record in find(env, model):
            record.write(values)
            if "subject" in values:
                record.with_context(lang="it_IT").write({"subject": "Con parole nostre"})
    for template in find(env, "mail.template")[:1]:
        template.copy({"name": "A template of our own"})


def customize(env):
    """Add a field, a view, a filter, a default and an automation, as administrators do."""
    model = env["ir.model"]._get("deadline.deadline")
    field = {"model_id": model.id, "name": "x_rehearsed", "ttype": "char"}
    env["ir.model.fields"].create({**field, "field_description": "Rehearsed"})
    env["deadline.deadline"].search([]).write({"x_rehearsed": "kept"})
    env["ir.ui.view"].create(
        {
            "name": "deadline.deadline.form.rehearsed",
            "model": model.model,
            "inherit_id": env.ref(f"{MODULE}.deadline_deadline_view_form").id,
            "arch": '<field name="partner_id" position="after"><field name="x_rehearsed"/></field>',
        }
    )
    domain = "[('state', '=', 'active'), ('amount', '>', 1)]"
    env["ir.filters"].create({"name": "Ours", "model_id": model.model, "domain": domain})
    env["ir.default"].set(model.model, "note", "Rehearsed")
    rule = {"name": "Ours", "model_id": model.id, "trigger": "on_state_set", "active": False}
    field = env["ir.model.fields"]._get(model.model, "state")
    expired = field.selection_ids.filtered(lambda one: one.value == "expired")
    env["base.automation"].create({**rule, "trg_selection_field_id": expired.id})

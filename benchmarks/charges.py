"""Installments to be charged, and a provider that is in no other place: for cases and chaos."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.fields import Command

from odoo.addons.deadline_management.tests import simulation_world


def prepare_accounting(env):
    """Have the company account for sales and payments, as a new database has no chart yet."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)


def create_token(env, name):
    """Return the card that a new customer has saved at a provider of its own."""
    provider = simulation_world.build_provider(env, env.company, name)
    customer = env["res.partner"].create({"name": name, "email": f"{name}@example.com"})
    token = env["payment.token"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": provider.payment_method_ids.id,
            "payment_details": "4242",
            "partner_id": customer.id,
            "provider_ref": name,
        }
    )
    env.flush_all()
    env.invalidate_all()
    return token


def create_product(env):
    """Return a multipack of one service, in two installments."""
    service = env["product.product"].create(
        {"name": "Service", "type": "service", "is_deadline": True, "taxes_id": False}
    )
    return env["product.product"].create(
        {
            "name": "Package",
            "type": "service",
            "list_price": 100,
            "taxes_id": False,
            "is_multipack": True,
            "multipack_installment_count": 2,
            "multipack_component_ids": [Command.create({"product_id": service.id})],
        }
    )


def sell(env, product, token, count):
    """Return as many first installments, invoiced and due today."""
    line = Command.create({"product_id": product.id})
    orders = env["sale.order"].create(
        [{"partner_id": token.partner_id.id, "order_line": [line]} for _number in range(count)]
    )
    orders.action_confirm()
    multipacks = orders.order_line.multipack_ids
    multipacks._set_payment_token(token)
    installments = multipacks.installment_ids.filtered(lambda one: one.number == 1)
    installments._invoice()
    return installments


@contextmanager
def provider(env, answer):
    """Have the provider called ``answer`` with each transaction that is to be charged."""
    with patch.object(env.registry["payment.transaction"], "_send_payment_request", answer):
        yield

from datetime import date

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.base.tests.common import BaseCommon


@tagged("post_install", "-at_install")
class DeadlineCommon(BaseCommon):
    """Builders for deadlines, products and orders. Nothing here reads demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Europe/Rome"
        cls.customer = cls._create_customer("Acme")
        cls.monthly = cls._create_product("Hosting", unit="month")
        cls.yearly = cls._create_product("Licence", unit="year", price=1200.0)

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **values})

    @classmethod
    def _create_product(cls, name, count=1, unit="month", price=100.0, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": False,
                "is_deadline": True,
                "deadline_duration_count": count,
                "deadline_duration_unit": unit,
                **values,
            }
        )

    @classmethod
    def _create_deadline(cls, **values):
        return cls.env["deadline.deadline"].create(
            {
                "partner_id": cls.customer.id,
                "product_id": cls.monthly.id,
                "amount": 100.0,
                "date_start": date(2026, 1, 31),
                **values,
            }
        )

    @classmethod
    def _create_order(cls, products, **values):
        """Return a quotation with a line for each product, or for each dict of line values."""
        lines = [
            product if isinstance(product, dict) else {"product_id": product.id}
            for product in products
        ]
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "order_line": [Command.create(line) for line in lines],
                **values,
            }
        )

    @classmethod
    def _sell(cls, *products, **values):
        """Confirm an order of these products and return its deadlines."""
        order = cls._create_order(products, **values)
        order.action_confirm()
        return order.order_line.deadline_ids

    @classmethod
    def _renew(cls, deadline):
        """Renew a deadline as the back office does and return the new one."""
        order = cls.env["sale.order"].browse(deadline.action_renew()["res_id"])
        order.action_confirm()
        return order.order_line.deadline_ids

    @classmethod
    def _create_user(cls, login, *groups, **values):
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "email": f"{login}@example.com",
                "group_ids": [Command.set([cls.env.ref(group).id for group in groups])],
                **values,
            }
        )

from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import freeze_time, tagged

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


@tagged("post_install", "-at_install")
class NoticeCommon(DeadlineCommon):
    """Deadlines at a distance from a fixed day, and the nightly run."""

    TODAY = date(2026, 3, 10)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{cls.TODAY} 03:00:00"))
        cls.company.partner_id.email = "office@example.com"
        cls.customer.write({"email": "acme@example.com", "lang": "en_US"})
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads")

    @classmethod
    def _create_ending(cls, days_left, **values):
        """Return a deadline of a year that ends in so many days, known for all of that year."""
        end = cls.TODAY + timedelta(days=days_left)
        start = end - timedelta(days=364)
        return cls._create_deadline(
            **{
                "product_id": cls.yearly.id,
                "date_start": start,
                "date_end": end,
                "notify_from": start,
                "user_id": cls.seller.id,
                **values,
            }
        )

    @classmethod
    def _create_overdue(cls, days, **values):
        """Return an active deadline that ended so many days ago, as before the nightly run."""
        with freeze_time(cls.TODAY - timedelta(days=days)):
            return cls._create_ending(-days, **values)

    def _run_cron(self, name):
        self.env.flush_all()
        with (
            self.enter_registry_test_mode(),
            self.assertNoLogs("odoo.addons.base.models.ir_cron", "ERROR"),
        ):
            self.env.ref(f"deadline_management.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _notify(self, day=None):
        """Run the cron of notices, on a later day if one is given, and return what is new."""
        before = self.env["deadline.notice"].search([])
        with freeze_time(f"{day or self.TODAY} 03:00:00"):
            self._run_cron("notify")
        return self.env["deadline.notice"].search([]) - before

    def _expire(self, day=None):
        with freeze_time(f"{day or self.TODAY} 03:00:00"):
            self._run_cron("expire")

    def _get_verdicts(self, deadline):
        """Return {days before the end: verdict or reason} of the ledger of a deadline."""
        return {line.days_before: line.reason or line.verdict for line in deadline.notice_line_ids}


@tagged("post_install", "-at_install")
class ReportCommon(DeadlineCommon):
    """Deadlines of several customers, products and months, and the operational report on them."""

    TODAY = date(2026, 3, 10)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{cls.TODAY} 03:00:00"))
        cls.env["deadline.deadline"].search([]).unlink()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads")
        cls.other = cls._create_customer("Bolt")

    @classmethod
    def _create_report(cls, **values):
        """Return a wizard of the seller, without the deadlines of other companies."""
        wizards = cls.env["deadline.report.wizard"].with_user(cls.seller).with_company(cls.company)
        return wizards.create(values)

    @classmethod
    def _find(cls, **values):
        """Return the deadlines that meet criteria, as the seller sees them."""
        report = cls._create_report(**values)
        found = report.env["deadline.deadline"].search(report._get_domain())
        return cls.env["deadline.deadline"].browse(found.ids)

    @classmethod
    def _create_foreign(cls, name, rate):
        """Return a currency of which so many make one of the company's."""
        currency = cls.env["res.currency"].create(
            {"name": name, "symbol": name, "rounding": 0.01, "position": "after"}
        )
        cls.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": rate, "name": "2020-01-01"}
        )
        return currency

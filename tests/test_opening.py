from datetime import date, datetime

from odoo.fields import Command
from odoo.tests import freeze_time

from .common import DeadlineCommon


@freeze_time("2026-03-10 09:00:00")
class TestOpening(DeadlineCommon):
    def test_confirmed_sale_opens_a_deadline(self):
        deadline = self._sell({"product_id": self.monthly.id, "product_uom_qty": 3})
        self.assertRecordValues(
            deadline,
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.monthly.id,
                    "quantity": 3.0,
                    "amount": 300.0,
                    "amount_company": 300.0,
                    "date_start": date(2026, 3, 10),
                    "date_end": date(2026, 4, 9),
                    "anchor_day": 10,
                    "duration_count": 1,
                    "duration_unit": "month",
                    "state": "active",
                }
            ],
        )
        self.assertRegex(deadline.name, r"^DL\d{5,}$")

    def test_quotation_opens_nothing(self):
        order = self._create_order([self.monthly])
        order.action_quotation_sent()
        self.assertFalse(order.order_line.deadline_ids)

    def test_ordinary_products_open_nothing(self):
        plain = self._create_product("Consulting", is_deadline=False)
        self.assertEqual(self._sell(plain, self.monthly).product_id, self.monthly)

    def test_opening_twice_opens_once(self):
        deadlines = self._sell(self.monthly, self.yearly)
        order = deadlines.order_id
        order._action_confirm()
        order.action_open_deadlines()
        self.assertEqual(order.order_line.deadline_ids, deadlines)
        self.assertEqual(len(deadlines), 2)

    def test_order_says_what_it_opened(self):
        loud = {"tracking_disable": False, "mail_create_nolog": False}
        order = self._create_order([self.monthly]).with_context(**loud)
        order.action_confirm()
        deadline = order.order_line.deadline_ids
        self.assertIn(deadline.name, order.message_ids[0].body)
        self.assertIn(deadline.order_id.name, deadline.message_ids.body)

    def test_line_added_later_opens_from_that_day(self):
        order = self._sell(self.monthly).order_id
        self.env.cr.execute(  # as if an earlier transaction had made it
            "UPDATE sale_order SET create_date = date_order WHERE id = %s", [order.id]
        )
        order.invalidate_recordset(["create_date"])
        with freeze_time("2026-03-20 09:00:00"):
            order.order_line = [Command.create({"product_id": self.yearly.id})]
        added = order.order_line.deadline_ids.filtered(lambda d: d.product_id == self.yearly)
        self.assertEqual(added.date_start, date(2026, 3, 20))

    def test_order_imported_as_confirmed_opens_from_its_own_day(self):
        order = self._create_order(
            [self.yearly], state="sale", date_order=datetime(2025, 12, 5, 10, 0)
        )
        self.assertEqual(order.order_line.deadline_ids.date_start, date(2025, 12, 5))

    def test_quantity_and_price_of_the_line_follow(self):
        deadline = self._sell(self.monthly)
        line = deadline.sale_line_id
        line.product_uom_qty = 4
        line.price_unit = 50
        self.assertEqual(deadline.quantity, 4)
        self.assertEqual(deadline.amount, 200)
        self.assertEqual(deadline.amount_company, 200)

    def test_other_product_on_the_line_opens_its_own_deadline(self):
        hosting = self._sell(self.monthly)
        line = hosting.sale_line_id
        line.product_id = self.yearly
        self.assertEqual(hosting.state, "cancelled")
        self.assertRecordValues(
            line.deadline_ids - hosting,
            [{"product_id": self.yearly.id, "amount": 1200, "date_end": date(2027, 3, 9)}],
        )

    def test_sales_description_tells_no_deadline_from_another(self):
        self.monthly.description_sale = "The best there is.\nFor everybody."
        order = self._create_order([self.monthly])
        order.order_line.name += "\nexample.com"
        order.action_confirm()
        deadline = order.order_line.deadline_ids
        self.assertEqual(deadline.description, "example.com")
        self.assertEqual(self._renew(deadline).sale_line_id.name.count("The best there is."), 1)

    def test_text_of_a_line_tells_its_deadline_from_others(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.monthly.with_context(lang="it_IT").name = "Spazio web"
        self.monthly.default_code = "HOST"
        texts = {
            "one.example": "one.example",
            "Hosting\ntwo.example": "two.example",
            "[HOST] Hosting\nthree.example": "three.example",
            "Spazio web\nfour.example": "four.example",
            "Setup of five.example\nfor one year": "Setup of five.example for one year",
            "Hosting six.example": "Hosting six.example",
            "Hosting": "",
            "Spazio web": "",
        }
        lines = [{"product_id": self.monthly.id, "name": text} for text in texts]
        deadlines = self._sell(*lines)
        self.assertEqual(
            [deadline.description or "" for deadline in deadlines], list(texts.values())
        )

    def test_concluded_period_keeps_its_figures(self):
        deadline = self._sell(self.monthly)
        self._renew(deadline)
        deadline.sale_line_id.price_unit = 7
        self.assertEqual(deadline.amount, 100)

    def test_quantity_zero_cancels_and_a_new_quantity_reopens(self):
        deadline = self._sell(self.monthly)
        line = deadline.sale_line_id
        line.product_uom_qty = 0
        self.assertEqual(deadline.state, "cancelled")
        self.assertEqual(deadline.amount, 100, "the history keeps what was sold")
        line.product_uom_qty = 2
        reopened = line.deadline_ids - deadline
        self.assertRecordValues(reopened, [{"state": "active", "quantity": 2, "amount": 200}])

    def test_day_is_that_of_the_company(self):
        with freeze_time("2026-03-10 23:30:00"):  # the 11th in Rome
            deadline = self._sell(self.monthly)
        self.assertEqual(deadline.date_start, date(2026, 3, 11))

    def test_pending_payment_fixes_the_day(self):
        order = self._create_order([self.monthly])
        self._create_transaction(order, "pending")
        with freeze_time("2026-03-16 09:00:00"):
            order.action_confirm()
        self.assertEqual(order.order_line.deadline_ids.date_start, date(2026, 3, 10))

    def test_failed_payment_fixes_nothing(self):
        order = self._create_order([self.monthly])
        self._create_transaction(order, "error")
        with freeze_time("2026-03-16 09:00:00"):
            order.action_confirm()
        self.assertEqual(order.order_line.deadline_ids.date_start, date(2026, 3, 16))

    def _create_transaction(self, order, state):
        provider = self.env["payment.provider"].create(
            {"name": "Wire", "company_id": self.company.id}
        )
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env["payment.method"].search([], limit=1).id
                or self.env["payment.method"].create({"name": "Wire", "code": "wire"}).id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": f"{order.name}-{state}",
                "sale_order_ids": [Command.set(order.ids)],
                "state": state,
            }
        )
        # The database's clock is not the frozen one.
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id = %s",
            [datetime(2026, 3, 10, 9), transaction.id],
        )
        transaction.invalidate_recordset(["create_date"])
        return transaction

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command

from .common import MultipackCommon


class TestMultipackOpening(MultipackCommon):
    def test_confirmed_sale_opens_deadlines_and_installments(self):
        multipack = self._sell_multipack()
        self.assertRecordValues(
            multipack,
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.pack.id,
                    "amount": 1000.0,
                    "plan": "installments",
                    "date_start": date(2026, 3, 10),
                    "date_end": date(2027, 3, 9),
                    "state": "active",
                    "collection": "manual",
                }
            ],
        )
        self.assertRegex(multipack.name, r"^MP\d{5,}$")
        self.assertRecordValues(
            multipack.deadline_ids.sorted("amount"),
            [
                {
                    "product_id": product.id,
                    "amount": amount,
                    "date_start": multipack.date_start,
                    "date_end": multipack.date_end,
                    "state": "active",
                }
                for product, amount in ((self.coaching, 250.0), (self.course, 750.0))
            ],
        )
        self.assertRecordValues(
            multipack.installment_ids,
            [
                {"number": 1, "date_due": date(2026, 3, 10), "amount": 250.0, "state": "planned"},
                {"number": 2, "date_due": date(2026, 4, 10), "amount": 250.0, "state": "planned"},
                {"number": 3, "date_due": date(2026, 5, 10), "amount": 250.0, "state": "planned"},
                {"number": 4, "date_due": date(2026, 6, 10), "amount": 250.0, "state": "planned"},
            ],
        )

    def test_monthly_plan_opens_one_month(self):
        multipack = self._sell_multipack(self.flat, day=date(2026, 1, 31))
        self.assertEqual(multipack.date_end, date(2026, 2, 27))
        self.assertEqual(multipack.installment_ids.mapped("amount"), [50.0])
        self.assertTrue(all(multipack.deadline_ids.mapped("is_self_renewing")))

    def test_days_of_installments_do_not_drift(self):
        multipack = self._sell_multipack(day=date(2026, 1, 31))
        self.assertEqual(
            multipack.installment_ids.mapped("date_due"),
            [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)],
        )

    def test_opening_twice_opens_once(self):
        multipack = self._sell_multipack()
        order = multipack.order_id
        order._action_confirm()
        order.action_open_deadlines()
        self.assertEqual(order.order_line.multipack_ids, multipack)
        self.assertEqual(len(multipack.deadline_ids), 2)

    def test_quantity_multiplies_components_and_price(self):
        order = self._create_order([{"product_id": self.pack.id, "product_uom_qty": 3}])
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(sum(multipack.installment_ids.mapped("amount")), 3000.0)
        self.assertEqual(set(multipack.deadline_ids.mapped("quantity")), {3.0})

    def test_free_multipack_has_no_installments(self):
        order = self._create_order([{"product_id": self.pack.id, "price_unit": 0.0}])
        order.action_confirm()
        self.assertTrue(order.order_line.multipack_ids.deadline_ids)
        self.assertFalse(order.order_line.multipack_ids.installment_ids)

    def test_what_cannot_be_opened_is_said_on_the_order(self):
        order = self._create_order([self.pack])
        self.env.cr.execute(
            "DELETE FROM deadline_multipack_component WHERE product_tmpl_id = %s",
            [self.pack.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        self.assertIn("Package", order.deadline_warning)
        order.action_confirm()
        self.assertFalse(order.order_line.multipack_ids)
        self.assertIn("Package", order.activity_ids.note)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_cancelled_order_takes_all_back(self):
        multipack = self._sell_multipack()
        multipack.order_id._action_cancel()
        self.assertEqual(multipack.state, "cancelled")
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"cancelled"})
        self.assertEqual(set(multipack.installment_ids.mapped("state")), {"removed"})

    def test_order_with_invoiced_installments_is_not_cancelled(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.order_id._action_cancel()
        self.assertEqual(multipack.state, "active")

    def test_reconfirmed_order_opens_another_one(self):
        multipack = self._sell_multipack()
        order = multipack.order_id
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        live = order.order_line.multipack_ids - multipack
        self.assertEqual(live.state, "active")
        self.assertEqual(len(live.installment_ids), 4)

    def test_deadlines_of_a_multipack_are_not_renewed_by_buying_one_alone(self):
        self.coaching.deadline_repurchase = "renew"
        multipack = self._sell_multipack()
        bought = self._sell(self.coaching)
        self.assertFalse(bought.previous_id)
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"active"})

    def test_a_variant_becomes_a_multipack_at_once(self):
        product = self._create_product("Bundle", unit="year", is_deadline=False)
        product.write(
            {
                "is_multipack": True,
                "name": "Bundle of One",
                "default_code": "B1",
                "multipack_installment_count": 4,
                "multipack_component_ids": [Command.create({"product_id": self.course.id})],
            }
        )
        self.assertRecordValues(
            product, [{"is_multipack": True, "name": "Bundle of One", "default_code": "B1"}]
        )
        self.assertEqual(product.multipack_component_ids.product_id, self.course)

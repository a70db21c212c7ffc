from odoo.tests import freeze_time, users
from odoo.tools import mute_logger

from .common import DeadlineCommon


@freeze_time("2026-03-10 09:00:00")
class TestOpeningRefused(DeadlineCommon):
    """Confirming an order never fails for reasons of deadlines."""

    def _break(self, product):
        """Leave a product without duration, as only an older database can have it."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_template SET deadline_duration_count = 0 WHERE id = %s",
            [product.product_tmpl_id.id],
        )
        self.env.invalidate_all()

    def _assert_said(self, order, words):
        self.assertEqual(order.state, "sale")
        self.assertIn(words, order.message_ids[0].body)
        self.assertIn(words, order.activity_ids.note)
        # OdooBot, who sells here, is nobody
        self.assertEqual(order.activity_ids.user_id, self.company._get_deadline_user())

    def test_product_without_duration(self):
        order = self._create_order([self.monthly, self.yearly])
        self._break(self.monthly)
        order.action_confirm()
        self.assertEqual(order.order_line.deadline_ids.product_id, self.yearly)
        self._assert_said(order, "“Hosting” has no usable duration")

    def test_mended_line_is_opened_from_the_day_of_the_order(self):
        order = self._create_order([self.monthly])
        self._break(self.monthly)
        order.action_confirm()
        self.monthly.deadline_duration_count = 1
        with freeze_time("2026-03-20 09:00:00"):
            order.action_open_deadlines()
        self.assertEqual(str(order.order_line.deadline_ids.date_start), "2026-03-10")

    def test_archived_product(self):
        order = self._create_order([self.monthly])
        self.monthly.active = False
        order.action_confirm()
        self.assertFalse(order.order_line.deadline_ids)
        self._assert_said(order, "“Hosting” is archived")

    def test_currency_without_rate(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Test", "currency_id": currency.id}
        )
        order = self._create_order([self.monthly], pricelist_id=pricelist.id)
        order.action_confirm()
        self.assertFalse(order.order_line.deadline_ids)
        self._assert_said(order, "no exchange rate for XTS")

    def test_already_renewed_by_another_order(self):
        deadline = self._create_deadline(date_start=self.company._deadline_today())
        line = {"product_id": self.monthly.id, "renewed_deadline_id": deadline.id}
        first, second = self._create_order([line]), self._create_order([line])
        first.action_confirm()
        second.action_confirm()
        self.assertFalse(second.order_line.deadline_ids)
        self._assert_said(second, f"“{deadline.name}” was already renewed")

    def test_quotation_that_changed_hands(self):
        deadline = self._create_deadline(date_start=self.company._deadline_today())
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        order.partner_id = self._create_customer("Stranger")
        order.action_confirm()
        self.assertFalse(order.order_line.deadline_ids)
        self.assertEqual(deadline.state, "active")
        self._assert_said(order, "does not belong to “Stranger”")

    @mute_logger("odoo.sql_db")
    def test_renewed_by_another_transaction_meanwhile(self):
        deadline = self._create_deadline(date_start=self.company._deadline_today())
        line = {"product_id": self.monthly.id, "renewed_deadline_id": deadline.id}
        first, second = self._create_order([line]), self._create_order([line])
        first.action_confirm()
        # Which this transaction cannot see: only the unique index tells it.
        self.patch(type(self.env["sale.order.line"]), "_get_deadline_problem", lambda line: False)
        self.patch(type(deadline), "_check_not_renewed", lambda deadlines, vals_list: None)
        second.action_confirm()
        self._assert_said(second, "Hosting: This deadline has already been renewed.")

    @mute_logger("odoo.sql_db")
    def test_refusal_of_one_record_spares_the_others(self):
        lines = [{"product_id": self.monthly.id} for _i in range(7)]
        order = self._create_order(lines)
        broken = order.order_line[4]
        create = type(self.env["deadline.deadline"]).create

        def refuse(model, vals_list):
            """Stand for a constraint that another addon puts on deadlines."""
            records = create(model, vals_list)
            if broken in records.sale_line_id:
                model.env.cr.execute(
                    "INSERT INTO deadline_deadline (id) VALUES (%s)", records.ids[:1]
                )
            return records

        self.patch(type(self.env["deadline.deadline"]), "create", refuse)
        order.action_confirm()
        self.assertEqual(order.order_line.deadline_ids.sale_line_id, order.order_line - broken)
        self._assert_said(order, "Hosting")

    def test_quotation_warns_beforehand(self):
        order = self._create_order([self.monthly, self.yearly])
        self.assertFalse(order.deadline_warning)
        self._break(self.monthly)
        order.invalidate_recordset(["deadline_warning"])
        self.assertIn("“Hosting” has no usable duration", order.deadline_warning)
        self.assertNotIn("Licence", order.deadline_warning)

    def test_user_without_rights_opens_them_all_the_same(self):
        user = self._create_user("stranger", "sales_team.group_sale_salesman")
        self.env.ref("sales_team.group_sale_salesman").implied_ids -= self.env.ref(
            "deadline_management.group_deadline_user"
        )
        order = self._create_order([self.monthly], user_id=user.id).with_user(user)
        self.assertFalse(user.has_group("deadline_management.group_deadline_user"))
        order.action_confirm()
        deadline = order.sudo().order_line.deadline_ids
        self.assertEqual(deadline.state, "active")
        self.assertEqual(deadline.user_id, user)

    @users("admin")
    def test_negative_quantity_opens_nothing_and_is_no_problem(self):
        order = self._create_order([{"product_id": self.monthly.id, "product_uom_qty": -1}])
        order.action_confirm()
        self.assertFalse(order.order_line.deadline_ids)
        self.assertFalse(order.activity_ids)

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from .common import MultipackCommon


class TestWithdrawalRecord(MultipackCommon):
    """The trace that a withdrawal leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multipack = cls._sell_multipack()
        cls.withdrawal = cls._leave(cls.multipack, date(2026, 4, 30))

    def test_record_says_who_when_and_until_when(self):
        self.assertRecordValues(
            self.withdrawal,
            [
                {
                    "partner_id": self.customer.id,
                    "user_id": self.env.uid,
                    "registered_on": self.TODAY,
                    "date": date(2026, 4, 30),
                    "multipack_count": 1,
                }
            ],
        )
        self.assertRegex(self.withdrawal.name, r"^WD\d{5,}$")

    def test_note_is_written_by_itself(self):
        for part in ("Package", self.multipack.name, "04/30/2026"):
            self.assertIn(part, self.withdrawal.note)
        other = self._leave(self._sell_multipack(), date(2026, 4, 30), note="Moves abroad")
        self.assertEqual(other.note, "Moves abroad")

    def test_snapshot_outlives_what_it_shows(self):
        self.pack.name = "Renamed"
        line = self.withdrawal.line_ids
        self.assertRecordValues(
            line,
            [
                {
                    "product_name": "Package",
                    "components": "Course, Coaching",
                    "price_unit": 1000.0,
                    "amount": 1000.0,
                    "date_start": date(2026, 3, 10),
                    "date_end": date(2027, 3, 9),
                    "count_removed": 2,
                    "amount_removed": 500.0,
                    "amount_removed_company": 500.0,
                    "amount_debt": 500.0,
                    "amount_paid": 0.0,
                }
            ],
        )
        self.assertIn("Stays as debt", line.installment_table)

    def test_nobody_changes_or_deletes_it(self):
        for record in (self.withdrawal.sudo(), self.withdrawal.line_ids.sudo()):
            with self.assertRaisesRegex(UserError, self.withdrawal.name):
                record.write({"date": date(2026, 5, 31)})
            with self.assertRaisesRegex(UserError, self.withdrawal.name):
                record.unlink()

    def test_people_can_still_write_about_it(self):
        self.withdrawal.message_post(body="Called again")
        self.assertIn("Called again", self.withdrawal.message_ids[0].body)

    def test_it_is_among_the_customers_actions(self):
        action = self.customer.deadline_action_ids
        self.assertRecordValues(
            action,
            [
                {
                    "active": False,
                    "base_type": "withdrawal",
                    "done_by_id": self.env.uid,
                    "date_done": self.TODAY,
                    "feedback": self.withdrawal.note,
                }
            ],
        )

    def test_multipack_tells_of_it(self):
        self.assertIn(self.withdrawal.name, self.multipack.message_ids[0].body)
        self.assertEqual(self.multipack.withdrawal_id, self.withdrawal)

    def test_receipt_shows_what_becomes_of_each_installment(self):
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("deadline_management.report_withdrawal", self.withdrawal.ids)[0]
            .decode()
        )
        for text in ("Package", self.withdrawal.name, "Stays as debt", "Removed"):
            self.assertIn(text, html)

    def test_receipt_is_sent(self):
        self.withdrawal.action_send_receipt()
        mail = self.env["mail.mail"].search([("res_id", "=", self.withdrawal.id)], limit=1)
        self.assertIn(self.withdrawal.name, mail.subject)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertTrue(mail.attachment_ids)

    def test_receipt_needs_an_address(self):
        self.customer.email = False
        with self.assertRaisesRegex(UserError, "Acme"):
            self.withdrawal.action_send_receipt()

    def test_sold_again_at_the_price_of_then(self):
        self.pack.list_price = 2000.0
        order = self.env["sale.order"].browse(self.withdrawal.action_sell_again()["res_id"])
        self.assertRecordValues(
            order.order_line, [{"product_id": self.pack.id, "price_unit": 1000.0}]
        )
        order.action_confirm()
        self.assertEqual(order.order_line.multipack_ids.state, "active")
        self.assertEqual(self.multipack.state, "withdrawn")

    def test_selling_again_twice_shows_the_same_order(self):
        first = self.withdrawal.action_sell_again()["res_id"]
        self.assertEqual(self.withdrawal.action_sell_again()["res_id"], first)
        order = self.env["sale.order"].browse(first)
        order.action_confirm()
        self.assertEqual(self.withdrawal.action_sell_again()["res_id"], first)
        order._action_cancel()
        self.assertNotEqual(self.withdrawal.action_sell_again()["res_id"], first)

    def test_archived_product_is_not_sold_again(self):
        self.pack.active = False
        with self.assertRaisesRegex(UserError, "Package"):
            self.withdrawal.action_sell_again()

    def test_marketing_leaves_out_who_wants_no_mail(self):
        domain = self.withdrawal._mailing_get_default_domain(None)
        self.assertIn(self.withdrawal, self.withdrawal.search(domain))
        self.customer.write(
            {
                "deadline_notices_excluded": True,
                "deadline_notices_excluded_reason": "Asked for it",
            }
        )
        self.assertNotIn(self.withdrawal, self.withdrawal.search(domain))

    def _get_tile(self):
        tiles = self.env["deadline.dashboard"].retrieve()["tiles"]
        return next(tile for tile in tiles if tile["name"] == "withdrawn")

    def test_dashboard_counts_what_was_left_this_month(self):
        tile = self._get_tile()
        self.assertEqual((tile["count"], tile["amount"]), (1, 500.0))
        self.assertEqual(self.env[tile["model"]].search(tile["domain"]), self.withdrawal.line_ids)
        with freeze_time("2026-04-01 09:00:00"):
            self.assertEqual(self._get_tile()["count"], 0)

    def test_withdrawal_of_another_company_is_not_counted(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        tiles = self.env["deadline.dashboard"].with_company(other).retrieve()["tiles"]
        [tile] = [tile for tile in tiles if tile["name"] == "withdrawn"]
        self.assertEqual(tile["count"], 0)

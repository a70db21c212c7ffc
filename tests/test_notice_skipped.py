from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import users

from .common import NoticeCommon


class TestSkipped(NoticeCommon):
    def _assert_skipped(self, deadline, reason):
        self.assertFalse(self._notify())
        self.assertRecordValues(
            deadline.notice_line_ids.filtered(lambda line: line.days_before == 7),
            [{"verdict": "skipped", "reason": reason, "state": "skipped", "notice_id": False}],
        )
        self.assertFalse(self._notify(self.TODAY + timedelta(days=1)))

    def test_excluded_customer(self):
        self.customer.write(
            {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "is called"}
        )
        self._assert_skipped(self._create_ending(7), "excluded")
        self.assertFalse(self._get_todos())

    def test_contact_of_an_excluded_company(self):
        contact = self.env["res.partner"].create(
            {"name": "ann", "email": "ann@example.com", "parent_id": self.customer.id}
        )
        self.customer.write(
            {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "is called"}
        )
        self._assert_skipped(self._create_ending(7, partner_id=contact.id), "excluded")

    def test_no_address(self):
        self.customer.email = False
        deadline = self._create_ending(7)
        self._assert_skipped(deadline, "no_address")
        self.assertRecordValues(
            self._get_todos(), [{"res_id": deadline.id, "user_id": self.seller.id}]
        )

    def test_address_that_is_none(self):
        self.customer.email = "ask Mr. Rossi"
        self._assert_skipped(self._create_ending(7), "no_address")

    def test_archived_customer_or_product(self):
        for record in self.customer, self.yearly:
            with self.env.cr.savepoint() as savepoint, self.subTest(record._name):
                deadline = self._create_ending(7)
                record.active = False
                self._assert_skipped(deadline, "archived")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_archived_contact_leaves_the_company(self):
        contact = self.env["res.partner"].create(
            {"name": "ann", "email": "ann@example.com", "parent_id": self.customer.id}
        )
        self._create_ending(7, partner_id=contact.id)
        contact.active = False
        self.assertEqual(self._notify().partner_id, self.customer)

    def test_address_that_bounces(self):
        self.customer.message_bounce = 5
        self._assert_skipped(self._create_ending(7), "bounced")
        self.assertTrue(self._get_todos())

    def test_one_to_do_for_a_customer(self):
        self.customer.email = False
        self._create_ending(7)
        self._create_ending(7)
        self._notify()
        self._create_ending(30)
        self._notify(self.TODAY + timedelta(days=1))
        self.assertEqual(len(self._get_todos()), 1)

    def test_another_to_do_once_the_first_is_done(self):
        self.customer.email = False
        self._create_ending(7)
        self._notify()
        self._get_todos().action_done()
        self._create_ending(6)
        self._notify(self.TODAY + timedelta(days=1))
        self.assertEqual(len(self._get_todos()), 1)

    def test_to_do_is_not_left_to_who_is_gone(self):
        self.customer.email = False
        self.customer.user_id = self._create_user("other", "sales_team.group_sale_salesman")
        self._create_ending(7)
        self.seller.active = False
        self._notify()
        self.assertEqual(self._get_todos().user_id, self.customer.user_id)

    def test_to_do_mails_nobody(self):
        self.customer.email = False
        self._create_ending(7)
        before = self.env["mail.mail"].search_count([])
        self._notify()
        self.assertEqual(self.env["mail.mail"].search_count([]), before)

    def test_others_are_not_held_up(self):
        self._create_ending(7)
        self.customer.email = False
        other = self._create_customer("Other", email="other@example.com")
        deadline = self._create_ending(7, partner_id=other.id)
        self.assertEqual(self._notify().deadline_ids, deadline)

    def _get_todos(self):
        return self.env["mail.activity"].search([("res_model", "=", "deadline.deadline")])


class TestExclusion(NoticeCommon):
    def test_needs_a_reason(self):
        for reason in (False, "  "):
            with self.assertRaises(ValidationError) as caught:
                self.customer.write(
                    {
                        "deadline_notices_excluded": True,
                        "deadline_notices_excluded_reason": reason,
                    }
                )
            self.assertIn("Acme", str(caught.exception))

    @users("seller")
    def test_is_for_administrators(self):
        partner = self.customer.with_user(self.env.user)
        with self.assertRaises(AccessError):
            partner.deadline_notices_excluded = True
        with self.assertRaises(AccessError):
            partner.deadline_notices_excluded_reason = "because"
        with self.assertRaises(AccessError):
            partner.create({"name": "New", "deadline_notices_excluded": True})
        self.assertTrue(partner.create({"name": "New", "deadline_notices_excluded": False}))

    def test_is_written_in_the_customers_history(self):
        self.assertTrue(self.customer._fields["deadline_notices_excluded"].tracking)


class TestWaiting(NoticeCommon):
    """Reminders wait while a payment is pending or a sent quotation is valid."""

    def setUp(self):
        super().setUp()
        self.deadline = self._create_ending(7)
        self.order = self.env["sale.order"].browse(self.deadline.action_renew()["res_id"])

    def test_draft_does_not_hold_reminders_up(self):
        self.assertTrue(self._notify())

    def test_sent_quotation_does(self):
        self.order.write({"state": "sent", "validity_date": self.TODAY + timedelta(days=3)})
        self.assertFalse(self._notify())
        self.assertFalse(self.deadline.notice_line_ids)

    def test_quotation_that_lapsed_does_not(self):
        self.order.write({"state": "sent", "validity_date": self.TODAY + timedelta(days=3)})
        self._notify()
        notice = self._notify(self.TODAY + timedelta(days=4))
        self.assertEqual(notice.line_ids.filtered("notice_id").days_before, 7)

    def test_notice_of_expiry_waits_as_well(self):
        self.order.write({"state": "sent", "validity_date": False})
        later = self.TODAY + timedelta(days=8)
        self._expire(later)
        self.assertEqual(self.deadline.state, "expired")
        self.assertFalse(self._notify(later))
        self.order.validity_date = fields.Date.to_date("2026-03-01")
        self.assertEqual(self._notify(later).line_ids.filtered("notice_id").kind, "expired")

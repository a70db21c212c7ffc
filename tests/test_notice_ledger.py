from datetime import timedelta

import psycopg2
from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import RecordCapturer
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import NoticeCommon


class TestLedger(NoticeCommon, MailCase):
    def setUp(self):
        super().setUp()
        self.deadline = self._create_ending(7)
        self.notice = self._notify()
        self.line = self.notice.line_ids

    def test_line_cannot_be_changed_or_deleted_by_anybody(self):
        for change in (
            lambda: self.line.write({"date": self.TODAY}),
            lambda: self.line.sudo().write({"verdict": "skipped"}),
            lambda: self.line.sudo().unlink(),
        ):
            with self.assertRaises(UserError) as caught:
                change()
            self.assertIn(self.deadline.name, str(caught.exception))

    @mute_logger("odoo.sql_db")
    def test_database_refuses_the_same_step_twice(self):
        values = {
            "deadline_id": self.deadline.id,
            "company_id": self.deadline.company_id.id,
            "kind": "reminder",
            "days_before": 7,
            "date_end": self.deadline.date_end,
            "date": self.TODAY,
            "verdict": "superseded",
        }
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.line.create(values)

    @mute_logger("odoo.sql_db")
    def test_database_refuses_a_second_email_of_the_day(self):
        values = self.notice.copy_data()[0]
        for name in (
            "partner_id",
            "commercial_partner_id",
            "company_id",
            "date",
            "email",
            "addressee_key",
        ):
            values[name] = self.notice._fields[name].convert_to_write(
                self.notice[name], self.notice
            )
        with self.assertRaises(psycopg2.IntegrityError), self.env.cr.savepoint():
            self.notice.create(values)

    def test_deadline_of_which_the_customer_knows_is_kept(self):
        with self.assertRaises(UserError) as caught:
            self.deadline.unlink()
        self.assertIn("cancel it instead", str(caught.exception))

    def test_customers_who_had_a_notice_on_the_same_day_can_be_merged(self):
        other = self._create_customer("Acme again", email="acme@example.com")
        self._create_ending(7, partner_id=other.id)
        self._notify()
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": (self.customer + other).ids, "dst_partner_id": self.customer.id}
        )
        wizard.action_merge()
        self.env.invalidate_all()
        notices = self.env["deadline.notice"].search([("date", "=", self.TODAY)])
        self.assertEqual(len(notices), 2)
        self.assertEqual(notices.partner_id, self.customer)

    def test_follows_its_email(self):
        with self.mock_mail_gateway():
            self.notice.mail_id.send()
        self.assertRecordValues(self.notice + self.notice, [{"state": "sent"}] * 2)
        self.assertEqual(self.line.state, "sent")

    def test_email_that_another_addon_holds_back_is_not_shown_as_queued(self):
        original = type(self.env["mail.mail"]).create

        def create(mails, vals_list):
            return original(mails, [{**values, "state": "cancel"} for values in vals_list])

        self.patch(type(self.env["mail.mail"]), "create", create)
        notice = self.env["deadline.notice"]._send_now(self._create_ending(20))
        self.assertEqual((notice.state, notice.line_ids.state), ("failed", "failed"))

    def test_failure_is_shown_with_its_reason_and_can_be_sent_again(self):
        self.notice.mail_id.write({"state": "exception", "failure_reason": "Mailbox is full"})
        self.assertEqual(self.notice.state, "failed")
        self.assertEqual(self.line.explanation, "Mailbox is full")
        seller_notice = self.notice.with_user(self.seller)
        seller_notice.action_send_again()
        self.assertEqual(self.notice.state, "queued")
        self.assertEqual(self.notice.mail_id.state, "outgoing")

    def test_what_was_sent_is_not_sent_again(self):
        self.notice.mail_id.state = "sent"
        self.notice.action_send_again()
        self.assertEqual(self.notice.mail_id.state, "sent")

    def test_email_deleted_leaves_what_it_came_to(self):
        self.notice.mail_id.state = "sent"
        self.env.flush_all()
        self.notice.mail_id.unlink()
        self.assertEqual((self.notice.state, self.line.state), ("sent", "sent"))

    def test_email_deleted_before_it_left_has_failed_and_says_the_way_out(self):
        self.notice.mail_id.unlink()
        self.assertEqual(self.notice.state, "failed")
        action = self.notice.action_send_again()
        self.assertIn("send a new notice", action["params"]["message"])

    def test_what_no_longer_holds_is_not_sent_again(self):
        mail = self.notice.mail_id
        excluded = {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "called"}
        for change in (
            lambda: self._renew(self.deadline),
            lambda: self.deadline.write({"date_end": self.deadline.date_end + timedelta(days=9)}),
            lambda: self.customer.write(excluded),
        ):
            with self.env.cr.savepoint() as savepoint:
                mail.state = "exception"
                change()
                action = self.notice.action_send_again()
                self.assertEqual(mail.state, "exception")
                self.assertIn("Acme", action["params"]["message"])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_shows_its_deadlines(self):
        action = self.notice.action_view_deadlines()
        self.assertEqual(action["res_id"], self.deadline.id)


class TestQueue(NoticeCommon, MailCase):
    """A run of Odoo's queue sends a thousand e-mails: ours go on until none is left."""

    def setUp(self):
        super().setUp()
        self.env["ir.config_parameter"].set_param("mail.mail.queue.batch.size", 2)
        self.env["mail.mail"].search([("state", "=", "outgoing")]).unlink()
        for number in range(5):
            customer = self._create_customer(str(number), email=f"{number}@example.com")
            self._create_ending(7, partner_id=customer.id)

    def _capture_triggers(self):
        return RecordCapturer(
            self.env["ir.cron.trigger"],
            [("cron_id", "=", self.env.ref("mail.ir_cron_mail_scheduler_action").id)],
        )

    def test_notices_start_the_queue(self):
        with self._capture_triggers() as triggers:
            self._notify()
        self.assertTrue(triggers.records)

    def test_run_comes_back_while_notices_are_left(self):
        notices = self._notify()
        runs = 0
        for left in (3, 1, 0):
            with self._capture_triggers() as triggers, self.mock_mail_gateway():
                self.env["mail.mail"].process_email_queue()
            runs += 1
            self.assertEqual(len(notices.filtered(lambda notice: notice.state == "queued")), left)
            self.assertEqual(bool(triggers.records), bool(left))
        self.assertEqual(runs, 3)

    def test_run_that_sends_other_emails_comes_back_as_well(self):
        self._notify()
        self.env["mail.mail"].create(
            [{"subject": "News", "body_html": "News", "email_to": "x@example.com"}] * 2
        )
        with self._capture_triggers() as triggers, self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        self.assertTrue(triggers.records)

    def test_run_that_sends_nothing_does_not_come_back(self):
        notices = self._notify()
        notices.mail_id.scheduled_date = self.TODAY + timedelta(days=1)
        with self._capture_triggers() as triggers, self.mock_mail_gateway():
            self.env["mail.mail"].process_email_queue()
        self.assertFalse(triggers.records)

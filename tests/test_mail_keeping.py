from datetime import timedelta
from unittest.mock import patch

from odoo.tests import freeze_time

from odoo.addons.deadline_management.models.notice import deadline_notice

from .common import NoticeCommon


class TestMailKeeping(NoticeCommon):
    """E-mails of notices go after a while; what was sent to whom stays."""

    def setUp(self):
        super().setUp()
        self.deadline = self._create_ending(7)
        self.notice = self._notify()
        self.notice.mail_id.state = "sent"
        self.later = self.TODAY + timedelta(days=740)

    def _vacuum(self, day):
        with freeze_time(f"{day} 03:00:00"):
            result = self.env["deadline.notice"]._gc_mails()
        self.env.invalidate_all()
        return result

    def test_goes_after_two_years(self):
        mail, message = self.notice.mail_id, self.notice.mail_id.mail_message_id
        subject = mail.subject
        self.assertEqual(self._vacuum(self.later), (1, False))
        self.assertFalse(mail.exists() or message.exists())
        self.assertRecordValues(
            self.notice,
            [{"subject": subject, "state": "sent", "email": "acme@example.com", "body": False}],
        )
        self.assertTrue(subject)
        self.assertEqual(self.notice.line_ids.state, "sent")

    def test_stays_until_then(self):
        self.assertEqual(self._vacuum(self.TODAY + timedelta(days=725)), (0, False))
        self.assertTrue(self.notice.mail_id)

    def test_each_company_says_how_long(self):
        self.company.deadline_mail_months = 3
        self.assertEqual(self._vacuum(self.TODAY + timedelta(days=80)), (0, False))
        self.assertEqual(self._vacuum(self.TODAY + timedelta(days=100)), (1, False))

    def test_or_that_it_keeps_them_for_ever(self):
        self.company.deadline_mail_months = 0
        self.assertEqual(self._vacuum(self.later), (0, False))

    def test_what_failed_stays_failed(self):
        self.notice.mail_id.state = "exception"
        self._vacuum(self.later)
        self.assertEqual(self.notice.state, "failed")

    def test_what_was_not_sent_yet_stays(self):
        self.notice.mail_id.state = "outgoing"
        self.assertEqual(self._vacuum(self.later), (0, False))

    def test_some_at_a_time(self):
        other = self._create_customer("Bolt", email="bolt@example.com")
        self._create_ending(7, partner_id=other.id)
        self._notify().mail_id.state = "sent"
        with patch.object(deadline_notice, "GC_BATCH", 1):
            self.assertEqual(self._vacuum(self.later), (1, True))
            self.assertEqual(self._vacuum(self.later), (1, True))
            self.assertEqual(self._vacuum(self.later), (0, False))


class TestQueue(NoticeCommon):
    def test_of_others_is_not_counted(self):
        """The table has no index for it, and most runs of the queue have nothing of ours."""
        counted = []
        mails = type(self.env["mail.mail"])
        original = mails.search_count

        def search_count(model, *args, **kwargs):
            counted.append(args)
            return original(model, *args, **kwargs)

        with patch.object(mails, "search_count", search_count):
            self.env["mail.mail"].process_email_queue()
        self.assertFalse(counted)

from datetime import timedelta

from odoo.fields import Command

from .common import NoticeCommon


class TestForecast(NoticeCommon):
    def _forecast(self):
        """Return {days from today: (e-mails, deadlines)} of the forecast, where there are any."""
        action = self.env["deadline.notice.forecast"].with_user(self.seller).action_open()
        rows = self.env["deadline.notice.forecast"].search(action["domain"])
        self.assertEqual(len(rows), 30)
        self.rows = {(row.date - self.TODAY).days: row for row in rows}
        return {
            days: (row.notice_count, row.deadline_count)
            for days, row in self.rows.items()
            if row.deadline_count
        }

    def test_says_what_goes_out_and_is_right(self):
        other = self._create_customer("Other", email="other@example.com")
        level = self.env["res.partner.grade"].create(
            {
                "name": "Gold",
                "reminder_policy": "own",
                "deadline_reminder_ids": [Command.create({"days_before": 3})],
            }
        )
        member = self._create_customer("Member", email="m@example.com", grade_id=level.id)
        end = self.TODAY + timedelta(days=12)
        deadlines = (
            self._create_ending(5)
            + self._create_ending(20)
            + self._create_ending(20, partner_id=other.id)
            + self._create_ending(12, date_start=end - timedelta(days=6))
            + self._create_ending(33)
            + self._create_ending(33, partner_id=member.id)
            + self._create_ending(9, notify_from=end)
            + self._create_ending(10, partner_id=member.id)
        )
        forecast = self._forecast()
        sent = {}
        for days in range(30):
            day = self.TODAY + timedelta(days=days)
            self._expire(day)
            notices = self._notify(day)
            if notices:
                lines = notices.line_ids.filtered(lambda line: line.deadline_id in deadlines)
                sent[days] = (len(notices), len(lines))
        self.assertEqual(forecast, sent)
        self.assertIn(0, sent)
        self.assertGreater(len(sent), 8)

    def _assert_right(self, days=3):
        """Assert that the nights to come send what the forecast says."""
        forecast = self._forecast()
        sent = {}
        for ahead in range(1, days):
            day = self.TODAY + timedelta(days=ahead)
            self._expire(day)
            if notices := self._notify(day):
                sent[ahead] = (len(notices), len(notices.line_ids.deadline_id))
        self.assertEqual({ahead: row for ahead, row in forecast.items() if 0 < ahead < days}, sent)
        return sent

    def test_contacts_who_share_an_address_get_one_email(self):
        contacts = {"parent_id": self.customer.id, "is_company": False}
        for email in (False, False, self.customer.email, "own@example.com", "dead@example.com"):
            contact = self._create_customer("Contact", email=email, **contacts)
            if email == "dead@example.com":
                contact.message_bounce = 5
            self._create_ending(8, partner_id=contact.id)
        left = self._create_customer("Left", email="left@example.com", **contacts)
        self._create_ending(8, partner_id=left.id)
        self.env.flush_all()
        left.parent_id = self._create_customer("Elsewhere")
        self.assertEqual(self._assert_right(), {1: (2, 6)})

    def test_new_one_of_a_customer_who_had_a_notice_today_goes_out_tomorrow(self):
        self._create_ending(7)
        self._notify()
        self._create_ending(6)
        self._create_ending(8)
        self.assertNotIn(0, self._forecast())
        self.assertEqual(self._assert_right(), {1: (1, 2)})

    def test_what_failed_goes_out_tomorrow(self):
        self._create_ending(7)._write_failure("broken record", "2026-03-10 23:00:00")
        self.assertEqual(self._assert_right(), {1: (1, 1)})

    def test_what_awaits_a_payment_is_not_counted(self):
        for days_left in (7, 8):
            deadline = self._create_ending(days_left)
            order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
            order.write({"state": "sent", "validity_date": self.TODAY + timedelta(days=9)})
        self.assertFalse(self._forecast())
        self.assertFalse(self._assert_right())

    def test_leaves_out_whom_nothing_reaches(self):
        self.customer.email = False
        self._create_ending(20)
        excluded = self._create_customer("Other", email="other@example.com")
        excluded.write(
            {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "is called"}
        )
        self._create_ending(20, partner_id=excluded.id)
        self._create_ending(7, partner_id=excluded.id)
        self.assertFalse(self._forecast())

    def test_today_is_what_is_still_to_be_done(self):
        self._create_ending(7)
        self.assertEqual(self._forecast()[0], (1, 1))
        self._notify()
        self.assertNotIn(0, self._forecast())

    def test_day_opens_its_deadlines(self):
        deadline = self._create_ending(20, notify_from=self.TODAY)
        today = self._create_ending(6)
        self._forecast()
        for days, expected in ((13, deadline), (0, today)):
            action = self.rows[days].with_user(self.seller).action_view_deadlines()
            found = self.env["deadline.deadline"].with_user(self.seller).search(action["domain"])
            self.assertEqual(found, expected)

    def test_one_company_does_not_see_another(self):
        company = self.env["res.company"].create({"name": "Other"})
        self._create_ending(20, company_id=company.id)
        self.assertFalse(self._forecast())

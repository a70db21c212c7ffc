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

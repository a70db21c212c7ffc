from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import freeze_time

from .common import NoticeCommon, hand_on


class TestReminders(NoticeCommon):
    def test_goes_out_on_its_day(self):
        deadline = self._create_ending(30)
        notice = self._notify()
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": self.customer.id,
                    "email": "acme@example.com",
                    "date": self.TODAY,
                    "user_id": self.seller.id,
                    "state": "queued",
                    "is_manual": False,
                }
            ],
        )
        self.assertRecordValues(
            notice.line_ids,
            [
                {
                    "deadline_id": deadline.id,
                    "kind": "reminder",
                    "days_before": 30,
                    "date_end": deadline.date_end,
                    "verdict": "queued",
                    "state": "queued",
                }
            ],
        )

    def test_not_the_day_before(self):
        self._create_ending(31)
        self.assertFalse(self._notify())

    def test_each_step_once(self):
        deadline = self._create_ending(30)
        days = [
            days_left
            for days_left in range(30, -1, -1)
            if self._notify(deadline.date_end - timedelta(days=days_left))
        ]
        self.assertEqual(days, [30, 7, 1])

    def test_second_run_of_a_day_sends_nothing(self):
        self._create_ending(30)
        self._notify()
        self.assertFalse(self._notify())

    def test_one_email_for_all_that_is_due(self):
        deadlines = self._create_ending(30) + self._create_ending(7) + self._create_ending(6)
        notice = self._notify()
        self.assertEqual(len(notice), 1)
        self.assertEqual(notice.deadline_ids, deadlines.sorted("date_end"))
        self.assertEqual(notice.deadline_count, 3)

    def test_what_comes_up_after_the_email_of_a_day_waits_for_the_next(self):
        self._create_ending(30)
        self._notify()
        second = self._create_ending(7)
        self.assertFalse(self._notify())
        tomorrow = self.TODAY + timedelta(days=1)
        self.assertEqual(self._notify(tomorrow).deadline_ids, second)

    def test_contacts_are_written_to_themselves(self):
        contacts = self.env["res.partner"].create(
            [
                {"name": name, "email": f"{name}@acme.example.com", "parent_id": self.customer.id}
                for name in ("ann", "bob")
            ]
        )
        for contact in contacts:
            self._create_ending(7, partner_id=contact.id)
        self.assertEqual(self._notify().partner_id, contacts)

    def test_contact_without_address_is_written_to_at_the_company(self):
        contact = self.env["res.partner"].create(
            {"name": "ann", "email": "not an address", "parent_id": self.customer.id}
        )
        self._create_ending(7, partner_id=contact.id)
        self.assertEqual(self._notify().partner_id, self.customer)

    def test_contact_with_the_address_of_the_company_shares_its_email(self):
        contact = self.env["res.partner"].create(
            {"name": "ann", "email": "ACME@example.com", "parent_id": self.customer.id}
        )
        deadlines = self._create_ending(7) + self._create_ending(7, partner_id=contact.id)
        notice = self._notify()
        self.assertEqual(len(notice), 1)
        self.assertEqual(notice.deadline_ids, deadlines)
        self.assertFalse(any(deadlines.mapped("batch_error")))

    def test_contact_who_has_left_is_not_told_about_the_former_company(self):
        contact = self.env["res.partner"].create(
            {"name": "ann", "email": "ann@example.com", "parent_id": self.customer.id}
        )
        deadline = self._create_ending(7, partner_id=contact.id)
        self.env.flush_all()
        contact.parent_id = self._create_customer("Rival", email="rival@example.com")
        self.assertEqual(deadline.commercial_partner_id, self.customer)
        self.assertEqual(self._notify().partner_id, self.customer)

    def test_handed_over_on_the_day_of_its_notice(self):
        deadline = self._create_ending(7)
        self._notify()
        hand_on(deadline, self._create_customer("Other", email="other@example.com"))
        second = self._create_ending(7)
        self.assertFalse(self._notify())
        self.assertFalse(second.batch_error)

    def test_widest_settings_do_not_stop_the_night(self):
        self.company.write({"deadline_late_renewal": 999999, "deadline_renewal_window": 999999})
        self._create_ending(7)
        self.assertTrue(self._notify())

    def test_renewed_is_not_reminded(self):
        deadline = self._create_ending(30)
        self._renew(deadline)
        self.assertFalse(self._notify())

    def test_company_counts_by_its_own_day(self):
        self._create_ending(30)
        for moment, expected in (("22:30", 0), ("23:30", 1)):  # an hour east of UTC
            with freeze_time(f"{self.TODAY - timedelta(days=1)} {moment}:00"):
                self._run_cron("notify")
            self.assertEqual(self.env["deadline.notice"].search_count([]), expected, moment)

    def test_last_day_can_be_a_step(self):
        self.company.deadline_reminder_ids = [Command.create({"days_before": 0})]
        self._create_ending(0)
        self.assertEqual(self._notify().line_ids.days_before, 0)


class TestShortPeriods(NoticeCommon):
    def test_step_before_the_period_is_left_out(self):
        end = self.TODAY + timedelta(days=20)
        deadline = self._create_ending(20, date_start=end - timedelta(days=29))
        self.assertFalse(self._notify())
        self.assertFalse(deadline.notice_line_ids)
        self.assertTrue(self._notify(end - timedelta(days=7)))

    def test_step_on_the_first_day_is_left_out(self):
        deadline = self._create_ending(30, date_start=self.TODAY)
        self.assertFalse(self._notify())
        self.assertFalse(deadline.notice_line_ids)

    def test_step_on_the_second_day_counts(self):
        self._create_ending(30, date_start=self.TODAY - timedelta(days=1))
        self.assertTrue(self._notify())


class TestCatchUp(NoticeCommon):
    def test_after_an_outage_only_the_nearest(self):
        deadline = self._create_ending(5)
        notice = self._notify()
        self.assertEqual(notice.line_ids.days_before, 7)
        self.assertEqual(self._get_verdicts(deadline), {30: "superseded", 7: "queued"})

    def test_nothing_due_before_the_import(self):
        deadline = self._create_ending(5, notify_from=self.TODAY)
        self.assertFalse(self._notify())
        self.assertEqual(self._get_verdicts(deadline), {30: "past", 7: "past"})
        self.assertTrue(self._notify(deadline.date_end - timedelta(days=1)))

    def test_due_on_the_day_of_the_import_is_sent(self):
        deadline = self._create_ending(7, notify_from=self.TODAY)
        self.assertTrue(self._notify())
        self.assertEqual(self._get_verdicts(deadline), {30: "past", 7: "queued"})

    def test_new_deadlines_begin_with_their_first_day(self):
        deadline = self.env["deadline.deadline"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.yearly.id,
                "date_start": date(2025, 3, 13),
            }
        )
        self.assertEqual(deadline.notify_from, self.TODAY)
        self.assertFalse(self._notify())

    def test_lengthened_schedule_sends_the_nearest_missed_step(self):
        deadline = self._create_ending(40)
        self.assertFalse(self._notify())
        self.company.deadline_reminder_ids = [
            Command.create({"days_before": 60}),
            Command.create({"days_before": 45}),
        ]
        self.assertTrue(self._notify())
        self.assertEqual(self._get_verdicts(deadline), {60: "superseded", 45: "queued"})

    def test_step_added_behind_one_that_was_sent_stays_unsent(self):
        deadline = self._create_ending(5)
        self._notify()
        self.company.deadline_reminder_ids = [Command.create({"days_before": 10})]
        self.assertFalse(self._notify(self.TODAY + timedelta(days=1)))
        self.assertEqual(self._get_verdicts(deadline), {30: "superseded", 7: "queued"})


class TestMovedEnd(NoticeCommon):
    def test_another_end_has_its_own_reminders(self):
        deadline = self._create_ending(7)
        self._notify()
        deadline.date_end += timedelta(days=23)
        tomorrow = self.TODAY + timedelta(days=1)
        notice = self._notify(tomorrow)
        self.assertEqual(notice.line_ids.days_before, 30)

    def test_end_that_comes_back_is_not_reminded_of_twice(self):
        deadline = self._create_ending(7)
        self._notify()
        end = deadline.date_end
        deadline.date_end += timedelta(days=100)
        self.env.flush_all()
        deadline.date_end = end
        self.assertFalse(self._notify(self.TODAY + timedelta(days=1)))
        self.assertEqual(deadline.notified_step, 7)


class TestMovedWithinThePast(NoticeCommon):
    def test_corrected_end_of_an_expired_one_notifies_nobody(self):
        deadline = self._create_ending(-20)
        deadline.date_end = self.TODAY - timedelta(days=10)
        self.assertRecordValues(
            deadline, [{"state": "expired", "expired_on": deadline.date_end, "notified_step": -1}]
        )
        self.assertFalse(self._notify())

    def test_other_changes_leave_the_notice_of_expiry_to_come(self):
        deadline = self._create_overdue(1)
        deadline.date_end = self.TODAY - timedelta(days=1)  # as it is
        self.assertEqual(deadline.state, "active")
        self._expire()
        self.assertTrue(self._notify())


class TestLevels(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls.env["res.partner.grade"].create(
            {
                "name": "Gold",
                "reminder_policy": "own",
                "deadline_reminder_ids": [Command.create({"days_before": 60})],
            }
        )
        cls.member = cls._create_customer("Gold member", email="gold@example.com")
        cls.member.grade_id = cls.level
        cls.far = cls._create_ending(60, partner_id=cls.member.id)

    def test_own_steps_replace_those_of_the_company(self):
        near = self._create_ending(30, partner_id=self.member.id, notify_from=self.TODAY)
        plain = self._create_ending(60) + self._create_ending(30)
        notices = self._notify()
        self.assertEqual(notices.deadline_ids, self.far + plain[1])
        self.assertEqual(self._get_verdicts(near), {60: "past"})

    def test_level_of_the_company_counts_for_its_contacts(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "email": "c@example.com", "parent_id": self.member.id}
        )
        self.far.partner_id = contact
        self.assertEqual(self._notify().partner_id, contact)

    def test_level_may_follow_the_company(self):
        self.level.reminder_policy = "company"
        self.assertFalse(self._notify())

    def test_level_without_own_steps_gets_none(self):
        self.level.deadline_reminder_ids.unlink()
        self._create_ending(30, partner_id=self.member.id)
        self.assertFalse(self._notify())

    def test_duplicate_has_the_same_steps(self):
        self.assertEqual(self.level.copy().deadline_reminder_ids.mapped("days_before"), [60])

    def test_level_of_another_company_does_not_count(self):
        self.level.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(self._notify())

    def test_customers_may_renew_from_the_first_reminder_on(self):
        self.assertEqual(self.far.renewal_status, "open")
        self.assertEqual(self._create_ending(60).renewal_status, "early")

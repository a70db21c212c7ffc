from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user

from .common import NoticeCommon


class ByHandCommon(NoticeCommon):
    def _open(self, deadline, user=None):
        """Open the dialog of notices as its button does."""
        wizard = self.env["deadline.notice.wizard"].with_user(user or self.seller)
        return Form(wizard.with_context(default_deadline_id=deadline.id)).save()

    def _get_steps(self, deadline):
        return {step.label: step.verdict for step in self._open(deadline).step_ids}


class TestSendNow(ByHandCommon):
    def test_customer_is_written_to_at_once(self):
        deadline = self._create_ending(100)
        self._open(deadline).action_send()
        notice = deadline.notice_line_ids.notice_id
        self.assertRecordValues(
            notice, [{"is_manual": True, "partner_id": self.customer.id, "state": "queued"}]
        )
        self.assertRecordValues(notice.line_ids, [{"kind": "manual", "days_before": 100}])
        self.assertIn("100 days left", notice.mail_id.body_html)

    def test_planned_steps_still_follow(self):
        deadline = self._create_ending(31)
        self._open(deadline).action_send()
        self.assertTrue(self._notify(self.TODAY + timedelta(days=1)))

    def test_step_that_is_due_is_dealt_with(self):
        deadline = self._create_ending(7)
        self._open(deadline).action_send()
        self.assertEqual(self._get_verdicts(deadline), {30: "superseded", 7: "queued"})
        self.assertFalse(self._notify())

    def test_does_not_hold_up_the_email_of_the_night(self):
        self._open(self._create_ending(100)).action_send()
        due = self._create_ending(7)
        self.assertEqual(self._notify().deadline_ids, due)

    def test_once_a_day(self):
        deadline = self._create_ending(100)
        wizard = self._open(deadline)
        wizard.action_send()
        with self.assertRaises(UserError) as caught:
            wizard.action_send()
        self.assertIn(deadline.name, str(caught.exception))

    def _fail(self, deadline, reason="Connection refused"):
        """Send a notice by hand whose e-mail does not leave, and return it."""
        self._open(deadline).action_send()
        notice = deadline.notice_line_ids.notice_id
        notice.mail_id.write({"state": "exception", "failure_reason": reason})
        return notice

    def test_what_failed_today_is_sent_again(self):
        deadline = self._create_ending(100)
        notice = self._fail(deadline)
        self.assertEqual(notice.state, "failed")
        self._open(deadline).action_send()
        self.assertEqual(deadline.notice_line_ids.notice_id, notice)
        self.assertEqual((notice.state, notice.mail_id.state), ("queued", "outgoing"))
        self.assertFalse(notice.failure_reason)

    def test_what_failed_at_night_is_sent_again(self):
        deadline = self._create_ending(7)
        notice = self._notify()
        notice.mail_id.state = "exception"
        self._open(deadline).action_send()
        self.assertEqual(notice.state, "queued")
        self.assertEqual(deadline.notice_line_ids.notice_id, notice)

    def test_what_failed_and_holds_no_more_says_so(self):
        deadline = self._create_ending(100)
        self._fail(deadline)
        deadline.date_end += timedelta(days=1)
        with self.assertRaises(UserError) as caught:
            self._open(deadline).action_send()
        self.assertIn("no longer holds", str(caught.exception))

    def test_expired_gets_the_notice_of_expiry(self):
        deadline = self._create_ending(-5)
        self._open(deadline).action_send()
        notice = deadline.notice_line_ids.notice_id
        self.assertEqual(
            notice.template_id, self.env.ref("deadline_management.mail_template_notice_expired")
        )
        self.assertIn("ended on", notice.mail_id.subject)

    def test_refused_with_the_way_out(self):
        excluded = {
            "deadline_notices_excluded": True,
            "deadline_notices_excluded_reason": "is called",
        }
        for values, text in (({"email": False}, "no e-mail address"), (excluded, "excluded")):
            customer = self._create_customer("Customer", email="c@example.com")
            deadline = self._create_ending(7, partner_id=customer.id)
            customer.write(values)
            with self.assertRaises(UserError) as caught:
                self._open(deadline).action_send()
            self.assertIn(text, str(caught.exception))
            self.assertIn("Customer", str(caught.exception))

    def test_concluded_is_refused(self):
        deadline = self._create_ending(7)
        self._renew(deadline)
        with self.assertRaises(UserError):
            self._open(deadline).action_send()

    def test_is_not_for_customers_or_colleagues_without_the_group(self):
        deadline = self._create_ending(7)
        for group in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, login=group, groups=group)
            with self.assertRaises(AccessError):
                self.env["deadline.notice.wizard"].with_user(user).create(
                    {"deadline_id": deadline.id}
                )

    def test_is_not_for_other_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        deadline = self._create_ending(7, company_id=company.id)
        wizard = self.env["deadline.notice.wizard"].with_user(self.seller)
        record = wizard.sudo().create({"deadline_id": deadline.id}).with_user(self.seller)
        for method in ("action_send", "action_preview", "action_send_to_user"):
            with self.assertRaises(AccessError):
                getattr(record, method)()


class TestPreview(ByHandCommon):
    def test_shows_the_email_and_keeps_nothing(self):
        deadline = self._create_ending(7, description="acme.example.com")
        mails = self.env["mail.mail"].search_count([])
        wizard = self._open(deadline)
        action = wizard.action_preview()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertIn("Licence", wizard.subject)
        self.assertIn("acme.example.com", wizard.body)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(deadline.notice_line_ids)
        self.assertTrue(self._notify())

    def test_works_for_a_customer_who_cannot_be_written_to(self):
        self.customer.email = False
        wizard = self._open(self._create_ending(7))
        wizard.action_preview()
        self.assertIn("Licence", wizard.subject)

    def test_to_myself_goes_to_me_only_and_is_not_recorded(self):
        deadline = self._create_ending(7)
        before = self.env["mail.mail"].search([])
        self._open(deadline).action_send_to_user()
        mail = self.env["mail.mail"].search([]) - before
        self.assertEqual(mail.email_to, self.seller.email_formatted)
        self.assertFalse(mail.recipient_ids)
        self.assertFalse(deadline.notice_line_ids)
        self.assertTrue(self._notify())

    def test_to_myself_needs_my_address(self):
        self.seller.email = False
        with self.assertRaises(UserError):
            self._open(self._create_ending(7)).action_send_to_user()


class TestWhy(ByHandCommon):
    def test_planned(self):
        self.assertEqual(
            self._get_steps(self._create_ending(100)),
            {
                "30 days before the end": "planned",
                "7 days before the end": "planned",
                "1 day before the end": "planned",
            },
        )

    def test_says_the_day(self):
        [first, *_others] = self._open(self._create_ending(40)).step_ids
        self.assertEqual(first.day, self.TODAY + timedelta(days=10))
        self.assertIn("03/20/2026", first.explanation)

    def test_sent_and_superseded(self):
        deadline = self._create_ending(7)
        notice = self._notify()
        notice.mail_id.state = "sent"
        steps = self._get_steps(deadline)
        self.assertEqual(steps["30 days before the end"], "superseded")
        self.assertEqual(steps["7 days before the end"], "sent")
        self.assertEqual(steps["1 day before the end"], "planned")

    def test_due_tonight(self):
        steps = self._open(self._create_ending(7)).step_ids
        due = steps.filtered(lambda step: step.label.startswith("7 "))
        self.assertRecordValues(
            due, [{"verdict": "planned", "explanation": "Goes out with the next nightly run."}]
        )

    def test_waits_for_a_payment(self):
        deadline = self._create_ending(7)
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        order.write({"state": "sent", "validity_date": False})
        steps = self._open(deadline).step_ids
        waiting = steps.filtered(lambda step: step.verdict == "waiting")
        self.assertIn(order.name, waiting[0].explanation)

    def test_excluded(self):
        deadline = self._create_ending(100)
        self.customer.write(
            {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "is called"}
        )
        self.assertEqual(set(self._get_steps(deadline).values()), {"waiting"})

    def test_past_and_too_short(self):
        deadline = self._create_ending(5, notify_from=self.TODAY)
        steps = self._get_steps(deadline)
        self.assertEqual(steps["7 days before the end"], "skipped")
        short = self._create_ending(5, date_start=self.TODAY)
        self.assertEqual(self._get_steps(short)["7 days before the end"], "none")

    def test_concluded(self):
        deadline = self._create_ending(100)
        self._renew(deadline)
        self.assertEqual(set(self._get_steps(deadline).values()), {"none"})

    def test_entered_after_its_end(self):
        steps = self._get_steps(self._create_ending(-5))
        self.assertEqual(steps["Notice of expiry"], "none")

    def _explain(self, deadline):
        return {step.label: step.explanation for step in self._open(deadline).step_ids}

    def test_end_moved_into_the_past_says_so(self):
        deadline = self._create_ending(20)
        self._notify()
        deadline.date_end = self.TODAY - timedelta(days=1)
        self.assertEqual(deadline.state, "expired")
        texts = {
            label: text
            for label, text in self._explain(deadline).items()
            if self._get_steps(deadline)[label] == "none"
        }
        self.assertIn("Notice of expiry", texts)
        self.assertEqual(len(set(texts.values())), 1, texts)
        self.assertIn("over already when it was entered or changed", texts["Notice of expiry"])

    def test_step_that_was_added_later_says_so(self):
        deadline = self._create_ending(7)
        self._notify()
        reminder = self.company.deadline_reminder_ids.filtered(lambda one: one.days_before == 7)
        reminder.days_before = 9
        self.assertIn("was added when", self._explain(deadline)["9 days before the end"])

    def test_skipped_and_superseded_steps_bear_their_own_day(self):
        deadline = self._create_ending(5)
        self._notify()
        days = {step.label: step.day for step in self._open(deadline).step_ids}
        self.assertEqual(days["30 days before the end"], deadline.date_end - timedelta(days=30))
        self.assertEqual(days["7 days before the end"], self.TODAY)

    def test_expiry_too_long_ago(self):
        deadline = self._create_overdue(200)
        self._expire()
        self.assertEqual(self._get_steps(deadline)["Notice of expiry"], "none")

    def test_failed_at_night(self):
        deadline = self._create_ending(7)
        deadline.batch_error = "broken record"
        steps = self._open(deadline).step_ids
        self.assertIn("broken record", steps[1].explanation)

    def test_sent_by_hand(self):
        deadline = self._create_ending(100)
        self._open(deadline).action_send()
        self.assertEqual(self._get_steps(deadline)["Sent by Hand"], "queued")

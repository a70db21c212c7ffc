from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user

from .common import NoticeCommon


class ActionCommon(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.recall = cls.env.ref("deadline_management.mail_activity_type_recall")
        cls.meeting = cls.env.ref("deadline_management.mail_activity_type_meeting")
        cls.deadline = cls._create_ending(20)

    def _schedule(self, record, kind=None, user=None, **values):
        return self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(record._name),
                "res_id": record.id,
                "activity_type_id": (kind or self.recall).id,
                "user_id": (user or self.seller).id,
                "date_deadline": self.TODAY,
                **values,
            }
        )


class TestOutcomes(ActionCommon):
    def test_reached_closes_it(self):
        recall = self._schedule(self.deadline)
        recall.with_user(self.seller).action_recall_reached()
        self.assertRecordValues(
            recall,
            [
                {
                    "active": False,
                    "recall_outcome": "reached",
                    "feedback": "Reached",
                    "done_by_id": self.seller.id,
                    "date_done": self.TODAY,
                }
            ],
        )
        self.assertFalse(self.env["mail.activity"].search([("customer_id", "=", self.customer.id)]))

    def test_no_answer_tries_again_tomorrow(self):
        self._schedule(self.deadline).action_recall_no_answer()
        again = self.env["mail.activity"].search([("customer_id", "=", self.customer.id)])
        self.assertRecordValues(
            again,
            [
                {
                    "activity_type_id": self.recall.id,
                    "date_deadline": self.TODAY + timedelta(days=1),
                    "user_id": self.seller.id,
                    "res_id": self.deadline.id,
                }
            ],
        )

    def test_call_again_in_days(self):
        for days in (3, 7, 30):
            recall = self._schedule(self.customer)
            [again] = recall.action_close_recall("later", days=days)
            again = self.env["mail.activity"].browse(again)
            self.assertEqual(again.date_deadline, self.TODAY + timedelta(days=days))

    def test_lost_needs_a_reason_which_is_kept(self):
        recall = self._schedule(self.deadline)
        for reason in ("", "  "):
            with self.assertRaises(UserError):
                recall.action_close_recall("lost", reason=reason)
        recall.action_close_recall("lost", reason="has moved away")
        self.assertEqual(recall.feedback, "Customer lost: has moved away")
        messages = self.deadline.message_ids.mapped("body")
        self.assertTrue(any("has moved away" in body for body in messages))

    def test_bad_input_is_refused_and_changes_nothing(self):
        recall = self._schedule(self.deadline)
        for outcome, days in (
            ("later", 0),
            ("later", -3),
            ("later", 366),
            ("reached", "7"),
            ("x", 0),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                recall.action_close_recall(outcome, days=days)
        self.assertTrue(recall.active)

    def test_second_click_is_refused(self):
        recall = self._schedule(self.deadline)
        recall.action_recall_no_answer()
        with self.assertRaises(UserError):
            recall.action_recall_no_answer()

    def test_other_actions_have_no_outcome(self):
        with self.assertRaises(UserError):
            self._schedule(self.deadline, self.meeting).action_recall_reached()

    def test_reopened_it_has_none(self):
        recall = self._schedule(self.deadline)
        recall.action_recall_reached()
        recall.action_reopen()
        self.assertRecordValues(
            recall,
            [{"active": True, "recall_outcome": False, "done_by_id": False, "date_done": False}],
        )

    def test_reopened_it_forgets_what_came_of_it(self):
        recall = self._schedule(self.deadline)
        recall.action_recall_no_answer()
        self.assertTrue(recall.feedback)
        recall.action_reopen()
        self.assertFalse(recall.feedback)
        recall.action_done()
        self.assertFalse(recall.feedback)

    def _get_open(self):
        return self.env["mail.activity"].search([("customer_id", "=", self.customer.id)])

    def test_reopened_it_takes_its_follow_up_back(self):
        recalls = self._schedule(self.deadline) + self._schedule(self.customer)
        bystander = self._schedule(self.deadline)
        recalls.action_recall_no_answer()
        self.assertEqual(len(self._get_open()), 3)
        recalls[0].with_user(self.seller).action_reopen()
        self.assertEqual(self._get_open(), recalls[0] + recalls[1].follow_up_id + bystander)
        recalls[0].action_close_recall("later", days=3)
        recalls[0].action_reopen()
        self.assertEqual(self._get_open(), recalls[0] + recalls[1].follow_up_id + bystander)

    def test_reopened_it_takes_back_what_was_planned_for_a_colleague(self):
        colleague = self._create_user("colleague", "sales_team.group_sale_salesman")
        recall = self._schedule(self.deadline, user=colleague)
        recall.with_user(self.seller).action_recall_no_answer()
        recall.with_user(self.seller).action_reopen()
        self.assertEqual(self._get_open(), recall)

    def test_reopening_deletes_nothing_that_the_user_may_not(self):
        recall = self._schedule(self.customer)
        recall.action_recall_no_answer()
        stranger = self._create_user("stranger", "base.group_user")
        other = self._schedule(self.deadline)
        recall.follow_up_id.unlink()
        recall.write({"user_id": stranger.id, "follow_up_id": other.id})
        recall.with_user(stranger).action_reopen()
        self.assertEqual(self._get_open(), recall + other)

    def test_follow_up_that_was_done_or_changed_stays(self):
        done = self._schedule(self.deadline)
        done.action_recall_no_answer()
        done.follow_up_id.action_recall_reached()
        done.action_reopen()
        changed = self._schedule(self.deadline)
        changed.action_recall_no_answer()
        follow_up = changed.follow_up_id
        self.env.flush_all()
        with patch.object(self.env.cr, "_now", self.env.cr.now() + timedelta(minutes=1)):
            follow_up.summary = "Ask for Ann"
            self.env.flush_all()
        changed.action_reopen()
        self.assertEqual(self._get_open(), done + changed + follow_up)
        self.assertFalse(changed.follow_up_id)

    def test_customers_and_colleagues_without_access_may_not(self):
        recall = self._schedule(self.deadline)
        for group in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, login=group, groups=group)
            with self.assertRaises(AccessError):
                recall.with_user(user).action_recall_reached()

    def test_reached_plans_nothing_else(self):
        self.recall.write({"chaining_type": "trigger", "triggered_next_type_id": self.meeting.id})
        actions = self.env["mail.activity"].search_count
        recall = self._schedule(self.deadline)
        recall.action_close_recall("later", days=3)
        self.assertEqual(actions([("customer_id", "=", self.customer.id)]), 1)
        wizard = self.env["deadline.recall.wizard"].create(
            {"activity_id": self._schedule(self.customer).id, "outcome": "lost", "reason": "gone"}
        )
        self.assertEqual(wizard.days, 0)
        wizard.action_record()
        self.assertEqual(actions([("customer_id", "=", self.customer.id)]), 1)

    def test_desk_operators_and_accountants_work_on_customers(self):
        for group in ("deadline_management.group_deadline_user", "account.group_account_invoice"):
            user = self._create_user(group, group)
            self._schedule(self.customer, user=self.seller)
            recall = self._schedule(self.customer, user=user)
            recall.with_user(user).action_recall_no_answer()
            actions = self.customer.with_user(user).deadline_action_ids
            self.assertEqual(actions.sudo(), self.customer.deadline_action_ids)

    def test_wizard_records_the_outcome(self):
        recall = self._schedule(self.deadline)
        wizard = self.env["deadline.recall.wizard"].with_user(self.seller)
        wizard = wizard.with_context(active_id=recall.id).create({"outcome": "later", "days": 30})
        wizard.action_record()
        self.assertEqual(recall.recall_outcome, "later")


class TestRecallDate(ActionCommon):
    def test_is_the_day_of_the_last_recall_done(self):
        self.assertFalse(self.customer.recall_date)
        recall = self._schedule(self.customer)
        self.assertFalse(self.customer.recall_date)
        recall.action_recall_reached()
        self.assertEqual(self.customer.recall_date, self.TODAY)

    def test_counts_recalls_on_deadlines_and_contacts(self):
        contact = self.env["res.partner"].create({"name": "ann", "parent_id": self.customer.id})
        self._schedule(contact).action_recall_reached()
        self.assertEqual((contact + self.customer).mapped("recall_date"), [self.TODAY] * 2)
        with freeze_time(self.TODAY + timedelta(days=1)):
            self._schedule(self.deadline).action_recall_reached()
        self.assertEqual(self.customer.recall_date, self.TODAY + timedelta(days=1))
        self.assertEqual(contact.recall_date, self.TODAY)

    def test_only_recalls_count(self):
        self._schedule(self.customer, self.meeting).action_done()
        self.assertFalse(self.customer.recall_date)

    def test_reopening_and_deleting_take_it_back(self):
        first = self._schedule(self.customer)
        first._mark_done_on(self.TODAY - timedelta(days=5), self.seller, "")
        second = self._schedule(self.customer)
        second.action_recall_reached()
        second.action_reopen()
        self.assertEqual(self.customer.recall_date, self.TODAY - timedelta(days=5))
        first.unlink()
        self.assertFalse(self.customer.recall_date)

    def test_follows_the_type(self):
        kind = self.env["mail.activity.type"].create({"name": "Visit"})
        self._schedule(self.customer, kind).action_done()
        kind.base_type = "recall"
        self.assertEqual(self.customer.recall_date, self.TODAY)
        kind.base_type = "generic"
        self.assertFalse(self.customer.recall_date)

    @freeze_time("2026-03-09 23:30:00")
    def test_is_the_companys_day(self):
        self._schedule(self.customer).action_recall_reached()
        self.assertEqual(self.customer.recall_date, self.TODAY)

    def test_follows_the_deadline_and_the_contact_to_another_customer(self):
        other = self._create_customer("Other")
        contact = self.env["res.partner"].create({"name": "ann"})
        self._schedule(self.deadline).action_recall_reached()
        self._schedule(contact).action_recall_reached()
        self.deadline.partner_id = other
        self.assertEqual((other.recall_date, self.customer.recall_date), (self.TODAY, False))
        third = self._create_customer("Third")
        contact.parent_id = third
        self.assertEqual(third.recall_date, self.TODAY)
        self.assertEqual(third.deadline_action_ids.res_id, contact.id)

    def test_merged_customers_keep_the_latest(self):
        other = self._create_customer("Acme again", email="acme@example.com")
        self._schedule(other).action_recall_reached()
        self._schedule(self.customer)._mark_done_on(self.TODAY - timedelta(days=3), self.seller, "")
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": (self.customer + other).ids, "dst_partner_id": self.customer.id}
        )
        wizard.action_merge()
        self.env.invalidate_all()
        self.assertEqual(self.customer.recall_date, self.TODAY)
        self.assertEqual(len(self.customer.deadline_action_ids), 2)

    def test_list_finds_who_was_not_recalled(self):
        self._schedule(self.customer)._mark_done_on(
            self.TODAY - timedelta(days=30), self.seller, ""
        )
        never = self._create_customer("Never")
        recent = self._create_customer("Recent")
        self._schedule(recent).action_recall_reached()
        both = self.customer + never + recent
        found = both.search([("recall_age", ">=", 30), ("id", "in", both.ids)])
        self.assertEqual(found, self.customer + never)
        self.assertEqual(both.search([("recall_age", "<", 30), ("id", "in", both.ids)]), recent)
        self.assertEqual(self.customer.recall_age, 30)


class TestAgenda(ActionCommon):
    def test_appointment_of_the_colleague(self):
        action = self._schedule(self.deadline, self.meeting, summary="Talk about the offer")
        event = action.calendar_event_id
        self.assertRecordValues(
            event,
            [
                {
                    "allday": True,
                    "start_date": self.TODAY,
                    "user_id": self.seller.id,
                    "partner_ids": self.seller.partner_id.ids,
                    "res_id": self.deadline.id,
                }
            ],
        )
        self.assertIn("Talk about the offer", event.name)
        self.assertEqual(event.activity_ids, action)

    def test_only_types_that_say_so(self):
        self.assertFalse(self._schedule(self.deadline).calendar_event_id)

    def test_moves_with_the_action_and_back(self):
        action = self._schedule(self.deadline, self.meeting)
        event = action.calendar_event_id
        action.date_deadline += timedelta(days=2)
        self.assertEqual(event.start_date, self.TODAY + timedelta(days=2))
        event.write(
            {
                "start": f"{self.TODAY + timedelta(days=5)} 08:00:00",
                "stop": f"{self.TODAY + timedelta(days=5)} 18:00:00",
            }
        )
        self.assertEqual(action.date_deadline, self.TODAY + timedelta(days=5))

    def test_given_to_somebody_else(self):
        action = self._schedule(self.deadline, self.meeting)
        other = self._create_user("other", "sales_team.group_sale_salesman_all_leads")
        action.user_id = other
        event = action.calendar_event_id
        self.assertEqual((event.user_id, event.partner_ids), (other, other.partner_id))

    def test_takes_no_whole_day(self):
        event = self._schedule(self.deadline, self.meeting).calendar_event_id
        self.assertEqual((event.allday, event.show_as), (True, "free"))

    def test_hour_that_people_gave_it_stays_taken(self):
        action = self._schedule(self.deadline, self.meeting)
        action.calendar_event_id.write({"allday": False, "show_as": "busy"})
        action.summary = "Talk"
        self.assertEqual(action.calendar_event_id.show_as, "busy")

    def test_done_leaves_the_colleague_free(self):
        action = self._schedule(self.deadline, self.meeting)
        action.calendar_event_id.write({"allday": False, "show_as": "busy"})
        action.action_done()
        event = action.calendar_event_id
        self.assertEqual(event.show_as, "free")
        self.assertTrue(event.name.startswith("✓"))
        action.action_reopen()
        self.assertFalse(event.name.startswith("✓"))

    def test_summary_of_the_action_stays_as_it_is(self):
        action = self._schedule(self.deadline, self.meeting, summary="Talk")
        self.assertEqual(action.summary, "Talk")
        action.summary = "Offer"
        action.action_done()
        action.action_reopen()
        action.calendar_event_id.name = "Lunch"
        self.assertEqual(action.summary, "Offer")

    def test_guests_stay_invited(self):
        action = self._schedule(self.deadline, self.meeting)
        event = action.calendar_event_id
        event.partner_ids += self.customer
        action.summary = "Offer"
        action.action_done()
        self.assertEqual(event.partner_ids, self.customer + self.seller.partner_id)

    def test_goes_when_nobody_or_another_type_has_it(self):
        for change in ({"user_id": False}, {"activity_type_id": self.recall.id}):
            action = self._schedule(self.deadline, self.meeting)
            event = action.calendar_event_id
            action.write(change)
            self.assertFalse(event.exists())
            self.assertTrue(action.exists())

    def test_meetings_that_people_made_are_left_alone(self):
        kind = self.env["mail.activity.type"].search([("category", "=", "meeting")], limit=1)
        kind.show_in_agenda = True
        event = self.env["calendar.event"].create(
            {
                "name": "Demo",
                "start": f"{self.TODAY} 08:00:00",
                "stop": f"{self.TODAY} 09:00:00",
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": self.customer.id,
            }
        )
        action = event.activity_ids
        self.assertEqual(action.summary, "Demo")
        action.unlink()
        self.assertTrue(event.exists())

    def test_deleted_meeting_takes_its_activity_along_as_ever(self):
        event = self.env["calendar.event"].create(
            {
                "name": "Demo",
                "start": f"{self.TODAY} 08:00:00",
                "stop": f"{self.TODAY} 09:00:00",
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": self.customer.id,
            }
        )
        action = event.activity_ids
        self.assertTrue(action)
        event.unlink()
        self.assertFalse(action.exists())

    def test_cancelled_takes_it_away(self):
        action = self._schedule(self.deadline, self.meeting)
        event = action.calendar_event_id
        action.action_cancel()
        self.assertFalse(event.exists())

    def test_deleted_appointment_leaves_the_action(self):
        actions = self._schedule(self.deadline, self.meeting) + self._schedule(
            self.deadline, self.meeting
        )
        actions[1].action_done()
        actions.calendar_event_id.unlink()
        self.assertEqual(actions.exists(), actions)

    def test_nobody_is_invited_by_email(self):
        before = self.env["mail.mail"].search_count([("model", "=", "calendar.event")])
        self._schedule(self.deadline, self.meeting)
        self.assertEqual(
            self.env["mail.mail"].search_count([("model", "=", "calendar.event")]), before
        )


class TestRecording(ActionCommon):
    def _record(self, record, **values):
        wizard = self.env["deadline.action.wizard"].with_user(self.seller)
        context = {
            "active_model": record._name,
            "active_ids": record.ids,
            "active_id": record[:1].id,
        }
        return wizard.with_context(**context).create(values)

    def test_planned(self):
        wizard = self._record(self.customer)
        self.assertEqual(wizard.day, self.TODAY + timedelta(days=3))
        self.assertEqual(wizard.summary, "Call about the renewal")
        wizard.action_record()
        action = self.customer.deadline_action_ids
        self.assertRecordValues(
            action,
            [
                {
                    "active": True,
                    "user_id": self.seller.id,
                    "activity_type_id": self.recall.id,
                    "date_deadline": self.TODAY + timedelta(days=3),
                }
            ],
        )

    def test_already_done(self):
        day = self.TODAY - timedelta(days=2)
        wizard = self._record(self.deadline, is_done="done", note="They will pay")
        self.assertEqual(wizard.day, self.TODAY)
        wizard.day = day
        wizard.action_record()
        self.assertRecordValues(
            self.customer.deadline_action_ids,
            [
                {
                    "active": False,
                    "date_done": day,
                    "done_by_id": self.seller.id,
                    "feedback": "They will pay",
                }
            ],
        )
        self.assertEqual(self.customer.recall_date, day)

    def test_done_on_a_day_to_come_is_refused(self):
        wizard = self._record(self.customer, is_done="done")
        wizard.day = self.TODAY + timedelta(days=1)
        with self.assertRaises(UserError):
            wizard.action_record()

    def test_for_several_at_once(self):
        other = self._create_ending(10)
        self._record(self.deadline + other).action_record()
        self.assertEqual(len(self.customer.deadline_action_ids), 2)

    def test_anything_else_is_refused(self):
        with self.assertRaises(UserError):
            self._record(self.env.user).action_record()

    def test_is_not_for_others(self):
        for group in ("base.group_portal", "base.group_user"):
            user = new_test_user(self.env, login=group, groups=group)
            with self.assertRaises(AccessError):
                self.env["deadline.action.wizard"].with_user(user).create(
                    {"res_model": "res.partner", "res_ids": self.customer.ids}
                )

    def test_deadline_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        deadline = self._create_ending(7, company_id=company.id)
        with self.assertRaises(AccessError):
            self._record(deadline).action_record()


class TestUninstall(ActionCommon):
    def test_leaves_no_action_of_our_types(self):
        from odoo.addons.deadline_management import uninstall_hook

        done = self._schedule(self.customer)
        done.action_done()
        planned = self._schedule(self.customer, self.meeting)
        plan = self.env["mail.activity.plan.template"].create(
            {
                "plan_id": self.env["mail.activity.plan"]
                .create({"name": "Plan", "res_model": "res.partner"})
                .id,
                "activity_type_id": self.meeting.id,
                "summary": "Meet",
                "responsible_type": "on_demand",
            }
        )
        uninstall_hook(self.env)
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.assertEqual((done + planned).activity_type_id, todo)
        self.assertEqual(plan.activity_type_id, todo)
        (self.recall + self.meeting).unlink()

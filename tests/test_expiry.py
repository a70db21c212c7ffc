from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from .common import NoticeCommon


class TestExpiry(NoticeCommon):
    def test_expires_the_day_after_its_end(self):
        deadline = self._create_ending(0)
        self._expire()
        self.assertEqual(deadline.state, "active")
        tomorrow = self.TODAY + timedelta(days=1)
        self._expire(tomorrow)
        self.assertRecordValues(deadline, [{"state": "expired", "expired_on": tomorrow}])

    def test_each_company_by_its_own_day(self):
        rome = self._create_ending(0)
        other = self.env["res.company"].create({"name": "Honolulu"})
        other.partner_id.tz = "Pacific/Honolulu"
        late = self._create_ending(0, company_id=other.id)
        with freeze_time(f"{self.TODAY} 23:30:00"):  # 00:30 in Rome, 13:30 in Honolulu
            self._run_cron("expire")
        self.assertEqual((rome + late).mapped("state"), ["expired", "active"])

    def test_expired_on_is_the_day_it_was_found(self):
        deadline = self._create_overdue(3)
        self._expire()
        self.assertEqual(deadline.expired_on, self.TODAY)

    def test_second_run_changes_nothing(self):
        deadline = self._create_overdue(3)
        self._expire()
        self._expire(self.TODAY + timedelta(days=1))
        self.assertEqual(deadline.expired_on, self.TODAY)

    def test_renewed_does_not_expire(self):
        deadline = self._create_ending(0)
        self._renew(deadline)
        self._expire(self.TODAY + timedelta(days=1))
        self.assertEqual(deadline.state, "renewed")

    def test_renewed_late_is_renewed(self):
        deadline = self._create_overdue(3)
        self._expire()
        self._renew(deadline)
        self.assertEqual(deadline.state, "renewed")

    def test_amount_follows_the_line_again_after_reopening(self):
        deadline = self._sell(self.yearly)
        line = deadline.sale_line_id
        deadline.state = "expired"
        line.product_uom_qty = 3
        self.assertEqual(deadline.quantity, 1)
        deadline._reactivate()
        self.assertEqual((deadline.quantity, deadline.amount), (3, 3600))


class TestToDo(NoticeCommon):
    def setUp(self):
        super().setUp()
        self.yearly.deadline_expiry_activity = True

    def _get_todos(self):
        return self.env["mail.activity"].search([("res_model", "=", "deadline.deadline")])

    def test_is_left_for_the_responsible(self):
        deadline = self._create_overdue(1)
        self._expire()
        self.assertRecordValues(
            self._get_todos(), [{"res_id": deadline.id, "user_id": self.seller.id}]
        )

    def test_only_where_the_product_asks_for_it(self):
        self.yearly.deadline_expiry_activity = False
        self._create_overdue(1)
        self._expire()
        self.assertFalse(self._get_todos())

    def test_without_responsible_it_is_for_who_takes_what_is_left_over(self):
        self.company.deadline_user_id = self.seller
        self._create_overdue(1, user_id=False)
        self._expire()
        self.assertEqual(self._get_todos().user_id, self.seller)

    def test_speaks_the_language_of_the_responsible(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.seller.lang = "it_IT"
        deadline = self._create_overdue(1)
        self._expire()
        summary = deadline.with_context(lang="it_IT").env._("Expired without renewal")
        self.assertNotEqual(summary, "Expired without renewal")
        self.assertEqual(self._get_todos().summary, summary)


class TestExpiredNotice(NoticeCommon):
    def test_is_sent_once(self):
        deadline = self._create_overdue(1)
        self._expire()
        notice = self._notify()
        self.assertEqual(notice.deadline_ids, deadline)
        self.assertEqual(
            notice.template_id.get_external_id()[notice.template_id.id][-7:], "expired"
        )
        self.assertEqual(
            self._get_verdicts(deadline),
            {30: "superseded", 7: "superseded", 1: "superseded", -1: "queued"},
        )
        self.assertFalse(self._notify(self.TODAY + timedelta(days=1)))

    def test_waits_for_the_state(self):
        self._create_overdue(1)
        self.assertFalse(self._notify())

    def test_shares_the_email_with_reminders(self):
        expired, ending = self._create_overdue(1), self._create_ending(7)
        self._expire()
        self.assertEqual(self._notify().deadline_ids, expired + ending)

    def test_entered_after_its_end_gets_none(self):
        deadline = self._create_ending(-5)
        self.assertEqual(deadline.state, "expired")
        self.assertFalse(self._notify())

    def test_silence_outlasts_the_end_of_the_multipack(self):
        """What was dealt with is a fact: other changes of a deadline or multipack leave it."""
        course = self._create_product("Course", price=300.0, unit="year")
        pack = self._create_multipack("Package", [(course, 1.0)], price=1000.0)
        with freeze_time("2026-01-10 09:00:00"):
            service = self._sell(pack)
        multipack = service.multipack_id
        service.date_end = self.TODAY - timedelta(days=1)
        self.assertEqual(service.notified_step, -1)
        multipack._set_ended()
        self.env.flush_all()
        self.assertEqual(service.notified_step, -1)

    def test_end_moved_into_the_past_gets_none(self):
        deadline = self._create_ending(100)
        deadline.date_end = self.TODAY - timedelta(days=1)
        self.assertEqual(deadline.state, "expired")
        self.assertFalse(self._notify())

    def test_ended_before_notices_were_wanted(self):
        deadline = self._create_overdue(3, notify_from=self.TODAY)
        self._expire()
        self.assertFalse(self._notify())
        self.assertEqual(self._get_verdicts(deadline)[-1], "past")

    def test_ended_too_long_ago_to_be_renewed(self):
        self.company.deadline_late_renewal = 10
        self._create_overdue(12)
        self._expire()
        self.assertFalse(self._notify())
        self._create_overdue(11)
        self._expire()
        self.assertTrue(self._notify())

    def test_not_after_the_renewal_was_taken_back(self):
        deadline = self._create_overdue(1)
        self._expire()
        self._notify()
        self._renew(deadline)
        deadline.next_id.order_id._action_cancel()
        self.assertEqual(deadline.state, "expired")
        self.assertFalse(self._notify(self.TODAY + timedelta(days=1)))


class TestTrigger(NoticeCommon):
    """Automation rules on the state work with nothing but Odoo's own trigger."""

    def _create_rule(self, **action):
        state = self.env.ref("deadline_management.selection__deadline_deadline__state__expired")
        return self.env["base.automation"].create(
            {
                "name": "On expiry",
                "model_id": self.env["ir.model"]._get_id("deadline.deadline"),
                "trigger": "on_state_set",
                "trg_selection_field_id": state.id,
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "On expiry",
                            "model_id": self.env["ir.model"]._get_id("deadline.deadline"),
                            "usage": "base_automation",
                            **action,
                        }
                    )
                ],
            }
        )

    def test_rule_on_the_state_runs_once(self):
        self._create_rule(state="code", code="record.message_post(body='Call them')")
        deadline = self._create_overdue(1)
        self._expire()
        self._expire(self.TODAY + timedelta(days=1))
        calls = deadline.message_ids.filtered(lambda message: "Call them" in message.body)
        self.assertEqual(len(calls), 1)

    def test_webhook_is_called_after_the_commit(self):
        fields = self.env["ir.model.fields"]._get("deadline.deadline", "name")
        self._create_rule(
            state="webhook",
            webhook_url="https://hooks.example.com/expired",
            webhook_field_ids=[Command.link(fields.id)],
        )
        deadline = self._create_overdue(1)
        with patch("requests.post") as post:
            deadline._expire()
            self.assertFalse(post.called)
            self.env.cr.postcommit.run()
        [call] = post.call_args_list
        self.assertEqual(call.args, ("https://hooks.example.com/expired",))
        self.assertIn(deadline.name, call.kwargs["data"])

    def test_webhooks_are_called_once_and_not_for_what_failed(self):
        self._create_rule(state="code", code="if record.description: raise UserError('No way')")
        self._create_rule(state="webhook", webhook_url="https://hooks.example.com/expired")
        bad, good = self._create_overdue(1, description="bad"), self._create_overdue(1)
        with (
            patch("requests.post") as post,
            self._call_after_commit(),
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
            mute_logger("odoo.addons.base.models.ir_actions"),
        ):
            self._expire()
        self.assertEqual((bad + good).mapped("state"), ["active", "expired"])
        [call] = post.call_args_list
        self.assertIn(f'"_id": {good.id}', call.kwargs["data"])

    def test_rule_that_sees_every_change_does_not_stop_the_rest(self):
        rule = self._create_rule(
            state="code", code="if record.description: raise UserError('No way')"
        )
        rule.write({"trigger": "on_create_or_write", "filter_domain": "[]"})
        bad, good = self._create_overdue(1), self._create_overdue(1)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE deadline_deadline SET description = 'bad' WHERE id = %s", [bad.id]
        )
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self._expire()
        self.assertEqual((bad + good).mapped("state"), ["active", "expired"])
        self.assertIn("No way", bad.batch_error)

    def test_rule_that_fails_keeps_back_its_own_deadline_only(self):
        self._create_rule(state="code", code="if record.description: raise UserError('No way')")
        bad = self._create_overdue(1, description="bad")
        good = self._create_overdue(1)
        with self.assertLogs("odoo.addons.deadline_management", "ERROR") as logs:
            self._expire()
        self.assertIn(bad.name, logs.output[0])
        self.assertEqual((bad + good).mapped("state"), ["active", "expired"])
        self.assertIn("No way", bad.batch_error)

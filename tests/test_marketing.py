from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time

from .common import NoticeCommon

WIN_BACK = (1, 7, 21)


class TestWinBack(NoticeCommon):
    def setUp(self):
        super().setUp()
        self.rules = self.env["base.automation"].union(
            *(self.env.ref(f"deadline_management.base_automation_win_back_{n}") for n in WIN_BACK)
        )
        self.deadline = self._create_ending(0)
        self.gone = self.TODAY + timedelta(days=1)

    def _lapse(self):
        self._expire(self.gone)
        self._notify(self.gone)

    def _run_rules(self, days):
        """Run the time-based rules so many days after the expiry, and return the new e-mails."""
        day = self.gone + timedelta(days=days)
        before = self.env["mail.mail"].search([])
        now = fields.Datetime.to_datetime(day) + timedelta(hours=9)
        with freeze_time(now), patch.object(type(self.env.cr), "now", lambda _cr: now):
            for rule in self.rules.filtered("active"):
                for record in rule._search_time_based_automation_records(until=now):
                    rule._process(record)
                rule.last_run = now
        return self.env["mail.mail"].search([]) - before

    def test_is_off(self):
        self.assertFalse(any(self.rules.mapped("active")))

    def test_writes_three_times(self):
        self.rules.active = True
        self._run_rules(-1)
        self._lapse()
        days = [days for days in range(40) if self._run_rules(days)]
        self.assertEqual(days, list(WIN_BACK))

    def test_says_which_service_and_leads_to_it(self):
        self.rules.active = True
        self._lapse()
        mail = self._run_rules(1)
        self.assertIn("Licence", mail.subject)
        self.assertIn(f"/my/deadlines/{self.deadline.id}", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertEqual(mail.email_from, self.company.email_formatted)

    def test_stops_when_renewed(self):
        self.rules.active = True
        self._lapse()
        self._run_rules(1)
        self._renew(self.deadline)
        self.assertFalse(self._run_rules(7))

    def test_stops_when_excluded_or_unsubscribed(self):
        self.rules.active = True
        self._lapse()
        with self.subTest("excluded"), self.env.cr.savepoint() as savepoint:
            self.customer.write(
                {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "called"}
            )
            self.assertFalse(self._run_rules(7))
            savepoint.rollback()
            self.env.invalidate_all()
        with self.subTest("on the blacklist"):
            self.env["mail.blacklist"]._add(self.customer.email)
            self.assertFalse(self._run_rules(7))

    def test_waits_while_the_renewal_may_be_paid(self):
        self.rules.active = True
        self._lapse()
        order = self.env["sale.order"].browse(self.deadline.action_renew()["res_id"])
        order.state = "sent"
        self.assertFalse(self._run_rules(7))

    def test_contact_without_address_is_written_to_at_the_company(self):
        self.rules.active = True
        self.deadline.partner_id = self.env["res.partner"].create(
            {"name": "ann", "parent_id": self.customer.id}
        )
        self._lapse()
        self.assertEqual(self._run_rules(1).recipient_ids, self.customer)

    def test_switched_on_it_leaves_the_past_alone(self):
        self._lapse()
        self.rules.active = True
        self.assertFalse(self._run_rules(60))

    def test_imported_past_is_left_alone(self):
        self.rules.active = True
        self._create_ending(-2)
        self.assertFalse(self._run_rules(-1) + self._run_rules(0) + self._run_rules(1))

    def test_each_domain_can_be_read(self):
        for rule in self.rules:
            self.env["deadline.deadline"].search(literal_eval(rule.filter_domain))


class TestMassMailing(NoticeCommon):
    """Email Marketing offers deadlines as recipients. It is installed where this is tested."""

    def setUp(self):
        super().setUp()
        self.assertIn("mailing.mailing", self.env)
        self.mailing = self.env["mailing.mailing"].create(
            {
                "subject": "Come back",
                "mailing_model_id": self.env["ir.model"]._get_id("deadline.deadline"),
                "body_html": "<p>Hello</p>",
            }
        )

    def test_deadlines_are_offered(self):
        model = self.env["ir.model"]._get("deadline.deadline")
        self.assertTrue(model.is_mailing_enabled)
        self.assertIn(model, self.env["ir.model"].search([("is_mailing_enabled", "=", True)]))

    def test_proposes_who_let_a_deadline_expire(self):
        expired = self._create_overdue(1)
        self._create_ending(7)
        excluded = self._create_customer("Other", email="other@example.com")
        self._create_overdue(1, partner_id=excluded.id)
        excluded.write(
            {"deadline_notices_excluded": True, "deadline_notices_excluded_reason": "is called"}
        )
        self._expire()
        domain = literal_eval(self.mailing.mailing_domain)
        self.assertEqual(self.env["deadline.deadline"].search(domain), expired)

    def test_writes_once_to_each_customer(self):
        deadlines = self._create_overdue(1) + self._create_overdue(2)
        self._expire()
        self.mailing.action_send_mail(deadlines.ids)
        traces = self.env["mailing.trace"].search([("mass_mailing_id", "=", self.mailing.id)])
        self.assertEqual(sorted(traces.mapped("trace_status")), ["cancel", "outgoing"])
        self.assertEqual(traces.mapped("email"), ["acme@example.com"] * 2)

from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command

from .common import MultipackCommon


class TestHealth(MultipackCommon):
    def _check(self):
        domain = self.env["deadline.health.check"].action_open()["domain"]
        return self.env["deadline.health.check"].search(domain)

    def _get_check(self, text):
        return self._check().filtered(lambda check: text in check.name)

    def test_every_check_answers(self):
        checks = self._check()
        self.assertGreaterEqual(len(checks), 15)
        for check in checks.filtered("res_model"):
            self.env[check.res_model].search(check.domain)
            self.assertEqual(check.action_show()["res_model"], check.res_model)

    def test_whoever_it_is_for_can_open_what_it_shows(self):
        boss = self._create_user("boss", "sales_team.group_sale_manager")
        checks = self.env["deadline.health.check"].with_user(boss)
        checks = checks.search(checks.action_open()["domain"])
        self.assertTrue(any(check.name.startswith("Scheduled action") for check in checks))
        for check in checks.filtered("res_model"):
            checks.env[check.res_model].search(check.domain)
        admin = self.env["deadline.health.check"].with_user(self.env.ref("base.user_admin"))
        admin = admin.search(admin.action_open()["domain"])
        self.assertIn("ir.cron", admin.mapped("res_model"))

    def test_customer_without_address(self):
        before = self._get_check("no e-mail").count
        self._create_ending(9, partner_id=self._create_customer("Silent").id)
        check = self._get_check("no e-mail")
        self.assertEqual((check.count, check.status), (before + 1, "warning"))

    def test_product_without_duration(self):
        self.env.cr.execute(
            "UPDATE product_template SET deadline_duration_count = 0 WHERE id = %s",
            [self.yearly.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        check = self._get_check("without a usable duration")
        found = self.env["product.template"].search(check.domain)
        self.assertIn(self.yearly.product_tmpl_id, found)

    def test_level_that_reaches_nobody(self):
        grade = self.env["res.partner.grade"].create({"name": "Mute", "reminder_policy": "own"})
        check = self._get_check("never reminded")
        self.assertIn(grade, grade.search(check.domain))

    def test_what_was_left_aside(self):
        deadline = self._create_deadline()
        deadline._write_failure("It broke", None)
        check = self._get_check("Deadlines left aside")
        self.assertEqual(deadline.search(check.domain), deadline)

    def test_scheduled_action_that_is_off(self):
        cron = self.env.ref("deadline_management.ir_cron_notify")
        self.assertEqual(self._get_check(cron.name).status, "ok")
        cron.active = False
        self.assertEqual(self._get_check(cron.name).status, "warning")
        cron.write({"active": True, "nextcall": "2026-03-09 03:00:00"})
        self.assertEqual(self._get_check(cron.name).status, "warning")

    def test_withdrawn_at_the_bank(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[3].sudo().removal_pending = True
        check = self._get_check("recall at the bank")
        self.assertEqual(
            self.env["deadline.installment"].search(check.domain), multipack.installment_ids[3]
        )
        self.assertLess(date(2026, 3, 10), multipack.installment_ids[3].date_due)

    def test_only_administrators_see_it(self):
        clerk = self._create_user("clerk", "deadline_management.group_deadline_user")
        with self.assertRaises(AccessError):
            self.env["deadline.health.check"].with_user(clerk).action_open()
        manager = self._create_user("boss", "deadline_management.group_deadline_manager")
        checks = self.env["deadline.health.check"].with_user(manager)
        self.assertTrue(checks.search(checks.action_open()["domain"]))

    def test_companies_of_others_are_not_looked_into(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = self._create_user(
            "boss",
            "deadline_management.group_deadline_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self._create_deadline()._write_failure("It broke", None)
        checks = self.env["deadline.health.check"].with_user(manager)
        found = checks.search(checks.action_open()["domain"])
        self.assertFalse(found.filtered(lambda one: "Deadlines left aside" in one.name).count)

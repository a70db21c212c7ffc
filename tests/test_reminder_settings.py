from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, users
from odoo.tools import mute_logger

from .common import NoticeCommon


class TestReminderSettings(NoticeCommon):
    def test_company_begins_with_three(self):
        company = self.env["res.company"].create({"name": "New"})
        for one in company + self.company:
            self.assertEqual(one.deadline_reminder_ids.mapped("days_before"), [30, 7, 1])

    def test_company_may_be_created_without_our_groups(self):
        user = self._create_user("boss", "base.group_erp_manager", "base.group_partner_manager")
        company = self.env["res.company"].with_user(user).create({"name": "New"})
        self.assertEqual(len(company.sudo().deadline_reminder_ids), 3)

    def test_negative_days_are_refused(self):
        with self.assertRaises(ValidationError) as caught:
            self.company.deadline_reminder_ids = [Command.create({"days_before": -1})]
        self.assertIn(self.company.name, str(caught.exception))

    def test_days_beyond_all_periods_are_refused(self):
        with self.assertRaises(ValidationError):
            self.company.deadline_reminder_ids = [Command.create({"days_before": 3651})]

    @mute_logger("odoo.sql_db")
    def test_same_days_twice_are_refused(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.company.deadline_reminder_ids = [Command.create({"days_before": 7})]

    @mute_logger("odoo.sql_db")
    def test_same_days_twice_are_refused_for_a_level(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["res.partner.grade"].create(
                {
                    "name": "Gold",
                    "deadline_reminder_ids": [
                        Command.create({"days_before": 3}),
                        Command.create({"days_before": 3}),
                    ],
                }
            )

    @mute_logger("odoo.sql_db")
    def test_belongs_to_a_company_or_to_a_level(self):
        level = self.env["res.partner.grade"].create({"name": "Gold"})
        for owners in ({}, {"company_id": self.company.id, "grade_id": level.id}):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env["deadline.reminder"].create({"days_before": 3, **owners})

    def test_level_is_set_up_in_its_form(self):
        with Form(self.env["res.partner.grade"]) as form:
            form.name = "Gold"
            form.reminder_policy = "own"
            with form.deadline_reminder_ids.new() as step:
                step.days_before = 45
        level = form.record
        self.assertEqual(level.deadline_reminder_ids.display_name, "45 days before the end")
        self.assertFalse(level.deadline_reminder_ids.company_id)

    @users("admin")
    def test_settings_show_them(self):
        settings = self.env["res.config.settings"].create({})
        names = settings.deadline_reminder_ids.mapped("display_name")
        self.assertEqual(names[0], "30 days before the end")
        self.assertTrue(Form(settings))

    def test_list_adds_to_the_current_company(self):
        action = self.env.ref("deadline_management.deadline_reminder_action")
        self.assertIn("default_company_id", action.context)
        with Form(
            self.env["deadline.reminder"].with_context(default_company_id=self.company.id),
            view="deadline_management.deadline_reminder_view_list",
        ) as form:
            form.days_before = 14
        self.assertEqual(form.record.company_id, self.company)

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import NoticeCommon


class TestNoticeAccess(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deadline = cls._create_ending(7)
        cls.portal = new_test_user(
            cls.env, login="ann", groups="base.group_portal", partner_id=cls.customer.id
        )
        cls.colleague = new_test_user(cls.env, login="colleague", groups="base.group_user")

    def setUp(self):
        super().setUp()
        self.notice = self._notify()

    def test_portal_and_other_colleagues_see_nothing(self):
        for user in self.portal, self.colleague:
            for record in (
                self.notice,
                self.notice.line_ids,
                self.company.deadline_reminder_ids,
                self.env["deadline.notice.forecast"].create(
                    {"company_id": self.company.id, "date": self.TODAY}
                ),
            ):
                with self.assertRaises(AccessError):
                    record.with_user(user).read()

    def test_customer_sees_no_internal_fields_of_the_deadline(self):
        deadline = self.deadline.with_user(self.portal)
        self.assertTrue(deadline.name)
        for name in ("notice_line_ids", "notified_step", "batch_error", "notify_from"):
            with self.assertRaises(AccessError):
                deadline.read([name])

    def test_users_read_but_do_not_write(self):
        for record in self.notice, self.notice.line_ids:
            record = record.with_user(self.seller)
            self.assertTrue(record.display_name)
            with self.assertRaises(AccessError):
                record.check_access("write")
            with self.assertRaises(AccessError):
                record.check_access("create")
            with self.assertRaises(AccessError):
                record.check_access("unlink")

    def test_user_reads_the_email_without_right_on_emails(self):
        notice = self.notice.with_user(self.seller)
        with self.assertRaises(AccessError):
            self.notice.mail_id.with_user(self.seller).read(["body_html"])
        self.assertIn("Licence", notice.body)
        self.assertIn("Licence", notice.subject)

    def test_reminders_are_for_administrators(self):
        with self.assertRaises(AccessError):
            self.company.deadline_reminder_ids.with_user(self.seller).days_before = 5
        manager = self._create_user("manager", "deadline_management.group_deadline_manager")
        self.company.deadline_reminder_ids[0].with_user(manager).days_before = 20
        self.assertEqual(self.company.deadline_reminder_ids[0].days_before, 20)

    def test_other_companies_are_not_seen(self):
        company = self.env["res.company"].create({"name": "Other"})
        other = self._create_ending(7, company_id=company.id)
        notices = self._notify()
        self.assertEqual(notices.deadline_ids, other)
        for record in notices, notices.line_ids, company.deadline_reminder_ids:
            with self.assertRaises(AccessError):
                record.with_user(self.seller).read()

    def test_dialog_belongs_to_who_opened_it(self):
        wizard = self.env["deadline.notice.wizard"].with_user(self.seller)
        dialog = wizard.create({"deadline_id": self.deadline.id})
        colleague = self._create_user("other", "sales_team.group_sale_salesman_all_leads")
        with self.assertRaises(AccessError):
            dialog.with_user(colleague).action_send()

    def test_dialog_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Other"})
        hidden = self._create_ending(7, company_id=company.id)
        with self.assertRaises(AccessError):
            self.env["deadline.notice.wizard"].with_user(self.seller).create(
                {"deadline_id": hidden.id}
            )
        dialog = self.env["deadline.notice.wizard"].create({"deadline_id": hidden.id})
        step = self.env["deadline.notice.wizard.step"].create({"wizard_id": dialog.id})
        self.assertNotIn(step, step.with_user(self.seller).search([]))
        with self.assertRaises(AccessError):
            step.with_user(self.seller).read()

    def test_reminders_of_a_level_of_another_company_are_not_seen(self):
        company = self.env["res.company"].create({"name": "Other"})
        level = self.env["res.partner.grade"].create(
            {
                "name": "Gold",
                "company_id": company.id,
                "deadline_reminder_ids": [Command.create({"days_before": 3})],
            }
        )
        manager = self._create_user("manager", "deadline_management.group_deadline_manager")
        with self.assertRaises(AccessError):
            level.deadline_reminder_ids.with_user(manager).days_before = 5

    def test_levels_and_settings_open_without_our_groups(self):
        level = self.env["res.partner.grade"].create({"name": "Gold"})
        self.assertTrue(Form(level.with_user(self.colleague)))
        admin = new_test_user(self.env, login="system", groups="base.group_system")
        self.assertTrue(Form(self.env["res.config.settings"].with_user(admin)))

    def test_failed_of_another_company_is_not_sent_again(self):
        company = self.env["res.company"].create({"name": "Other"})
        self._create_ending(7, company_id=company.id)
        notice = self._notify()
        notice.mail_id.state = "exception"
        with self.assertRaises(AccessError):
            notice.with_user(self.seller).action_send_again()
        self.assertEqual(notice.state, "failed")

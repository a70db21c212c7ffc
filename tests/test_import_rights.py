from datetime import date

from odoo.exceptions import AccessError
from odoo.tools import mute_logger

from .common import ImportCommon

BASE = ["partner_id", "product_id", "date_start", "date_end"]
ROW = ("Acme", "Hosting", "2026-03-01", "2026-03-31")


class TestImportRights(ImportCommon):
    """Who may import, into which company, and what an import may not do."""

    def _import_as(self, user, columns, *rows):
        lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
        content = "\n".join(lines).encode()
        self.env.flush_all()
        imports = self.env["base_import.import"].with_user(user)
        screen = imports.create(
            {
                "res_model": "deadline.deadline",
                "file": content,
                "file_name": "deadlines.csv",
                "file_type": "text/csv",
            }
        )
        return screen.execute_import(columns, columns, self.OPTIONS)

    def test_employee_without_the_group_imports_nothing(self):
        employee = self._create_user("employee", "base.group_user")
        before = self.env["deadline.deadline"].search_count([])
        with mute_logger("odoo.sql_db", "odoo.addons.base_import.models.base_import"):
            result = self._import_as(employee, BASE, ROW)
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])
        self.assertEqual(self.env["deadline.deadline"].search_count([]), before)

    def test_portal_does_not_reach_the_import(self):
        portal = self._create_user("portal_user", "base.group_portal")
        with self.assertRaises(AccessError):
            self._import_as(portal, BASE, ROW)

    def test_deadlines_belong_to_the_company_one_works_in(self):
        [deadline] = self._import_well(BASE, ROW)
        self.assertEqual(deadline.company_id, self.company)
        self.assertEqual(deadline.create_uid, self.seller)

    def test_nothing_is_imported_into_a_company_of_others(self):
        self.env["res.company"].create({"name": "Elsewhere"})
        with mute_logger("odoo.sql_db"):
            result = self._import([*BASE, "company_id"], (*ROW, "Elsewhere"))
        self.assertFalse(result["ids"])
        self.assertTrue(result["messages"])

    def test_deadline_of_others_is_not_written_over(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._create_ending(10, company_id=elsewhere.id, user_id=False, amount=5)
        with mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule"):
            result = self._import([".id", "amount", *BASE], (foreign.id, 99, *ROW))
        self.assertTrue(result["messages"])
        self.assertEqual(foreign.amount, 5)

    def test_test_run_keeps_nothing(self):
        before = self.env["deadline.deadline"].search_count([])
        content = "\n".join([",".join(BASE), ",".join(ROW)]).encode()
        result = self._open_file(content).execute_import(BASE, BASE, self.OPTIONS, dryrun=True)
        self.assertFalse(result["messages"])
        self.env.invalidate_all()
        self.assertEqual(self.env["deadline.deadline"].search_count([]), before)


class TestImportNotices(ImportCommon):
    """No notice for the past, and none before the day that the file names."""

    def test_notices_begin_on_the_day_of_the_file(self):
        [deadline] = self._import_well(
            [*BASE, "notify_from"], ("Acme", "Licence", "2025-04-01", "2026-03-31", "2026-03-20")
        )
        self.assertEqual(deadline.notify_from, date(2026, 3, 20))
        self.assertFalse(self._notify(date(2026, 3, 12)))
        notices = self._notify(date(2026, 3, 24))  # seven days before the end
        self.assertEqual(notices.line_ids.deadline_id, deadline)

    def test_without_that_day_they_begin_today(self):
        [deadline] = self._import_well(BASE, ("Acme", "Licence", "2025-04-01", "2026-03-31"))
        self.assertEqual(deadline.notify_from, self.TODAY)
        self.assertTrue(self._notify(date(2026, 3, 24)))

    def test_what_is_over_is_never_written_about(self):
        [deadline] = self._import_well(BASE, ("Acme", "Licence", "2024-04-01", "2025-03-31"))
        self.assertEqual(deadline.state, "expired")
        for day in (10, 12, 24):
            self.assertFalse(self._notify(date(2026, 3, day)))

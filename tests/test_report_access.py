import io
import json
from unittest.mock import patch

import openpyxl

from odoo.exceptions import AccessError
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from odoo.addons.deadline_management.wizards import deadline_report_wizard

from .common import ReportCommon


class TestReportAccess(ReportCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deadline = cls._create_deadline(description="acme.example")
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman_all_leads")
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.portal = cls._create_user("portal_user", "base.group_portal")
        cls.report = cls._create_report()

    def _download(self, login, wizard_id, **options):
        if login:
            self.authenticate(login, login)
        return self.url_open(f"/deadline_management/report/{wizard_id}/xlsx", **options)

    def setUp(self):
        super().setUp()
        for user in (self.seller, self.colleague, self.employee, self.portal):
            user.password = user.login

    def test_user_downloads_the_own_report(self):
        response = self._download("seller", self.report.id)
        self.assertEqual(response.status_code, 200)
        self.assertIn("spreadsheetml", response.headers["Content-Type"])
        self.assertIn("Operational%20Report.xlsx", response.headers["Content-Disposition"])
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        sheet = openpyxl.load_workbook(io.BytesIO(response.content))["Deadlines"]
        self.assertEqual(sheet["A2"].value, self.deadline.name)

    def test_report_of_somebody_else_is_not_found(self):
        for login in ("colleague", "employee", "portal_user"):
            self.assertEqual(self._download(login, self.report.id).status_code, 404, login)

    def test_guessed_ids_are_not_found(self):
        for guess in (0, 999_999_999, 2_147_483_647, 2_147_483_648, 10**30, -1, "1e3", "x"):
            self.assertEqual(self._download("seller", guess).status_code, 404, guess)

    def test_visitor_has_to_log_in(self):
        response = self._download(None, self.report.id, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])

    @mute_logger("odoo.http")
    def test_print_of_somebody_else_s_report_is_refused(self):
        url = f"/report/html/deadline_management.report_operational/{self.report.id}"
        self.authenticate("seller", "seller")
        self.assertIn("acme.example", self.url_open(url).text)
        for login in ("colleague", "employee", "portal_user"):
            self.authenticate(login, login)
            response = self.url_open(url)
            self.assertIn(response.status_code, (403, 404), login)
            self.assertNotIn("acme.example", response.text)

    @mute_logger("odoo.http")
    def test_too_many_rows_are_refused_by_the_address_as_well(self):
        report = self._create_report()
        with patch.object(deadline_report_wizard, "XLSX_ROWS", 0):
            self.assertEqual(self._download("seller", report.id).status_code, 422)

    def test_company_of_others_is_not_downloaded(self):
        branch = self.env["res.company"].create({"name": "Overseas"})
        there = self._create_deadline(company_id=branch.id)
        self.report.sudo().company_ids += branch
        self.report.selected_ids = (self.deadline + there).ids
        response = self._download("seller", self.report.id)
        sheet = openpyxl.load_workbook(io.BytesIO(response.content))["Deadlines"]
        references = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
        self.assertEqual(references, [self.deadline.name])

    def test_only_users_of_deadlines_make_reports(self):
        for user in (self.employee, self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.env["deadline.report.wizard"].with_user(user).create({})
            for operation in ("read", "write", "unlink"):
                self.assertFalse(self.report.with_user(user).has_access(operation))

    def test_wizard_belongs_to_whom_it_was_made_by(self):
        report = self.report.with_user(self.colleague)
        for operation in ("read", "write", "unlink"):
            self.assertFalse(report.has_access(operation), operation)
        for action in ("action_view", "action_print", "action_export", "action_save_favorite"):
            with self.assertRaises(AccessError):
                getattr(report, action)()

    @mute_logger("odoo.http")
    def test_portal_gets_nothing_by_rpc(self):
        self.authenticate("portal_user", "portal_user")
        call = {
            "model": "deadline.report.wizard",
            "method": "action_view",
            "args": [[self.report.id]],
            "kwargs": {},
        }
        response = self.url_open(
            "/web/dataset/call_kw",
            data=json.dumps({"params": call}),
            headers={"Content-Type": "application/json"},
        )
        self.assertIn("AccessError", response.json()["error"]["data"]["name"])
        self.assertNotIn("result", response.json())

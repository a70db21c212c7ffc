import csv
import io
from datetime import date

import openpyxl

from odoo.tools import file_open

from .common import ImportCommon

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TestImportTemplate(ImportCommon):
    """The shipped file itself goes through the screen's own calls, so that it cannot rot."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name in ("Officine Rossi S.r.l.", "Studio Bianchi & Associati", "Cantina Verdi"):
            cls._create_customer(name)
        cls._create_product("Domain Name", unit="year")
        cls._create_product("Studio Software Licence", unit="year")
        cls._create_product("Web Hosting")
        cls.origin = cls.env["deadline.origin"].create({"name": "Previous system"})
        cls.bank = cls.env["res.bank"].create({"name": "Banca del Nord"})
        cls.admin = cls._create_user("mitchell", "base.group_user", name="Mitchell Admin")
        # As on the screen: nothing is known of it but what the preview proposes.
        [template] = cls.env["deadline.deadline"].get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            screen = cls._open_file(file.read(), "deadline_deadline.xlsx", XLSX)
        cls.preview = screen.parse_preview({"has_headers": True})
        matches = cls.preview["matches"]
        cls.fields = ["/".join(matches.get(i, ())) for i in range(len(cls.preview["headers"]))]
        cls.env.flush_all()
        cls.result = screen.execute_import(
            cls.fields, cls.preview["headers"], {**cls.preview["options"], "limit": 2000}
        )
        cls.env.invalidate_all()
        cls.deadlines = cls.env["deadline.deadline"].browse(cls.result["ids"] or [])
        cls.deadline_starts = cls.deadlines.mapped("date_start")

    def test_saved_as_csv_by_an_italian_spreadsheet(self):
        def write(value):
            if isinstance(value, date):
                return f"{value:%d/%m/%Y}"
            return f"{value},50" if isinstance(value, int) and value > 3 else value

        self.deadlines.sudo().unlink()
        [template] = self.env["deadline.deadline"].get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as file:
            rows = list(openpyxl.load_workbook(file).active.iter_rows(values_only=True))
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerows([write(value) for value in row] for row in rows)
        result = self._upload(text.getvalue().encode("cp1252"))
        self.assertFalse(result["messages"])
        deadlines = self.env["deadline.deadline"].browse(result["ids"])
        self.assertEqual(deadlines.mapped("amount"), [18.5, 18.5, 20.5, 2880.5, 12.5])
        self.assertEqual(deadlines.mapped("quantity"), [1, 1, 1, 3, 1])
        self.assertEqual(deadlines.mapped("date_start"), self.deadline_starts)

    def test_every_column_is_recognized(self):
        self.assertEqual(
            dict(zip(self.preview["headers"], self.fields, strict=True)),
            {
                "Reference": "name",
                "Customer": "partner_id",
                "Product": "product_id",
                "Description": "description",
                "Quantity": "quantity",
                "Amount": "amount",
                "Currency": "currency_id",
                "Start Date": "date_start",
                "End Date": "date_end",
                "No Notices Before": "notify_from",
                "Renewal of": "previous_id",
                "Origin": "origin_id",
                "Bank": "bank_id",
                "Responsible": "user_id",
                "Notes": "note",
            },
        )

    def test_it_is_imported_whole(self):
        self.assertFalse(self.result["messages"])
        self.assertEqual(len(self.deadlines), 5)

    def test_history_is_a_chain(self):
        first, second, third = self.deadlines[:3]
        self.assertEqual(first.name, "OLD-0001")
        self.assertEqual((second.previous_id, third.previous_id), (first, second))
        self.assertEqual((first + second + third).mapped("state"), ["renewed", "renewed", "active"])

    def test_dates_are_those_of_the_file(self):
        periods = [(str(d.date_start), str(d.date_end)) for d in self.deadlines]
        self.assertEqual(periods[0], ("2024-03-01", "2025-02-28"))
        self.assertEqual(periods[2], ("2026-03-01", "2027-02-28"))
        self.assertEqual(periods[3], ("2026-01-01", "2028-12-31"))
        self.assertEqual(self.deadlines[3].notify_from, date(2028, 6, 1))
        self.assertEqual(self.deadlines[0].notify_from, self.TODAY)

    def test_values_are_those_of_the_file(self):
        first = self.deadlines[0]
        self.assertEqual((first.origin_id, first.bank_id), (self.origin, self.bank))
        self.assertEqual(first.user_id, self.admin)
        self.assertEqual((first.amount, first.quantity), (18, 1))
        self.assertEqual((first.description, first.note), ("officinerossi.example", "First year"))

    def test_the_past_is_expired_and_nobody_is_written_to(self):
        over = self.deadlines[4]
        self.assertEqual((over.state, over.expired_on), ("expired", over.date_end))
        self.assertFalse(self._notify())

    def test_references_count_on(self):
        self.assertNotIn(False, self.deadlines.mapped("name"))
        self.assertEqual(len(set(self.deadlines.mapped("name"))), 5)

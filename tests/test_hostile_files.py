"""Text that a program could take for more than text, in the files that this addon makes."""

import datetime
import io
import zipfile
from types import SimpleNamespace
from urllib.parse import unquote

import freezegun
import openpyxl
import vobject
from lxml import etree
from openpyxl.utils.escape import unescape

from odoo.fields import Command
from odoo.tests import HttpCase

from .common import ImportCommon, NoticeCommon, name_origins

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "{=1+1}",
    "'=1+1",
    " =1+1",
    "\uff1d1+1",
    '=HYPERLINK("http://x.example","y")',
    "=cmd|' /C calc'!A0",
    '=DDE("cmd";"/C calc";"x")',
]
LINKS = [
    "http://x.example",
    "https://x.example/?a=1&b=2",
    "ftp://x.example",
    "mailto:a@example.com",
    "internal:Totals!A1",
    "external:c:\\x.xlsx",
    "file://x/y",
    "javascript:alert(1)",
]
ODDITIES = [
    "a\x01\x08\x0b\x0c\x1f\x7f\x85z",
    "\ufffe\uffff\ufeff",
    "line\r\nline\u2028line",
    "_x0041_ _x000D_",
    "]]><!-- &amp; &#0; <c><f>1+1</f></c> ?>",
    "<r><t>rich</t></r>",
    " leading and trailing ",
    "\u202egnp.exe",
    "true",
    "00012",
    "1e5",
    "31/12/2026",
    "\U0001f4a3",
]
#: Formulas of ours, in the totals.
OURS = ("COUNTIFS(", "ROWS(", "SUMIFS(", "SUM(")


class TestHostileSpreadsheet(NoticeCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.texts = [*FORMULAS, *LINKS, *ODDITIES]
        cls.products = cls.env["product.product"].concat(
            *(cls._create_product(text) for text in cls.texts)
        )
        cls.customers = cls.env["res.partner"].concat(
            *(cls._create_customer(text) for text in cls.texts)
        )
        cls.env["deadline.deadline"].search([]).unlink()
        numbers = range(len(cls.texts))
        origins = cls.env["deadline.origin"].create([{"name": f"{one}"} for one in numbers])
        name_origins(origins, cls.texts)
        banks = cls.env["res.bank"].create([{"name": text} for text in cls.texts])
        for number, text in enumerate(cls.texts):
            cls._create_ending(
                9,
                name=text,
                description=text,
                partner_id=cls.customers[number].id,
                product_id=cls.products[number].id,
                origin_id=origins[number].id,
                bank_id=banks[number].id,
            )
        cls._create_user("reader", "sales_team.group_sale_salesman_all_leads")

    def _download(self, **values):
        """Return the file of a report, as the server sends it."""
        wizards = self.env["deadline.report.wizard"].with_user(
            self.env["res.users"].search([("login", "=", "reader")])
        )
        wizard = wizards.create({"show_origin_id": True, "show_bank_id": True, **values})
        self.authenticate("reader", "reader")
        response = self.url_open(wizard.action_export()["url"])
        self.assertEqual(response.status_code, 200)
        return io.BytesIO(response.content)

    def _read_texts(self, file, name):
        """Return the columns of the rows, by heading, as a spreadsheet shows them."""
        headings, *rows = openpyxl.load_workbook(file)[name].iter_rows(values_only=True)
        columns = zip(*rows, strict=True)
        return {
            heading: {unescape(str(value)).replace("\r", "") for value in column}
            for heading, column in zip(headings, columns, strict=True)
        }

    def test_nothing_is_worked_out_or_followed(self):
        """The file itself is read: no formula but ours, no link, nothing from outside."""
        for group_by in ("none", "commercial_partner_id", "product_id", "origin_id"):
            file = self._download(
                group_by=group_by,
                partner_ids=[Command.set(self.customers.ids)],
                product_ids=[Command.set(self.products.ids)],
            )
            with zipfile.ZipFile(file) as book:
                names = book.namelist()
                parts = {name: etree.fromstring(book.read(name)) for name in names}
            self.assertFalse([name for name in names if "external" in name or "vba" in name])
            for name, part in parts.items():
                tags = {etree.QName(element).localname for element in part.iter("*")}
                self.assertFalse(tags & {"hyperlink", "hyperlinks", "ddeLink", "oleLink"}, name)
                self.assertNotIn("External", [one.get("TargetMode") for one in part.iter("*")])
            for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
                formulas = [one.text for one in parts[name].iter("{*}f")]
                self.assertEqual(bool(formulas), name.endswith("sheet2.xml"), name)
                self.assertFalse([one for one in formulas if not one.startswith(OURS)], group_by)

    def test_no_text_is_lost(self):
        expected = {text.strip().replace("\r", "") for text in self.texts}
        columns = self._read_texts(self._download(), "Deadlines")
        for heading in ("Reference", "Customer", "Product", "Description", "Origin", "Bank"):
            found = {text.strip() for text in columns[heading]}
            self.assertFalse(expected - found, heading)

    def test_groups_keep_their_names(self):
        file = self._download(group_by="commercial_partner_id")
        columns = self._read_texts(file, "Deadlines")
        expected = {text.strip().replace("\r", "") for text in self.texts}
        self.assertFalse(expected - {text.strip() for text in columns["Group"]})

    def test_text_that_is_cut_says_so(self):
        """A cell takes so many units of UTF-16, of which an emoji is two."""
        for text in ("x" * 32_768, "\U0001f4a3" * 16_384, "x" + "\U0001f4a3" * 16_384):
            self.env["deadline.deadline"].search([], limit=1).description = text
            [cut] = [
                one
                for one in self._read_texts(self._download(), "Deadlines")["Description"]
                if len(one) > 1000
            ]
            self.assertTrue(text.startswith(cut[:-1]))
            self.assertEqual(cut[-1], "\u2026")
            self.assertIn(len(cut.encode("utf-16-le")) // 2, (32_766, 32_767))

    def test_text_that_just_fits_is_whole(self):
        for text in ("x" * 32_767, "\U0001f4a3" * 16_383):
            self.env["deadline.deadline"].search([], limit=1).description = text
            columns = self._read_texts(self._download(), "Deadlines")
            self.assertIn(text, columns["Description"])


class TestHostileCalendar(NoticeCommon, HttpCase):
    NAME = (
        "Hosting\r\nEND:VEVENT\nBEGIN:VEVENT\rSUMMARY:evil\x0bATTACH:http://x.example"
        "\u2028URL:http://x.example\x85;X=1:y,z\\n\x01"
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # It asks for the exact type of a date, which a frozen one is not.
        real = {"date": freezegun.api.real_date, "datetime": freezegun.api.real_datetime}
        times = SimpleNamespace(**{**vars(datetime), **real})
        cls.classPatch(vobject.icalendar, "datetime", times)
        cls.yearly.name = cls.NAME
        cls.customer.name = cls.NAME
        cls.deadline = cls._create_ending(5, name=f"DL{cls.NAME}", description=cls.NAME)

    def test_calendar_has_one_event_with_our_properties(self):
        text = self.deadline._get_calendar().decode()
        calendar = vobject.readOne(text)
        [event] = calendar.vevent_list
        self.assertEqual(
            {child.name for child in event.getChildren()},
            {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "TRANSP", "URL"},
        )
        self.assertIn("Hosting END:VEVENT BEGIN:VEVENT SUMMARY:evil", event.summary.value)
        self.assertIn(";X=1:y,z\\n", event.summary.value)
        self.assertNotIn("x.example", event.url.value)

    def test_no_program_finds_a_line_that_is_not_ours(self):
        """Some break lines at more characters than the format does."""
        lines = self.deadline._get_calendar().decode().splitlines()
        self.assertFalse([line for line in lines if line and not line[:1].isascii()])
        allowed = ("BEGIN:", "END:V", "VERSION", "PRODID", "UID", "DT", "SUMMARY", "URL", " ")
        allowed += ("TRANSP:TRANSPARENT",)
        self.assertFalse([line for line in lines if not line.startswith(allowed)])
        self.assertEqual(sum(line == "BEGIN:VEVENT" for line in lines), 1)
        self.assertFalse({chr(code) for code in range(32)} & set("".join(lines)))

    def test_file_names_are_names(self):
        """Whatever a customer is called: one header, and no way out of a folder."""
        self.customer.name = (
            '..\\..//x"; filename=evil.exe\r\nSet-Cookie: a=b\n\u65e5\u672c\U0001f4a3'
        )
        self._create_user("ann", "base.group_portal").partner_id.parent_id = self.customer
        self.authenticate("ann", "ann")
        for url in (
            f"/my/deadlines/{self.deadline.id}/calendar",
            "/my/deadlines/statement",
            f"/my/deadlines/{self.deadline.id}?report_type=pdf&download=1",
        ):
            response = self.url_open(url)
            self.assertEqual(response.status_code, 200, url)
            header = response.headers["Content-Disposition"]
            kind, _, name = header.partition("; filename*=UTF-8''")
            self.assertIn(kind, ("attachment", "inline"))
            self.assertRegex(name, r"^[\w.~%-]+$")
            self.assertRegex(unquote(name), r"(?s)\.(pdf|ics)$")
            self.assertNotIn("a=b", response.headers.get("Set-Cookie", ""))
        self.assertIn(
            "%E6%97%A5", self.url_open("/my/deadlines/statement").headers["Content-Disposition"]
        )


class TestHostileImport(ImportCommon):
    COLUMNS = ["partner_id", "product_id", "date_start", "date_end", "description", "note"]

    def _get_row(self, text):
        quoted = '"' + text.replace('"', '""') + '"'
        return ["Acme", "Hosting", "2026-03-01", "2026-03-31", quoted, quoted]

    def test_text_is_imported_as_it_is(self):
        for text in [*FORMULAS, *LINKS, *ODDITIES]:
            if "\r" in text or "\n" in text or text != text.strip():
                continue  # which the reader of the file makes one of
            with self.subTest(text=text):
                deadline = self._import_well(self.COLUMNS, self._get_row(text))
                self.assertEqual(deadline.description, text)
                self.assertEqual(deadline.note, text)

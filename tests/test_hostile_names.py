"""Names that are code: shown as text on the portal, in e-mails, on paper and in files."""

import io
from datetime import date

import openpyxl
from lxml import html

from odoo.tests import HttpCase

from odoo.addons.deadline_management.report.deadline_report_table import Table
from odoo.addons.deadline_management.report.deadline_report_xlsx import Workbook

from .common import MultipackCommon

CODE = "<script>alert('zyx')</script><img src=x onerror=alert('zyx')>"
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://x","y")']


class TestHostileNames(MultipackCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"name": CODE, "street": CODE, "ref": CODE})
        (cls.monthly + cls.yearly + cls.course + cls.coaching + cls.pack).write({"name": CODE})
        cls.deadline = cls._create_ending(5, description=CODE, note=CODE)
        cls.multipack = cls._sell_multipack(client_order_ref=CODE)
        cls.multipack.installment_ids[:1]._invoice()
        cls.ann = cls._create_user(
            "ann", "base.group_portal", partner_id=cls.customer.id, password="ann"
        )

    def _assert_harmless(self, content, about):
        """See that the name is shown, as text: no element or attribute comes out of it."""
        text = content.decode() if isinstance(content, bytes) else str(content)
        self.assertIn("zyx", text, about)
        tree = html.fromstring(text)
        # Odoo's own scripts hold names too, in JSON.
        scripts = tree.xpath("//script/text()")
        self.assertFalse([one for one in scripts if one.strip() and one.strip() in CODE], about)
        self.assertFalse(tree.xpath("//*[contains(@onerror, 'zyx')]"), about)
        self.assertFalse(tree.xpath("//img[@src='x']"), about)

    def test_portal(self):
        self.authenticate("ann", "ann")
        for url in (
            "/my/deadlines?groupby=product_id&filterby=all",
            f"/my/deadlines?search={CODE}",
            f"/my/deadlines/{self.deadline.id}",
            f"/my/deadlines/{self.deadline.id}?report_type=html",
            "/my/deadlines/statement",
            "/my/multipacks",
            f"/my/multipacks/{self.multipack.id}",
            f"/my/multipacks/{self.multipack.id}?report_type=html",
            f"/my/orders/{self.multipack.order_id.id}",
        ):
            page = self.url_open(url)
            self.assertEqual(page.status_code, 200, url)
            self._assert_harmless(page.content, url)

    def test_notices(self):
        notice = self.env["deadline.notice"]._send_now(self.deadline)
        self._assert_harmless(notice.mail_id.body_html or notice.body, "notice")
        _subject, body = self.env["deadline.notice"]._render_preview(self.deadline)
        self._assert_harmless(body, "preview")

    def test_withdrawal(self):
        withdrawal = self._leave(self.multipack, date(2026, 4, 30), note=CODE)
        report = self.env["ir.actions.report"]
        for name in self.env["ir.actions.report"].search(
            [("model", "=like", "deadline.%"), ("report_type", "=", "qweb-pdf")]
        ):
            model = self.env[name.model]
            record = withdrawal if model._name == withdrawal._name else model.search([], limit=1)
            if model._transient or not record:
                continue
            content, _kind = report._render_qweb_html(name.report_name, record.ids)
            with self.subTest(report=name.report_name):
                self._assert_harmless(content, name.report_name)

    def test_chatter(self):
        withdrawal = self._leave(self.multipack, date(2026, 4, 30), note=CODE)
        for record in (self.deadline, self.multipack, self.multipack.order_id, withdrawal):
            for body in record.message_ids.mapped("body"):
                for text in ("<script", "<img"):
                    self.assertNotIn(text, body, record)

    def test_spreadsheet_holds_text(self):
        """What begins like a formula is written as text, which a spreadsheet does not work out."""
        products = [self._create_product(name) for name in FORMULAS]
        for product, text in zip(products, FORMULAS, strict=True):
            self._create_ending(9, product_id=product.id, description=text)
        wizard = self.env["deadline.report.wizard"].with_user(self.seller).create({})
        file = io.BytesIO()
        Workbook(Table(wizard._with_companies()), file).fill()
        sheet = openpyxl.load_workbook(file)["Deadlines"]
        cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
        self.assertNotIn("f", {cell.data_type for cell in cells})
        self.assertFalse([cell for cell in cells if cell.hyperlink])
        values = {str(cell.value).strip() for cell in cells}
        self.assertIn("=1+1", values)

from datetime import date

from odoo.addons.deadline_management.report import deadline_report
from odoo.addons.deadline_management.report.deadline_report import Layout
from odoo.addons.deadline_management.report.deadline_report_pages import count_lines, measure
from odoo.addons.deadline_management.report.deadline_report_table import Table

from .common import OPERATIONAL, PrintCommon, count_pages

LANGUAGES = ("en_US", "it_IT", "es_ES", "fr_FR", "de_DE")


class TestReportLayout(PrintCommon):
    """Whatever is printed, in whatever language, a page holds what is laid out for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for language in LANGUAGES:
            cls.env["res.lang"]._activate_lang(language)
        module = cls.env.ref("base.module_deadline_management")
        module._update_translations(LANGUAGES[1:], overwrite=True)
        fields = cls.env["deadline.report.wizard"]._fields
        cls.every_column = {name: True for name in fields if name.startswith("show_")}

    def _lay_out(self, language="en_US", **values):
        return Layout(Table(self._create_report(**values).with_context(lang=language)))

    def test_every_column_fits_in_every_language(self):
        self._create_deadline(amount=9_999_999.99)
        labels = set()
        for language in LANGUAGES:
            layout = self._lay_out(language, **self.every_column)
            labels.add(layout.table.columns[6].label)
            width = sum(layout.widths.values()) * layout.scale
            self.assertAlmostEqual(width, deadline_report.PAGE_WIDTH, 3, language)
            for column in layout.table.columns:
                word = max(map(measure, column.label.split()))
                self.assertGreater(layout.widths[column.name], word, (language, column.label))
        self.assertEqual(len(labels), len(LANGUAGES), labels)

    def test_columns_of_names_keep_a_width_to_read_in(self):
        self._create_deadline()
        for language in LANGUAGES:
            layout = self._lay_out(language, **self.every_column)
            for name in ("partner_id", "product_id", "description"):
                self.assertGreater(layout.widths[name], measure("x" * 15), (language, name))
            for name in ("user_id", "company_id", "origin_id", "bank_id"):
                self.assertGreater(layout.widths[name], measure("x" * 10), (language, name))

    def test_usual_columns_are_printed_in_the_usual_size(self):
        self._create_deadline()
        for language in LANGUAGES:
            self.assertEqual(self._lay_out(language).scale, 1, language)

    def test_font_is_as_small_as_the_columns_need(self):
        self._create_deadline()
        usual, most = self._lay_out(), self._lay_out(**self.every_column)
        self.assertLess(most.scale, usual.scale)
        [page] = self._print(**self.every_column)
        self.assertEqual(page.get("style"), f"font-size: {11 * most.scale:.2f}pt")

    def test_amount_has_room_for_the_largest_total(self):
        for _number in range(3):
            self._create_deadline(amount=987_654_321.99)
        layout = self._lay_out()
        total = self.company.currency_id.format(3 * 987_654_321.99)
        self.assertGreater(layout.widths["amount"], measure(total))

    def test_smaller_font_brings_more_rows_to_a_page(self):
        self.env["deadline.deadline"].create(
            [
                {"partner_id": self.customer.id, "product_id": self.monthly.id}
                | {"date_start": date(2026, 1, 1)}
                for _number in range(60)
            ]
        )
        layout = self._lay_out()
        usual = len(layout.get_pages(0)[0][1])
        layout.scale = 0.5
        self.assertGreater(len(layout.get_pages(0)[0][1]), usual * 1.5)

    def test_no_page_is_laid_out_for_more_than_it_holds(self):
        for number in range(90):
            self._create_deadline(
                description="several words that take some lines " * (number % 4),
                partner_id=(self.customer, self.other)[number % 2].id,
            )
        for scale, values in ((1, {}), (None, self.every_column)):
            layout = self._lay_out(group_by="commercial_partner_id", **values)
            self.assertEqual(scale or layout.scale, layout.scale)
            capacity = deadline_report.PAGE_HEIGHT / layout.scale
            for _group, lines in layout.get_pages(2):
                self.assertLessEqual(sum(map(self._get_height(layout), lines)), capacity)

    def _get_height(self, layout):
        def measure_height(line):
            if line.kind != "row":
                return deadline_report.ROW
            lines = max(
                count_lines(text, layout.widths[column.name] - deadline_report.PADDING)
                for column, text in zip(layout.table.columns, line.cells, strict=True)
            )
            self.assertLessEqual(lines, deadline_report.MAX_LINES)
            return deadline_report.ROW + (lines - 1) * deadline_report.LINE

        return measure_height

    def test_wkhtmltopdf_needs_no_further_page_for_all_columns(self):
        """In German, whose words are the longest."""
        for number in range(80):
            self._create_deadline(
                partner_id=(self.customer, self.other)[number % 2].id,
                description=f"a-host-of-some-length-{number}.example.com",
                amount=123_456.78,
            )
        report = self._create_report(group_by="date_end:month", **self.every_column)
        self.seller.lang = "de_DE"
        reports = self.env["ir.actions.report"].with_user(self.seller).with_context(lang="de_DE")
        pages = Layout(Table(report.with_context(lang="de_DE"))).get_pages(1)
        self.assertGreater(len(pages), 2)
        self.assertEqual(count_pages(reports, OPERATIONAL, report.ids), len(pages))

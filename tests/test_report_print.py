import doctest
from datetime import date
from unittest.mock import patch

from odoo.exceptions import MissingError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from odoo.addons.deadline_management.report import deadline_report_pages
from odoo.addons.deadline_management.report.deadline_report_pages import Item, paginate
from odoo.addons.deadline_management.wizards import deadline_report_wizard

from .common import OPERATIONAL, PrintCommon, count_pages


@tagged("post_install", "-at_install")
class TestReportPages(BaseCase):
    def test_examples(self):
        result = doctest.testmod(deadline_report_pages)
        self.assertTrue(result.attempted)
        self.assertFalse(result.failed)

    def test_nothing_is_lost_and_no_page_is_too_full(self):
        items = [Item(n, 1 + n % 3, keeps_next=n % 7 == 3, heading="group") for n in range(300)]
        pages = paginate(items, 20, 8, 2)
        self.assertEqual([item.content for page in pages for item in page], list(range(300)))
        self.assertLessEqual(sum(item.height for item in pages[0]), 12)
        for page in pages[1:]:
            self.assertLessEqual(sum(item.height for item in page), 18)
            self.assertFalse(page[-1].keeps_next)

    def test_what_no_page_holds_is_printed_all_the_same(self):
        self.assertEqual(
            [len(page) for page in paginate([Item(n, 9) for n in range(3)], 5, 2, 1)], [1] * 3
        )

    def test_without_rows_there_is_a_page(self):
        self.assertEqual(paginate([], 10, 2, 1), [[]])


class TestReportPrint(PrintCommon):
    def test_heading_says_who_what_and_when(self):
        self._create_deadline(date_end=date(2026, 3, 20))
        [page] = self._print(end_period="this_month", product_ids=[Command.set(self.monthly.ids)])
        text = " ".join(page.text_content().split())
        for words in (
            self.company.name,
            "Operational Report",
            "End Date: 03/01/2026 to 03/31/2026",
            "Products: Hosting",
            "Page 1 / 1",
            "3/10/26",
        ):
            self.assertIn(words, text)

    def test_rows_have_the_columns_asked_for(self):
        deadline = self._create_deadline(amount=1234.5, date_end=date(2026, 6, 30))
        [page] = self._print(show_description=False, show_user_id=False, show_quantity=True)
        [heads] = [[cell.text for cell in row] for row in page.xpath(".//thead/tr")]
        [row] = self._get_texts(page, "row")
        self.assertEqual(
            dict(zip(heads, row, strict=True)),
            {
                "Reference": deadline.name,
                "Customer": "Acme",
                "Product": "Hosting",
                "Quantity": "1.00",
                "Start Date": "01/31/2026",
                "End Date": "06/30/2026",
                "Status": "Active",
                "Amount": self.company.currency_id.format(1234.5),
            },
        )

    def test_groups_have_headings_and_subtotals(self):
        for partner, amount in ((self.customer, 5), (self.other, 7), (self.customer, 11)):
            self._create_deadline(partner_id=partner.id, amount=amount)
        [page] = self._print(group_by="commercial_partner_id")
        show = self.company.currency_id.format
        self.assertEqual(self._get_texts(page, "heading"), [["Acme"], ["Bolt"]])
        self.assertEqual(
            self._get_texts(page, "total"),
            [["Total of Acme (2)", show(16)], ["Total of Bolt (1)", show(7)]],
        )
        self.assertEqual(self._get_texts(page, "grand"), [["Total (3)", show(23)]])

    def test_currencies_are_added_up_apart_and_in_that_of_the_company(self):
        dollar = self._create_foreign("DOL", 2.0)
        self._create_deadline(amount=100)
        self._create_deadline(amount=50, currency_id=dollar.id)
        [page] = self._print()
        show = self.company.currency_id.format
        lines = self._get_texts(page, "grand")
        self.assertCountEqual(
            lines[:2],
            [
                ["Total (1)", show(100), show(100)],
                ["Total (1)", dollar.format(50), show(25)],
            ],
        )
        self.assertEqual(lines[2:], [["Total (2)", "", show(125)]])

    def test_without_amounts_deadlines_are_counted(self):
        self._create_deadline()
        [page] = self._print(show_amount=False)
        self.assertEqual(self._get_texts(page, "grand"), [["Total (1)"]])

    def test_text_is_escaped(self):
        self._create_deadline(description="<script>alert(1)</script>")
        [page] = self._print()
        self.assertFalse(page.xpath(".//script"))
        self.assertIn("<script>alert(1)", page.text_content())

    def test_endless_text_is_cut(self):
        self._create_deadline(description="word " * 4000)
        [page] = self._print()
        [row] = self._get_texts(page, "row")
        self.assertTrue(any(cell.endswith("…") and len(cell) < 200 for cell in row))

    def test_nothing_found_is_said(self):
        [page] = self._print()
        self.assertIn("No deadline meets these criteria.", page.text_content())

    def test_every_page_has_the_head_and_the_name_of_its_group(self):
        self.env["deadline.deadline"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.monthly.id,
                    "date_start": date(2026, 1, 1),
                    "description": f"host{number}.example",
                }
                for number in range(100)
            ]
        )
        pages = self._print(group_by="product_id")
        self.assertGreater(len(pages), 2)
        for number, page in enumerate(pages, 1):
            self.assertEqual(len(page.xpath(".//thead")), 1)
            self.assertIn(f"Page {number} / {len(pages)}", " ".join(page.text_content().split()))
            continued = "" if number == 1 else " (continued)"
            [heading] = self._get_texts(page, "heading")[0]
            self.assertEqual(" ".join(heading.split()), f"Hosting{continued}")
        self.assertEqual(sum(len(page.find_class("o_deadline_row")) for page in pages), 100)
        for page in pages:
            kinds = [row.get("class") for row in page.xpath(".//tbody/tr")]
            self.assertNotEqual(kinds[-1], "o_deadline_heading")
            self.assertTrue("o_deadline_row" in kinds)

    def test_too_many_rows_are_refused_with_their_number(self):
        for _number in range(4):
            self._create_deadline()
        report = self._create_report()
        with patch.object(deadline_report_wizard, "PDF_ROWS", 3):
            with self.assertRaisesRegex(UserError, "4 deadlines are too many .* XLSX"):
                report.action_print()
            with self.assertRaisesRegex(UserError, "4 deadlines are too many"):
                self._render(report)
            self.assertEqual(report.action_export()["type"], "ir.actions.act_url")
        with (
            patch.object(deadline_report_wizard, "XLSX_ROWS", 3),
            self.assertRaisesRegex(UserError, "4 deadlines .* in parts"),
        ):
            report.action_export()
        self.assertEqual(report.action_print()["report_name"], OPERATIONAL)

    def test_report_that_is_gone_is_said(self):
        report = self._create_report()
        ids = report.ids
        report.unlink()
        for docids in (ids, [], None):
            with self.assertRaises(MissingError):
                self.env[f"report.{OPERATIONAL}"]._get_report_values(docids)

    def test_wkhtmltopdf_makes_as_many_pages(self):
        for number in range(70):
            self._create_deadline(
                partner_id=(self.customer, self.other)[number % 2].id,
                description="a name so long that it takes more lines than one " * (number % 3),
            )
        report = self._create_report(group_by="commercial_partner_id")
        reports = self.env["ir.actions.report"].with_user(self.seller)
        pages = count_pages(reports, OPERATIONAL, report.ids)
        self.assertEqual(pages, len(self._render(report)))

from datetime import date, datetime

from odoo.tools import SQL

from .common import SpreadsheetCommon

NAME = "(SELECT name FROM res_partner p WHERE p.id = deadline_deadline.commercial_partner_id)"
ORIGIN = "(SELECT name->>'en_US' FROM deadline_origin o WHERE o.id = deadline_deadline.origin_id)"
USER = """(SELECT p.name FROM res_users u JOIN res_partner p ON p.id = u.partner_id
    WHERE u.id = deadline_deadline.user_id)"""
GROUPS = {
    "commercial_partner_id": NAME,
    "product_id": "product_id",
    "date_end:month": "to_char(date_end, 'FMMonth YYYY')",
    "origin_id": ORIGIN,
    "user_id": USER,
}


class TestReportGroups(SpreadsheetCommon):
    """The spreadsheet of each grouping, read back and compared with sums of the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fair, shop = cls.env["deadline.origin"].create([{"name": "Fair"}, {"name": "Shop"}])
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman_all_leads")
        for number in range(20):
            cls._create_deadline(
                partner_id=(cls.customer, cls.other)[number % 2].id,
                product_id=(cls.monthly, cls.yearly)[number % 3 == 0].id,
                origin_id=(fair.id, shop.id, False)[number % 3],
                user_id=(cls.seller.id, cls.colleague.id, False)[number % 4 % 3],
                amount=10.37 * (number + 1),
                date_end=date(2026, 2 + number % 3, 28),
            )

    def _sum_by_sql(self, column):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT %s, count(*), sum(amount) FROM deadline_deadline"
                " WHERE company_id = %s GROUP BY 1",
                SQL(column),
                self.company.id,
            )
        )
        return {row[0]: [float(one) for one in row[1:]] for row in self.env.cr.fetchall()}

    def _get_names(self, group_by):
        """Return {what the database calls a group: what the spreadsheet does}."""
        names = {None: "None"}
        if group_by == "product_id":
            names |= {product.id: product.display_name for product in self.monthly + self.yearly}
        return names

    def test_subtotals_equal_those_of_the_database(self):
        for group_by, column in GROUPS.items():
            formulas, book = self._read(group_by=group_by)
            heading = dict(
                self.env["deadline.report.wizard"]
                ._fields["group_by"]
                ._description_selection(self.env)
            )[group_by]
            names = self._get_names(group_by)
            expected = {
                names.get(key, key): values for key, values in self._sum_by_sql(column).items()
            }
            *groups, total = self._get_totals(book["Totals"])
            self.assertEqual(len(groups), len(expected), group_by)
            for line in groups:
                count, amount = expected.pop(line[heading])
                self.assertEqual(line["Deadlines"], count)
                self.assertAlmostEqual(line["Amount"], amount, 2)
            self.assertEqual(total[heading], "Total")
            self.assertEqual(total["Deadlines"], 20)
            self.assertEqual(self._assert_formulas(formulas, book), 2 * len(groups) + 2)

    def test_subtotals_follow_from_the_rows(self):
        for group_by in GROUPS:
            _formulas, book = self._read(group_by=group_by)
            sums = {}
            for row in self._get_rows(book["Deadlines"]):
                sums.setdefault(row["Group"], []).append(row["Amount"])
            heading, *_others = self._get_totals(book["Totals"])[0]
            for line in self._get_totals(book["Totals"])[:-1]:
                amounts = sums.pop(line[heading])
                self.assertEqual(line["Deadlines"], len(amounts))
                self.assertAlmostEqual(line["Amount"], sum(amounts), 2)
            self.assertFalse(sums)

    def test_groups_are_numbered_in_their_order(self):
        rows = self._get_rows(self._read(group_by="date_end:month")[1]["Deadlines"])
        numbers = [row["No."] for row in rows]
        self.assertEqual(numbers, sorted(numbers))
        self.assertEqual(
            list(dict.fromkeys(row["Group"] for row in rows)),
            ["February 2026", "March 2026", "April 2026"],
        )

    def test_filter_covers_all_columns_and_rows(self):
        for values, ref in (({}, "A1:I21"), ({"group_by": "user_id"}, "A1:K21")):
            sheet = self._read(**values)[0]["Deadlines"]
            self.assertEqual(sheet.auto_filter.ref, ref)
            self.assertEqual(sheet.freeze_panes, "A2")

    def test_numbers_are_numbers_and_dates_are_dates(self):
        _formulas, book = self._read(
            group_by="product_id", show_days_left=True, show_quantity=True, show_amount_company=True
        )
        for row in self._get_rows(book["Deadlines"]):
            for name in ("No.", "Days Left", "Quantity", "Amount", "Amount in Company Currency"):
                self.assertIsInstance(row[name], (int, float), name)
            for name in ("Start Date", "End Date"):
                self.assertIsInstance(row[name], datetime, name)

    def test_quantity_is_shown_as_in_the_print(self):
        """Optional digits would show a quantity of 2 as "2."."""
        sheet = self._read(show_quantity=True)[0]["Deadlines"]
        place = [cell.value for cell in sheet[1]].index("Quantity")
        self.assertEqual(sheet[2][place].number_format, "#,##0.00")
        self.env.ref("uom.decimal_product_uom").digits = 0
        sheet = self._read(show_quantity=True)[0]["Deadlines"]
        self.assertEqual(sheet[2][place].number_format, "#,##0")

    def test_words_are_those_of_the_reader(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.env.ref("base.module_deadline_management")._update_translations(["it_IT"], True)
        report = self._create_report(group_by="date_end:month").with_context(lang="it_IT")
        book = self._read_report(report)[1]
        self.assertNotIn("Deadlines", book.sheetnames)
        texts = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
        self.assertIn("febbraio 2026", texts)
        self.assertIn("Importo", texts)
        self.assertNotIn("Amount", texts)

from datetime import date, datetime

from odoo.fields import Command

from .common import SpreadsheetCommon


class TestReportXlsx(SpreadsheetCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls._create_foreign("DOL", 2.0)

    def test_cells_are_dates_numbers_and_text(self):
        deadline = self._create_deadline(
            amount=1234.5, description="acme.example", date_end=date(2026, 6, 30), quantity=2
        )
        _formulas, book = self._read(show_quantity=True)
        [row] = self._get_rows(book["Deadlines"])
        self.assertEqual(row["Reference"], deadline.name)
        self.assertEqual((row["Customer"], row["Product"]), ("Acme", "Hosting"))
        self.assertEqual(row["End Date"], datetime(2026, 6, 30))
        self.assertEqual((row["Quantity"], row["Amount"]), (2, 1234.5))
        self.assertEqual((row["Description"], row["Status"]), ("acme.example", "Active"))
        sheet = book["Deadlines"]
        self.assertTrue(next(cell for cell in sheet[2] if cell.is_date))

    def test_head_stays_and_filters(self):
        self._create_deadline()
        self._create_deadline()
        sheet = self._read()[0]["Deadlines"]
        self.assertEqual(sheet.freeze_panes, "A2")
        self.assertEqual(sheet.auto_filter.ref, "A1:I3")
        self.assertGreater(sheet.column_dimensions["B"].width, 20)

    def test_totals_equal_those_of_the_database(self):
        for number in range(12):
            self._create_deadline(
                partner_id=(self.customer, self.other)[number % 2].id,
                currency_id=(self.company.currency_id, self.dollar)[number % 3 == 0].id,
                amount=10.37 * number,
            )
        formulas, book = self._read(group_by="commercial_partner_id")
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT p.name, c.name, count(*), sum(amount), sum(amount_company)
            FROM deadline_deadline d JOIN res_partner p ON p.id = d.commercial_partner_id
            JOIN res_currency c ON c.id = d.currency_id GROUP BY 1, 2
            """
        )
        expected = {row[:2]: [float(one) for one in row[2:]] for row in self.env.cr.fetchall()}
        totals = self._get_totals(book["Totals"])
        for line in totals:
            if line["Customer"] == "Total" or not line["Currency"]:
                continue
            count, amount, company = expected.pop((line["Customer"], line["Currency"]))
            self.assertEqual(line["Deadlines"], count)
            self.assertAlmostEqual(line["Amount"], amount, 2)
            self.assertAlmostEqual(line["Amount in Company Currency"], company, 2)
        self.assertFalse(expected)
        # per group two currencies and what they come to, and the same for all: three figures
        # each, but for the amount where currencies are mixed
        self.assertEqual(self._assert_formulas(formulas, book), 3 * (3 + 3 + 2))

    def test_one_currency_needs_no_column_for_it(self):
        self._create_deadline(amount=5)
        self._create_deadline(amount=7)
        formulas, book = self._read()
        self.assertNotIn("Currency", self._get_rows(book["Deadlines"])[0])
        [total] = self._get_totals(book["Totals"])
        self.assertEqual((total["Deadlines"], total["Amount"]), (2, 12))
        self.assertEqual(self._assert_formulas(formulas, book), 2)

    def test_amounts_are_shown_in_their_currency(self):
        yen = self._create_foreign("YEN", 150.0)
        yen.write({"rounding": 1, "symbol": "Y", "position": "before"})
        self._create_deadline(currency_id=yen.id, amount=1500, date_end=date(2026, 3, 20))
        self._create_deadline(currency_id=self.dollar.id, date_end=date(2026, 3, 21))
        sheet = self._read()[0]["Deadlines"]
        place = [cell.value for cell in sheet[1]].index("Amount")
        formats = [row[place].number_format for row in sheet.iter_rows(min_row=2)]
        self.assertEqual(formats, ['"Y" #,##0', '#,##0.00 "DOL"'])

    def test_customers_of_the_same_name_are_not_mixed_up(self):
        twin = self._create_customer("Bolt")
        self._create_deadline(partner_id=self.other.id, amount=5)
        self._create_deadline(partner_id=twin.id, amount=7)
        formulas, book = self._read(group_by="commercial_partner_id")
        totals = self._get_totals(book["Totals"])
        self.assertEqual(sorted(line["Amount"] for line in totals), [5, 7, 12])
        self._assert_formulas(formulas, book)

    def test_formula_stays_text(self):
        evil = ["=1+1", "+1", "-1", "@SUM(1)", "{=1}", "http://x.example", "\t=1", "mailto:a@b.c"]
        for text in evil:
            self._create_deadline(description=text)
        self.customer.name = "=cmd|' /C calc'!A0"
        formulas, _cached = self._read(group_by="commercial_partner_id")
        sheet = formulas["Deadlines"]
        cells = [cell for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
        self.assertFalse([cell.value for cell in cells if cell.hyperlink])
        found = {row["Description"] for row in self._get_rows(sheet)}
        self.assertEqual(found, set(evil))
        labels = [row[0] for row in formulas["Totals"].iter_rows()]
        label = next(cell for cell in labels if str(cell.value).startswith("=cmd"))
        self.assertEqual(label.data_type, "s")

    def test_text_that_looks_like_markup_stays_text(self):
        text = "<r><t>rich</t></evil></r>"
        self._create_deadline(description=text)
        self._create_deadline(description="<b>&amp;</b>\x07")
        rows = self._get_rows(self._read()[1]["Deadlines"])
        self.assertEqual(rows[0]["Description"].strip(), text)
        self.assertTrue(rows[1]["Description"].startswith("<b>&amp;</b>"))

    def test_endless_text_is_cut_to_what_a_cell_holds(self):
        self._create_deadline(description="x" * 40_000)
        [row] = self._get_rows(self._read()[1]["Deadlines"])
        self.assertEqual(row["Description"], "x" * 32_766 + "\u2026")

    def test_days_before_spreadsheets_began_are_text(self):
        self._create_deadline(
            date_start=date(1890, 1, 1), date_end=date(1900, 3, 1), duration_count=11
        )
        [row] = self._get_rows(self._read()[1]["Deadlines"])
        self.assertEqual(row["Start Date"], "1890-01-01")
        self.assertEqual(row["End Date"], datetime(1900, 3, 1))

    def test_criteria_stand_beside_the_totals(self):
        self._create_deadline(date_end=date(2026, 3, 20))
        book = self._read(end_period="this_month", product_ids=[Command.set(self.monthly.ids)])[1]
        rows = [row[:2] for row in book["Totals"].iter_rows(values_only=True)]
        self.assertIn(("Company", self.company.name), rows)
        self.assertIn(("End Date", "03/01/2026 to 03/31/2026"), rows)
        self.assertIn(("Products", "Hosting"), rows)

    def test_without_deadlines_there_is_a_head_and_a_zero(self):
        _formulas, book = self._read(group_by="product_id")
        self.assertFalse(self._get_rows(book["Deadlines"]))
        [total] = self._get_totals(book["Totals"])
        self.assertFalse(total["Deadlines"])

    def test_without_amounts_deadlines_are_counted(self):
        self._create_deadline()
        self._create_deadline(currency_id=self.dollar.id)
        formulas, book = self._read(show_amount=False)
        [total] = self._get_totals(book["Totals"])
        self.assertEqual(total["Deadlines"], 2)
        self.assertEqual(self._assert_formulas(formulas, book), 1)

import doctest
import io

import openpyxl

from odoo.tests import BaseCase, tagged

from odoo.addons.deadline_management.models import numerals

from .common import ImportCommon

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = "Customer;Product;Start Date;End Date;Amount;Quantity"


@tagged("post_install", "-at_install")
class TestNumerals(BaseCase):
    def test_examples(self):
        failures, tried = doctest.testmod(numerals)
        self.assertTrue(tried)
        self.assertFalse(failures)


class TestImportNumbers(ImportCommon):
    """An amount is never taken for a hundred or a thousand times as much."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.EUR").active = True

    def _file(self, *amounts, quantities=(), head=HEAD):
        quantities = [*quantities, *["1"] * len(amounts)]
        rows = [
            f"Acme;Hosting;2026-03-01;2026-03-31;{amount};{quantity}"
            for amount, quantity in zip(amounts, quantities, strict=False)
        ]
        return "\n".join([head, *rows])

    def _read(self, *amounts, **options):
        result = self._upload(self._file(*amounts), **options)
        self.assertFalse(result["messages"])
        return self.env["deadline.deadline"].browse(result["ids"]).mapped("amount")

    def _refuse(self, *amounts, **values):
        result = self._upload(self._file(*amounts, **values))
        self.assertFalse(result["ids"])
        return {message["record"]: message["message"] for message in result["messages"]}

    def test_decimal_commas(self):
        self.assertEqual(
            self._read("80,00", "149,90", "1.250,00", "(120,00)", "7", "1.200", "-5,5", "80,"),
            [80, 149.9, 1250, -120, 7, 1200, -5.5, 80],
        )

    def test_decimal_points(self):
        self.assertEqual(
            self._read("80.00", "1,250.00", "1,200", "1,000,000.5", "0.125"),
            [80, 1250, 1200, 1000000.5, 0.13],
        )

    def test_currency_signs_and_gaps(self):
        self.assertEqual(
            self._read("€ 80,00", "149,90 €", "USD 1.250,00", "1 200,50", "(€ 12,00)", "1'000"),
            [80, 149.9, 1250, 1200.5, -12, 1000],
        )

    def test_users_of_other_languages(self):
        for code in ("it_IT", "de_DE", "fr_FR", "es_ES"):
            self.env["res.lang"]._activate_lang(code)
            self.seller.lang = code
            with self.subTest(code):
                result = self._upload(self._file("80,00", "1.200,00"))
                found = self.env["deadline.deadline"].browse(result["ids"] or [])
                self.assertEqual(found.mapped("amount"), [80, 1200])

    def test_encodings(self):
        for encoding in ("utf-8-sig", "utf-16", "cp1252"):
            with self.subTest(encoding):
                result = self._upload(self._file("80,00", "€ 149,90").encode(encoding))
                found = self.env["deadline.deadline"].browse(result["ids"] or [])
                self.assertEqual(found.mapped("amount"), [80, 149.9])

    def test_quantities_too(self):
        result = self._upload(self._file("80,00", "80,00", quantities=["2,5", "1,25"]))
        found = self.env["deadline.deadline"].browse(result["ids"])
        self.assertEqual(found.mapped("quantity"), [2.5, 1.25])

    def test_what_may_be_two_numbers_is_asked(self):
        for text in ("1.200", "1,200"):
            with self.subTest(text):
                messages = self._refuse("80", text)
                self.assertEqual(list(messages), [3])
                self.assertIn(f"“{text}” in “Amount” may be 1.2 or 1200", messages[3])

    def test_the_answer_on_the_screen(self):
        self.assertEqual(self._read("1.200", float_thousand_separator="."), [1200])
        self.assertEqual(self._read("1.200", float_thousand_separator=","), [1.2])
        self.assertEqual(self._read("1,200", float_thousand_separator=","), [1200])

    def test_a_column_answers_for_itself_alone(self):
        messages = self._refuse("80,00", "1.200,00", quantities=["1.000", "1"])
        self.assertEqual(list(messages), [2])
        self.assertIn("“1.000” in “Quantity”", messages[2])

    def test_a_column_at_odds_with_itself(self):
        messages = self._refuse("80,00", "149.90", "1.200")
        self.assertEqual(list(messages), [4])

    def test_what_is_said_in_a_later_batch_holds_for_the_first(self):
        content = self._file("1.200", "80,00")
        result = self._upload(content, limit=1)
        self.assertEqual(self.env["deadline.deadline"].browse(result["ids"]).amount, 1200)
        result = self._upload(content, limit=1, skip=1)
        self.assertEqual(self.env["deadline.deadline"].browse(result["ids"]).amount, 80)

    def test_the_screen_proposes_what_the_file_asks_for(self):
        def propose(*amounts):
            screen = self._open_file(self._file(*amounts).encode())
            options = screen.parse_preview({**self.OPTIONS, "separator": ";"})["options"]
            return options["float_thousand_separator"], options["float_decimal_separator"]

        self.assertEqual(propose("80,00", "7"), (".", ","))
        self.assertEqual(propose("80.00", "7"), (",", "."))
        self.assertEqual(propose("80", "1.200"), ("", "."))

    def test_what_is_no_number(self):
        messages = self._refuse("80,00", "much", "nan", "1.2.3", "12.03.2026")
        self.assertEqual(list(messages), [3, 4, 5, 6])
        self.assertEqual(messages[3], "“much” in “Amount” is not a number.")

    def test_spreadsheets(self):
        def build(*amounts):
            book, content = openpyxl.Workbook(), io.BytesIO()
            book.active.append(HEAD.split(";"))
            for amount in amounts:
                book.active.append(["Acme", "Hosting", "2026-03-01", "2026-03-31", amount, 1.125])
            book.save(content)
            return self._upload(content.getvalue(), "deadlines.xlsx", XLSX)

        found = self.env["deadline.deadline"].browse(build(80, 149.9, 1.125, "80,50")["ids"])
        self.assertEqual(found.mapped("amount"), [80, 149.9, 1.13, 80.5])
        self.assertEqual(set(found.mapped("quantity")), {1.13})
        result = build(149.9, "1.200")  # a text in a cell
        self.assertFalse(result["ids"])
        self.assertIn("“1.200”", result["messages"][0]["message"])

    def test_other_models_of_the_addon(self):
        multipacks = self.env["deadline.multipack"]
        screen = self.env["base_import.import"].create(
            {"res_model": multipacks._name, "file": b"x\n80,00\n1.200", "file_type": "text/csv"}
        )
        fields, options = ["amount"], {**self.OPTIONS, "separator": ";"}
        data, _names, problems = screen._read_cells(fields, options)
        self.assertEqual(data, [["80.00"], ["1200"]])
        self.assertFalse(problems)

    def test_models_of_others_stay_as_they_are(self):
        screen = self.env["base_import.import"].create(
            {
                "res_model": "product.product",
                "file": b"name;list_price\nOne;80,00",
                "file_name": "products.csv",
                "file_type": "text/csv",
            }
        )
        options = {**self.OPTIONS, "separator": ";"}
        proposed = screen.parse_preview(dict(options))["options"]
        self.assertEqual(proposed["float_decimal_separator"], ".")
        fields = ["name", "list_price"]
        result = screen.execute_import(fields, fields, dict(options))
        self.assertEqual(self.env["product.product"].browse(result["ids"]).list_price, 8000)

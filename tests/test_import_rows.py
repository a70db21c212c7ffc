import io

import openpyxl

from odoo.tools import mute_logger

from .common import ImportCommon

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = "Reference,Customer,Product,Start Date,End Date,Renewal of,Notes"
GOOD = "G,Acme,Hosting,2026-03-01,2026-03-31,,"


class TestImportRows(ImportCommon):
    """Each wrong row is told, with the number that it has in the spreadsheet."""

    def _refuse(self, *rows, head=HEAD, **options):
        before = self.env["deadline.deadline"].search_count([])
        with mute_logger("odoo.sql_db"):
            result = self._upload("\n".join([head, *rows]), **options)
        self.assertFalse(result["ids"])
        self.assertEqual(self.env["deadline.deadline"].search_count([]), before)
        return [(message.get("record"), message["message"]) for message in result["messages"]]

    def test_all_that_is_wrong_with_a_file(self):
        messages = self._refuse(
            "A,Acme,Hosting,2026-02-01,2026-02-28,,",
            "B,Acme,Hosting,2026-02-01,2026-02-31,,",
            "C,Nobody,Hosting,2026-02-01,2026-02-28,,",
            "D,Acme,Hosting,soon,2026-02-28,,",
            "E,Acme,Hosting,2026-02-28,2026-02-01,,",
        )
        self.assertEqual([row for row, _text in messages], [3, 4, 5, 6])
        texts = [text for _row, text in messages]
        self.assertIn("“2026-02-31” in “End Date” is not a date", texts[0])
        self.assertIn("YYYY-MM-DD", texts[0])
        self.assertRegex(texts[1], "Row 4: .*Nobody.*Customer")
        self.assertIn("“soon” in “Start Date”", texts[2])
        self.assertIn("before it starts", texts[3])
        self.assertNotIn("date_end", "".join(texts))

    def test_empty_rows_and_rows_of_several_lines(self):
        messages = self._refuse(
            'A,Acme,Hosting,2026-02-01,2026-02-28,,"one\ntwo\nthree"',
            "",
            ",,,,,,",
            "B,Nobody,Hosting,2026-02-01,2026-02-28,,",
            "",
            "C,Acme,Hosting,soon,2026-02-28,,",
        )
        self.assertEqual([row for row, _text in messages], [5, 7])

    def test_rows_of_a_spreadsheet(self):
        book, content = openpyxl.Workbook(), io.BytesIO()
        for row in (HEAD.split(","), GOOD.split(","), [], ["B", "Nobody", "Hosting"]):
            book.active.append(row)
        book.save(content)
        result = self._upload(content.getvalue(), "deadlines.xlsx", XLSX)
        self.assertEqual([message["record"] for message in result["messages"]], [4])

    def test_second_batch(self):
        rows = [GOOD, GOOD, "B,Nobody,Hosting,2026-02-01,2026-02-28,,"]
        (row, _text), (no_row, remark) = self._refuse(*rows, skip=2)
        self.assertEqual(row, 4)
        self.assertIsNone(no_row)
        self.assertIn("before row 4 is imported already", remark)
        self.assertIn("begin at line 3", remark)

    def test_wrong_cells_of_later_batches_come_first(self):
        messages = self._refuse(GOOD, "B,Acme,Hosting,soon,2026-02-28,,", limit=1)
        self.assertEqual([row for row, _text in messages], [3])

    def test_rows_out_of_order(self):
        messages = self._refuse(
            "A2,Acme,Hosting,2026-03-15,2026-04-14,A1,",
            "A1,Acme,Hosting,2026-01-01,2026-03-31,,",
        )
        self.assertEqual([row for row, _text in messages], [2])

    def test_row_that_stands_before_the_wrong_one_it_follows(self):
        messages = self._refuse(
            "A3,Acme,Hosting,2026-03-01,2026-03-31,A2,",
            "A2,Acme,Hosting,2026-02-01,2026-02-28,A1,",
            "A1,Acme,Hosting,2026-01-31,2026-01-01,,",
        )
        self.assertEqual([row for row, _text in messages], [2, 3, 4])
        self.assertIn("It follows “A2”", messages[0][1])
        self.assertIn("It follows “A1”", messages[1][1])
        self.assertIn("before it starts", messages[2][1])

    def test_right_rows_beside_wrong_ones_are_not_told(self):
        messages = self._refuse(
            "A1,Acme,Hosting,2026-01-01,2026-01-31,,",
            "B,Acme,Hosting,2026-03-31,2026-03-01,,",
            "A2,Acme,Hosting,2026-02-01,2026-02-28,A1,",
            "A9,Acme,Hosting,2026-01-15,2026-02-14,A1,",
            "A3,Acme,Hosting,2026-03-01,2026-03-31,A2,",
        )
        self.assertEqual([row for row, _text in messages], [3, 5])

    def test_what_follows_a_row_with_a_wrong_cell_is_not_told(self):
        messages = self._refuse(
            "A1,Nobody,Hosting,2026-01-01,2026-01-31,,",
            "A2,Acme,Hosting,2026-02-01,2026-02-28,A1,",
            "A3,Acme,Hosting,2026-03-01,2026-03-31,A2,",
        )
        self.assertEqual([row for row, _text in messages], [2])

    def test_the_same_twice_names_both_rows(self):
        self._create_customer("Twin")
        self._create_customer("Twin")
        row = "T,Twin,Hosting,2026-02-01,2026-02-28,,"
        [(number, text)] = self._refuse(row, GOOD, row, row)
        self.assertEqual(number, 2)
        self.assertIn("(Rows: 2, 4, 5)", text)

    def test_names_not_found_stay_with_their_column(self):
        row = "T,Nobody,Hosting,2026-02-01,2026-02-28,,"
        with mute_logger("odoo.sql_db"):
            result = self._upload("\n".join([HEAD, row, GOOD, row]))
        self.assertEqual([message["rows"]["from"] + 1 for message in result["messages"]], [2, 4])
        self.assertEqual({message["field"] for message in result["messages"]}, {"partner_id"})
        self.assertEqual(result["name"][1:], ["T", "G", "T"])

from collections import defaultdict

from odoo.tools import mute_logger

from .common import ImportCommon

BASE = ["name", "previous_id", "partner_id", "product_id", "date_start", "date_end"]
GOOD = ("G", "", "Acme", "Hosting", "2026-03-01", "2026-03-31")


class TestImportErrors(ImportCommon):
    """What is wrong is said with its row, and nothing of the batch stays."""

    def _refuse(self, *rows, columns=BASE):
        """Import rows of which some are wrong; return {row: message}, rows counted from 0."""
        before = self.env["deadline.deadline"].search_count([])
        with mute_logger("odoo.sql_db"):
            result = self._import(columns, *rows)
        self.assertFalse(result["ids"])
        self.assertEqual(self.env["deadline.deadline"].search_count([]), before)
        messages = defaultdict(str)
        for message in result["messages"]:
            messages[message["rows"]["from"] - 1] += message["message"]  # the first row has titles
        return messages

    def test_end_before_start(self):
        messages = self._refuse(GOOD, ("B", "", "Acme", "Hosting", "2026-03-31", "2026-03-01"))
        self.assertEqual(list(messages), [1])
        self.assertIn("cannot end before it starts", messages[1])

    def test_product_that_opens_no_deadlines(self):
        self.env["product.product"].create({"name": "Chair"})
        messages = self._refuse(GOOD, GOOD, ("B", "", "Acme", "Chair", "2026-03-01", "2026-03-31"))
        self.assertEqual(list(messages), [2])
        self.assertIn("“Chair” opens no deadlines", messages[2])

    def test_unknown_names(self):
        messages = self._refuse(
            ("A", "", "Nobody", "Hosting", "2026-03-01", "2026-03-31"),
            ("B", "", "Acme", "Nothing", "2026-03-01", "2026-03-31"),
            ("C", "NONE", "Acme", "Hosting", "2026-03-01", "2026-03-31"),
        )
        self.assertIn("Nobody", messages[0])
        self.assertIn("Nothing", messages[1])
        self.assertIn("NONE", messages[2])

    def test_overlapping_chain(self):
        messages = self._refuse(
            ("A1", "", "Acme", "Hosting", "2026-01-01", "2026-03-31"),
            ("A2", "A1", "Acme", "Hosting", "2026-03-15", "2026-04-14"),
        )
        self.assertEqual(list(messages), [1])
        self.assertRegex(messages[1], "“A2” would start on .* “A1”, lasts until")

    def test_previous_of_another_customer(self):
        self._create_customer("Other")
        messages = self._refuse(
            ("A1", "", "Acme", "Hosting", "2026-01-01", "2026-01-31"),
            ("A2", "A1", "Other", "Hosting", "2026-02-01", "2026-02-28"),
        )
        self.assertEqual(list(messages), [1])
        self.assertRegex(messages[1], "“A1” is a period of “Acme”.*“Other”")

    def test_renewed_already(self):
        there = self._create_ending(10)
        following = self._renew(there)
        messages = self._refuse(
            GOOD, ("B", there.name, "Acme", "Licence", "2026-03-21", "2027-03-20")
        )
        self.assertEqual(list(messages), [1])
        self.assertIn(f"“{there.name}” was already renewed by “{following.name}”", messages[1])

    def test_two_rows_follow_the_same(self):
        messages = self._refuse(
            ("A1", "", "Acme", "Hosting", "2026-01-01", "2026-01-31"),
            ("A2", "A1", "Acme", "Hosting", "2026-02-01", "2026-02-28"),
            ("A3", "A1", "Acme", "Hosting", "2026-02-01", "2026-02-28"),
        )
        self.assertEqual(list(messages), [2])
        self.assertIn("“A1” was already renewed by “A2”", messages[2])

    def test_circle(self):
        messages = self._refuse(
            GOOD,
            ("A1", "A2", "Acme", "Hosting", "2026-01-01", "2026-01-31"),
            ("A2", "A1", "Acme", "Hosting", "2026-02-01", "2026-02-28"),
            ("A3", "A3", "Acme", "Hosting", "2026-02-01", "2026-02-28"),
        )
        self.assertEqual(set(messages), {1, 2, 3})
        self.assertIn("“A3” follows itself", messages[3])

    def test_row_that_follows_a_wrong_one(self):
        messages = self._refuse(
            ("A1", "", "Acme", "Hosting", "2026-01-31", "2026-01-01"),
            ("A2", "A1", "Acme", "Hosting", "2026-02-01", "2026-02-28"),
        )
        self.assertIn("cannot end before it starts", messages[0])
        self.assertIn("“A1”, a row that could not be imported", messages[1])

    def test_date_that_is_none(self):
        result = self._import(BASE, GOOD, ("B", "", "Acme", "Hosting", "soon", ""))
        [message] = result["messages"]
        self.assertEqual(message["record"], 3)  # in the spreadsheet, where the first row has titles
        self.assertIn("“soon” in “Start Date” is not a date", message["message"])

    def test_deadlines_of_other_companies_are_not_followed(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._create_ending(10, company_id=elsewhere.id, user_id=False)
        messages = self._refuse(("B", foreign.name, "Acme", "Licence", "2026-03-21", "2027-03-20"))
        self.assertIn(foreign.name, messages[0])
        self.assertEqual(foreign.state, "active")

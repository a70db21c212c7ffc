from odoo.addons.deadline_management.report import deadline_report_table
from odoo.addons.deadline_management.report.deadline_report_table import Table

from .common import ReportCommon


class TestReportPending(ReportCommon):
    """Reading many rows forgets them as it goes, but nothing that is not written yet."""

    def test_changes_of_the_same_transaction_are_shown_and_kept(self):
        deadline = self._create_deadline()
        self.env.flush_all()
        self.customer.write({"name": "Renamed", "lang": "en_US", "ref": "C-1"})
        deadline.description = "changed.example"
        [(_key, _currencies, values)] = Table(self._create_report()).iterate()
        self.assertIn("Renamed", values)
        self.assertIn("changed.example", values)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((self.customer.name, self.customer.ref), ("Renamed", "C-1"))
        self.assertEqual(deadline.description, "changed.example")

    def test_rows_are_the_same_however_many_are_read_at_a_time(self):
        for number in range(7):
            self._create_deadline(
                partner_id=(self.customer, self.other)[number % 2].id, amount=number
            )
        report = self._create_report(group_by="commercial_partner_id")
        whole = list(Table(report).iterate())
        self.assertEqual(len(whole), 7)
        for size in (1, 2, 3, 7):
            self.patch(deadline_report_table, "CHUNK", size)
            self.assertEqual(list(Table(report).iterate()), whole, size)

    def test_more_rows_take_no_more_queries(self):
        def count_queries(rows):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(list(Table(report).iterate())), rows)
            return self.env.cr.sql_log_count - before

        for number in range(6):
            self._create_deadline(amount=number)
        report = self._create_report(show_origin_id=True, show_bank_id=True, show_company_id=True)
        count_queries(6)  # metadata
        few = count_queries(6)
        for number in range(30):
            self._create_deadline(amount=number)
        self.assertLessEqual(count_queries(36), few)

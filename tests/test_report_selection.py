from datetime import date

from odoo.fields import Domain
from odoo.tests import Form

from .common import SpreadsheetCommon


class TestReportSelection(SpreadsheetCommon):
    """The report on what is selected in a list: its ids, or all that the list has found."""

    LIMIT = 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("web.active_ids_limit", cls.LIMIT)
        cls.all = cls.env["deadline.deadline"]
        for number in range(5):
            cls.all += cls._create_deadline(
                amount=10, partner_id=(cls.customer if number < 4 else cls.other).id
            )
        cls.domain = [("commercial_partner_id", "=", cls.customer.id)]

    def _open(self, deadlines, domain=None, **context):
        """Return the form as a list opens it, with what it was searched for."""
        wizards = self.env["deadline.report.wizard"].with_user(self.seller)
        context |= {"active_model": "deadline.deadline", "active_ids": deadlines.ids}
        return Form(wizards.with_context(active_domain=domain, **context))

    def _find_by(self, report):
        return report.env["deadline.deadline"].search(report._get_domain(), order="id")

    def test_few_are_those_and_not_what_the_list_has_found(self):
        form = self._open(self.all[:2], self.domain)
        self.assertEqual(form.deadline_count, 2)
        self.assertEqual(self._find_by(form.save()), self.all[:2])

    def test_all_that_was_found_is_reported_though_the_list_cuts_its_ids_short(self):
        form = self._open(self.all[: self.LIMIT], self.domain)
        self.assertEqual(form.deadline_count, 4)
        report = form.save()
        self.assertEqual(self._find_by(report), self.all[:4])
        rows = self._get_rows(self._read_report(report)[1]["Deadlines"])
        self.assertEqual(len(rows), 4)

    def test_list_without_criteria_means_all(self):
        form = self._open(self.all[: self.LIMIT], [])
        self.assertEqual(form.deadline_count, 5)
        self.assertEqual(self._find_by(form.save()), self.all)

    def test_as_many_as_the_limit_without_a_search_are_those(self):
        """So does a list that was opened on records, such as that of a customer."""
        form = self._open(self.all[: self.LIMIT], None)
        self.assertEqual(self._find_by(form.save()), self.all[: self.LIMIT])

    def test_criteria_say_how_many_were_selected(self):
        for chosen, domain, count in (
            (self.all[:2], self.domain, "2"),
            (self.all[: self.LIMIT], self.domain, "4"),
        ):
            report = self._open(chosen, domain).save()
            self.assertIn(("Selected Deadlines", count), report._get_criteria())

    def test_other_criteria_narrow_the_selection(self):
        self.all[1].date_end = date(2026, 12, 31)
        form = self._open(self.all[: self.LIMIT], self.domain)
        form.end_from = date(2026, 12, 1)
        self.assertEqual(form.deadline_count, 1)
        self.assertEqual(self._find_by(form.save()), self.all[1])

    def test_list_shows_the_same(self):
        report = self._open(self.all[: self.LIMIT], self.domain).save()
        action = report.action_view()
        self.assertEqual(self.env["deadline.deadline"].search_count(action["domain"]), 4)

    def test_selection_brings_cancelled_ones_along(self):
        self.all[0].action_cancel()
        report = self._open(self.all[: self.LIMIT], self.domain).save()
        self.assertIn(self.all[0], self._find_by(report))

    def test_search_reads_no_more_than_the_user_may(self):
        """A domain comes from the browser: it finds what a search by the user would find."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        there = self._create_deadline(company_id=elsewhere.id)
        report = self._create_report(selected_domain=[("company_id", "=", elsewhere.id)])
        self.assertFalse(self._find_by(report._with_companies()))
        self.assertIn(there, self.env["deadline.deadline"].search(list(Domain.TRUE)))

    def test_favorite_keeps_criteria_and_no_selection(self):
        report = self._open(self.all[: self.LIMIT], self.domain).save()
        report.favorite_name = "Mine"
        report.action_save_favorite()
        form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
        form.favorite_id = report.favorite_id
        self.assertEqual(form.deadline_count, 5)

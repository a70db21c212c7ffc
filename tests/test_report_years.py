from datetime import date
from itertools import pairwise

from odoo.tests import Form, freeze_time

from odoo.addons.deadline_management.wizards.deadline_report_wizard import PERIODS

from .common import ReportCommon


class TestReportYears(ReportCommon):
    """Presets and named intervals where the year, a quarter or February ends."""

    def _fill(self, preset, moment):
        with freeze_time(moment):
            form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
            form.preset = preset
            return form.start_from, form.start_to, form.end_from, form.end_to

    def _span(self, period, moment):
        with freeze_time(moment):
            report = self._create_report(end_period=period)
        return report.end_from, report.end_to

    def test_presets_on_new_year_s_eve(self):
        for preset, first, last in (
            ("due_this_month", date(2026, 12, 1), date(2026, 12, 31)),
            ("to_renew_next_month", date(2027, 1, 1), date(2027, 1, 31)),
            ("to_renew_next_quarter", date(2027, 1, 1), date(2027, 3, 31)),
            ("expired_this_quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ):
            span = self._fill(preset, "2026-12-31 12:00:00")
            self.assertEqual(span, (False, False, first, last), preset)

    def test_presets_on_new_year_s_day(self):
        for preset, first, last in (
            ("due_this_month", date(2027, 1, 1), date(2027, 1, 31)),
            ("to_renew_next_month", date(2027, 2, 1), date(2027, 2, 28)),
            ("to_renew_next_quarter", date(2027, 4, 1), date(2027, 6, 30)),
            ("expired_this_quarter", date(2027, 1, 1), date(2027, 3, 31)),
        ):
            span = self._fill(preset, "2027-01-01 12:00:00")
            self.assertEqual(span, (False, False, first, last), preset)

    def test_what_started_last_month_began_in_december(self):
        span = self._fill("started_last_month", "2027-01-15 12:00:00")
        self.assertEqual(span, (date(2026, 12, 1), date(2026, 12, 31), False, False))

    def test_year_begins_where_the_company_is(self):
        """At eleven in the evening of London it is next year already in Rome."""
        moment = "2026-12-31 23:00:00"
        self.assertEqual(self._span("this_year", moment)[0], date(2027, 1, 1))
        self.company.partner_id.tz = "America/New_York"
        self.assertEqual(self._span("this_year", moment)[0], date(2026, 1, 1))
        self.company.partner_id.tz = "Pacific/Kiritimati"
        self.assertEqual(self._span("last_month", moment)[1], date(2026, 12, 31))

    def test_day_is_the_company_s_and_not_the_reader_s(self):
        self.seller.tz = "America/New_York"
        self.assertEqual(self._span("this_year", "2026-12-31 23:00:00")[0], date(2027, 1, 1))

    def test_february_of_a_leap_year(self):
        for moment, period in (
            ("2028-02-29 12:00:00", "this_month"),
            ("2028-01-31 12:00:00", "next_month"),
            ("2028-03-31 12:00:00", "last_month"),
        ):
            span = self._span(period, moment)
            self.assertEqual(span, (date(2028, 2, 1), date(2028, 2, 29)), moment)

    def test_intervals_follow_one_another_without_gap_or_overlap(self):
        for moment in ("2026-12-31", "2027-01-01", "2028-02-29", "2026-03-31", "2026-08-15"):
            for unit in ("month", "quarter", "year"):
                spans = [
                    self._span(f"{which}_{unit}", f"{moment} 12:00:00")
                    for which in ("last", "this", "next")
                ]
                for (_first, last), (following, _last) in pairwise(spans):
                    self.assertEqual((following - last).days, 1, (moment, unit))
                first, last = spans[1]
                self.assertTrue(first <= date.fromisoformat(moment) <= last, (moment, unit))

    def test_every_named_interval_is_offered(self):
        offered = dict(self.env["deadline.report.wizard"]._fields["end_period"].selection)
        self.assertEqual(set(offered), set(PERIODS))
        for name in PERIODS:
            self.assertTrue(all(self._span(name, "2026-12-31 12:00:00")), name)

    def test_new_year_s_eve_belongs_to_its_year(self):
        eve = self._create_deadline(date_start=date(2026, 12, 1), date_end=date(2026, 12, 31))
        day = self._create_deadline(date_start=date(2026, 12, 2), date_end=date(2027, 1, 1))
        with freeze_time("2026-12-31 12:00:00"):
            self.assertEqual(self._find(end_period="this_year"), eve)
            self.assertEqual(self._find(end_period="next_year"), day)
            self.assertEqual(self._find(end_period="this_quarter"), eve)
            self.assertEqual(self._find(end_period="next_month"), day)

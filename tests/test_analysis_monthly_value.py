from datetime import date

from .test_analysis import AnalysisCommon


class TestMonthlyValue(AnalysisCommon):
    def _get_value(self, start, end=None, product=None, amount=120, **values):
        if end:
            values["date_end"] = date.fromisoformat(end)
        deadline = self._create_deadline(
            product_id=(product or self.monthly).id,
            date_start=date.fromisoformat(start),
            amount=amount,
            **values,
        )
        deadline.state = "active"
        return round(self._get_row(deadline).monthly_amount, 2)

    def test_months_count_alike_whatever_their_length(self):
        for start in ("2026-01-01", "2026-02-01", "2026-03-31"):
            self.assertEqual(self._get_value(start), 120, start)

    def test_clipped_months_count_alike(self):
        """From the last of February to the 30th of March is the month of a 31st."""
        self.assertEqual(self._get_value("2026-02-28", anchor_day=31), 120)

    def test_years_are_twelve_months(self):
        self.assertEqual(self._get_value("2026-01-01", product=self.yearly), 10)
        self.assertEqual(self._get_value("2028-01-01", product=self.yearly), 10)

    def test_several_months(self):
        quarter = self._create_product("Quarter", count=3)
        for start in ("2026-01-01", "2025-12-01", "2026-07-01"):
            self.assertEqual(self._get_value(start, product=quarter), 40, start)

    def test_weeks_and_days_by_the_average_month(self):
        weekly = self._create_product("Week", unit="week")
        self.assertEqual(self._get_value("2026-01-01", product=weekly, amount=7), 30.44)
        days = self._create_product("Days", count=10, unit="day")
        self.assertEqual(self._get_value("2026-01-01", product=days, amount=10), 30.44)

    def test_dates_that_do_not_keep_to_the_duration_count_themselves(self):
        """Two years of a product of one year, as an import may bring them."""
        value = self._get_value("2026-01-01", "2027-12-31", product=self.yearly, amount=240)
        self.assertEqual(value, 10.01)

    def test_what_is_concluded_recurs_no_more(self):
        deadline = self._create_ending(-10)
        self.assertEqual(deadline.state, "expired")
        self.assertEqual(self._get_row(deadline).monthly_amount, 0)

    def test_sum_is_that_of_the_rows(self):
        self._get_value("2026-03-01", amount=100)
        self._get_value("2026-01-01", product=self.yearly, amount=1200)
        [(total,)] = self._read("monthly_amount:sum")
        self.assertEqual(round(total, 2), 200)

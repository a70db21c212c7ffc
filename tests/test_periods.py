import doctest
import random
from calendar import monthrange
from datetime import date, timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.deadline_management.models import periods

CASES = 5000


def walk(start, count, unit, anchor):
    """Find the n-th next start by turning the leaves of a calendar, one day at a time.

    A month's start is its anchor day, or its last day where it has no such day. For days
    and weeks a step is a fixed number of leaves. This is the definition the arithmetic of
    `periods` is held against, and shares nothing with it.
    """
    if unit in ("day", "week"):
        for _leaf in range(count * (7 if unit == "week" else 1)):
            start += timedelta(days=1)
        return start
    months = count * (12 if unit == "year" else 1)
    day = start
    while months:
        day += timedelta(days=1)
        last = monthrange(day.year, day.month)[1]
        if day.day == min(anchor, last) and (day.year, day.month) != (start.year, start.month):
            months -= 1
    return day


@tagged("post_install", "-at_install")
class TestPeriods(BaseCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(19)

    def _random_start(self):
        return date(1996, 1, 1) + timedelta(days=self.random.randrange(20000))

    def test_doctests_hold(self):
        result = doctest.testmod(periods)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 10)

    def test_ends_agree_with_the_calendar(self):
        for _case in range(CASES):
            start = self._random_start()
            unit = self.random.choice(["day", "week", "month", "year"])
            count = self.random.randint(1, 40 if unit == "day" else 6)
            anchor = self.random.choice([None, start.day])
            self.assertEqual(
                periods.period_end(start, count, unit, anchor),
                walk(start, count, unit, start.day) - timedelta(days=1),
                (start, count, unit),
            )

    def test_chains_neither_drift_nor_overlap(self):
        for _case in range(300):
            start = first = self._random_start()
            unit = self.random.choice(["month", "year"])
            count = self.random.randint(1, 3)
            for step in range(1, 13):
                end = periods.period_end(start, count, unit, first.day)
                following = periods.renewal_start(end, end, 15, count, unit, first.day)
                self.assertEqual(following, end + timedelta(days=1))
                self.assertEqual(following, walk(first, count * step, unit, first.day))
                self.assertEqual(periods.anchor(following, first.day), first.day)
                start = following

    def test_month_ends_come_back(self):
        starts, start = [], date(2027, 10, 31)
        for _month in range(5):
            start = periods.period_end(start, 1, "month", 31) + timedelta(days=1)
            starts.append(start)
        self.assertEqual(
            starts,
            [
                date(2027, 11, 30),
                date(2027, 12, 31),
                date(2028, 1, 31),
                date(2028, 2, 29),
                date(2028, 3, 31),
            ],
        )

    def test_leap_day_comes_back(self):
        starts, start = [], date(2024, 2, 29)
        for _year in range(4):
            start = periods.advance(start, 1, "year", 29)
            starts.append(start)
        self.assertEqual(
            starts,
            [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)],
        )

    def test_century_is_leap_only_every_fourth(self):
        self.assertEqual(periods.advance(date(2099, 2, 28), 1, "year", 29), date(2100, 2, 28))
        self.assertEqual(periods.advance(date(1999, 2, 28), 1, "year", 29), date(2000, 2, 29))

    def test_renewal_never_ends_before_the_order_nor_overlaps(self):
        for _case in range(CASES):
            end = self._random_start()
            order_day = end + timedelta(days=self.random.randint(-60, 120))
            grace = self.random.choice([0, 1, 15, 30])
            unit = self.random.choice(["day", "week", "month", "year"])
            start = periods.renewal_start(end, order_day, grace, 1, unit, end.day)
            case = (end, order_day, grace, unit)
            follows = end + timedelta(days=1)
            self.assertIn(start, (follows, order_day), case)
            self.assertGreater(start, end, case)
            anchor = periods.anchor(start, end.day)
            self.assertGreaterEqual(periods.period_end(start, 1, unit, anchor), order_day, case)
            if order_day > end + timedelta(days=grace):
                self.assertEqual(start, order_day, case)
            elif walk(follows, 1, unit, periods.anchor(follows, end.day)) > order_day:
                self.assertEqual(start, follows, case)

    def test_anchor_starts_anew_on_another_day(self):
        self.assertEqual(periods.anchor(date(2026, 4, 30), 31), 31)
        self.assertEqual(periods.anchor(date(2026, 4, 29), 31), 29)

    def test_window_stays_within_the_period(self):
        for _case in range(CASES):
            start = self._random_start()
            end = start + timedelta(days=self.random.randrange(400))
            days = self.random.randrange(60)
            opening = periods.window_start(start, end, days)
            self.assertTrue(start <= opening <= end)
            self.assertEqual(opening, max(start, end - timedelta(days=days)))

    def test_longest_periods_stay_in_the_calendar(self):
        for unit, count in periods.MAX_COUNT.items():
            self.assertLess(periods.period_end(periods.LAST_START, count, unit), date.max)

    def test_unknown_unit_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "fortnight"):
            periods.advance(date(2026, 1, 1), 1, "fortnight")

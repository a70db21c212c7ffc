from datetime import date

from odoo.fields import Domain
from odoo.tests import freeze_time

from .common import DeadlineCommon


class TestState(DeadlineCommon):
    @freeze_time("2026-03-10 09:00:00")
    def test_entered_after_its_end_is_expired(self):
        deadline = self._create_deadline()
        self.assertRecordValues(deadline, [{"state": "expired", "expired_on": date(2026, 2, 27)}])

    @freeze_time("2026-02-27 22:30:00")
    def test_last_day_is_valid(self):
        self.assertEqual(self._create_deadline().state, "active")

    @freeze_time("2026-02-27 23:30:00")
    def test_day_after_is_not(self):
        self.assertEqual(self._create_deadline().state, "expired")

    @freeze_time("2026-03-10 09:00:00")
    def test_end_moved_ahead_makes_it_run_again(self):
        deadline = self._create_deadline()
        deadline.date_end = date(2026, 3, 10)
        self.assertRecordValues(deadline, [{"state": "active", "expired_on": False}])

    @freeze_time("2026-02-10 09:00:00")
    def test_end_moved_back_expires_it(self):
        deadline = self._create_deadline()
        deadline.date_end = date(2026, 2, 9)
        self.assertEqual(deadline.state, "expired")

    @freeze_time("2026-02-10 09:00:00")
    def test_start_moved_takes_the_end_along(self):
        deadline = self._create_deadline()
        deadline.date_start = date(2026, 2, 5)
        self.assertEqual(deadline.date_end, date(2026, 3, 4))
        self.assertEqual(deadline.anchor_day, 5)

    @freeze_time("2026-02-10 09:00:00")
    def test_period_linked_later_concludes_the_one_before(self):
        first = self._create_deadline()
        second = self._create_deadline(date_start=date(2026, 2, 28))
        second.previous_id = first
        self.assertEqual(first.state, "renewed")
        second.previous_id = False
        self.assertEqual(first.state, "active")

    @freeze_time("2026-02-10 09:00:00")
    def test_duplicate_starts_afresh(self):
        first = self._create_deadline()
        copy = first.copy()
        self.assertNotEqual(copy.name, first.name)
        self.assertRecordValues(
            copy,
            [
                {
                    "state": "active",
                    "date_start": date(2026, 2, 10),
                    "date_end": date(2026, 3, 9),
                    "previous_id": False,
                }
            ],
        )


class TestDaysLeft(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-01 09:00:00"):
            cls.deadlines = cls.env["deadline.deadline"].union(
                *(
                    cls._create_deadline(date_start=date(2026, 3, 1), date_end=date(2026, 3, day))
                    for day in range(8, 16)
                )
            )

    def _search(self, *condition):
        mine = Domain("id", "in", self.deadlines.ids)
        return self.env["deadline.deadline"].search(mine & Domain(*condition)).mapped("days_left")

    def test_search_agrees_with_what_is_shown(self):
        for moment in ("2026-03-10 12:00:00", "2026-03-10 22:59:00", "2026-03-10 23:30:00"):
            with freeze_time(moment):
                self.deadlines.invalidate_recordset(["days_left"])
                shown = self.deadlines.mapped("days_left")
                self.assertEqual(self._search("days_left", "=", 3), [3])
                self.assertEqual(self._search("days_left", "in", [0, 2]), [0, 2])
                self.assertEqual(
                    self._search("days_left", "!=", 3), [days for days in shown if days != 3]
                )
                for operator, holds in {
                    "<": int.__lt__,
                    "<=": int.__le__,
                    ">": int.__gt__,
                    ">=": int.__ge__,
                }.items():
                    self.assertEqual(
                        self._search("days_left", operator, 2),
                        [days for days in shown if holds(days, 2)],
                    )

    @freeze_time("2026-03-10 09:00:00")
    def test_absurd_numbers_find_all_or_nothing(self):
        self.assertEqual(len(self._search("days_left", "<", 10**9)), 8)
        self.assertFalse(self._search("days_left", ">", 10**9))
        self.assertEqual(len(self._search("days_left", ">", -(10**9))), 8)

    @freeze_time("2026-03-10 09:00:00")
    def test_filtering_in_memory_agrees(self):
        found = self.deadlines.filtered_domain([("days_left", "<=", 1)])
        self.assertEqual(found.mapped("days_left"), self._search("days_left", "<=", 1))

    @freeze_time("2026-03-10 23:30:00")
    def test_each_company_has_its_own_day(self):
        other = self.env["res.company"].create({"name": "Overseas"})
        other.partner_id.tz = "America/New_York"
        self.env.user.company_ids += other
        overseas = self._create_deadline(
            company_id=other.id, date_start=date(2026, 3, 1), date_end=date(2026, 3, 12)
        )
        here = self.deadlines.filtered(lambda deadline: deadline.date_end == date(2026, 3, 12))
        self.assertEqual((here.days_left, overseas.days_left), (1, 2))
        both = here + overseas
        Deadline = self.env["deadline.deadline"].with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        for days in (1, 2):
            self.assertEqual(
                Deadline.search([("id", "in", both.ids), ("days_left", "=", days)]),
                both.filtered(lambda deadline, days=days: deadline.days_left == days),
            )

    def test_company_without_a_time_zone_of_its_own(self):
        self.company.partner_id.tz = False
        self.company.resource_calendar_id.tz = "Asia/Tokyo"
        with freeze_time("2026-03-10 15:30:00"):
            self.assertEqual(self.company._deadline_today(), date(2026, 3, 11))

from datetime import date

from odoo.tests import freeze_time

from .common import DeadlineCommon


class TestRenewal(DeadlineCommon):
    def test_on_time_follows_the_day_after(self):
        with freeze_time("2026-01-31 09:00:00"):
            first = self._sell(self.monthly)
        with freeze_time("2026-02-20 09:00:00"):
            second = self._renew(first)
        with freeze_time("2026-03-30 09:00:00"):
            third = self._renew(second)
        self.assertRecordValues(
            first + second + third,
            [
                {
                    "date_start": date(2026, 1, 31),
                    "date_end": date(2026, 2, 27),
                    "state": "renewed",
                },
                {
                    "date_start": date(2026, 2, 28),
                    "date_end": date(2026, 3, 30),
                    "state": "renewed",
                },
                {"date_start": date(2026, 3, 31), "date_end": date(2026, 4, 29), "state": "active"},
            ],
        )
        self.assertEqual(third.previous_id, second)
        self.assertEqual(second.next_id, third)
        self.assertEqual(third.first_id, first)
        self.assertEqual(second.history_ids, third + second + first)

    def test_leap_day_comes_back_after_four_renewals(self):
        with freeze_time("2024-02-29 09:00:00"):
            deadline = self._sell(self.yearly)
        for year in (2025, 2026, 2027, 2028):
            with freeze_time(f"{year}-02-20 09:00:00"):
                deadline = self._renew(deadline)
            self.assertEqual(deadline.anchor_day, 29)
        self.assertEqual(deadline.date_start, date(2028, 2, 29))
        self.assertEqual(deadline.date_end, date(2029, 2, 27))

    def test_within_grace_leaves_no_gap(self):
        first = self._create_deadline()  # ends on 27 February
        with freeze_time("2026-03-14 22:59:00"):  # the 14th in Rome, fifteen days late
            second = self._renew(first)
        self.assertEqual(second.date_start, date(2026, 2, 28))
        self.assertEqual(second.date_end, date(2026, 3, 30))

    def test_later_starts_on_the_day_of_the_order(self):
        first = self._create_deadline()
        with freeze_time("2026-03-14 23:30:00"):  # the 15th in Rome
            second = self._renew(first)
        self.assertEqual(second.date_start, date(2026, 3, 15))
        self.assertEqual(second.date_end, date(2026, 4, 14))
        self.assertEqual(second.anchor_day, 15)

    def test_order_says_when_the_promised_period_has_moved(self):
        first = self._create_deadline()
        with freeze_time("2026-02-20 09:00:00"):
            order = self.env["sale.order"].browse(first.action_renew()["res_id"])
        with freeze_time("2026-03-20 09:00:00"):
            order.action_confirm()
        self.assertIn("03/20/2026 to 04/19/2026", order.message_ids[0].body)

    def test_order_is_silent_on_the_period_it_promised(self):
        first = self._create_deadline()
        with freeze_time("2026-02-20 09:00:00"):
            second = self._renew(first)
        self.assertNotIn("grace days", second.order_id.message_ids[0].body)

    def test_own_grace_of_the_product_wins(self):
        self.monthly.deadline_grace_policy = "own"
        self.monthly.deadline_grace_days = 0
        first = self._create_deadline()
        with freeze_time("2026-02-28 09:00:00"):
            second = self._renew(first)
        self.assertEqual(second.date_start, date(2026, 2, 28))
        with freeze_time("2026-03-31 09:00:00"):
            third = self._renew(second)
        self.assertEqual(third.date_start, date(2026, 3, 31))
        with freeze_time("2026-05-01 09:00:00"):
            self.assertEqual(self._renew(third).date_start, date(2026, 5, 1))

    def test_changed_duration_of_the_product_holds_from_the_next_period(self):
        with freeze_time("2026-02-20 09:00:00"):
            first = self._create_deadline()
            self.monthly.deadline_duration_count = 3
            second = self._renew(first)
        self.assertEqual(first.date_end, date(2026, 2, 27))
        self.assertEqual(second.date_end, date(2026, 5, 30))
        self.assertEqual(second.duration_count, 3)

    def test_end_moved_by_hand_begins_a_new_count(self):
        with freeze_time("2026-02-20 09:00:00"):
            first = self._create_deadline()
            first.date_end = date(2026, 3, 9)
            second = self._renew(first)
        self.assertEqual(second.date_start, date(2026, 3, 10))
        self.assertEqual(second.anchor_day, 10)
        self.assertEqual(second.date_end, date(2026, 4, 9))

    def test_expired_is_renewed_while_late_renewal_is_allowed(self):
        with freeze_time("2026-05-01 09:00:00"):
            first = self._create_deadline()
            self.assertEqual(first.state, "expired")
            second = self._renew(first)
        self.assertEqual(first.state, "renewed")
        self.assertEqual(second.state, "active")

    def test_late_renewal_and_grace_may_last_for_ever(self):
        self.company.write({"deadline_late_renewal": 9999999, "deadline_grace_days": 9999999})
        deadline = self._create_deadline()
        with freeze_time("2026-03-20 09:00:00"):
            self.assertEqual(deadline.renewal_status, "late")
            self.assertEqual(self._renew(deadline).date_start, date(2026, 2, 28))

    def test_quotation_confirmed_too_late_sells_the_product_again(self):
        first = self._create_deadline(description="example.com")
        with freeze_time("2026-03-01 09:00:00"):
            order = self.env["sale.order"].browse(first.action_renew()["res_id"])
        with freeze_time("2026-12-01 09:00:00"):
            order.action_confirm()
        opened = order.order_line.deadline_ids
        self.assertEqual(opened.description, "example.com")
        self.assertFalse(opened.previous_id)
        self.assertEqual(opened.date_start, date(2026, 12, 1))
        self.assertIn(first.name, order.message_ids[0].body)

    def test_renewal_hands_on_what_was_noted(self):
        origin = self.env["deadline.origin"].create({"name": "Fair"})
        bank = self.env["res.bank"].create({"name": "Banca"})
        with freeze_time("2026-02-20 09:00:00"):
            first = self._create_deadline(
                origin_id=origin.id, bank_id=bank.id, description="example.com"
            )
            second = self._renew(first)
        self.assertRecordValues(
            second,
            [
                {
                    "origin_id": origin.id,
                    "bank_id": bank.id,
                    "description": "example.com",
                    "user_id": first.user_id.id,
                }
            ],
        )

    def test_status_follows_the_days(self):
        deadline = self._create_deadline(product_id=self.yearly.id)  # ends on 30 January 2027
        for day, status in [
            ("2026-12-30 09:00:00", "early"),
            ("2026-12-31 09:00:00", "open"),
            ("2027-01-30 22:30:00", "open"),
            ("2027-01-30 23:30:00", "late"),
            ("2027-04-30 09:00:00", "late"),
            ("2027-05-01 09:00:00", "closed"),
        ]:
            with self.subTest(day=day), freeze_time(day):
                deadline.invalidate_recordset(["renewal_status"])
                self.assertEqual(deadline.renewal_status, status)

    def test_short_period_is_not_open_before_it_starts(self):
        weekly = self._create_product("Locker", unit="week")
        with freeze_time("2026-03-02 09:00:00"):
            deadline = self._create_deadline(product_id=weekly.id, date_start=date(2026, 3, 3))
            self.assertEqual(deadline.renewal_status, "early")
        with freeze_time("2026-03-03 09:00:00"):
            deadline.invalidate_recordset(["renewal_status"])
            self.assertEqual(deadline.renewal_status, "open")

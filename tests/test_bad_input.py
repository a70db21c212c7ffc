from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from .common import DeadlineCommon


@freeze_time("2026-02-10 09:00:00")
class TestBadInput(DeadlineCommon):
    def _assert_refused(self, words, **values):
        before = self.env["deadline.deadline"].search_count([])
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            self._create_deadline(**values)
        self.assertEqual(self.env["deadline.deadline"].search_count([]), before)

    @mute_logger("odoo.sql_db")
    def test_end_before_start(self):
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self._create_deadline(date_end=date(2026, 1, 30))

    def test_end_moved_before_start(self):
        deadline = self._create_deadline()
        with self.assertRaisesRegex(ValidationError, deadline.name), self.cr.savepoint():
            deadline.date_start = date(2026, 3, 1)
            deadline.date_end = date(2026, 2, 1)

    def test_duration_of_nothing(self):
        self._assert_refused("duration between 1 day and 100 years", duration_count=0)
        self._assert_refused("duration between 1 day and 100 years", duration_count=-1)

    def test_absurd_duration(self):
        self._assert_refused(
            "duration between 1 day and 100 years", duration_count=101, duration_unit="year"
        )
        self._assert_refused("more than 100 years", date_end=date(2126, 2, 28))

    def test_hundred_years_are_possible(self):
        deadline = self._create_deadline(duration_count=100, duration_unit="year")
        self.assertEqual(deadline.date_end, date(2126, 1, 30))

    def test_beyond_the_calendar(self):
        self._assert_refused("beyond the calendar", date_start=date(9990, 1, 1))

    def test_quantity_of_nothing(self):
        self._assert_refused("quantity above zero", quantity=0)

    def test_currency_without_rate(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self._assert_refused("no exchange rate for XTS", currency_id=currency.id)

    def test_archived_customer(self):
        self.customer.active = False
        self._assert_refused("Acme.*archived")

    def test_archived_product(self):
        self.monthly.active = False
        self._assert_refused("Hosting.*archived")

    def test_archiving_later_blocks_no_correction(self):
        deadline = self._create_deadline()
        self.customer.active = False
        deadline.note = "left"
        deadline.amount = 5
        self.assertEqual(deadline.amount, 5)

    def test_partner_and_product_of_another_company(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._create_customer("Foreign", company_id=other.id)
        self._assert_refused("Foreign", partner_id=foreign.id)
        product = self._create_product("Foreign licence", company_id=other.id)
        self._assert_refused("Foreign licence", product_id=product.id)

    def test_following_period_that_overlaps(self):
        first = self._create_deadline()
        self._assert_refused(
            f"renews, “{first.name}”", previous_id=first.id, date_start=date(2026, 2, 27)
        )

    def test_end_moved_into_the_following_period(self):
        first = self._create_deadline()
        second = self._create_deadline(previous_id=first.id, date_start=date(2026, 2, 28))
        with self.assertRaisesRegex(ValidationError, second.name), self.cr.savepoint():
            first.date_end = date(2026, 3, 1)

    def test_period_renewed_twice(self):
        first = self._create_deadline()
        second = self._create_deadline(previous_id=first.id, date_start=date(2026, 2, 28))
        self._assert_refused(
            f"“{first.name}” was already renewed by “{second.name}”",
            previous_id=first.id,
            date_start=date(2026, 2, 28),
        )

    def test_period_of_another_customer(self):
        first = self._create_deadline()
        other = self._create_customer("Other")
        self._assert_refused(
            f"“{first.name}” is a period of “Acme”",
            previous_id=first.id,
            partner_id=other.id,
            date_start=date(2026, 2, 28),
        )

    def test_product_that_opens_no_deadlines(self):
        chair = self.env["product.product"].create({"name": "Chair"})
        self._assert_refused("“Chair” opens no deadlines", product_id=chair.id)

    @mute_logger("odoo.sql_db")
    def test_database_lets_nobody_renew_twice(self):
        first = self._create_deadline()
        self._create_deadline(previous_id=first.id, date_start=date(2026, 2, 28))
        first.state = "active"
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self._create_deadline(previous_id=first.id, date_start=date(2026, 2, 28))

    def test_following_a_withdrawn_one(self):
        first = self._create_deadline()
        first.state = "withdrawn"
        self._assert_refused(first.name, previous_id=first.id, date_start=date(2026, 2, 28))

    def test_product_that_creates_deadlines_needs_a_duration(self):
        with self.assertRaisesRegex(ValidationError, "Hosting.*no usable duration"):
            self.monthly.deadline_duration_count = 0
        with self.assertRaisesRegex(ValidationError, "Hosting.*no usable duration"):
            self.monthly.deadline_duration_unit = False

    def test_product_with_absurd_figures(self):
        with self.assertRaisesRegex(ValidationError, "grace days of “Hosting”"):
            self.monthly.deadline_grace_days = -1
        with self.assertRaisesRegex(ValidationError, "renewal price of “Hosting”"):
            self.monthly.deadline_price_increase = -101

    @mute_logger("odoo.sql_db")
    def test_company_with_negative_days(self):
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            self.company.deadline_grace_days = -1
            self.company.flush_recordset()

    def test_import_says_what_is_wrong_and_keeps_the_rest_out(self):
        rows = [
            ["Acme", "Hosting", "2026-02-01", "2026-12-31", "0"],
            ["Acme", "Hosting", "2026-02-01", "2027-02-28", "1"],
        ]
        names = ["partner_id", "product_id", "date_start", "date_end", "duration_count"]
        before = self.env["deadline.deadline"].search_count([])
        result = self.env["deadline.deadline"].load(names, rows)
        self.assertFalse(result["ids"])
        self.assertIn("duration", result["messages"][0]["message"])
        self.assertEqual(self.env["deadline.deadline"].search_count([]), before)

    def test_import_computes_an_end_that_is_left_empty(self):
        names = ["partner_id", "product_id", "date_start", "date_end"]
        result = self.env["deadline.deadline"].load(names, [["Acme", "Hosting", "2026-02-05", ""]])
        self.assertFalse(result["messages"])
        deadline = self.env["deadline.deadline"].browse(result["ids"])
        self.assertEqual(deadline.date_end, date(2026, 3, 4))

    def test_import_honours_every_date(self):
        names = ["partner_id", "product_id", "date_start", "date_end"]
        result = self.env["deadline.deadline"].load(
            names, [["Acme", "Hosting", "2024-01-31", "2024-03-05"]]
        )
        self.assertFalse(result["messages"])
        deadline = self.env["deadline.deadline"].browse(result["ids"])
        self.assertRecordValues(
            deadline,
            [
                {
                    "date_start": date(2024, 1, 31),
                    "date_end": date(2024, 3, 5),
                    "state": "expired",
                    "expired_on": date(2024, 3, 5),
                }
            ],
        )

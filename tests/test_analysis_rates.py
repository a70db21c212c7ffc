from datetime import date, datetime

from odoo.fields import Domain
from odoo.tests import freeze_time

from .test_analysis import AnalysisCommon


class TestOutcome(AnalysisCommon):
    def _get_outcome_after(self, days):
        deadline = self._create_overdue(120)
        self._renew_after(deadline, days)
        return self._get_row(deadline).outcome

    def test_by_the_day_of_the_renewal(self):
        self.company.deadline_late_renewal = 200
        expected = {-30: "00", 0: "00", 1: "07", 7: "07", 8: "30", 30: "30", 31: "90", 90: "90"}
        expected[91] = "later"
        found = {days: self._get_outcome_after(days) for days in expected}
        self.assertEqual(found, expected)

    def test_not_renewed(self):
        """Expired ones are open as long as they can be renewed: 90 days, as set."""
        expected = {10: "open", 0: "open", -90: "open", -91: "lost"}
        found = {days: self._get_row(self._create_ending(days)).outcome for days in expected}
        self.assertEqual(found, expected)
        self.company.deadline_late_renewal = 60
        self.assertEqual(self._read("__count", domain=[("outcome", "=", "lost")]), [(2,)])

    def test_withdrawn(self):
        deadline = self._create_ending(-10)
        deadline.state = "withdrawn"
        self.assertEqual(self._get_row(deadline).outcome, "withdrawn")

    def test_renewal_taken_back(self):
        deadline = self._create_overdue(20)
        following = self._renew_after(deadline, 3)
        self.assertEqual(str(deadline.renewed_on), "2026-02-21")
        following.order_id._action_cancel()
        self.assertFalse(deadline.renewed_on)
        self.assertEqual(self._get_row(deadline).outcome, "open")


class TestDayOfRenewal(AnalysisCommon):
    def test_sold_ones_have_the_day_of_the_order(self):
        deadline = self._create_overdue(20)
        self._renew_after(deadline, 5)
        self.assertEqual((deadline.renewed_on - deadline.date_end).days, 5)

    def test_slow_payment_counts_from_its_beginning(self):
        deadline = self._create_overdue(20)
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        day = deadline.date_end
        order.order_line._open_deadlines(day)
        self.assertEqual(deadline.state, "renewed")
        self.assertEqual(deadline.renewed_on, day)

    def test_the_day_is_that_of_the_company(self):
        deadline = self._create_ending(0)
        with freeze_time("2026-03-10 23:30:00"):  # already the 11th in Rome
            self._renew(deadline)
        self.assertEqual(str(deadline.renewed_on), "2026-03-11")
        self.assertEqual(self._get_row(deadline).outcome, "07")

    def test_history_entered_now_is_not_late(self):
        """The service went on without a gap, years before it was entered."""
        old = self._create_deadline(date_start=date(2020, 1, 1), product_id=self.yearly.id)
        gapless = self._create_deadline(
            date_start=date(2021, 1, 1), product_id=self.yearly.id, previous_id=old.id
        )
        late = self._create_deadline(
            date_start=date(2022, 1, 11), product_id=self.yearly.id, previous_id=gapless.id
        )
        self.assertEqual(late.state, "expired")
        self.assertEqual(str(old.renewed_on), "2020-12-31")
        self.assertEqual(self._get_row(old).outcome, "00")
        self.assertEqual(str(gapless.renewed_on), "2022-01-10")
        self.assertEqual(self._get_row(gapless).outcome, "30")

    def test_next_period_entered_early(self):
        deadline = self._create_ending(40)
        self._create_deadline(
            date_start=date(2026, 5, 1), product_id=self.yearly.id, previous_id=deadline.id
        )
        self.assertEqual(deadline.renewed_on, self.TODAY)

    def test_no_client_says_the_day(self):
        for sent in ("2020-01-01", datetime(2020, 1, 1)):  # by JSON-RPC, by XML-RPC
            with self.subTest(sent=sent):
                deadline = self._create_ending(40)
                deadline.with_context(deadline_ordered_on=sent).create(
                    {
                        "partner_id": self.customer.id,
                        "product_id": self.yearly.id,
                        "date_start": date(2026, 5, 1),
                        "previous_id": deadline.id,
                    }
                )
                self.assertEqual(deadline.renewed_on, self.TODAY)


class TestRates(AnalysisCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # February: renewed in time, 3, 10 and 20 days late, not at all, withdrawn, cancelled.
        for days in (0, 3, 10, 20):
            cls._renew_after(cls._create_overdue(10 + days), days)
        cls._create_ending(-15)
        cls._create_ending(-15).state = "withdrawn"
        cls._create_ending(-15).action_cancel()
        # December: lost, and renewed in time.
        cls._renew_after(cls._create_overdue(92), 0)
        cls._create_ending(-95)

    def _get_rates(self, *domain, groupby=()):
        names = ("renewal_rate", "rate_00", "rate_07", "rate_30", "rate_90", "open_rate")
        names = (*names, "lost_rate")
        rows = self._read(*(f"{name}:avg" for name in names), domain=domain, groupby=groupby)
        return [(*row[:-7], *(round(100 * value) for value in row[-7:])) for row in rows]

    def test_by_month_of_end(self):
        self.assertEqual(
            self._get_rates(("months_since_end", ">=", 1), groupby=["date_end:month"]),
            [
                (date(2025, 12, 1), 50, 50, 50, 50, 50, 0, 50),
                (date(2026, 2, 1), 80, 20, 40, 80, 80, 20, 0),
            ],
        )

    def test_of_all_together_each_deadline_weighs_the_same(self):
        [rates] = self._get_rates(("months_since_end", ">=", 1))
        self.assertEqual(rates, (71, 29, 43, 71, 71, 14, 14))

    def test_agrees_with_the_dashboard(self):
        tiles = self.env["deadline.dashboard"].with_user(self.seller)._get_tiles()
        tile = next(tile for tile in tiles if tile["name"] == "renewal_rate")
        last_month = ("months_since_end", ">=", 1), ("months_since_end", "<=", 1)
        [rates] = self._get_rates(*last_month)
        self.assertEqual(tile["rate"], rates[0])
        self.assertEqual(tile["rate"], 80)
        rated = (*last_month, ("outcome", "not in", ("withdrawn", False)))
        self.assertEqual(self._read("__count", domain=rated), [(tile["count"],)])

    def test_agrees_with_the_digest(self):
        digest = (
            self.env["digest.digest"]
            .create({"name": "Monthly", "periodicity": "monthly"})
            .with_user(self.seller)
            .with_context(start_datetime="2026-02-01", end_datetime="2026-03-01")
        )
        [rates] = self._get_rates(("date_end", ">=", "2026-02-01"), ("date_end", "<", "2026-03-01"))
        with freeze_time("2026-03-01 08:00:00"):
            value = digest.with_context(
                start_datetime=date(2026, 2, 1), end_datetime=date(2026, 3, 1)
            ).kpi_deadline_renewal_rate_value
        self.assertEqual(value, rates[0])

    def test_what_counts_is_said_in_one_place(self):
        """Whatever is left out of rates is so on the dashboard and here, and has no outcome."""
        deadlines = self.env.registry["deadline.deadline"]
        rated = Domain("state", "in", ("active", "renewed", "expired"))
        product = self._create_product("Renews Itself")
        left_out = self._create_ending(-15, product_id=product.id)
        self.assertEqual(self._get_row(left_out).outcome, "open")
        self.patch(
            deadlines,
            "_get_rated_domain",
            lambda _self: rated & Domain("product_id", "!=", product.id),
        )
        self.assertFalse(self._get_row(left_out).outcome)
        self.test_agrees_with_the_dashboard()

    def test_figure_opens_its_deadlines(self):
        self.env.flush_all()
        deadlines = self.env["deadline.deadline"].with_user(self.seller)
        domain = [("outcome", "=", "30"), ("date_end", ">=", "2026-02-01")]
        found = deadlines.search([("analysis_ids", "any", domain)])
        self.assertEqual(self._read("__count", domain=domain), [(len(found),)])
        self.assertEqual(len(found), 2)
        self.assertEqual(set(found.mapped("state")), {"renewed"})

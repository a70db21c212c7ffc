from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.tests import freeze_time

from .common import NoticeCommon

DAY = timedelta(days=1)


class AnalysisCommon(NoticeCommon):
    @classmethod
    def _renew_after(cls, deadline, days):
        """Renew a deadline so many days after its end, and return the new one."""
        with freeze_time(f"{deadline.date_end + days * DAY} 10:00:00"):
            return cls._renew(deadline)

    def _get_row(self, deadline):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["deadline.analysis"].with_user(self.seller).browse(deadline.ids)

    def _read(self, *aggregates, domain=(), groupby=()):
        self.env.flush_all()
        analysis = self.env["deadline.analysis"].with_user(self.seller)
        return analysis._read_group(list(domain), groupby, aggregates)


class TestAnalysisRows(AnalysisCommon):
    def test_row_shows_its_deadline(self):
        grade = self.env["res.partner.grade"].create({"name": "Gold"})
        self.customer.grade_id = grade
        origin = self.env["deadline.origin"].create({"name": "Fair"})
        deadline = self._create_ending(10, origin_id=origin.id)
        row = self._get_row(deadline)
        self.assertEqual(row.deadline_id, deadline)
        self.assertEqual(row.display_name, deadline.name)
        for name in ("product_id", "origin_id", "user_id", "state", "date_end", "days_left"):
            self.assertEqual(row[name], deadline[name], name)
        self.assertEqual(row.grade_id, grade)
        self.assertEqual(row.product_tmpl_id, self.yearly.product_tmpl_id)
        self.assertEqual(row.categ_id, self.yearly.categ_id)
        self.assertEqual(row.currency_id, self.company.currency_id)
        self.assertEqual(row.action_open_deadline()["res_id"], deadline.id)

    def test_state_is_said_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("it_IT")
        value = self.env.ref("deadline_management.selection__deadline_deadline__state__active")
        value.with_context(lang="it_IT").name = "In vigore"
        analysis = self.env["deadline.analysis"].with_context(lang="it_IT")
        labels = dict(analysis.fields_get(["state"])["state"]["selection"])
        self.assertEqual(labels["active"], "In vigore")
        self.assertIn("cancelled", labels)

    def test_cancelled_ones_count_nowhere(self):
        deadline = self._create_ending(10)
        self.assertTrue(self._get_row(deadline).exists())
        deadline.action_cancel()
        self.assertFalse(self._get_row(deadline).exists())

    def test_capital_is_split_by_what_became_of_it(self):
        self._create_ending(10, amount=100)
        self._create_ending(-10, amount=30)
        self._create_ending(-10, amount=7).state = "withdrawn"
        [figures] = self._read("amount:sum", "active_amount:sum", "concluded_amount:sum")
        self.assertEqual(figures, (137, 100, 37))

    def test_capital_agrees_with_the_customer_card(self):
        for days, amount in ((10, 100), (-10, 30)):
            self._create_ending(days, amount=amount)
        [(active, concluded)] = self._read(
            "active_amount:sum",
            "concluded_amount:sum",
            domain=[("commercial_partner_id", "=", self.customer.id)],
        )
        self.assertEqual(active, self.customer.deadline_active_amount)
        self.assertEqual(concluded, self.customer.deadline_concluded_amount)

    def test_what_is_not_saved_yet_is_counted(self):
        deadline = self._create_ending(10, amount=100)
        self._get_row(deadline)
        deadline.amount = 250
        self.assertEqual(self.env["deadline.analysis"].search_count([("amount", "=", 250)]), 1)


class TestAnalysisHorizon(AnalysisCommon):
    def test_buckets(self):
        expected = {
            -1: "00",
            0: "30",
            30: "30",
            31: "60",
            60: "60",
            61: "90",
            90: "90",
            91: "later",
        }
        deadlines = {
            days: self._create_overdue(1) if days < 0 else self._create_ending(days)
            for days in expected
        }
        found = {days: self._get_row(deadline).horizon for days, deadline in deadlines.items()}
        self.assertEqual(found, expected)

    def test_what_is_concluded_has_none(self):
        self.assertFalse(self._get_row(self._create_ending(-3)).horizon)

    def test_each_company_has_its_day(self):
        """At three in the morning in Rome it is still yesterday in New York."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere.partner_id.tz = "America/New_York"
        self.seller.company_ids += elsewhere
        here = self._create_ending(30)
        there = self._create_ending(30, company_id=elsewhere.id, user_id=False)
        companies = (self.company + elsewhere).ids
        rows = self._get_row(here + there).with_context(allowed_company_ids=companies)
        self.assertEqual(
            [(row.horizon, row.days_left) for row in (rows.browse(here.id), rows.browse(there.id))],
            [("30", 30), ("60", 31)],
        )
        soon = rows.search([("days_left", "<=", 30)])
        self.assertEqual(soon.ids, here.ids)

    def test_at_risk_is_what_the_dashboard_counts(self):
        for days in (-20, 0, 30, 31):
            self._create_ending(days)
        tiles = self.env["deadline.dashboard"].with_user(self.seller)._get_tiles()
        tile = next(tile for tile in tiles if tile["name"] == "ending_30")
        [(count, amount)] = self._read("__count", "amount:sum", domain=[("horizon", "=", "30")])
        self.assertEqual((count, amount), (tile["count"], tile["amount"]))
        by_filter = [("state", "=", "active"), ("days_left", ">=", 0), ("days_left", "<=", 30)]
        self.assertEqual(self._read("__count", domain=by_filter), [(tile["count"],)])


class TestAnalysisMonthsSinceEnd(AnalysisCommon):
    def _search(self, *domain):
        rows = self.env["deadline.analysis"].with_user(self.seller).search(list(domain))
        return {str(row.date_end) for row in rows}

    def test_whole_months_are_found(self):
        for day in ("2025-02-28", "2025-03-01", "2026-02-28", "2026-03-01"):
            end = date.fromisoformat(day)
            self._create_ending((end - self.TODAY).days)
        last_year = ("months_since_end", ">=", 1), ("months_since_end", "<=", 12)
        self.assertEqual(self._search(*last_year), {"2025-03-01", "2026-02-28"})
        self.assertEqual(self._search(("months_since_end", "<", 1)), {"2026-03-01"})
        self.assertEqual(self._search(("months_since_end", ">", 12)), {"2025-02-28"})

    def test_months_are_counted(self):
        deadline = self._create_ending(-10)
        self.assertEqual(str(deadline.date_end), "2026-02-28")
        self.assertEqual(self._get_row(deadline).months_since_end, 1)


class TestAnalysisAccess(AnalysisCommon):
    def test_without_the_group_nothing_is_read(self):
        self._create_ending(10)
        for group in ("base.group_user", "base.group_portal"):
            user = self._create_user(group.replace(".", "_"), group)
            with self.assertRaises(AccessError):
                self.env["deadline.analysis"].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["deadline.analysis"].with_user(user)._read_group([], [], ["amount:sum"])

    def test_other_companies_are_left_out(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        deadline = self._create_ending(10, company_id=elsewhere.id, user_id=False)
        self.assertEqual(self._read("__count"), [(0,)])
        with self.assertRaises(AccessError):
            self._get_row(deadline).read(["amount"])

    def test_nobody_writes(self):
        row = self._get_row(self._create_ending(10))
        manager = self._create_user("boss", "deadline_management.group_deadline_manager")
        for call in (
            lambda: row.with_user(manager).write({"amount": 1}),
            lambda: row.with_user(manager).unlink(),
            lambda: row.with_user(manager).create({}),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_portal_does_not_find_deadlines_by_the_analysis(self):
        customer = self._create_user(
            "ann", "base.group_portal", partner_id=self._create_customer("Ann").id
        )
        with self.assertRaises(AccessError):
            self.env["deadline.deadline"].with_user(customer).search(
                [("analysis_ids.monthly_amount", ">", 0)]
            )

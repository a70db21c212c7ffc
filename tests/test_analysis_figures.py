from ast import literal_eval

from odoo.fields import Domain

from .test_analysis import AnalysisCommon

ACTIONS = ("deadline_analysis_action", "deadline_analysis_action_renewal_rate")
ACTIONS += ("deadline_analysis_action_value_at_risk",)


class TestAnalysisFigures(AnalysisCommon):
    """Every cell of the pivots opens exactly the deadlines that it counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fair = cls.env["deadline.origin"].create({"name": "Fair"})
        gold = cls.env["res.partner.grade"].create({"name": "Gold"})
        cls.customer.grade_id = gold
        other = cls._create_customer("Other")
        for number, days in enumerate((-200, -120, -45, -20, -8, -1, 0, 1, 29, 30, 31, 75, 90, 91)):
            cls._create_ending(
                days,
                partner_id=(cls.customer, other)[number % 2].id,
                product_id=(cls.monthly, cls.yearly)[number % 3 == 0].id,
                origin_id=(fair.id, False)[number % 2],
                user_id=(cls.seller.id, False)[number % 5 == 0],
                amount=10.5 * (number + 1),
            )
        for days, late in ((40, 0), (38, 3), (36, 20), (33, 30)):
            cls._renew_after(cls._create_overdue(days), late)
        cls._create_ending(-45).state = "withdrawn"
        cls._create_ending(20).action_cancel()

    def _open(self, domain):
        """Return what a figure opens: see `deadline_analysis.js`."""
        deadlines = self.env["deadline.deadline"].with_user(self.seller)
        return deadlines.search([("analysis_ids", "any", list(domain))])

    def _assert_groups(self, domain, *groupby):
        """Hold every group's count and capital against the deadlines that it opens."""
        self.env.flush_all()
        analysis = self.env["deadline.analysis"].with_user(self.seller)
        groups = analysis.formatted_read_group(
            domain, groupby, ["__count", "amount:sum", "active_amount:sum"]
        )
        seen = self.env["deadline.deadline"]
        for group in groups:
            found = self._open(Domain(domain) & Domain(group["__extra_domain"]))
            self.assertEqual(len(found), group["__count"], group)
            self.assertAlmostEqual(sum(found.mapped("amount_company")), group["amount:sum"], 2)
            active = found.filtered(lambda deadline: deadline.state == "active")
            self.assertAlmostEqual(
                sum(active.mapped("amount_company")), group["active_amount:sum"], 2
            )
            self.assertFalse(seen & found, group)
            seen |= found
        self.assertEqual(seen, self._open(domain))
        return groups

    def _get_filter(self, name):
        """Return the domain of a filter of the search view."""
        view = self.env["deadline.analysis"].get_view(
            self.env.ref("deadline_management.deadline_analysis_view_search").id, "search"
        )
        arch = view["arch"].split(f'name="{name}"', 1)[1].split("/>", 1)[0]
        text = arch.split('domain="', 1)[1].split('"', 1)[0]
        return literal_eval(text.replace("&gt;", ">").replace("&lt;", "<"))

    def test_by_month_of_end_and_product(self):
        groups = self._assert_groups([], "date_end:month", "product_tmpl_id")
        self.assertGreater(len(groups), 8)

    def test_by_outcome_and_month(self):
        groups = self._assert_groups([], "outcome", "date_end:month")
        found = {group["outcome"] for group in groups}
        self.assertEqual(found, {"00", "07", "30", "open", "lost", "withdrawn"})

    def test_by_horizon_and_responsible(self):
        groups = self._assert_groups([("state", "=", "active")], "horizon", "user_id")
        self.assertEqual(
            {group["horizon"] for group in groups} - {False}, {"30", "60", "90", "later"}
        )

    def test_by_origin_level_customer_and_category(self):
        for groupby in ("origin_id", "grade_id", "commercial_partner_id", "categ_id"):
            groups = self._assert_groups([], groupby)
            self.assertTrue(groups, groupby)

    def test_by_state_and_company(self):
        self._assert_groups([], "state", "company_id")

    def test_filters_of_the_menus_find_what_they_say(self):
        at_risk = self._open(self._get_filter("risk_90"))
        self.assertTrue(at_risk)
        for deadline in at_risk:
            self.assertEqual(deadline.state, "active")
            self.assertTrue(0 <= deadline.days_left <= 90)
        self.assertNotIn(91, at_risk.mapped("days_left"))
        for days, name in ((30, "risk_30"), (60, "risk_60")):
            nearer = self._open(self._get_filter(name))
            self.assertEqual(nearer, at_risk.filtered(lambda d, most=days: d.days_left <= most))
        ended = self._open(self._get_filter("ended_12_months"))
        self.assertTrue(ended)
        for deadline in ended:
            self.assertTrue("2025-03-01" <= str(deadline.date_end) <= "2026-02-28", deadline)

    def test_every_menu_opens_with_a_filter_that_exists(self):
        search = self.env.ref("deadline_management.deadline_analysis_view_search").arch
        for name in ACTIONS:
            context = self.env.ref(f"deadline_management.{name}").context or "{}"
            for key in literal_eval(context):
                self.assertIn(f'name="{key.removeprefix("search_default_")}"', search)

    def test_cancelled_ones_are_opened_by_no_figure(self):
        self.assertNotIn("cancelled", self._open([]).mapped("state"))

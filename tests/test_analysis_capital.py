from odoo.tools import SQL

from .test_analysis import AnalysisCommon


class TestAnalysisCapital(AnalysisCommon):
    """Capital and monthly value by what one groups by, against the sums of the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.env["res.currency"].create({"name": "DOL", "symbol": "d"})
        cls.dollar.rate_ids.create(
            {"currency_id": cls.dollar.id, "name": "2020-01-01", "rate": 2.0}
        )
        fair, shop = cls.env["deadline.origin"].create([{"name": "Fair"}, {"name": "Shop"}])
        gold, silver = cls.env["res.partner.grade"].create([{"name": "Gold"}, {"name": "Silver"}])
        cls.customer.grade_id = gold
        cls.other = cls._create_customer("Other", grade_id=silver.id)
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman_all_leads")
        for number in range(24):
            cls._create_ending(
                (-40, 5, 45, 80, 200)[number % 5],
                partner_id=(cls.customer, cls.other)[number % 2].id,
                product_id=(cls.monthly, cls.yearly)[number % 3 == 0].id,
                origin_id=(fair.id, shop.id, False)[number % 3],
                user_id=(cls.seller.id, cls.colleague.id)[number % 4 == 0],
                currency_id=(cls.company.currency_id, cls.dollar)[number % 7 == 0].id,
                amount=7.35 * (number + 1),
            )

    def _sum_by_sql(self, column, condition="TRUE"):
        """Return {key: sum in the company's currency}."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT %s, sum(d.amount_company) FROM deadline_deadline d
                JOIN res_partner p ON p.id = d.commercial_partner_id
                JOIN product_product v ON v.id = d.product_id
                WHERE d.company_id = %s AND d.state != 'cancelled' AND %s GROUP BY 1
                """,
                SQL(column),
                self.company.id,
                SQL(condition),
            )
        )
        return {key or False: round(float(amount), 2) for key, amount in self.env.cr.fetchall()}

    def _sum_by_analysis(self, groupby, measure, domain=()):
        domain = [("company_id", "=", self.company.id), *domain]
        rows = self._read(f"{measure}:sum", domain=domain, groupby=[groupby])
        return {getattr(key, "id", key): round(amount, 2) for key, amount in rows}

    def _assert_same(self, measure, condition):
        for groupby, column in (
            ("origin_id", "d.origin_id"),
            ("product_id", "d.product_id"),
            ("product_tmpl_id", "v.product_tmpl_id"),
            ("user_id", "d.user_id"),
            ("grade_id", "p.grade_id"),
            ("commercial_partner_id", "d.commercial_partner_id"),
        ):
            found = self._sum_by_analysis(groupby, measure)
            expected = self._sum_by_sql(column, condition)
            for key in found.keys() | expected.keys():
                self.assertAlmostEqual(found.get(key, 0), expected.get(key, 0), 2, groupby)
            self.assertTrue(any(found.values()), groupby)

    def test_amounts_are_those_of_the_database(self):
        self._assert_same("amount", "TRUE")

    def test_active_and_concluded_capital_are_those_of_the_database(self):
        self._assert_same("active_amount", "d.state = 'active'")
        self._assert_same("concluded_amount", "d.state IN ('renewed', 'expired', 'withdrawn')")

    def test_amount_is_active_or_concluded(self):
        for groupby in ("origin_id", "user_id", "grade_id"):
            total = self._sum_by_analysis(groupby, "amount")
            active = self._sum_by_analysis(groupby, "active_amount")
            concluded = self._sum_by_analysis(groupby, "concluded_amount")
            for key, amount in total.items():
                self.assertAlmostEqual(amount, active[key] + concluded[key], 2)

    def test_value_at_risk_in_30_60_and_90_days(self):
        risk = self._sum_by_analysis("horizon", "amount", [("state", "=", "active")])
        days = "d.state = 'active' AND d.date_end - DATE '2026-03-10' BETWEEN %s AND %s"
        for horizon, first, last in (("30", 0, 30), ("60", 31, 60), ("90", 61, 90)):
            [expected] = self._sum_by_sql("1", days % (first, last)).values()
            self.assertAlmostEqual(risk[horizon], expected, 2, horizon)

    def test_foreign_amounts_count_at_the_rate_of_the_opening(self):
        deadline = self._create_ending(5, currency_id=self.dollar.id, amount=50)
        self.env.flush_all()
        self.dollar.rate_ids.create(
            {"currency_id": self.dollar.id, "name": self.TODAY, "rate": 10.0}
        )
        self.assertEqual(self._get_row(deadline).amount, 25)

    def test_companies_with_other_currencies_are_told_apart(self):
        elsewhere = self.env["res.company"].create(
            {"name": "Elsewhere", "currency_id": self.dollar.id}
        )
        self.seller.company_ids += elsewhere
        self._create_ending(
            5, company_id=elsewhere.id, user_id=False, currency_id=self.dollar.id, amount=80
        )
        self.env.flush_all()
        analysis = self.env["deadline.analysis"].with_user(self.seller)
        both = analysis.with_context(allowed_company_ids=(self.company + elsewhere).ids)
        sums = dict(both._read_group([], ["currency_id"], ["amount:sum"]))
        self.assertEqual(sums[self.dollar], 80)
        [own] = self._sum_by_sql("d.company_id").values()
        self.assertAlmostEqual(sums[self.company.currency_id], own, 2)

    def test_customer_s_level_is_that_of_today(self):
        before = self._sum_by_analysis("grade_id", "amount")
        self.other.grade_id = self.customer.grade_id
        after = self._sum_by_analysis("grade_id", "amount")
        self.assertEqual(list(after), self.customer.grade_id.ids)
        self.assertAlmostEqual(sum(before.values()), sum(after.values()), 2)

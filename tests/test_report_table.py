from datetime import date

from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.deadline_management.report.deadline_report_table import Table

from .common import ReportCommon

COLUMNS = {
    "commercial_partner_id": "commercial_partner_id",
    "product_id": "product_id",
    "origin_id": "origin_id",
    "user_id": "user_id",
    "date_end:month": "date_trunc('month', date_end)::date",
}


class TestReportTable(ReportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls._create_foreign("DOL", 2.0)
        origin = cls.env["deadline.origin"].create({"name": "Fair"})
        for number in range(30):
            cls._create_deadline(
                partner_id=(cls.customer, cls.other)[number % 2].id,
                product_id=(cls.monthly, cls.yearly)[number % 3 == 0].id,
                currency_id=(cls.company.currency_id, cls.dollar)[number % 5 == 0].id,
                origin_id=(origin.id, False)[number % 4 == 0],
                user_id=(cls.seller.id, False)[number % 7 == 0],
                amount=10.37 * number,
                date_start=date(2026, 1, 31),
                date_end=date(2026, 2 + number % 3, 28),
            )

    def _create_table(self, **values):
        return Table(self._create_report(**values))

    def _sum_by_sql(self, column):
        """Return {key: {currency: (count, amount, amount in company currency)}}."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT %s, currency_id, count(*), sum(amount), sum(amount_company)
                FROM deadline_deadline WHERE company_id = %s GROUP BY 1, 2
                """,
                SQL(column),
                self.company.id,
            )
        )
        sums = {}
        for key, currency, *money in self.env.cr.fetchall():
            sums.setdefault(key or False, {})[currency] = [float(one) for one in money]
        return sums

    def test_totals_equal_those_of_the_database(self):
        for group_by, column in COLUMNS.items():
            table = self._create_table(group_by=group_by)
            expected = self._sum_by_sql(column)
            self.assertEqual(set(table.groups), set(expected), group_by)
            for key, totals in table.groups.items():
                for (currency, company_currency), money in totals.money.items():
                    self.assertEqual(company_currency, self.company.currency_id.id)
                    for ours, theirs in zip(money, expected[key].pop(currency), strict=True):
                        self.assertAlmostEqual(ours, theirs, 2, (group_by, key))
                self.assertFalse(expected[key])

    def test_groups_are_each_in_one_piece_and_complete(self):
        for group_by in COLUMNS:
            table = self._create_table(group_by=group_by)
            keys = [key for key, _currencies, _values in table.iterate()]
            pieces = [key for n, key in enumerate(keys) if not n or keys[n - 1] != key]
            self.assertEqual(len(pieces), len(set(pieces)), group_by)
            self.assertEqual(
                {key: keys.count(key) for key in pieces},
                {key: totals.count for key, totals in table.groups.items()},
            )

    def test_rows_add_up_to_the_totals(self):
        table = self._create_table(group_by="product_id", show_amount_company=True)
        sums = {}
        for key, currencies, values in table.iterate():
            amount, amount_company = values[-2:]
            one = sums.setdefault((key, currencies), [0, 0])
            one[0] += amount
            one[1] += amount_company
        for (key, currencies), (amount, amount_company) in sums.items():
            money = table.groups[key].money[currencies]
            self.assertAlmostEqual(money.amount, amount, 2)
            self.assertAlmostEqual(money.amount_company, amount_company, 2)

    def test_rows_are_in_the_order_of_their_end(self):
        table = self._create_table(show_description=False)
        place = [column.name for column in table.columns].index("date_end")
        ends = [values[place] for _key, _currencies, values in table.iterate()]
        self.assertEqual(ends, sorted(ends))

    def test_group_has_a_name(self):
        table = self._create_table(group_by="date_end:month")
        self.assertEqual(table.get_group_label(date(2026, 3, 1)), "March 2026")
        self.assertEqual(table.get_group_heading(), "Month of End")
        table = self._create_table(group_by="user_id")
        self.assertEqual(table.get_group_label(False), "None")
        self.assertEqual(table.get_group_label(self.seller.id), "seller")

    def test_foreign_amounts_bring_the_company_s_currency_along(self):
        names = [column.name for column in self._create_table().columns]
        self.assertEqual(names[-2:], ["amount", "amount_company"])
        own = self._create_table(product_ids=[Command.set(self.yearly.ids)], show_amount=False)
        self.assertNotIn("amount_company", [column.name for column in own.columns])

    def test_columns_are_those_asked_for(self):
        boxes = [name for name in self.env["deadline.report.wizard"]._fields if name[:5] == "show_"]
        table = self._create_table(**dict.fromkeys(boxes, False) | {"show_bank_id": True})
        self.assertEqual([column.name for column in table.columns], ["bank_id"])
        table = self._create_table(**dict.fromkeys(boxes, False))
        self.assertEqual([column.name for column in table.columns], ["name"])
        table = self._create_table(**dict.fromkeys(boxes, True))
        self.assertEqual(len(table.columns), len(boxes))
        rows = list(table.iterate())
        self.assertEqual(len(rows), 30)
        self.assertTrue(all(len(values) == len(boxes) for _key, _currencies, values in rows))

    def test_values_are_dates_numbers_and_names(self):
        self.env["deadline.deadline"].search([]).unlink()
        self._create_deadline(date_start=date(2026, 1, 1), date_end=date(2026, 1, 31), amount=7)
        table = self._create_table(show_origin_id=True, show_quantity=True)
        [(_key, currencies, values)] = table.iterate()
        row = dict(zip((column.name for column in table.columns), values, strict=True))
        self.assertEqual(currencies, (self.company.currency_id.id,) * 2)
        self.assertEqual(row["date_end"], date(2026, 1, 31))
        self.assertEqual((row["amount"], row["quantity"]), (7.0, 1.0))
        self.assertEqual((row["origin_id"], row["description"]), ("", ""))
        self.assertEqual((row["partner_id"], row["state"]), ("Acme", "Expired"))


class TestReportCompanies(ReportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls._create_foreign("DOL", 2.0)
        cls.branch = cls.env["res.company"].create(
            {"name": "Overseas", "currency_id": cls.dollar.id}
        )
        cls._create_deadline(amount=100)
        cls.there = cls._create_deadline(
            company_id=cls.branch.id, currency_id=cls.dollar.id, amount=50
        )

    def _report_as(self, user, companies, **values):
        wizards = self.env["deadline.report.wizard"].with_user(user)
        return wizards.with_context(allowed_company_ids=companies.ids).create(values)

    def test_companies_are_those_one_works_in(self):
        self.seller.company_ids += self.branch
        both = self._report_as(self.seller, self.company + self.branch)
        self.assertEqual(Table(both).totals.count, 2)
        one = self._report_as(self.seller, self.branch)
        self.assertEqual(one.company_ids, self.branch)
        # A download does not say which companies are ticked.
        downloaded = one.with_context(allowed_company_ids=None)._with_companies()
        self.assertEqual(Table(downloaded).totals.count, 1)

    def test_totals_are_kept_apart_by_the_companies_currencies(self):
        self.seller.company_ids += self.branch
        table = Table(self._report_as(self.seller, self.company + self.branch))
        totals = table.totals.get_company_totals()
        self.assertEqual(
            {currency: money.amount_company for currency, money in totals.items()},
            {self.company.currency_id.id: 100.0, self.dollar.id: 50.0},
        )

    def test_company_of_others_is_not_reported_even_if_named(self):
        report = self._create_report()
        report.sudo().company_ids = self.branch
        for context in ({}, {"allowed_company_ids": self.branch.ids}):
            wizard = report.with_context(**context)._with_companies()
            self.assertFalse(Table(wizard).totals.count)
            self.assertFalse(list(Table(wizard).iterate()))

    def test_selection_of_guessed_ids_shows_nothing(self):
        report = self._create_report(selected_ids=self.there.ids)
        self.assertFalse(list(Table(report._with_companies()).iterate()))

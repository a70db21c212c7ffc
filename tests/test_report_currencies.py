from odoo.fields import Command

from .common import PrintCommon, SpreadsheetCommon


class TestReportCurrencies(SpreadsheetCommon, PrintCommon):
    """Sums of what was sold in several currencies, by companies with currencies of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls._create_foreign("DOL", 2.0)
        cls.yen = cls._create_foreign("YEN", 150.0)
        cls.yen.rounding = 1
        cls.branch = cls.env["res.company"].create(
            {"name": "Overseas", "currency_id": cls.dollar.id}
        )
        cls.seller.company_ids += cls.branch
        own = cls.company.currency_id
        for partner, company, currency, amount in (
            (cls.customer, cls.company, own, 100.0),
            (cls.customer, cls.company, cls.yen, 1500.0),
            (cls.customer, cls.branch, cls.dollar, 80.0),
            (cls.other, cls.company, cls.dollar, 50.0),
            (cls.other, cls.branch, cls.dollar, 7.5),
        ):
            cls._create_deadline(
                partner_id=partner.id,
                company_id=company.id,
                currency_id=currency.id,
                amount=amount,
            )

    def _create_for_both(self, **values):
        wizards = self.env["deadline.report.wizard"].with_user(self.seller)
        both = wizards.with_context(allowed_company_ids=(self.company + self.branch).ids)
        return both.create(values)

    def _sum_by_sql(self):
        """Return {(customer, currency, company's currency): [count, amount, company's]}."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT p.name, c.name, cc.name, count(*), sum(amount), sum(amount_company)
            FROM deadline_deadline d
            JOIN res_partner p ON p.id = d.commercial_partner_id
            JOIN res_currency c ON c.id = d.currency_id
            JOIN res_company co ON co.id = d.company_id
            JOIN res_currency cc ON cc.id = co.currency_id
            WHERE d.company_id = ANY(%s) GROUP BY 1, 2, 3
            """,
            [(self.company + self.branch).ids],
        )
        return {row[:3]: [float(one) for one in row[3:]] for row in self.env.cr.fetchall()}

    def test_spreadsheet_equals_the_database_by_customer_and_currency(self):
        formulas, book = self._read_report(self._create_for_both(group_by="commercial_partner_id"))
        expected = self._sum_by_sql()
        for line in self._get_totals(book["Totals"]):
            if line["Customer"] == "Total" or not line["Currency"]:
                continue
            key = line["Customer"], line["Currency"], line["Company Currency"]
            found = [line["Deadlines"], line["Amount"], line["Amount in Company Currency"]]
            for ours, theirs in zip(found, expected.pop(key), strict=True):
                self.assertAlmostEqual(ours, theirs, 2, key)
        self.assertFalse(expected)
        self.assertGreater(self._assert_formulas(formulas, book), 12)

    def test_totals_of_the_companies_are_not_mixed(self):
        book = self._read_report(self._create_for_both())[1]
        totals = self._get_totals(book["Totals"])
        sums = {
            line["Company Currency"]: line["Amount in Company Currency"]
            for line in totals
            if not line["Currency"]
        }
        # 100 + 1500 / 150 + 50 / 2; the branch has sold in its own currency only
        self.assertEqual(sums, {self.company.currency_id.name: 135})
        branch = [line for line in totals if line["Company Currency"] == "DOL"]
        self.assertEqual([line["Amount in Company Currency"] for line in branch], [87.5])

    def test_each_row_names_both_currencies(self):
        rows = self._get_rows(self._read_report(self._create_for_both())[1]["Deadlines"])
        self.assertEqual(len(rows), 5)
        own = self.company.currency_id.name
        self.assertCountEqual(
            [(row["Currency"], row["Company Currency"], row["Amount"]) for row in rows],
            [
                (own, own, 100),
                ("YEN", own, 1500),
                ("DOL", "DOL", 80),
                ("DOL", own, 50),
                ("DOL", "DOL", 7.5),
            ],
        )

    def test_print_has_a_subtotal_for_each_currency_of_a_group(self):
        [page] = self._render(self._create_for_both(group_by="commercial_partner_id"))
        own, dollar, yen = self.company.currency_id, self.dollar, self.yen
        totals = self._get_texts(page, "total")
        acme = [row[1:] for row in totals if row[0].startswith("Total of Acme")]
        self.assertCountEqual(
            acme,
            [
                [own.format(100), own.format(100)],
                [yen.format(1500), own.format(10)],
                [dollar.format(80), dollar.format(80)],
                ["", own.format(110)],
            ],
        )

    def test_currency_without_cents_is_shown_without(self):
        [page] = self._render(self._create_for_both())
        cells = [row[-2] for row in self._get_texts(page, "row")]
        self.assertIn(self.yen.format(1500), cells)
        self.assertNotIn("1,500.00", " ".join(cells))

    def test_company_that_is_chosen_alone_has_one_currency(self):
        report = self._create_for_both(company_ids=[Command.set(self.branch.ids)])
        formulas, book = self._read_report(report._with_companies())
        [total] = self._get_totals(book["Totals"])
        self.assertEqual((total["Deadlines"], total["Amount"]), (2, 87.5))
        self.assertNotIn("Amount in Company Currency", total)
        self.assertEqual(self._assert_formulas(formulas, book), 2)

    def test_rate_is_that_of_the_day_it_was_opened(self):
        """A later rate changes nothing of what was reported."""
        before = self._sum_by_sql()
        self.env["res.currency.rate"].create(
            {"currency_id": self.dollar.id, "rate": 4.0, "name": self.TODAY}
        )
        self.env.invalidate_all()
        self.assertEqual(self._sum_by_sql(), before)
        self._create_deadline(currency_id=self.dollar.id, amount=50, description="newer")
        [row] = [
            row
            for row in self._get_rows(self._read_report(self._create_for_both())[1]["Deadlines"])
            if row["Description"] == "newer"
        ]
        self.assertEqual(row["Amount in Company Currency"], 12.5)

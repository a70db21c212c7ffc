from datetime import date

from .common import ImportCommon

HEAD = ["partner_id", "product_id"]


class TestImportMissing(ImportCommon):
    """What a list leaves out follows from the product, as in the form."""

    def _import_end(self, product, end, **values):
        columns = [*HEAD, "date_end", *values]
        [deadline] = self._import_well(columns, ("Acme", product, end, *values.values()))
        return deadline

    def test_start_is_counted_back_from_the_end(self):
        for product, end, start, anchor_day in (
            ("Licence", "2026-12-31", date(2026, 1, 1), 1),
            ("Hosting", "2026-03-30", date(2026, 2, 28), 31),
            ("Hosting", "2026-04-29", date(2026, 3, 30), 30),
            ("Licence", "2028-02-28", date(2027, 2, 28), 29),
            ("Licence", "2028-02-29", date(2027, 3, 1), 1),
        ):
            with self.subTest(end):
                deadline = self._import_end(product, end)
                self.assertEqual(deadline.date_start, start)
                self.assertEqual(str(deadline.date_end), end)
                self.assertEqual(deadline.anchor_day, anchor_day)

    def test_start_by_the_duration_of_the_file(self):
        values = {"duration_count": 2, "duration_unit": "Weeks"}
        deadline = self._import_end("Licence", "2026-05-17", **values)
        self.assertEqual(deadline.date_start, date(2026, 5, 4))

    def test_empty_start(self):
        deadline = self._import_end("Licence", "2026-12-31", date_start="")
        self.assertEqual(deadline.date_start, date(2026, 1, 1))

    def test_what_has_expired(self):
        deadline = self._import_end("Licence", "2025-12-31")
        self.assertEqual((deadline.state, deadline.expired_on), ("expired", date(2025, 12, 31)))
        self.assertEqual(deadline.date_start, date(2025, 1, 1))

    def test_reminder_and_monthly_value_of_an_expiry_alone(self):
        deadline = self._import_end("Licence", "2026-04-20", amount=12)
        self.env.flush_all()
        rows = self.env["deadline.analysis"].search([("deadline_id", "=", deadline.id)])
        self.assertEqual([round(row.monthly_amount, 2) for row in rows], [1])
        self.assertEqual(self._notify(date(2026, 3, 21)).line_ids.deadline_id, deadline)

    def test_neither_start_nor_end(self):
        [deadline] = self._import_well(HEAD, ("Acme", "Licence"))
        self.assertEqual(deadline.date_start, self.TODAY)

    def test_amount_is_todays_price(self):
        tax = self.env["account.tax"].create(
            {"name": "20 %", "amount": 20, "price_include_override": "tax_included"}
        )
        self.yearly.taxes_id = tax
        columns = [*HEAD, "quantity"]
        [deadline] = self._import_well(columns, ("Acme", "Licence", 2))
        self.assertEqual(deadline.amount, 2000)
        [empty] = self._import_well([*HEAD, "amount"], ("Acme", "Licence", ""))
        self.assertEqual(empty.amount, 1000)

    def test_nothing_is_an_amount(self):
        [deadline] = self._import_well([*HEAD, "amount"], ("Acme", "Licence", "0,00"))
        self.assertEqual(deadline.amount, 0)

    def test_empty_cells_change_nothing_of_what_is_there(self):
        columns = ["id", *HEAD, "amount", "quantity", "date_start", "date_end", "currency_id"]
        filled = ("x1", "Acme", "Licence", 10, 2, "2026-02-01", "2026-05-31", "")
        [deadline] = self._import_well(columns, filled)
        self._import_well(columns, ("x1", "Acme", "Licence", "", "", "", "", ""))
        self.assertEqual((deadline.amount, deadline.quantity), (10, 2))
        self.assertEqual(str(deadline.date_end), "2026-05-31")

    def test_nothing_is_renewed_for_nothing(self):
        for policy in ("kept", "increase"):
            self.yearly.deadline_price_policy = policy
            [deadline] = self._import_well([*HEAD, "amount"], ("Acme", "Licence", 0))
            order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
            self.assertEqual(order.order_line.price_unit, 1200)

    def test_import_by_who_may_do_little_else(self):
        self.seller.group_ids = self.env.ref("sales_team.group_sale_salesman")
        [deadline] = self._import_well([*HEAD, "date_end"], ("Acme", "Licence", "2026-12-31"))
        self.assertEqual(deadline.amount, 1200)

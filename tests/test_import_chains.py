from .common import ImportCommon

BASE = ["partner_id", "product_id", "date_start", "date_end"]
ACME = ("Acme", "Hosting")


class TestImportChains(ImportCommon):
    def test_by_reference_within_the_file(self):
        first, second, third = self._import_well(
            ["name", "previous_id", *BASE],
            ("A1", "", *ACME, "2025-01-01", "2025-12-31"),
            ("A2", "A1", *ACME, "2026-01-01", "2026-06-30"),
            ("A3", "A2", *ACME, "2026-07-01", "2026-12-31"),
        )
        self.assertEqual((second.previous_id, third.previous_id), (first, second))
        self.assertEqual(third.first_id, first)
        self.assertEqual((first + second + third).mapped("state"), ["renewed", "renewed", "active"])

    def test_by_external_id_within_the_file(self):
        first, second = self._import_well(
            ["id", "previous_id/id", *BASE],
            ("old_1", "", *ACME, "2025-01-01", "2025-12-31"),
            ("old_2", "old_1", *ACME, "2026-01-01", "2026-12-31"),
        )
        self.assertEqual(second.previous_id, first)
        self.assertEqual(self.env.ref("__import__.old_1"), first)
        self.assertEqual(first.state, "renewed")

    def test_order_of_rows_does_not_matter(self):
        third, first, second = self._import_well(
            ["name", "previous_id", *BASE],
            ("A3", "A2", *ACME, "2026-07-01", "2026-12-31"),
            ("A1", "", *ACME, "2025-01-01", "2025-12-31"),
            ("A2", "A1", *ACME, "2026-01-01", "2026-06-30"),
        )
        self.assertEqual([first.name, second.name, third.name], ["A1", "A2", "A3"])
        self.assertEqual(third.previous_id.previous_id, first)

    def test_what_is_there_already_is_followed(self):
        there = self._create_ending(10)
        [by_name] = self._import_well(
            ["previous_id", *BASE], (there.name, "Acme", "Licence", "2026-03-21", "2027-03-20")
        )
        self.assertEqual(by_name.previous_id, there)
        [by_id] = self._import_well(
            ["previous_id/.id", *BASE], (by_name.id, "Acme", "Licence", "2027-03-21", "2028-03-20")
        )
        self.assertEqual(by_id.previous_id, by_name)
        self.assertEqual(
            (there + by_name + by_id).mapped("state"), ["renewed", "renewed", "active"]
        )

    def test_chain_over_two_batches(self):
        columns = ["name", "previous_id", *BASE]
        rows = (
            ("A1", "", *ACME, "2025-01-01", "2025-12-31"),
            ("A2", "A1", *ACME, "2026-01-01", "2026-12-31"),
        )
        [first] = self._import_well(columns, *rows, limit=1)
        [second] = self._import_well(columns, *rows, limit=1, skip=1)
        self.assertEqual(second.previous_id, first)

    def test_second_import_of_the_same_file_updates(self):
        columns = ["id", "amount", *BASE]
        [deadline] = self._import_well(columns, ("x1", 10, *ACME, "2026-03-01", "2026-03-31"))
        [again] = self._import_well(columns, ("x1", 20, *ACME, "2026-03-01", "2026-03-31"))
        self.assertEqual((again, again.amount), (deadline, 20))

    def test_history_imported_counts_as_renewed_in_time(self):
        first, _second = self._import_well(
            ["name", "previous_id", *BASE],
            ("A1", "", *ACME, "2024-01-01", "2024-12-31"),
            ("A2", "A1", *ACME, "2025-01-01", "2026-12-31"),
        )
        self.assertEqual(str(first.renewed_on), "2024-12-31")

    def test_nobody_is_written_to_about_the_past(self):
        self._import_well(
            BASE,
            (*ACME, "2025-01-01", "2025-12-31"),
            (*ACME, "2025-03-15", "2026-03-14"),  # reminders were due 30 and 7 days before
        )
        notices = self._notify(self.TODAY)
        self.assertFalse(notices)

    def test_products_and_customers_by_their_codes(self):
        self.customer.ref = "C-100"
        self.monthly.default_code = "HOST"
        [deadline] = self._import_well(BASE, ("C-100", "HOST", "2026-03-01", "2026-03-31"))
        self.assertEqual((deadline.partner_id, deadline.product_id), (self.customer, self.monthly))

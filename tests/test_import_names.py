from odoo.tools import mute_logger

from .common import ImportCommon, name_origins

BASE = ["partner_id", "product_id", "date_start"]


class TestImportNames(ImportCommon):
    """Who or what a name stands for is certain, or nothing is imported."""

    def _refuse(self, columns, *rows):
        with mute_logger("odoo.sql_db"):
            result = self._import(columns, *rows)
        self.assertFalse(result["ids"])
        self.assertFalse(self.env["deadline.deadline"].search([("description", "=", "new")]))
        for message in result["messages"]:
            self.assertEqual(message["type"], "error")
        return [message["message"] for message in result["messages"]]

    def test_two_customers_of_one_name(self):
        one, _other = (self._create_customer("Gianni", email=f"{n}@example.com") for n in "ab")
        columns = [*BASE, "description"]
        right = ("Acme", "Hosting", "2026-03-01", "new")
        [text] = self._refuse(columns, right, ("Gianni", "Hosting", "2026-03-01", "new"))
        self.assertIn("There are 2 records named “Gianni” for “Customer”", text)
        self.assertIn("Reference, Email", text)
        self.assertIn("“Customer/External ID”", text)
        [deadline] = self._import_well(BASE, ("a@example.com", "Hosting", "2026-03-01"))
        self.assertEqual(deadline.partner_id, one)

    def test_two_products_banks_origins_users_and_deadlines_of_one_name(self):
        self._create_product("Hosting")
        self.env["res.bank"].create([{"name": "Bank"}, {"name": "Bank"}])
        origins = self.env["deadline.origin"].create([{"name": "Old"}, {"name": "Older"}])
        name_origins(origins, ["Old", "Old"])
        for login in ("a", "b"):
            self._create_user(login, "base.group_user", name="Jane")
        for days in (10, 20):
            self._create_ending(days, name="SAME")
        for name, value, way in (
            ("product_id", "Hosting", "Internal Reference"),
            ("bank_id", "Bank", "Bank Identifier Code"),
            ("origin_id", "Old", "External ID"),
            ("user_id", "Jane", "Login"),
            ("previous_id", "SAME", "External ID"),
        ):
            with self.subTest(name):
                values = {
                    "partner_id": "Acme",
                    "product_id": "Licence",
                    "date_start": "2027-03-01",
                    "description": "new",
                    name: value,
                }
                [text] = self._refuse(list(values), values.values())
                self.assertIn(f"There are 2 records named “{value}”", text)
                self.assertIn(way, text)

    def test_two_rows_of_one_reference(self):
        columns = ["name", "previous_id", *BASE, "date_end"]
        row = ("A1", "", "Acme", "Hosting", "2026-03-01", "2026-03-31")
        [text] = self._refuse(
            columns, row, row, ("A2", "A1", "Acme", "Hosting", "2026-04-01", "2026-04-30")
        )
        self.assertIn("There are 2 records named “A1” for “Renewal of”", text)

    def test_whatever_odoo_warns_of_is_refused(self):
        columns = [*BASE, "description", "is_self_renewing"]
        self._refuse(columns, ("Acme", "Hosting", "2026-03-01", "new", "maybe"))

    def test_what_odoo_warns_of_in_other_models_is_refused(self):
        screen = self.env["base_import.import"].create(
            {
                "res_model": "deadline.origin",
                "file": b"name,active\nOne,1\nOther,maybe",
                "file_name": "origins.csv",
                "file_type": "text/csv",
            }
        )
        fields = ["name", "active"]
        result = screen.execute_import(fields, fields, dict(self.OPTIONS))
        self.assertFalse(result["ids"])
        self.assertFalse(self.env["deadline.origin"].search([("name", "in", ("One", "Other"))]))
        self.assertEqual([message["type"] for message in result["messages"]], ["error"])

    def test_addresses_however_they_are_written(self):
        self.customer.email = "Acme@Example.com"
        for text in ("acme@example.com", "ACME@EXAMPLE.COM", " acme@example.com "):
            [deadline] = self._import_well(BASE, (text, "Hosting", "2026-03-01"))
            self.assertEqual(deadline.partner_id, self.customer)
        self._create_customer("Other", email="ACME@example.com")
        [text] = self._refuse(BASE, ("acme@example.com", "Hosting", "2026-03-01"))
        self.assertIn("There are 2 records", text)

    def test_namesake_in_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.seller.company_ids += elsewhere
        self._create_customer("Acme", company_id=elsewhere.id)
        [deadline] = self._import_well(BASE, ("Acme", "Hosting", "2026-03-01"))
        self.assertEqual(deadline.partner_id, self.customer)

    def test_customer_of_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self._create_customer("Foreign", company_id=elsewhere.id)
        [text] = self._refuse(BASE, ("Foreign", "Hosting", "2026-03-01"))
        self.assertIn("Foreign", text)

    def test_names_may_still_be_created(self):
        options = {"name_create_enabled_fields": {"partner_id": True}}
        row = ("Brand new", "Hosting", "2026-03-01")
        result = self._import(BASE, row, row, **options)
        found = self.env["deadline.deadline"].browse(result["ids"])
        self.assertEqual(found.partner_id.mapped("name"), ["Brand new"])

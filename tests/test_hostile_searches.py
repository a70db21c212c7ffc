"""Searches of any operator and value on the fields for which this addon has a search of its own."""

from odoo.tools import mute_logger

from .hostile import ROUNDS, VALUES, HostileCommon

OPERATORS = ["=", "!=", ">", "<=", "in", "not in", "like", "not ilike", "=like", "child_of", "any"]


class TestHostileSearches(HostileCommon):
    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.sql_db", "odoo.domains"))

    def _get_fields(self):
        return [
            (model._name, field.name)
            for model in self.env.values()
            for field in model._fields.values()
            if field._module == "deadline_management" and field.search and not field.related
        ]

    def test_our_fields_are_found(self):
        self.assertIn(("deadline.deadline", "days_left"), self._get_fields())
        self.assertIn(("deadline.installment", "is_overdue"), self._get_fields())

    def test_any_operator_and_value(self):
        for model, name in self._get_fields():
            for operator in OPERATORS:
                for value in self._draw([*VALUES, [1, None, "x"]], 3 * ROUNDS):
                    if isinstance(value, str) and len(value) > 1000:
                        continue
                    domain = [(name, operator, value)]
                    with self.subTest(model=model, domain=str(domain)[:200]):
                        try:
                            self._call_as(self.chief, model, "search", domain, limit=1)
                        except Exception as error:  # whatever it is, it is looked at
                            self._assert_no_defect(error)

    def test_months_since_end_of_any_size(self):
        self.env["deadline.analysis"].flush_model()
        everything = self._call_as(self.chief, "deadline.analysis", "search_count", [])
        self.assertTrue(everything)
        for months in (-(10**400), -(2**31), -(10**6), 10**6, 2**31, 2**63, 10**30):
            for operator in ("<", "<=", ">", ">="):
                with self.subTest(operator=operator, months=str(months)[:9]):
                    domain = [("months_since_end", operator, months)]
                    found = self._call_as(self.chief, "deadline.analysis", "search_count", domain)
                    all_of_them = (operator[0] == "<") == (months > 0)
                    self.assertEqual(found, everything if all_of_them else 0)

    def test_days_left_of_any_size(self):
        for days in (-(10**12), -(10**6), 10**6, 10**12, 2**31, 0.5):
            for operator in ("=", "!=", "<", "<=", ">", ">=", "in", "not in"):
                value = [days] if operator.endswith("in") else days
                with self.subTest(operator=operator, days=days):
                    domain = [("days_left", operator, value)]
                    found = self._call_as(self.chief, "deadline.deadline", "search_count", domain)
                    everything = (
                        operator == "!="
                        or operator == "not in"
                        or (operator[0] == ("<" if days > 1 else ">") and abs(days) > 1)
                    )
                    if abs(days) > 1:
                        self.assertEqual(bool(found), everything)

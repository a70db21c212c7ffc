from unittest.mock import patch

from odoo.fields import Domain

from .test_analysis import AnalysisCommon


class TestRatedDomain(AnalysisCommon):
    """Whatever other addons count in renewal rates, the analysis counts the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Bolt", ref="B1")
        cls.kept = cls._create_ending(-3)
        cls.left_out = cls._create_ending(-3, partner_id=cls.other.id)

    def _count(self, domain):
        """Return what is rated where an addon adds a condition, and what deadlines say."""
        model = self.env.registry["deadline.deadline"]
        original = model._get_rated_domain

        def extended(records):
            return original(records) & Domain(domain) if domain else Domain.TRUE

        self.env.flush_all()
        with patch.object(model, "_get_rated_domain", extended):
            rows = self.env["deadline.analysis"].search([("outcome", "!=", False)])
            rated = self.env["deadline.deadline"]._get_rated_domain()
            found = self.env["deadline.deadline"].search(rated)
            self.env["deadline.analysis"]._read_group([], ["outcome"], ["lost_rate:avg"])
        self.env.invalidate_all()
        return rows.deadline_id, found

    def test_conditions_on_other_records(self):
        for domain in (
            [("commercial_partner_id.ref", "!=", "B1")],
            [("partner_id", "not any", [("ref", "=", "B1")])],
            [("partner_id.ref", "=", False)],
            ["!", ("partner_id.name", "ilike", "bolt")],
            [("id", "not in", self.left_out.ids)],
            [("days_left", "<", 0), ("partner_id.ref", "not in", ["B1"]), ("amount", ">", 0)],
        ):
            with self.subTest(domain=domain):
                rows, found = self._count(domain)
                self.assertEqual(rows, found)
                self.assertIn(self.kept, rows)

    def test_everything_and_nothing(self):
        self.assertEqual(*self._count(None))
        rows, found = self._count([("id", "in", [])])
        self.assertFalse(rows + found)

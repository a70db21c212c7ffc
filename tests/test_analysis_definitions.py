import re

from odoo.tools import file_open

from .test_analysis import AnalysisCommon

MEASURES = (
    "amount",
    "active_amount",
    "concluded_amount",
    "monthly_amount",
    "renewal_rate",
    "rate_00",
    "rate_07",
    "rate_30",
    "rate_90",
    "open_rate",
    "lost_rate",
)


class TestAnalysisDefinitions(AnalysisCommon):
    """What each figure means is said where it is read, and in the guide to the figures."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fields = cls.env["deadline.analysis"].fields_get()
        with file_open("deadline_management/docs/en/figures.md") as file:
            cls.guide = re.sub(r"\s+", " ", file.read())

    def test_measures_are_all_that_can_be_chosen(self):
        offered = {
            name
            for name, field in self.fields.items()
            if field.get("aggregator") and field["type"] in ("float", "monetary", "integer")
        }
        self.assertEqual(offered - {"id"}, set(MEASURES))

    def test_every_measure_has_its_definition_as_help(self):
        for name in MEASURES:
            help_text = self.fields[name].get("help") or ""
            self.assertGreater(len(help_text.split()), 6, name)

    def test_guide_defines_every_measure(self):
        for words in (
            "Active capital",
            "Concluded capital",
            "Monthly recurring value",
            "Value at risk",
            "Renewal rate",
            "Renewed by the end, within 7, 30, 90 days",
            "Loss rate",
            "Still open",
        ):
            self.assertIn(f"| {words} |", self.guide)

    def test_month_of_days_is_the_same_in_code_help_and_guide(self):
        self.assertIn("30.4375", self.fields["monthly_amount"]["help"])
        self.assertIn("30.4375", self.guide)
        days = self._create_product("Days", count=10, unit="day")
        deadline = self._create_deadline(product_id=days.id, date_start=self.TODAY, amount=1000)
        self.assertAlmostEqual(self._get_row(deadline).monthly_amount, 3043.75, 2)

    def test_rates_are_shown_as_percentages_in_every_pivot_and_graph(self):
        views = self.env["ir.ui.view"].search(
            [("model", "=", "deadline.analysis"), ("type", "in", ("pivot", "graph"))]
        )
        self.assertEqual(len(views), 6)
        for view in views:
            arch = self.env["deadline.analysis"].get_view(view.id, view.type)["arch"]
            for name in MEASURES:
                if name.endswith("_rate") or name.startswith("rate_"):
                    pattern = rf'<field[^>]*name="{name}"[^>]*widget="percentage"'
                    self.assertRegex(arch, pattern, view.name)

    def test_outcomes_and_horizons_are_in_the_order_of_time(self):
        """Groups are sorted by the value, which is text."""
        for name in ("outcome", "horizon"):
            values = [value for value, _label in self.fields[name]["selection"]]
            self.assertEqual(values, sorted(values), name)

from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .common import DeadlineCommon


@tagged("post_install", "-at_install")
class TestAnalysisTour(DeadlineCommon, HttpCase):
    def test_figures_open_their_deadlines(self):
        group = "sales_team.group_sale_salesman_all_leads"
        self._create_user("clerk", group, password="clerk")
        end = self.company._deadline_today() + timedelta(days=3)
        self._create_deadline(date_start=end - timedelta(days=30), date_end=end)
        self.start_tour("/odoo/value-at-risk", "deadline_analysis", login="clerk")

from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .common import DeadlineCommon


@tagged("post_install", "-at_install")
class TestDashboardTour(DeadlineCommon, HttpCase):
    """A salesman begins the day in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._deadline_today()
        group = "sales_team.group_sale_salesman_all_leads"
        cls.clerk = cls._create_user("clerk", group, password="clerk")
        cls.colleague = cls._create_user("colleague", group)
        cls.deadline = cls._create_deadline(
            date_start=cls.today - timedelta(days=27), date_end=cls.today + timedelta(days=3)
        )
        kinds = cls.env["mail.activity.type"]
        cls.todo = kinds.create({"name": "Something"})
        cls.recall = kinds.create({"name": "Recall", "base_type": "recall"})

    @classmethod
    def _plan(cls, summary, kind, user):
        return cls.deadline.activity_schedule(
            activity_type_id=kind.id, date_deadline=cls.today, summary=summary, user_id=user.id
        )

    def test_day(self):
        offer = self._plan("Send the offer", self.todo, self.clerk)
        news = self._plan("Any news?", self.recall, self.clerk)
        lost = self._plan("Still with us?", self.recall, self.clerk)
        self._plan("Bake a cake", self.todo, self.colleague)
        self.start_tour("/odoo/renewals", "deadline_dashboard", login="clerk")
        self.assertTrue(offer.active)
        self.assertEqual((news + lost).mapped("active"), [False, False])
        self.assertEqual((news + lost).mapped("recall_outcome"), ["no_answer", "lost"])
        self.assertIn("Too expensive", lost.feedback)
        following = self.deadline.activity_ids.filtered(lambda one: one.summary == "Any news?")
        self.assertEqual(following.date_deadline, self.today + timedelta(days=1))
        self.assertEqual(self.deadline.renewal_status, "in_progress")


@tagged("post_install", "-at_install")
class TestDashboardTourOnAPhone(TestDashboardTour):
    browser_size = "390x844"
    touch_enabled = True

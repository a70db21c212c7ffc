from ast import literal_eval
from datetime import timedelta

from odoo.tests import freeze_time

from .common import MultipackCommon


class TestWhoIsWonBack(MultipackCommon):
    """One e-mail for all that ended on a day, and none for what reminders leave alone."""

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time(f"{self.TODAY} 03:00:00"))

    def _search(self):
        return self.env["deadline.deadline"].search([("is_to_win_back", "=", True)])

    def _lapse(self, *deadlines):
        self._expire()
        self._notify()
        return self.env["deadline.deadline"].union(*deadlines)

    def test_what_has_expired_and_was_told(self):
        deadline = self._lapse(self._create_overdue(1), self._create_ending(3))[0]
        self.assertEqual(self._search(), deadline)
        self.assertTrue(deadline.is_to_win_back)

    def test_nothing_before_it_was_told(self):
        deadline = self._create_overdue(1)
        self._expire()
        self.assertEqual(deadline.state, "expired")
        self.assertFalse(self._search())
        self.assertFalse(deadline.is_to_win_back)

    def test_one_of_several_that_ended_together(self):
        both = self._lapse(self._create_overdue(1), self._create_overdue(1))
        self.assertEqual(self._search(), both[0])
        self.assertEqual(both.mapped("is_to_win_back"), [True, False])

    def test_one_of_a_multipack(self):
        day = self.TODAY - timedelta(days=366)
        multipack = self._sell_multipack(day=day)
        services = multipack.deadline_ids
        services.write({"date_end": self.TODAY - timedelta(days=1), "state": "active"})
        services.write({"notify_from": day, "notified_step": 100000})
        self._lapse()
        self.assertEqual(set(services.mapped("state")), {"expired"})
        self.assertEqual(len(self._search() & services), 1)

    def test_one_for_each_contact(self):
        contact = self._create_customer(
            "Ann", is_company=False, parent_id=self.customer.id, email="ann@example.com"
        )
        both = self._lapse(self._create_overdue(1), self._create_overdue(1, partner_id=contact.id))
        self.assertEqual(self._search(), both)

    def test_not_what_a_sent_quotation_renews(self):
        deadline = self._lapse(self._create_overdue(1))
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        self.assertTrue(self._search())  # a draft is nothing yet
        order.state = "sent"
        self.assertFalse(self._search())

    def test_not_the_services_of_a_multipack_that_a_sent_quotation_renews(self):
        day = self.TODAY - timedelta(days=366)
        multipack = self._sell_multipack(day=day)
        services = multipack.deadline_ids
        services.write({"date_end": self.TODAY - timedelta(days=1), "state": "active"})
        services.write({"notify_from": day, "notified_step": 100000})
        self._lapse()
        self.assertTrue(self._search())
        order = self.env["sale.order"].browse(services[0].action_renew()["res_id"])
        self.assertEqual(order.order_line.renewed_multipack_id, multipack)
        order.state = "sent"
        self.assertFalse(self._search())

    def test_not_what_can_be_renewed_no_more(self):
        self._lapse(self._create_overdue(5))
        self.assertTrue(self._search())
        self.company.deadline_late_renewal = 4
        self.assertFalse(self._search())

    def test_the_others(self):
        deadline = self._lapse(self._create_overdue(1))
        others = self.env["deadline.deadline"].search([("is_to_win_back", "=", False)])
        self.assertNotIn(deadline, others)
        running = self._create_ending(30)
        others = self.env["deadline.deadline"].search([("is_to_win_back", "=", False)])
        self.assertIn(running, others)

    def test_says_all_that_ended_together(self):
        both = self._lapse(
            self._create_overdue(1), self._create_overdue(1, product_id=self.monthly.id)
        )
        self.assertEqual(both[0]._say_service(), "Licence, Hosting")
        self._lapse(
            *(
                self._create_overdue(1, product_id=product.id, partner_id=both.partner_id.id)
                for product in (self.course, self.coaching)
            )
        )

    def test_rules_can_be_shown(self):
        """Odoo's editor of domains knows no days that are counted from today."""
        for number in (1, 7, 21):
            rule = self.env.ref(f"deadline_management.base_automation_win_back_{number}")
            for _name, _operator, value in literal_eval(rule.filter_domain):
                self.assertIsInstance(value, int)

from datetime import date

from lxml import etree

from odoo.tests import Form, freeze_time
from odoo.tools.safe_eval import safe_eval

from .common import DeadlineCommon


@freeze_time("2026-03-10 09:00:00")
class TestViews(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = {
            "running": cls._create_deadline(date_start=date(2026, 3, 1), date_end=date(2027, 3, 1)),
            "ending_7": cls._create_deadline(
                date_start=date(2026, 3, 1), date_end=date(2026, 3, 17)
            ),
            "ending_30": cls._create_deadline(
                date_start=date(2026, 3, 1), date_end=date(2026, 4, 9)
            ),
            "expired": cls._create_deadline(date_start=date(2025, 3, 1)),
            "in_progress": cls._create_deadline(date_start=date(2026, 3, 1)),
            "renewed": cls._create_deadline(date_start=date(2026, 3, 1)),
        }
        cls.found["in_progress"].action_renew()
        cls._create_deadline(
            date_start=date(2026, 4, 1),
            date_end=date(2027, 1, 1),
            previous_id=cls.found["renewed"].id,
        )

    def _filter(self, name):
        view = self.env.ref("deadline_management.deadline_deadline_view_search")
        [node] = etree.fromstring(view.arch).xpath(f"//filter[@name='{name}']")
        domain = safe_eval(node.get("domain"), {"uid": self.env.uid})
        everything = self.env["deadline.deadline"].union(*self.found.values())
        return self.env["deadline.deadline"].search([*domain, ("id", "in", everything.ids)])

    def _expect(self, name, *names):
        expected = self.env["deadline.deadline"].union(*(self.found[key] for key in names))
        self.assertEqual(self._filter(name), expected.sorted())

    def test_filters_find_what_they_say(self):
        self._expect("running", "running", "ending_7", "ending_30", "in_progress")
        self._expect("ending_7", "ending_7")
        self._expect("ending_30", "ending_7", "ending_30", "in_progress")
        self._expect("expired", "expired")
        self._expect("renewed", "renewed")
        self._expect("in_progress", "in_progress")
        self._expect("mine", *self.found)

    def test_every_filter_can_be_used(self):
        view = self.env.ref("deadline_management.deadline_deadline_view_search")
        for node in etree.fromstring(view.arch).xpath("//filter[@domain]"):
            self._filter(node.get("name"))

    def test_desk_operator_is_offered_nothing_forbidden(self):
        desk = self._create_user("desk", "deadline_management.group_deadline_user")
        deadlines = self.env["deadline.deadline"].with_user(desk)
        arch = etree.fromstring(deadlines.get_view(view_type="search")["arch"])
        for node in arch.xpath("//filter[@domain]"):
            deadlines.search(safe_eval(node.get("domain"), {"uid": desk.id}))
        for node in arch.xpath("//field[not(@filter_domain)]"):
            operator = node.get("operator", "ilike")
            deadlines.search([(node.get("name"), operator, "S0")])

    def test_form_proposes_period_and_price(self):
        form = Form(self.env["deadline.deadline"])
        form.partner_id = self.customer
        form.product_id = self.yearly
        self.assertEqual(form.date_start, date(2026, 3, 10))
        self.assertEqual(form.date_end, date(2027, 3, 9))
        self.assertEqual(form.amount, 1200)
        form.quantity = 2
        self.assertEqual(form.amount, 2400)
        deadline = form.save()
        self.assertEqual(deadline.amount_company, 2400)

    def test_form_keeps_a_price_entered_by_hand(self):
        deadline = self._create_deadline(amount=7)
        with Form(deadline) as form:
            form.quantity = 5
        self.assertEqual(deadline.amount, 7)

    def test_order_leads_to_its_deadlines(self):
        order = self._sell(self.monthly).order_id
        self.assertEqual(order.deadline_count, 1)
        self.assertEqual(order.action_view_deadlines()["res_id"], order.order_line.deadline_ids.id)
        many = self._sell(self.monthly, self.yearly)
        found = self.env["deadline.deadline"].search(
            many.order_id.action_view_deadlines()["domain"]
        )
        self.assertEqual(set(found), set(many))

    def test_deadline_leads_to_its_order_and_its_history(self):
        first = self._sell(self.monthly)
        second = self._renew(first)
        self.assertEqual(second.action_view_order()["res_id"], second.order_id.id)
        self.assertEqual(set(second.action_view_history()["domain"][0][2]), {first.id, second.id})

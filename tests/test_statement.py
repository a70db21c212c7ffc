from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tools import html2plaintext

from .common import NoticeCommon

REPORT = "deadline_management.report_deadline_statement"


class TestStatement(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reports = cls.env["ir.actions.report"].with_user(cls.seller)
        cls.values = cls.env[f"report.{REPORT}"].with_user(cls.seller)

    def _get_statement(self, partner=None):
        """Return what the one statement of a customer says."""
        [statement] = self.values._get_report_values((partner or self.customer).ids)["statements"]
        return statement

    def _render(self, *partners):
        ids = [partner.id for partner in partners or (self.customer,)]
        return html2plaintext(self.reports._render_qweb_html(REPORT, ids)[0].decode())

    def test_periods_of_a_service_stand_together(self):
        first = self._create_overdue(5)
        other = self._create_ending(3)
        second = self._renew(first)
        services = self._get_statement()["services"]
        self.assertEqual([service.ids for service in services], [other.ids, (second + first).ids])

    def test_what_runs_comes_first_by_its_end(self):
        over, older, later, soon = (self._create_ending(days) for days in (-9, -400, 90, 4))
        services = self._get_statement()["services"]
        self.assertEqual([service[0] for service in services], [soon, later, over, older])

    def test_totals_by_currency(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        other.rate_ids.create({"currency_id": other.id, "name": self.TODAY, "rate": 2})
        self._create_ending(10, amount=100)
        self._create_ending(-10, amount=30)
        self._create_ending(10, amount=7, currency_id=other.id)
        self._create_ending(10, amount=1000).action_cancel()
        totals = {
            total["currency"]: (total["active"], total["concluded"])
            for total in self._get_statement()["totals"]
        }
        self.assertEqual(totals, {self.company.currency_id: (100, 30), other: (7, 0)})

    def test_contacts_are_those_of_the_customer(self):
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        deadline = self._create_ending(10, partner_id=contact.id)
        self._create_ending(10, partner_id=self._create_customer("Other").id)
        for partner in (self.customer, contact):
            statement = self._get_statement(partner)
            self.assertEqual(statement["customer"], self.customer)
            self.assertEqual([service.ids for service in statement["services"]], [deadline.ids])
        self.assertRegex(self._render(), r"\(\s*Ann\s*\)")

    def test_cancelled_and_internal_things_are_left_out(self):
        origin = self.env["deadline.origin"].create({"name": "Secret Origin"})
        bank = self.env["res.bank"].create({"name": "Secret Bank"})
        shown = self._create_ending(
            10, origin_id=origin.id, bank_id=bank.id, note="Secret Note", description="shown.org"
        )
        hidden = self._create_ending(10)
        hidden.action_cancel()
        text = self._render()
        self.assertIn(shown.name, text)
        self.assertIn("shown.org", text)
        self.assertNotIn("Secret", text)
        self.assertNotIn(self.seller.name, text)
        self.assertNotIn(hidden.name, text)

    def test_in_the_language_of_the_addressee(self):
        self.env["res.lang"]._activate_lang("it_IT")
        deadline = self._create_ending(10)
        self.yearly.with_context(lang="it_IT").name = "Licenza"
        self.customer.lang = "it_IT"
        text = self._render()
        self.assertIn(deadline.date_end.strftime("%d/%m/%Y"), text)
        self.assertIn("10/03/2026", text)
        self.assertIn("Licenza", text)

    def test_day_is_that_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Honolulu"
        self._create_ending(10)
        self.assertEqual(self._get_statement()["day"], self.TODAY - timedelta(days=1))

    def test_one_for_each_company_the_user_works_for(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        here = self._create_ending(10)
        there = self._create_ending(10, company_id=elsewhere.id, user_id=False)
        self.assertEqual(self._get_statement()["services"][0], here)
        self.seller.company_ids += elsewhere
        values = self.values.with_context(allowed_company_ids=(self.company + elsewhere).ids)
        statements = values._get_report_values(self.customer.ids)["statements"]
        self.assertEqual(
            {statement["company"]: statement["services"][0] for statement in statements},
            {self.company: here, elsewhere: there},
        )

    def test_customer_without_deadlines(self):
        self.assertIn("There are no deadlines", self._render())

    def test_several_customers_print_together(self):
        other = self._create_customer("Other")
        names = [
            self._create_ending(10, partner_id=partner.id).name
            for partner in (self.customer, other)
        ]
        text = self._render(self.customer, other)
        for name in names:
            self.assertIn(name, text)

    def test_print_menu_is_for_those_who_work_on_deadlines(self):
        action = self.env.ref("deadline_management.action_report_deadline_statement")
        other = self._create_user("other", "base.group_user")
        for user, shown in ((self.seller, True), (other, False)):
            bindings = self.env["ir.actions.actions"].with_user(user).get_bindings("res.partner")
            found = [report["id"] for report in bindings.get("report", [])]
            self.assertEqual(action.id in found, shown, user.login)

    def test_who_has_no_right_to_deadlines_prints_none(self):
        self._create_ending(10)
        other = self._create_user("other", "base.group_user")
        with self.assertRaises(AccessError):
            self.values.with_user(other)._get_report_values(self.customer.ids)

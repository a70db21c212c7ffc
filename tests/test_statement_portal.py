from datetime import timedelta

from .test_portal import PortalCommon

ADDRESS = "/my/deadlines/statement"
REPORT = "deadline_management.report_deadline_statement"


class TestPortalStatement(PortalCommon):
    """Rendered as HTML, since Odoo prints no PDF in tests."""

    def test_button_is_on_the_page_of_who_has_deadlines(self):
        self._login(self.ann)
        self.assertIn(ADDRESS, self.url_open("/my/deadlines?filterby=renew&search=zzz").text)
        self._login(self.bob)
        self.assertNotIn(ADDRESS, self.url_open("/my/deadlines").text)

    def test_own_company_with_its_contacts(self):
        colleague = self._create_portal("carl", self.customer)
        theirs = self._create_running(9, partner_id=colleague.partner_id.id)
        self._login(self.ann)
        page = self.url_open(ADDRESS)
        self.assertEqual(page.status_code, 200)
        for name in (self.due.name, theirs.name, "acme-host.org", "Acme"):
            self.assertIn(name, page.text)

    def test_nothing_of_others(self):
        foreign = self._create_running(5, partner_id=self.other.id, description="bobs.org")
        self._login(self.ann)
        page = self.url_open(ADDRESS)
        self.assertNotIn(foreign.name, page.text)
        self.assertNotIn("bobs.org", page.text)

    def test_parameters_change_nothing(self):
        foreign = self._create_running(5, partner_id=self.other.id)
        self._login(self.ann)
        query = f"partner_id={self.other.id}&docids={self.other.id}&deadline_ids={foreign.id}"
        page = self.url_open(f"{ADDRESS}?{query}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(foreign.name, page.text)
        self.assertIn(self.due.name, page.text)

    def test_report_with_guessed_customers_shows_nothing(self):
        """Odoo prints any report for any user: what the report reads has to be allowed."""
        foreign = self._create_running(5, partner_id=self.other.id, description="bobs.org")
        self._login(self.ann)
        for kind in ("html", "pdf"):
            for ids in (self.other.id, f"{self.ann.partner_id.id},{self.other.id}", 999999999):
                page = self.url_open(f"/report/{kind}/{REPORT}/{ids}")
                self.assertNotIn(foreign.name, page.text)
                self.assertNotIn("bobs.org", page.text)

    def test_visitor_has_to_log_in(self):
        page = self.url_open(ADDRESS)
        self.assertIn("/web/login", page.url)
        self.assertNotIn(self.due.name, page.text)
        page = self.url_open(f"/report/html/{REPORT}/{self.customer.id}")
        self.assertNotIn(self.due.name, page.text)

    def test_products_that_left_the_shop_are_still_named(self):
        self.monthly.is_published = False
        self._login(self.ann)
        self.assertIn("Hosting", self.url_open(ADDRESS).text)

    def test_internal_fields_are_left_out(self):
        origin = self.env["deadline.origin"].create({"name": "Secret Origin"})
        self.due.write({"origin_id": origin.id, "note": "Secret Note"})
        self._login(self.ann)
        self.assertNotIn("Secret", self.url_open(ADDRESS).text)

    def test_history_and_end_in_the_language_of_the_visitor(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.ann.partner_id.lang = "it_IT"
        following = self._create_deadline(
            previous_id=self.due.id, date_start=self.due.date_end + timedelta(days=1)
        )
        self._login(self.ann)
        text = self.url_open(ADDRESS).text
        self.assertIn(following.date_end.strftime("%d/%m/%Y"), text)
        self.assertIn(self.due.date_end.strftime("%d/%m/%Y"), text)

    def test_customer_who_changed_company_prints_the_new_ones(self):
        self.ann.partner_id.parent_id = self.other
        self._login(self.ann)
        self.assertNotIn(self.due.name, self.url_open(ADDRESS).text)

    def test_user_without_the_right_is_sent_away(self):
        clerk = self._create_user("clerk", "base.group_user", password="clerk")
        self._login(clerk)
        page = self.url_open(ADDRESS)
        self.assertNotIn(self.due.name, page.text)

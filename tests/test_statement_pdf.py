from datetime import timedelta

from lxml import html

from odoo.tools.safe_eval import safe_eval

from .common import NoticeCommon, count_pages

REPORT = "deadline_management.report_deadline_statement"


class TestStatementPdf(NoticeCommon):
    """What the statement of a customer shows, row by row, and that wkhtmltopdf prints it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reports = cls.env["ir.actions.report"].with_user(cls.seller)

    def _render(self, partner=None):
        content = self.reports._render_qweb_html(REPORT, (partner or self.customer).ids)[0]
        return html.fromstring(content)

    def _get_rows(self, document):
        """Return the texts of the cells of every row that has as many as the columns."""
        rows = [
            [" ".join(cell.text_content().split()) for cell in row.findall("td")]
            for row in document.iter("tr")
        ]
        return [row for row in rows if len(row) == 6]

    def _show(self, amount):
        return self.company.currency_id.format(amount).replace("\N{NO-BREAK SPACE}", " ")

    def _get_sums(self, document):
        rows = [
            [" ".join(cell.text_content().split()) for cell in row.findall("td")]
            for row in document.findall(".//table")[-1].iter("tr")
        ]
        return [row for row in rows if row]

    def test_every_period_is_a_row_with_its_history(self):
        first = self._create_overdue(20)
        second = self._renew_in_time(first)
        over = self._create_ending(-100, amount=30, quantity=2)
        rows = self._get_rows(self._render())
        self.assertEqual([row[0] for row in rows], [second.name, first.name, over.name])
        self.assertEqual(
            rows[2],
            [over.name, "12/01/2024", "11/30/2025", "2.00", self._show(30), "Expired"],
        )
        self.assertEqual([row[5] for row in rows], ["Active", "Renewed", "Expired"])

    def _renew_in_time(self, deadline):
        following = self._create_deadline(
            product_id=self.yearly.id,
            previous_id=deadline.id,
            date_start=deadline.date_end + timedelta(days=1),
        )
        self.assertEqual((deadline.state, following.state), ("renewed", "active"))
        return following

    def test_sums_are_those_of_the_rows(self):
        for days, amount in ((10, 100), (40, 55.5), (-100, 30), (-300, 12.25)):
            self._create_ending(days, amount=amount)
        document = self._render()
        self.assertEqual(
            self._get_sums(document),
            [[self.company.currency_id.name, self._show(155.5), self._show(42.25)]],
        )
        self.assertEqual(len(self._get_rows(document)), 4)

    def test_sums_agree_with_the_customer_card(self):
        for days, amount in ((10, 100), (-100, 30)):
            self._create_ending(days, amount=amount)
        [[_name, active, concluded]] = self._get_sums(self._render())
        self.assertEqual(active, self._show(self.customer.deadline_active_amount))
        self.assertEqual(concluded, self._show(self.customer.deadline_concluded_amount))

    def test_day_of_the_end_of_what_runs_stands_out(self):
        self._create_ending(10)
        self._create_ending(-10)
        bold = [cell.text_content() for cell in self._render().iter("strong")]
        self.assertIn("03/20/2026", bold)
        self.assertNotIn("02/28/2026", bold)

    def test_text_of_customers_is_escaped(self):
        self._create_ending(10, description="<script>alert(1)</script>")
        self.customer.name = "<b>Acme</b>"
        document = self._render()
        self.assertFalse(document.xpath("//div[hasclass('page')]//script | //b[.='Acme']"))
        self.assertIn("<script>alert(1)", document.text_content())

    def test_wkhtmltopdf_prints_many_services_on_several_pages(self):
        for number in range(60):
            self._create_ending(number, description=f"host{number}.example.com")
        self.assertGreater(count_pages(self.reports, REPORT, self.customer.ids), 2)

    def test_title_headings_and_rows_stay_together(self):
        """Pages end between boxes, and each box says which service and which columns it has."""
        deadline = self._create_ending(-400)
        for _number in range(11):
            start = deadline.date_end + timedelta(days=1)
            deadline = self._create_deadline(
                product_id=self.yearly.id,
                previous_id=deadline.id,
                date_start=start,
                date_end=start + timedelta(days=6),
            )
        self._create_ending(3)
        boxes = self._render().xpath("//div[hasclass('o_deadline_service')]")
        self.assertEqual([len(self._get_rows(box)) for box in boxes], [1, 10, 2])
        for box in boxes:
            self.assertIn("page-break-inside: avoid", box.get("style"))
            self.assertIn("Licence", box.text_content())
            self.assertEqual(len(box.xpath(".//th")), 6)
        self.assertIn("(continued)", boxes[2].text_content())

    def test_name_of_the_file_is_that_of_the_customer(self):
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        action = self.env.ref("deadline_management.action_report_deadline_statement")
        for partner in (self.customer, contact):
            name = safe_eval(action.print_report_name, {"object": partner})
            self.assertEqual(name, "Deadlines - Acme")

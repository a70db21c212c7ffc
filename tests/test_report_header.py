from unittest.mock import patch

from lxml import html

from odoo.addons.base.models import ir_actions_report

from .common import OPERATIONAL, ReportCommon

STATEMENT = "deadline_management.report_deadline_statement"
DEADLINE = "deadline_management.report_deadline"


class TestReportHeader(ReportCommon):
    """What Odoo hands to wkhtmltopdf: headings in the body for builds that print no header, and
    header and footer once for those that do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.report_header = "<p>Our Slogan</p>"
        cls.company.report_footer = "<p>Our Footer</p>"
        cls.deadline = cls._create_deadline()
        cls._create_deadline(partner_id=cls.other.id)

    def _split(self, report, records):
        """Return the bodies, the header and the footer of a print, as Odoo takes it apart."""
        reports = self.env["ir.actions.report"].with_user(self.seller)
        content = reports._render_qweb_html(report, records.ids, data={"report_type": "pdf"})[0]
        action = reports._get_report(report)
        bodies, _ids, header, footer, _formats = action.sudo(False)._prepare_html(
            content, report_model=action.sudo().model
        )
        return [str(body) for body in bodies], str(header), str(footer)

    def _get_text(self, document):
        root = html.fromstring(document)
        return " ".join(" ".join(root.find(".//body").itertext()).split())

    def test_operational_report_is_one_article_without_header_and_footer(self):
        """Its pages have theirs in the body: unpatched builds take no more than one document."""
        bodies, header, footer = self._split(
            OPERATIONAL, self._create_report(group_by="commercial_partner_id")
        )
        self.assertEqual(len(bodies), 1)
        self.assertIn("Page 1 / 1", self._get_text(bodies[0]))
        self.assertIn(self.company.name, self._get_text(bodies[0]))
        self.assertEqual((self._get_text(header), self._get_text(footer)), ("", ""))

    def test_statement_has_both_once_and_its_heading_in_the_body(self):
        [body], header, footer = self._split(STATEMENT, self.customer)
        self.assertIn("Statement of Deadlines", self._get_text(body))
        self.assertIn(self.company.name, self._get_text(body))
        self.assertIn(self.deadline.name, self._get_text(body))
        self.assertEqual(self._get_text(header).count("Our Slogan"), 1)
        self.assertEqual(self._get_text(footer).count("Our Footer"), 1)
        for part in ("Our Slogan", "Our Footer"):
            self.assertNotIn(part, self._get_text(body))

    def test_footer_numbers_the_pages(self):
        for report, records in ((STATEMENT, self.customer), (DEADLINE, self.deadline)):
            _bodies, _header, footer = self._split(report, records)
            for number in ("page", "topage"):
                found = html.fromstring(footer).find_class(number)
                self.assertEqual(len(found), 1, (report, number))

    def test_several_customers_have_a_body_each_and_both_once_each(self):
        bodies, header, footer = self._split(STATEMENT, self.customer + self.other)
        self.assertEqual(len(bodies), 2)
        for body, customer in zip(bodies, self.customer + self.other, strict=True):
            self.assertIn(customer.name, self._get_text(body))
        self.assertEqual(self._get_text(header).count("Our Slogan"), 2)
        self.assertEqual(self._get_text(footer).count("Our Footer"), 2)

    def test_wkhtmltopdf_is_given_one_document_one_header_and_one_footer(self):
        calls = []

        def run(arguments):
            calls.append(arguments)
            with open(arguments[-1], "wb") as file:
                file.write(b"%PDF-1.4")
            return ir_actions_report.subprocess.CompletedProcess(arguments, 0, "", "")

        reports = self.env["ir.actions.report"].with_user(self.seller)
        with patch.object(ir_actions_report, "_run_wkhtmltopdf", run):
            for report, records in (
                (OPERATIONAL, self._create_report()),
                (STATEMENT, self.customer),
            ):
                bodies, header, footer = self._split(report, records)
                reports._run_wkhtmltopdf(
                    bodies,
                    report_ref=report,
                    header=header,
                    footer=footer,
                    landscape=False,
                )
        for arguments in calls:
            for option in ("--header-html", "--footer-html"):
                self.assertEqual(arguments.count(option), 1, arguments)
            documents = [one for one in arguments if "report.body.tmp" in one]
            self.assertEqual(len(documents), 1)
        operational, statement = calls
        self.assertIn("Landscape", operational)
        self.assertNotIn("Landscape", statement)

    def test_operational_report_leaves_its_pages_no_room_for_a_header(self):
        action = self.env["ir.actions.report"]._get_report(OPERATIONAL)
        paper = action.get_paperformat()
        self.assertEqual((paper.orientation, paper.header_spacing), ("Landscape", 0))
        margins = {paper[f"margin_{side}"] for side in ("top", "bottom", "left", "right")}
        self.assertEqual(margins, {10})

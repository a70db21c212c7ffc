from odoo.fields import Command

from .common import PrintCommon


class TestReportNames(PrintCommon):
    """Criteria name what was chosen, as far as the user may see it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Overseas Secret"})
        cls.hidden = cls._create_customer("Hidden Secret", company_id=cls.branch.id)

    def _get_words(self, label, report):
        return dict(report._with_companies()._get_criteria()).get(label)

    def test_names_of_other_companies_are_not_said(self):
        report = self._create_report(partner_ids=[Command.set(self.customer.ids)])
        report.sudo().partner_ids += self.hidden
        report.env.invalidate_all()
        report.deadline_count  # noqa: B018, what the search chose from is in the cache by now
        self.assertEqual(self._get_words("Customers", report), "Acme")

    def test_guessed_ids_tell_no_names(self):
        report = self._create_report(partner_ids=[Command.set(self.hidden.ids)])
        self.assertIsNone(self._get_words("Customers", report))
        text = "".join(page.text_content() for page in self._render(report))
        self.assertNotIn("Secret", text)

    def test_name_of_a_company_left_out_of_this_report_is_said(self):
        """It was chosen while both companies were, and the user works for both."""
        self.seller.company_ids += self.branch
        wizards = self.env["deadline.report.wizard"].with_user(self.seller)
        both = wizards.with_context(allowed_company_ids=(self.company + self.branch).ids)
        report = both.create({"partner_ids": [Command.set(self.hidden.ids)]})
        report.company_ids = self.company
        self.assertEqual(self._get_words("Customers", report), "Hidden Secret")

    def test_heading_names_the_companies_of_the_user(self):
        self._create_deadline()
        report = self._create_report()
        report.sudo().company_ids += self.branch
        [page] = self._render(report)
        self.assertIn(self.company.name, page.text_content())
        self.assertNotIn("Secret", page.text_content())

    def test_heading_names_all_companies_that_were_chosen(self):
        self.seller.company_ids += self.branch
        wizards = self.env["deadline.report.wizard"].with_user(self.seller)
        both = wizards.with_context(allowed_company_ids=(self.company + self.branch).ids)
        [page] = self._render(both.create({}))
        for company in self.company + self.branch:
            self.assertIn(company.name, page.text_content())

    def test_name_is_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.monthly.with_context(lang="it_IT").name = "Ospitalità"
        report = self._create_report(product_ids=[Command.set(self.monthly.ids)])
        criteria = report.with_context(lang="it_IT")._get_criteria()
        self.assertIn("Ospitalità", [words for _label, words in criteria])

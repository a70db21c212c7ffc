from datetime import timedelta

from lxml import html

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import NoticeCommon


class TestNoticeMail(NoticeCommon):
    def _get_links(self, notice):
        return [
            link.get("href")
            for link in html.fromstring(notice.mail_id.body_html).xpath("//a[@href]")
        ]

    def test_goes_from_the_company_to_the_customer(self):
        self._create_ending(7)
        mail = self._notify().mail_id
        self.assertEqual(mail.email_from, self.company.email_formatted)
        self.assertEqual(mail.reply_to, self.seller.email_formatted)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertFalse(mail.email_to)

    def test_company_without_address_sends_all_the_same(self):
        self.company.email = False
        self._create_ending(7)
        self.assertIn("@", self._notify().mail_id.email_from)

    def test_says_what_ends_when_and_for_how_much(self):
        self._create_ending(7, description="acme.example.com", amount=1234.5)
        mail = self._notify().mail_id
        self.assertEqual(mail.subject, "Licence ends on 03/17/2026")
        for text in ("Licence", "acme.example.com", "03/17/2026", "7 days left", "1,234.50"):
            self.assertIn(text, mail.body_html)

    def test_says_of_many_how_many(self):
        for days_left in (30, 7, 1):
            self._create_ending(days_left)
        mail = self._notify().mail_id
        self.assertEqual(mail.subject, "3 services to renew")
        self.assertIn("1 day left", mail.body_html)

    def test_very_many_are_cut_off_at_a_link_to_all(self):
        self.env["deadline.deadline"].create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.yearly.id,
                    "description": f"No. {number}.",
                    "date_start": self.TODAY - timedelta(days=300),
                    "date_end": self.TODAY + timedelta(days=days_left),
                    "notify_from": self.TODAY - timedelta(days=300),
                }
                for number, days_left in enumerate([7] * 3 + [6] * 50)
            ]
        )
        notice = self._notify()
        self.assertEqual(len(notice.line_ids), 53)
        self.assertEqual(notice.mail_id.subject, "53 services to renew")
        body = notice.mail_id.body_html
        table = html.fromstring(body).xpath("//table[.//th]")[-1]
        self.assertEqual(len(table.xpath("./tr | ./tbody/tr")), 1 + 50 + 1)
        for number in range(3):
            self.assertNotIn(f"No. {number}.", body)
        page = f"{self.company.get_base_url()}/my/deadlines"
        [link] = html.fromstring(body).xpath("//a[contains(., 'and 3 more')]")
        self.assertEqual(link.get("href"), page)
        self.assertLess(len(body), 100_000)  # where Gmail clips

    def test_as_many_as_fit_are_not_cut_off(self):
        for _number in range(50):
            self._create_ending(7)
        body = self._notify().mail_id.body_html
        table = html.fromstring(body).xpath("//table[.//th]")[-1]
        self.assertEqual(len(table.xpath("./tr | ./tbody/tr")), 1 + 50)
        self.assertNotIn("more, see them all", body)

    def test_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.customer.lang = "it_IT"
        self._create_ending(7)
        mail = self._notify().mail_id
        self.assertIn("17/03/2026", mail.subject)
        self.assertIn("7 giorni", mail.body_html)
        self.assertNotIn("days left", mail.body_html)

    def test_button_leads_to_the_deadline_without_a_login(self):
        deadline = self._create_ending(7)
        links = self._get_links(self._notify())
        page = f"{self.company.get_base_url()}/my/deadlines/{deadline.id}"
        self.assertEqual(
            [link for link in links if "/my/" in link],
            [f"{page}?access_token={deadline.access_token}"] * 2,
        )

    def test_button_leads_to_all_for_who_can_log_in(self):
        self._create_ending(7)
        self._create_ending(30)
        new_test_user(
            self.env, login="ann", groups="base.group_portal", partner_id=self.customer.id
        )
        links = self._get_links(self._notify())
        self.assertIn(f"{self.company.get_base_url()}/my/deadlines", links)

    def test_links_lead_to_pages_in_the_customers_language(self):
        italian = self.env["res.lang"]._activate_lang("it_IT")
        self.company.website_id.language_ids += italian
        self.customer.lang = "it_IT"
        deadline = self._create_ending(7)
        links = self._get_links(self._notify())
        address = f"{self.company.get_base_url()}/{italian.url_code}/my/deadlines/{deadline.id}"
        self.assertEqual(sum(link.startswith(address) for link in links), 2)

    def test_text_of_customers_is_escaped(self):
        self.customer.name = "<script>alert(1)</script>"
        self._create_ending(7, description="<img src=x>")
        body = self._notify().mail_id.body_html
        self.assertNotIn("<script>", body)
        self.assertNotIn("<img src=x", body)

    def test_stays_after_it_was_sent(self):
        self._create_ending(7)
        self.assertFalse(self._notify().mail_id.auto_delete)


class TestTemplates(NoticeCommon):
    def test_step_may_have_its_own(self):
        template = self.env["mail.template"].create(
            {
                "name": "Ours",
                "model_id": self.env["ir.model"]._get_id("deadline.notice"),
                "subject": "Ours for {{ object.partner_id.name }}",
                "body_html": "<p>Hello</p>",
            }
        )
        self.company.deadline_reminder_ids = [
            Command.clear(),
            Command.create({"days_before": 7, "template_id": template.id}),
        ]
        self._create_ending(7)
        mail = self._notify().mail_id
        self.assertEqual(mail.subject, "Ours for Acme")
        self.assertEqual(mail.recipient_ids, self.customer)

    def test_most_urgent_step_chooses(self):
        template = self.env.ref("deadline_management.mail_template_notice_reminder").copy()
        steps = self.company.deadline_reminder_ids
        steps.filtered(lambda step: step.days_before == 7).template_id = template
        self._create_ending(30)
        self._create_ending(7)
        self.assertEqual(self._notify().template_id, template)

    def test_template_of_another_model_is_refused_and_never_used(self):
        template = self.env["mail.template"].create(
            {"name": "Other", "model_id": self.env["ir.model"]._get_id("res.partner")}
        )
        steps = self.company.deadline_reminder_ids
        with self.assertRaises(ValidationError) as caught:
            steps.template_id = template
        self.assertIn("Other", str(caught.exception))
        template.model_id = self.env["ir.model"]._get("deadline.notice")
        steps.template_id = template
        template.model_id = self.env["ir.model"]._get("res.partner")
        self._create_ending(7)
        standard = self.env.ref("deadline_management.mail_template_notice_reminder")
        self.assertEqual(self._notify().template_id, standard)

    def test_deleted_one_falls_back_to_the_standard(self):
        template = self.env.ref("deadline_management.mail_template_notice_reminder").copy()
        self.company.deadline_reminder_ids.template_id = template
        self.env.flush_all()
        # By SQL, or while a module is uninstalled: people are told to choose another one first.
        self.env.cr.execute("DELETE FROM mail_template WHERE id = %s", [template.id])
        self.env.invalidate_all()
        self._create_ending(7)
        standard = self.env.ref("deadline_management.mail_template_notice_reminder")
        self.assertEqual(self._notify().template_id, standard)

    def test_deleted_standard_is_said_on_the_deadline(self):
        self.env.ref("deadline_management.mail_template_notice_reminder").unlink()
        deadline = self._create_ending(7)
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self.assertFalse(self._notify())
        self.assertIn("template", deadline.batch_error)
        self.assertFalse(deadline.notice_line_ids)

from markupsafe import Markup

from .common import ChargeCommon


class TestNoticeTemplates(ChargeCommon):
    """Odoo renders a template that is saved with any record of its model, of whatever kind."""

    def _save_templates(self):
        """Save the e-mails of notices and of deadlines as administrators do."""
        models = "deadline.notice", "deadline.deadline", "deadline.withdrawal"
        templates = self.env["mail.template"].search([("model", "in", models)])
        self.assertGreaterEqual(len(templates), 8)
        for template in templates:
            with self.subTest(template=template.name):
                template.write(
                    {
                        "body_html": template.body_html + Markup("<p>Bye</p>"),
                        "subject": template.subject,
                    }
                )
                self.assertIn("<p>Bye</p>", template.body_html)

    def test_saved_with_a_reminder_at_hand(self):
        self.env["deadline.deadline"].create(
            {
                "partner_id": self.customer.id,
                "product_id": self.yearly.id,
                "date_start": "2025-03-18",
                "date_end": "2026-03-17",
                "notify_from": "2025-03-18",
            }
        )
        self._run_on("notify", self.TODAY)
        self.assertEqual(self.env["deadline.notice"].search([]).mapped("kind"), ["deadline"])
        self._save_templates()

    def test_saved_with_a_notice_of_payment_at_hand(self):
        self._sell_multipack().installment_ids[0]._invoice()
        self._run_on("notify_payments", self.TODAY)
        self.assertEqual(self.env["deadline.notice"].search([]).mapped("kind"), ["payment_due"])
        self._save_templates()

    def test_saved_with_an_empty_notice_at_hand(self):
        self.env["deadline.notice"].create(
            {
                "kind": "deadline",
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "commercial_partner_id": self.customer.id,
                "date": self.TODAY,
                "email": "gone@example.com",
                "addressee_key": "gone",
            }
        )
        self._save_templates()

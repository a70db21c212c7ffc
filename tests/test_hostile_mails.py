"""Names that are code, or more than a line, in the e-mails of this addon."""

import email.policy
from datetime import date

from .hostile import CODE, NamesCommon
from .test_payment_notice import PaymentNoticeCommon

#: What a spreadsheet may leave in a name, and what would be a header of its own.
LINES = "Hosting\r\nBcc: evil@example.com\n\nBody\x0b\u2028X"


class TestHostileMails(NamesCommon, PaymentNoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.monthly + cls.yearly + cls.course + cls.coaching + cls.pack + cls.flat

    def _make_mails(self):
        """Return an e-mail of each of our templates, and notices as they are sent."""
        deadline = self._create_ending(5, description=CODE, note=CODE)
        multipack = self._sell_multipack(client_order_ref=CODE)
        multipack.installment_ids[0]._invoice()
        payment = self._tell_customers()
        notice = self.env["deadline.notice"]._send_now(deadline)
        withdrawal = self._leave(multipack, date(2026, 4, 30), note=CODE)
        mails = payment.mail_id | notice.mail_id
        self.assertEqual(len(mails), 2)
        for template in self._get_templates():
            records = {
                "deadline.notice": payment if "payment" in template.name.lower() else notice,
                "deadline.withdrawal": withdrawal,
                "deadline.deadline": deadline,
            }
            mails |= mails.browse(template.send_mail(records[template.model].id))
        return mails

    def _get_templates(self):
        ids = self.env["ir.model.data"].search(
            [("module", "=", "deadline_management"), ("model", "=", "mail.template")]
        )
        return self.env["mail.template"].browse(ids.mapped("res_id"))

    def test_code_is_text(self):
        self.customer.write({"name": CODE, "street": CODE, "ref": CODE})
        self.products.name = CODE
        mails = self._make_mails()
        self.assertGreaterEqual(len(mails), 10)
        for mail in mails:
            self._assert_harmless(mail.body_html, mail.subject)
            self.assertNotIn("62615533", mail.subject)
            if "zyx" in mail.subject:
                self.assertIn("<script>", mail.subject, "it is no markup, and says what it is")

    def test_emails_leave_whatever_a_product_is_called(self):
        """A subject is one line, or Odoo refuses to send it."""
        self.products.name = LINES
        deadline = self._create_ending(5)
        self._sell_multipack().installment_ids[0]._invoice()
        notices = self._tell_customers() | self.env["deadline.notice"]._send_now(deadline)
        self.assertEqual(len(notices), 2)
        mails = notices.mail_id
        for template in self._get_templates().filtered_domain([("model", "=", deadline._name)]):
            mails |= mails.browse(template.send_mail(deadline.id))
        self.assertEqual(len(mails), 5)
        for mail in mails:
            self.assertIn("Hosting Bcc: evil@example.com Body X", mail.subject)
            built = self.env["ir.mail_server"]._build_email__(
                "a@example.com", ["b@example.com"], mail.subject, mail.body_html, subtype="html"
            )
            read = email.message_from_bytes(built.as_bytes(), policy=email.policy.SMTP)
            self.assertFalse(read["Bcc"])
            self.assertEqual(read["Subject"], mail.subject)

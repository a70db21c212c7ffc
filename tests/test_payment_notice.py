from datetime import date

from lxml import html
from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from .common import ChargeCommon


class PaymentNoticeCommon(ChargeCommon):
    def _tell_customers(self, day=None):
        """Run the cron of notices of payments and return what is new."""
        before = self.env["deadline.notice"].search([])
        self._run_on("notify_payments", day or self.TODAY)
        return self.env["deadline.notice"].search([]) - before

    def _sell_invoiced(self, **values):
        """Return the first installment, invoiced, of a multipack that its customer pays."""
        installment = self._sell_multipack(**values).installment_ids[0]
        installment._invoice()
        return installment

    def _exclude(self, excluded):
        self.customer.write(
            {
                "deadline_notices_excluded": excluded,
                "deadline_notices_excluded_reason": "Asked for it",
            }
        )

    def _get_links(self, notice):
        links = html.fromstring(notice.mail_id.body_html).xpath("//a/@href")
        return [link for link in links if "/my/" in link]


class TestPaymentDue(PaymentNoticeCommon):
    def test_told_once(self):
        installment = self._sell_invoiced()
        notice = self._tell_customers()
        self.assertRecordValues(
            notice.line_ids,
            [
                {
                    "installment_id": installment.id,
                    "deadline_id": False,
                    "partner_id": self.customer.id,
                    "product_id": self.pack.id,
                    "company_id": self.company.id,
                    "kind": "payment_due",
                    "date_end": self.TODAY,
                    "verdict": "queued",
                    "step": "Payment due",
                    "display_name": installment.display_name,
                }
            ],
        )
        self.assertEqual(notice.mail_id.recipient_ids, self.customer)
        self.assertFalse(self._tell_customers(date(2026, 3, 11)))

    def test_some_days_before(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[1]._invoice()
        self.assertFalse(self._tell_customers(date(2026, 4, 4)))
        self.assertTrue(self._tell_customers(date(2026, 4, 5)))

    def test_says_what_when_and_how_much(self):
        installment = self._sell_invoiced()
        mail = self._tell_customers().mail_id
        self.assertEqual(mail.subject, "Payment due: Package")
        for text in (installment.display_name, "03/10/2026", "250.00", installment.move_id.name):
            self.assertIn(text, mail.body_html)

    def test_leads_to_where_the_invoice_is_paid(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.customer.lang = "it_IT"
        installment = self._sell_invoiced()
        links = self._get_links(self._tell_customers())
        move = installment.move_id
        expected = f"/my/invoices/{move.id}?access_token={move.access_token}&payment=True"
        self.assertEqual(len(links), 2)
        for link in links:
            self.assertTrue(link.startswith(self.company.get_base_url()))
            self.assertTrue(link.endswith(expected), link)

    def test_one_mail_for_all_of_a_customer(self):
        for _number in range(2):
            self._sell_invoiced()
        notice = self._tell_customers()
        self.assertEqual(len(notice.line_ids), 2)
        self.assertEqual(notice.mail_id.subject, "2 payments are due")

    def test_what_is_overdue_is_called_so(self):
        self._sell_invoiced(day=date(2026, 3, 1))
        notice = self._tell_customers()
        self.assertEqual(notice.mail_id.subject, "Payment overdue: Package")
        self.assertIn("overdue", notice.mail_id.body_html)

    def test_several_say_how_many_are_overdue(self):
        for day in (date(2026, 3, 1), self.TODAY):
            self._sell_invoiced(day=day)
        notice = self._tell_customers()
        self.assertEqual(notice.mail_id.subject, "2 payments to make, 1 overdue")
        self.assertEqual(notice.mail_id.body_html.count(">overdue<"), 1)
        self.assertNotIn("the invoice", notice.mail_id.body_html)

    def test_several_that_are_overdue(self):
        for _number in range(2):
            self._sell_invoiced(day=date(2026, 3, 1))
        self.assertEqual(self._tell_customers().mail_id.subject, "2 payments are overdue")

    def test_second_one_of_the_day_goes_the_next_day(self):
        self._sell_invoiced()
        self._tell_customers()
        self._sell_invoiced()
        self.assertFalse(self._tell_customers())
        self.assertEqual(len(self._tell_customers(date(2026, 3, 11)).line_ids), 1)

    def test_besides_the_reminders_of_the_same_day(self):
        self._sell_invoiced()
        self._create_ending(7)
        self.assertEqual(self._notify().kind, "deadline")
        self.assertEqual(self._tell_customers().kind, "payment_due")

    def test_not_what_is_charged_or_collected(self):
        self._sell_charged()
        self._sell_invoiced().multipack_id.collection = "method"
        self.assertFalse(self._tell_customers())

    def test_not_what_is_a_draft_or_paid(self):
        paid = self._sell_invoiced()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=paid.move_id.ids
        ).create({})._create_payments()
        self.company.deadline_invoice_posting = "draft"
        draft = self._sell_invoiced()
        self.assertFalse(self._tell_customers())
        draft.move_id.action_post()
        self.assertEqual(self._tell_customers().line_ids.installment_id, draft)

    def test_card_that_was_deleted_makes_it_due(self):
        self._sell_charged()
        self.token.active = False
        self.assertEqual(self._tell_customers().kind, "payment_due")

    def test_goes_to_whom_the_invoice_is_addressed(self):
        billing = self.env["res.partner"].create(
            {
                "name": "Billing",
                "type": "invoice",
                "email": "billing@example.com",
                "parent_id": self.customer.id,
            }
        )
        self._sell_invoiced()
        self.assertEqual(self._tell_customers().partner_id, billing)

    def test_whom_nothing_reaches(self):
        self.customer.email = False
        installment = self._sell_invoiced()
        self.assertFalse(self._tell_customers())
        line = self.env["deadline.notice.line"].search([("installment_id", "=", installment.id)])
        self.assertEqual((line.verdict, line.reason), ("skipped", "no_address"))
        self.assertEqual(line.activity_id, installment.multipack_id.activity_ids)
        self._sell_invoiced()
        self._tell_customers(date(2026, 3, 11))
        activities = self.env["mail.activity"].search([("res_model", "=", "deadline.multipack")])
        self.assertEqual(len(activities), 1)

    def test_one_to_do_on_an_address_is_enough_for_all_kinds(self):
        self.customer.email = False
        self._sell_invoiced()
        self._tell_customers()
        deadline = self._create_ending(7)
        self.assertFalse(self._notify())
        line = deadline.notice_line_ids.filtered(lambda line: line.days_before == 7)
        self.assertEqual((line.reason, line.activity_id.ids), ("no_address", []))
        todos = self.env["mail.activity"].search([("summary", "like", self.customer.name)])
        self.assertEqual(todos.res_model, "deadline.multipack")

    def test_several_are_sent_again_only_while_all_are_owed(self):
        installments = self._sell_invoiced() + self._sell_invoiced()
        notice = self._tell_customers()
        for paid in installments:
            with self.subTest(paid.display_name), self.env.cr.savepoint() as savepoint:
                notice.mail_id.state = "exception"
                self._pay(paid)
                message = notice.action_send_again()["params"]["message"]
                self.assertIn(f"“{paid.display_name}” is paid", message)
                self.assertEqual(notice.state, "failed")
                savepoint.rollback()
                self.env.invalidate_all()
        notice.mail_id.state = "exception"
        notice.action_send_again()
        self.assertEqual(notice.state, "queued")

    def test_whom_one_does_not_write_to(self):
        installment = self._sell_invoiced()
        self._exclude(True)
        self.assertFalse(self._tell_customers())
        line = self.env["deadline.notice.line"].search([("installment_id", "=", installment.id)])
        self.assertEqual(line.reason, "excluded")

    def test_found_by_customer_and_product(self):
        self._sell_invoiced()
        line = self._tell_customers().line_ids
        lines = self.env["deadline.notice.line"]
        self.assertEqual(lines.search([("partner_id", "=", self.customer.id)]), line)
        self.assertEqual(lines.search([("product_id", "=", self.pack.id)]), line)
        self.assertFalse(lines.search([("product_id", "=", self.course.id)]))


class TestPaymentFailed(PaymentNoticeCommon):
    def test_told_of_each_failure_once(self):
        installment = self._sell_charged()
        self._run_charges("error")
        first = self._tell_customers()
        self.assertFalse(self._tell_customers(date(2026, 3, 11)))
        self._run_charges("error", day=date(2026, 3, 13))
        second = self._tell_customers(date(2026, 3, 13))
        self.assertEqual((first + second).mapped("kind"), ["payment_failed"] * 2)
        self.assertEqual((first + second).line_ids.installment_id, installment)
        self.assertEqual((first.line_ids.attempt, second.line_ids.attempt), (1, 2))

    def test_says_when_it_is_tried_again(self):
        self._sell_charged()
        self._run_charges("error")
        mail = self._tell_customers().mail_id
        self.assertEqual(mail.subject, "Payment failed: Package")
        self.assertIn("03/13/2026", mail.body_html)
        self.assertNotIn("No funds", mail.body_html)

    def test_paid_before_the_mail(self):
        installment = self._sell_charged()
        self._run_charges("error")
        self._tell(installment.transaction_ids, "done")
        self.assertFalse(self._tell_customers())

    def test_sent_again_only_while_it_is_open(self):
        installment = self._sell_charged()
        self._run_charges("error")
        notice = self._tell_customers()
        notice.mail_id.state = "exception"
        self.assertEqual(notice.state, "failed")
        self._exclude(True)
        self.assertIn("cannot be written to", notice.action_send_again()["params"]["message"])
        self._exclude(False)
        notice.action_send_again()
        self.assertEqual(notice.state, "queued")
        notice.mail_id.state = "exception"
        self._run_charges(day=date(2026, 3, 13))
        self.assertEqual(installment.state, "paid")
        self.assertIn("is paid", notice.action_send_again()["params"]["message"])
        self.assertEqual(notice.state, "failed")

    def test_ledger_takes_nothing_twice_and_nothing_back(self):
        installment = self._sell_charged()
        self._run_charges("error")
        line = self._tell_customers().line_ids
        with self.assertRaisesRegex(UserError, installment.display_name):
            line.write({"attempt": 2})
        with self.assertRaisesRegex(UserError, installment.display_name):
            line.unlink()
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            self.env["deadline.notice.line"].create(line.copy_data())

    def test_broken_customer_keeps_no_other_from_being_told(self):
        other = self._create_customer("Other", email="other@example.com")
        self._sell_invoiced()
        fine = self._sell_invoiced(partner_id=other.id)
        installments = type(self.env["deadline.installment"])
        get_addressee = installments._get_addressee

        def fail(installment):
            if installment.partner_id == self.customer:
                raise ZeroDivisionError("division")
            return get_addressee(installment)

        self.patch(installments, "_get_addressee", fail)
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self.assertEqual(self._tell_customers().line_ids.installment_id, fine)

    @freeze_time("2026-03-10 03:00:00")
    def test_email_that_cannot_be_rendered_names_its_customer(self):
        other = self._create_customer("Other", email="other@example.com")
        broken, fine = self._sell_invoiced(), self._sell_invoiced(partner_id=other.id)
        with (
            self._break_notices("_get_payment_url", self.customer),
            self.assertRaisesRegex(UserError, f"{self.customer.name}.*broken record"),
        ):
            self.env["deadline.notice"]._notify(["payment_due"], broken + fine)

    @freeze_time("2026-03-10 03:00:00")
    def test_template_that_was_deleted_is_named(self):
        self.env.ref("deadline_management.mail_template_notice_payment_due").unlink()
        installment = self._sell_invoiced()
        with self.assertRaisesRegex(UserError, "mail_template_notice_payment_due"):
            self.env["deadline.notice"]._notify(["payment_due"], installment)

from datetime import timedelta

from .common import MultipackCommon


class TestTwoAddresses(MultipackCommon):
    """A customer whose field has two addresses: both get the e-mail, and none gets two."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "Acme <acme@example.com>, office@acme.example.com"
        cls.contact = cls._create_customer(
            "Ann", is_company=False, parent_id=cls.customer.id, email="office@acme.example.com"
        )

    def test_both_are_named(self):
        self._create_ending(7)
        notice = self._notify()
        self.assertEqual(notice.email, "acme@example.com, office@acme.example.com")
        self.assertIn("office@acme.example.com", notice.line_ids.explanation)

    def test_colleague_with_one_of_them_gets_no_second_one(self):
        own = self._create_ending(7, partner_id=self.contact.id)
        both = self._create_ending(7) + own
        notice = self._notify()
        self.assertEqual(len(notice), 1)
        self.assertEqual(notice.partner_id, self.customer)
        self.assertEqual(notice.deadline_ids, both)

    def test_colleague_with_another_one_gets_an_own_one(self):
        self.contact.email = "ann@example.com"
        self._create_ending(7, partner_id=self.contact.id)
        self._create_ending(7)
        self.assertEqual(len(self._notify()), 2)

    def test_payments_too(self):
        multipacks = self._sell_multipack() + self._sell_multipack(partner_id=self.contact.id)
        multipacks.installment_ids.filtered(lambda one: one.number == 1).action_invoice()
        self._run_on("notify_payments", self.TODAY + timedelta(days=1))
        notice = self.env["deadline.notice"].search([("kind", "=", "payment_due")])
        self.assertEqual(notice.mapped("email"), ["acme@example.com, office@acme.example.com"])
        self.assertEqual(len(notice.line_ids), 2)

    def test_once_more_goes_to_the_addresses_of_today(self):
        self._create_ending(7)
        notice = self._notify()
        notice.mail_id.state = "exception"
        self.customer.email = "new@example.com"
        notice.action_send_again()
        self.assertEqual((notice.email, notice.state), ("new@example.com", "queued"))

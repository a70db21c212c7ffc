from odoo.exceptions import UserError

from .common_oca import OcaCommon


class TestOcaCollection(OcaCommon):
    """What payment orders collect, and by which mandate."""

    def test_installments_are_collected_one_by_one(self):
        multipack = self._sell_debited()
        invoices = multipack.installment_ids.move_id
        self.assertEqual(len(invoices), 3)
        self.assertEqual(set(map(self._get_method, invoices)), {self.method})
        self.assertEqual(invoices.mandate_id, self.mandate)
        order = self._collect("generated")
        self.assertEqual(order.payment_line_ids.mandate_id, self.mandate)
        self.assertEqual(order.payment_line_ids.mapped("amount_currency"), [250.0] * 3)
        self.assertEqual(
            sorted(order.payment_line_ids.mapped("date")),
            multipack.installment_ids[:3].mapped("date_due"),
        )
        self.assertEqual(self._read_file(order, invoices), invoices)
        self._advance(order, "uploaded")
        self.assertEqual(set(multipack.installment_ids[:3].mapped("state")), {"paid"})

    def test_contact_is_collected_as_its_company(self):
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.customer.id})
        invoice = self._sell_debited(1, partner_id=contact.id).installment_ids[0].move_id
        self.assertEqual(invoice.partner_id, contact)
        self.assertEqual(self._get_method(invoice), self.method)
        self.assertEqual(invoice.mandate_id, self.mandate)
        self.assertEqual(self._get_invoices(self._collect("generated")), invoice)

    def test_customer_without_mandate_is_invoiced_and_not_debited(self):
        other = self._create_customer("Bolt")
        self.family.assign(other, self.method)
        invoice = self._sell_debited(1, partner_id=other.id).installment_ids[0].move_id
        self.assertEqual((invoice.state, invoice.mandate_id.id), ("posted", False))
        order = self._collect("draft")
        failure = UserError if self.family.field == "payment_mode_id" else AssertionError
        with self.assertRaises(failure):  # the one says which mandate is missing, the other stops
            self._advance(order, "open")

    def test_what_is_collected_otherwise_is_not_offered(self):
        debited = self._sell_debited(1).installment_ids[0].move_id
        for collection in ("manual", "token"):
            multipack = self._sell_multipack()
            if collection == "token":
                multipack._set_payment_token(self.token)
            multipack.collection = collection
            multipack.installment_ids[0]._invoice()
            invoice = multipack.installment_ids[0].move_id
            self.assertFalse(self._get_method(invoice), collection)
            self.assertFalse(invoice.mandate_id, collection)
        self.assertEqual(self._get_candidates(), debited)

    def test_what_is_charged_from_now_on_is_not_offered_any_more(self):
        multipack = self._sell_debited(1)
        self.assertEqual(self._get_candidates(), multipack.installment_ids[0].move_id)
        multipack._set_payment_token(self.token)
        self.assertFalse(self._get_candidates())

    def test_draft_invoice_is_debited_once_posted(self):
        self.company.deadline_invoice_posting = "draft"
        invoice = self._sell_debited(1).installment_ids[0].move_id
        self.assertFalse(self._get_candidates())
        invoice.action_post()
        self.assertEqual(self._get_candidates(), invoice)
        self.assertEqual(invoice.mandate_id, self.mandate)

    def test_method_whose_bank_is_chosen_later(self):
        """That is what OCA recommends for direct debits of customers: no journal on the line."""
        if self.family.field == "payment_mode_id":
            self.skipTest("has no lines without journal")
        later = self.family.create_method(
            self.journal,
            journal_id=False,
            bank_account_link="variable",
            variable_journal_ids=self.journal.ids,
        )
        self.family.assign(self.customer, later)
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": self.customer.id})
        invoice = self._sell_debited(1, partner_id=contact.id).installment_ids[0].move_id
        self.assertEqual(self._get_method(invoice), later)
        self.assertEqual(invoice.mandate_id, self.mandate)

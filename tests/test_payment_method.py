from .common import ChargeCommon


class TestPaymentMethod(ChargeCommon):
    """Which payment method line goes on the invoices, for the modules that collect by it."""

    def setUp(self):
        super().setUp()
        self.pack.multipack_collection = "method"
        self.contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.customer.id}
        )
        self.multipack = self._sell_multipack(partner_id=self.contact.id)
        self.lines = self.env["account.payment.method.line"]
        for name in ("own", "contact", "company"):
            self.lines += self._create_line(name, self.company)

    def _create_line(self, name, company):
        journal = self.env["account.journal"].create(
            {"name": name, "code": name[:4], "type": "bank", "company_id": company.id}
        )
        return journal.inbound_payment_method_line_ids[:1]

    def _get_line(self):
        """Return the line that the next invoice gets."""
        installment = self.multipack.installment_ids.filtered(lambda one: one.state == "planned")[0]
        installment._invoice()
        line = installment.move_id.preferred_payment_method_line_id
        self.assertEqual(line, self.multipack._get_payment_method_line())
        return line

    def test_multipack_then_contact_then_customer(self):
        own, contact, company = self.lines
        self.assertFalse(self._get_line())
        self.customer.property_inbound_payment_method_line_id = company
        self.assertEqual(self._get_line(), company)
        self.contact.property_inbound_payment_method_line_id = contact
        self.assertEqual(self._get_line(), contact)
        self.multipack.payment_method_line_id = own
        self.assertEqual(self._get_line(), own)

    def test_only_where_it_is_collected_by_method(self):
        self.multipack.payment_method_line_id = self.lines[0]
        for collection in ("manual", "token"):
            if collection == "token":
                self.multipack._set_payment_token(self.token)
            self.multipack.collection = collection
            self.customer.property_inbound_payment_method_line_id = self.lines[2]
            self.contact.property_inbound_payment_method_line_id = self.lines[1]
            self.assertFalse(self._get_line(), "it would be collected twice")

    def test_taken_off_what_is_charged_from_now_on(self):
        self.multipack.payment_method_line_id = self.lines[0]
        self.assertTrue(self._get_line())
        self.multipack._set_payment_token(self.token)
        self.assertFalse(self.multipack.installment_ids[0].move_id.preferred_payment_method_line_id)

    def test_each_company_has_its_own(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["account.chart.template"].try_loading("generic_coa", other, install_demo=False)
        theirs = self._create_line("theirs", other)
        self.customer.with_company(other).property_inbound_payment_method_line_id = theirs
        self.assertFalse(self.multipack.with_company(other)._get_payment_method_line())
        self.customer.property_inbound_payment_method_line_id = self.lines[2]
        self.assertEqual(
            self.multipack.with_company(other)._get_payment_method_line(), self.lines[2]
        )

    def test_line_without_journal_is_passed_over(self):
        """That is how Odoo archives the lines of payment methods that are taken off a journal."""
        own, _contact, company = self.lines
        self.multipack.payment_method_line_id = own
        self.customer.property_inbound_payment_method_line_id = company
        own.journal_id = False
        self.assertEqual(self._get_line(), company)

    def test_renewal_has_it_on_its_order(self):
        self.multipack.payment_method_line_id = self.lines[0]
        action = self.multipack.action_renew()
        order = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(order.preferred_payment_method_line_id, self.lines[0])
        order.action_confirm()
        renewed = order.order_line.multipack_ids
        self.assertEqual(
            (renewed.collection, renewed.payment_method_line_id), ("method", self.lines[0])
        )

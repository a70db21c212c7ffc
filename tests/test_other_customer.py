from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ChargeCommon, ImportCommon, NoticeCommon, hand_on
from .test_portal import PortalCommon


class TestOtherCustomer(NoticeCommon):
    """What a customer had stays with that customer; what was only mistyped is corrected."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Bolt")
        cls.contact = cls._create_customer("Bob", is_company=False, parent_id=cls.other.id)

    def _assert_refused(self, deadline, *texts, **values):
        before = deadline.partner_id, deadline.commercial_partner_id, deadline.access_token
        with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
            deadline.with_user(self.seller).write({"partner_id": self.contact.id, **values})
        for text in (deadline.name, "Acme", *texts):
            self.assertIn(text, str(refusal.exception))
        deadline.invalidate_recordset()
        after = deadline.partner_id, deadline.commercial_partner_id, deadline.access_token
        self.assertEqual(after, before)

    def _continue(self, deadline):
        return self._create_deadline(
            product_id=self.yearly.id,
            date_start=deadline.date_end + timedelta(days=1),
            previous_id=deadline.id,
        )

    def test_periods_stay(self):
        first = self._create_ending(-5)
        second = self._continue(first)
        self._assert_refused(second, "end date", "new deadline for “Bolt”")
        self._assert_refused(first, "end date")

    def test_sold_one_stays(self):
        deadline = self._sell(self.monthly)
        self._assert_refused(deadline, deadline.order_id.name, "end date", "sell it to “Bolt”")

    def test_one_that_is_about_to_be_renewed_stays(self):
        deadline = self._create_ending(20)
        order = self.env["sale.order"].browse(deadline.action_renew()["res_id"])
        self._assert_refused(deadline, order.name, "remove the line")
        order.action_cancel()
        deadline.partner_id = self.other
        self.assertEqual(deadline.commercial_partner_id, self.other)

    def test_one_that_was_reminded_of_stays(self):
        deadline = self._create_ending(20)
        self._notify()
        self._assert_refused(deadline, "written to")

    def test_one_with_messages_to_the_customer_stays(self):
        deadline = self._create_ending(20)
        deadline.message_post(body="Between us", subtype_xmlid="mail.mt_note")
        self.assertFalse(deadline._get_shown_messages())
        deadline.message_post(
            body="Dear customer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self._assert_refused(deadline, "written to")

    def test_customer_is_not_smuggled_in(self):
        deadline = self._continue(self._create_ending(-5))
        self._assert_refused(
            deadline, partner_id=self.customer.id, commercial_partner_id=self.other.id
        )

    def test_contact_of_the_same_customer_takes_its_place(self):
        deadline = self._continue(self._create_ending(-5))
        ann = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        token = deadline.access_token
        deadline.with_user(self.seller).partner_id = ann
        self.assertEqual(deadline.commercial_partner_id, self.customer)
        self.assertEqual(deadline.access_token, token)

    def test_mistyped_one_is_corrected_with_another_link(self):
        deadline = self._create_ending(20)
        ann = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        deadline.message_subscribe((ann + self.seller.partner_id).ids)
        action = deadline.activity_schedule("mail.mail_activity_data_call")
        token = deadline.access_token
        deadline.with_user(self.seller).partner_id = self.contact
        self.assertEqual(deadline.commercial_partner_id, self.other)
        self.assertTrue(deadline.access_token)
        self.assertNotEqual(deadline.access_token, token)
        self.assertNotIn(ann, deadline.message_partner_ids)
        self.assertIn(self.seller.partner_id, deadline.message_partner_ids)
        self.assertEqual(action.customer_id, self.other)

    def test_by_the_form(self):
        deadline = self._continue(self._create_ending(-5))
        form = Form(deadline.with_user(self.seller))
        form.partner_id = self.other
        with self.assertRaisesRegex(UserError, "new deadline"), self.env.cr.savepoint():
            form.save()
        self.assertEqual(deadline.commercial_partner_id, self.customer)

    def test_archived_customer_gets_nothing(self):
        deadline = self._create_ending(20)
        self.other.active = False
        with self.assertRaisesRegex(ValidationError, "archived"):
            deadline.partner_id = self.other

    def test_nobody_elses_period_is_followed(self):
        deadline = self._sell(self.yearly)
        with self.assertRaisesRegex(ValidationError, "same customer"):
            deadline.previous_id = self._create_ending(-5, partner_id=self.other.id)

    def test_history_is_the_customers_own(self):
        """Also of what earlier versions handed on."""
        first = self._create_ending(-5)
        second = self._continue(first)
        hand_on(second, self.other)
        self.assertEqual(second.history_ids, second)
        self.assertEqual(first.history_ids, first)


class TestOrderOfAnotherCustomer(NoticeCommon):
    def test_confirmed_one_stays_with_the_customer(self):
        deadline = self._sell(self.monthly)
        order, other = deadline.order_id, self._create_customer("Bolt")
        with self.assertRaisesRegex(ValidationError, f"{order.name}.*{deadline.name}.*Bolt"):
            order.partner_id = other

    def test_contact_of_the_customer_may_stand_in_it(self):
        order = self._sell(self.monthly).order_id
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        order.partner_id = contact
        self.assertEqual(order.partner_id, contact)

    def test_one_that_opened_nothing_is_free(self):
        order = self._create_order([self.monthly])
        other = self._create_customer("Bolt")
        order.partner_id = other
        order.action_confirm()
        self.assertEqual(order.order_line.deadline_ids.commercial_partner_id, other)


class TestMultipackOfAnotherCustomer(ChargeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Bolt")
        cls.contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)

    def _assert_refused(self, record, **values):
        multipack = record if record._name == "deadline.multipack" else record.multipack_id
        with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
            record.with_user(self.seller).write({"partner_id": self.other.id, **values})
        for text in (multipack.name, "Acme", "Bolt", multipack.order_id.name, "withdrawal"):
            self.assertIn(text, str(refusal.exception))

    def test_multipack_and_its_services_stay(self):
        multipack = self._sell_multipack()
        self._assert_refused(multipack)
        self._assert_refused(multipack.deadline_ids[0])
        self._assert_refused(
            multipack, partner_id=self.contact.id, commercial_partner_id=self.other.id
        )
        with self.assertRaisesRegex(ValidationError, multipack.name):
            multipack.order_id.partner_id = self.other

    def test_all_of_it_stays_when_the_contact_leaves(self):
        multipack = self._sell_multipack(self.flat, partner_id=self.contact.id)
        multipack._set_payment_token(self.token)
        self.contact.parent_id = self.other
        self._run_on("extend", self.TODAY + timedelta(days=40))
        self.assertGreater(len(multipack.deadline_ids), 2)
        for records in (multipack, multipack.deadline_ids, multipack.installment_ids):
            self.assertEqual(records.commercial_partner_id, self.customer)
            self.assertEqual(records.partner_id, self.customer)

    def _get_invoiced(self, multipack):
        """Return who is sent the next invoice."""
        multipack.invalidate_recordset()
        return multipack.installment_ids[-1]._invoice().partner_id

    def test_company_is_invoiced_when_the_contact_leaves(self):
        multipack = self._sell_multipack(partner_id=self.contact.id)
        self.assertEqual(multipack.order_id.partner_invoice_id, self.contact)
        self.contact.parent_id = self.other
        self.assertEqual(self._get_invoiced(multipack), self.customer)

    def test_company_is_invoiced_when_the_contact_is_merged(self):
        multipack = self._sell_multipack(partner_id=self.contact.id)
        same = self._create_customer("Ann", is_company=False, parent_id=self.other.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.contact + same).ids, same)
        self.env.invalidate_all()
        self.assertEqual(self._get_invoiced(multipack), self.customer)

    def test_somebody_else_who_pays_goes_on_paying(self):
        payer = self._create_customer("Payer", is_company=False)
        multipack = self._sell_multipack(partner_invoice_id=payer.id)
        payer.parent_id = self.other
        self.assertEqual(self._get_invoiced(multipack), payer)

    def test_card_of_somebody_who_left_is_not_charged(self):
        token = self._create_token(self.contact)
        installment = self._sell_charged(token, partner_id=self.contact.id)
        self.contact.parent_id = self.other
        self.assertFalse(self._run_charges())
        self.assertEqual(installment.multipack_id.collection, "manual")
        self.assertTrue(installment.multipack_id.activity_ids)

    def test_freelance_with_a_card_joins_a_company(self):
        freelance = self._create_customer("Freelance", is_company=False)
        token = self._create_token(freelance)
        installment = self._sell_charged(token, partner_id=freelance.id)
        freelance.parent_id = self.other
        records = installment + installment.multipack_id.installment_ids
        self.assertEqual(records.commercial_partner_id, self.other)
        self.assertEqual(len(self._run_charges()), 1)


class TestContactsWhoLeave(NoticeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Bolt")
        cls.office = cls._create_customer("Office", is_company=False, parent_id=cls.customer.id)
        cls.contact = cls._create_customer("Ann", is_company=False, parent_id=cls.office.id)

    def test_company_renews_what_its_contact_ordered(self):
        deadline = self._create_ending(10, partner_id=self.contact.id)
        self.contact.parent_id = self.other
        self.assertEqual(deadline.partner_id, self.customer)
        following = self._renew(deadline)
        self.assertEqual(following.commercial_partner_id, self.customer)
        self.assertEqual(following.history_ids, following + deadline)

    def test_with_their_department(self):
        deadline = self._create_ending(10, partner_id=self.contact.id)
        self.office.parent_id = self.other
        self.assertEqual(self.contact.commercial_partner_id, self.other)
        self.assertEqual(deadline.commercial_partner_id, self.customer)
        self.assertEqual(deadline.partner_id, self.customer)

    def test_from_an_archived_company(self):
        deadline = self._create_ending(10, partner_id=self.contact.id)
        self.customer.active = False
        self.contact.parent_id = self.other
        self.assertEqual(deadline.partner_id, self.customer)
        self.assertEqual(deadline.commercial_partner_id, self.customer)

    def test_within_the_company_nothing_changes(self):
        deadline = self._create_ending(10, partner_id=self.contact.id)
        self.contact.parent_id = self.customer
        self.assertEqual(deadline.partner_id, self.contact)

    def _merge(self, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source + target).ids, target)
        self.env.invalidate_all()

    def test_merged_with_a_contact_of_another_company(self):
        deadline = self._create_ending(10, partner_id=self.contact.id)
        same = self._create_customer("Ann", is_company=False, parent_id=self.other.id)
        self._merge(self.contact, same)
        self.assertEqual(deadline.commercial_partner_id, self.customer)
        self.assertEqual(deadline.partner_id, self.customer)

    def test_customer_merged_into_a_contact_joins_its_company(self):
        freelance = self._create_customer("Freelance", is_company=False)
        first = self._create_ending(-5, partner_id=freelance.id)
        second = self._create_ending(360, partner_id=freelance.id, previous_id=first.id)
        same = self._create_customer("Ann", is_company=False, parent_id=self.other.id)
        self._merge(freelance, same)
        for deadline in first + second:
            self.assertEqual(deadline.partner_id, same)
            self.assertEqual(deadline.commercial_partner_id, self.other)

    def test_every_company_keeps_its_own(self):
        company = self.env["res.company"].create(
            {"name": "Elsewhere", "currency_id": self.company.currency_id.id}
        )
        there = self._create_ending(10, partner_id=self.contact.id, company_id=company.id)
        self.contact.with_user(self.seller).parent_id = self.other
        self.assertEqual(there.partner_id, self.customer)


class TestImportOfAnotherCustomer(ImportCommon):
    def test_update_is_refused(self):
        self._create_customer("Bolt")
        columns = ["id", "partner_id", "product_id", "date_start", "previous_id/id"]
        rows = [
            ["a1", "Acme", "Licence", "2025-01-01", ""],
            ["a2", "Acme", "Licence", "2026-01-01", "a1"],
        ]
        deadlines = self._import_well(columns, *rows)
        result = self._import(["id", "partner_id"], ["a2", "Bolt"])
        [message] = result["messages"]
        self.assertIn("new deadline", message["message"])
        self.assertEqual(deadlines.commercial_partner_id, self.customer)


@tagged("post_install", "-at_install")
class TestFormerCustomer(PortalCommon):
    """Of two customers neither sees what the other one has or had."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads")
        cls.mistyped = cls._create_running(9, description="bolt.example", amount=77.0)
        cls.link = cls.mistyped.get_portal_url()
        cls.mistyped.with_user(cls.seller).partner_id = cls.other

    def _open(self, url, user=None):
        self._login(user) if user else self.authenticate(None, None)
        return self.url_open(url)

    def test_old_link_opens_nothing(self):
        for user in (None, self.ann):
            for part in ("", "/calendar", "?report_type=pdf"):
                url = f"/my/deadlines/{self.mistyped.id}{part}"
                token = self.link.split("?")[1]
                page = self._open(f"{url}{'&' if '?' in url else '?'}{token}", user)
                self.assertNotIn("bolt.example", page.text, url)
                self.assertNotIn("77.00", page.text, url)
                self.assertNotIn(f"/my/deadlines/{self.mistyped.id}", page.url)

    def test_former_customer_finds_it_nowhere(self):
        self.assertNotIn("bolt.example", self._open("/my/deadlines?filterby=all", self.ann).text)

    def test_new_customer_finds_it(self):
        self.assertIn("bolt.example", self._open("/my/deadlines", self.bob).text)
        page = self._open(self.mistyped.get_portal_url(), self.bob)
        self.assertIn("bolt.example", page.text)
        self.assertNotIn("acme-host.org", page.text)

    def test_new_customer_sees_no_period_of_the_former_one(self):
        """Of what earlier versions handed on: on the page, in the document, by the link."""
        first = self._create_running(-31, amount=123.45)
        second = self._create_deadline(
            previous_id=first.id, date_start=first.date_end + timedelta(days=1), amount=66.0
        )
        hand_on(second, self.other)
        for user in (self.bob, None):
            page = self._open(second.get_portal_url(), user)
            self.assertIn("66.00", page.text)
            self.assertNotIn("123.45", page.text)
            page = self._open(second.get_portal_url(report_type="html"), user)
            self.assertIn("66.00", page.text)
            self.assertNotIn("123.45", page.text)

from datetime import date, timedelta

from odoo.tests import freeze_time

from .common import ChargeCommon, MultipackCommon


class TodoCommon(MultipackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("it_IT")
        cls.deadline = cls._create_ending(3)
        cls.spare = cls._create_user("spare", "sales_team.group_sale_manager", lang="it_IT")

    def _todo(self, record=None, **values):
        return (record or self.deadline)._leave_todo("Look at it", **values)


class TestOwner(TodoCommon):
    def test_is_the_responsible(self):
        self.assertEqual(self._todo().user_id, self.seller)

    def test_else_the_salesperson_of_the_customer(self):
        self.deadline.user_id = False
        self.customer.user_id = self.spare
        self.assertEqual(self._todo().user_id, self.spare)

    def test_else_whom_the_company_names(self):
        self.deadline.user_id = False
        self.company.deadline_user_id = self.spare
        self.assertEqual(self._todo().user_id, self.spare)

    def test_else_an_administrator_of_deadlines(self):
        self.deadline.user_id = False
        user = self._todo().user_id
        self.assertTrue(user.has_group("deadline_management.group_deadline_manager"))
        self.assertTrue(user.active)
        self.assertIn(self.company, user.company_ids)

    def test_never_somebody_who_was_archived(self):
        self.customer.user_id = self.spare
        self.seller.active = False
        self.assertEqual(self._todo().user_id, self.spare)
        self.spare.active = False
        self.company.deadline_user_id = self.spare
        self.assertTrue(self._todo().user_id.active)

    def test_that_is_open_when_its_owner_is_archived_goes_to_who_is_left(self):
        self.company.deadline_user_id = self.spare
        todo, done = self._todo(), self._todo()
        own = self.deadline.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.seller.id, automated=False
        )
        done.action_done()
        order = self._sell(self.monthly, user_id=self.seller.id).order_id
        odoos = order.activity_schedule("sale.mail_act_sale_upsell", user_id=self.seller.id)
        order._log_deadlines(order.order_line.deadline_ids, [], ["Not opened"])
        opening = order.activity_ids - odoos
        self.assertEqual(opening.user_id, self.seller)
        self.seller.active = False
        self.assertEqual((todo + opening).user_id, self.spare)
        self.assertEqual((done + own + odoos).user_id, self.seller)

    def test_that_is_open_when_its_owner_changes_company_goes_to_who_is_left(self):
        self.company.deadline_user_id = self.spare
        other = self.env["res.company"].create({"name": "Other"})
        todo = self._todo()
        self.seller.company_ids += other
        self.assertEqual(todo.user_id, self.seller)
        self.seller.write({"company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        self.assertEqual(todo.user_id, self.spare)

    def test_never_somebody_of_other_companies_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._create_user(
            "stranger",
            "sales_team.group_sale_salesman_all_leads",
            company_id=other.id,
            company_ids=[other.id],
        )
        self.deadline.user_id = False
        self.customer.user_id = stranger  # shared by both companies
        self.company.deadline_user_id = self.spare
        self.assertEqual(self._todo().user_id, self.spare)

    def test_of_several_records_each_has_its_own(self):
        other = self._create_ending(3, user_id=self.spare.id)
        todos = self._todo(self.deadline + other)
        owners = {todo.res_id: todo.user_id for todo in todos}
        self.assertEqual(owners, {self.deadline.id: self.seller, other.id: self.spare})

    def test_of_an_order_too(self):
        order = self._create_order([self.monthly], user_id=False)
        self.company.deadline_user_id = self.spare
        self.assertEqual(self._todo(order).user_id, self.spare)

    def test_is_whom_it_is_given_to(self):
        self.assertEqual(self._todo(user=self.spare).user_id, self.spare)


class TestDayAndLanguage(TodoCommon):
    def test_is_for_the_day_of_the_company(self):
        with freeze_time("2026-03-10 23:30:00"):  # in Rome it is half past midnight
            self.assertEqual(self._todo().date_deadline, date(2026, 3, 11))
            self.company.partner_id.tz = "America/New_York"
            self.assertEqual(self._todo().date_deadline, date(2026, 3, 10))

    def test_of_an_expiry_is_not_born_overdue(self):
        self.yearly.deadline_expiry_activity = True
        self.deadline.date_end = date(2026, 3, 10)
        with freeze_time("2026-03-10 23:30:00"):
            self._run_cron("expire")
        self.assertEqual(self.deadline.state, "expired")
        self.assertEqual(self.deadline.activity_ids.date_deadline, date(2026, 3, 11))

    def test_tells_nobody_by_mail(self):
        before = (
            self.env["mail.mail"].search_count([]),
            self.env["mail.notification"].search_count([]),
        )
        self._todo()
        after = (
            self.env["mail.mail"].search_count([]),
            self.env["mail.notification"].search_count([]),
        )
        self.assertEqual(after, before)

    def test_needs_no_right(self):
        employee = self._create_user("employee", "base.group_user")
        todo = self._todo(self.deadline.with_user(employee))
        self.assertEqual(todo.sudo().user_id, self.seller)

    def test_of_a_credit_note_speaks_the_language_of_its_owner(self):
        self.seller.lang = "it_IT"
        deadline = self._sell(self.monthly, user_id=self.seller.id)
        invoice = deadline.order_id._create_invoices()
        invoice.action_post()
        invoice._reverse_moves().action_post()
        todo = deadline.activity_ids
        italian = self.env(context={"lang": "it_IT"})
        self.assertEqual(todo.summary, italian._("Credit note %s", invoice.reversal_move_ids.name))
        self.assertNotIn("Credit note", todo.summary)

    def test_of_an_order_that_a_customer_pays_speaks_the_language_of_its_salesperson(self):
        """The one of the customer, in which the payment is processed, is nobody's here."""
        self.seller.lang = "it_IT"
        order = self._create_order([self.monthly], user_id=self.seller.id)
        self.customer.active = False
        order.with_context(lang="en_US").action_confirm()
        todo = order.activity_ids
        self.assertEqual(
            todo.summary, self.env(context={"lang": "it_IT"})._("Deadlines not opened")
        )
        self.assertNotIn("No deadline was opened", todo.note)
        self.assertNotIn("is archived", todo.note)


class TestSeen(TodoCommon):
    def _get_rows(self, user=None):
        dashboard = self.env["deadline.dashboard"].with_user(user or self.seller)
        return dashboard.retrieve()["actions"]["rows"]

    def _create_records(self):
        multipack = self._sell_multipack(user_id=self.seller.id)
        return [self.deadline, multipack, multipack.order_id]

    def test_in_to_do_today(self):
        for record in self._create_records():
            todo = self._todo(record)
            rows = [row for row in self._get_rows() if row["id"] == todo.id]
            self.assertEqual([row["customer"]["id"] for row in rows], [self.customer.id], record)

    def test_on_the_card_of_the_customer(self):
        for number, record in enumerate(self._create_records(), 1):
            self._todo(record)
            self.customer.invalidate_recordset()
            self.assertEqual(self.customer.with_user(self.seller).open_action_count, number)

    def test_only_in_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.seller.company_ids += other
        todos = [self._todo(record) for record in self._create_records()]
        for todo in todos:
            self.assertEqual(todo.deadline_company_id, self.company)
        domain = [("id", "in", [todo.id for todo in todos])]
        activities = self.env["mail.activity"].with_user(self.seller)
        company = ("deadline_company_id", "in", self.company.ids)
        self.assertEqual(len(activities.search([*domain, company])), 3)
        company = ("deadline_company_id", "in", other.ids)
        self.assertFalse(activities.search([*domain, company]))

    def test_follows_the_customer_of_a_quotation(self):
        order = self._create_order([self.monthly])
        todo = self._todo(order)
        other = self._create_customer("Bolt")
        order.partner_id = other
        self.assertEqual(todo.customer_id, other)

    def test_follows_a_contact_who_joins_a_company(self):
        contact = self._create_customer("Ann", is_company=False)
        multipack = self._sell_multipack(partner_id=contact.id)
        todos = self._todo(multipack) + self._todo(multipack.order_id)
        self.assertEqual(todos.customer_id, contact)
        contact.parent_id = self.customer
        self.assertEqual(todos.customer_id, self.customer)

    def test_others_have_no_customer(self):
        todo = self.monthly.product_tmpl_id.activity_schedule("mail.mail_activity_data_todo")
        self.assertFalse(todo.customer_id)


class TestCharge(ChargeCommon):
    def test_of_a_charge_that_was_given_up_is_seen(self):
        self.assertTrue(self.provider)
        multipack = self._sell_multipack(user_id=self.seller.id)
        multipack._collect_manually("The card is gone")
        dashboard = self.env["deadline.dashboard"].with_user(self.seller)
        rows = dashboard.retrieve()["actions"]["rows"]
        self.assertIn(multipack.activity_ids.id, [row["id"] for row in rows])


class TestMoot(TodoCommon):
    """What can no longer be done is no longer asked for."""

    def _expire(self):
        self.yearly.deadline_expiry_activity = True
        self._run_on("expire", self.deadline.date_end + timedelta(days=1))
        self.assertEqual(self.deadline.state, "expired")
        return self.deadline.activity_ids

    def _credit(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        invoice._reverse_moves().action_post()

    def test_expiry_of_what_is_renewed_after_all(self):
        todo = self._expire()
        self.assertTrue(todo)
        self._renew(self.deadline)
        self.assertFalse(todo.exists())

    def test_what_somebody_has_done_is_kept(self):
        todo = self._expire()
        todo.action_done()
        self._renew(self.deadline)
        self.assertTrue(todo.exists())

    def test_other_to_dos_of_the_same_record_are_kept(self):
        todo = self._todo()
        self._expire()
        self._renew(self.deadline)
        self.assertTrue(todo.exists())

    def test_credit_note_over_what_has_ended(self):
        deadline = self._sell(self.monthly)
        self._credit(deadline.order_id)
        self.assertTrue(deadline.activity_ids)
        self._run_on("expire", deadline.date_end + timedelta(days=1))
        self.assertEqual(deadline.state, "expired")
        self.assertFalse(deadline.activity_ids)

    def test_credit_note_over_what_the_customer_leaves(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        multipack.installment_ids[0].move_id._reverse_moves(cancel=True)
        self.assertTrue(multipack.activity_ids)
        self._leave(multipack, date(2026, 4, 30))
        self.assertFalse(multipack.activity_ids)


class TestMissingDeadlines(TodoCommon):
    """Of lines of an order that opened nothing there is one to-do, as long as there are any."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order([cls.monthly, cls.pack], user_id=cls.seller.id)
        cls.products = cls.monthly + cls.pack
        cls.products.active = False
        cls.order.action_confirm()
        cls.products.active = True

    def test_is_one_for_all_lines(self):
        self.assertEqual(len(self.order.activity_ids), 1)
        for product in self.products:
            self.assertIn(product.name, self.order.activity_ids.note)

    def test_is_one_when_they_still_cannot_be_opened(self):
        note = self.order.activity_ids.note
        self.products.active = False
        self.order.action_open_deadlines()
        self.assertEqual(self.order.activity_ids.mapped("note"), [note])

    def test_goes_when_they_are_opened(self):
        self.order.action_open_deadlines()
        self.assertTrue(self.order.order_line.deadline_ids)
        self.assertFalse(self.order.activity_ids)

    def test_stays_as_long_as_one_is_missing(self):
        self.order.order_line[0].product_uom_qty = 0
        self.assertTrue(self.order.activity_ids)
        self.order.order_line[1].product_uom_qty = 0
        self.assertFalse(self.order.activity_ids)

    def test_goes_when_the_order_is_cancelled(self):
        self.order._action_cancel()
        self.assertFalse(self.order.activity_ids)


class TestCollection(MultipackCommon):
    """How a multipack is to be paid is asked as long as nobody has said it."""

    def setUp(self):
        super().setUp()
        self.multipack = self._sell_multipack(user_id=self.seller.id)
        self.multipack._collect_manually("The card is gone")
        self.assertTrue(self.multipack.activity_ids)

    def test_goes_when_it_is_said(self):
        self.multipack.collection = "method"
        self.assertFalse(self.multipack.activity_ids)

    def test_goes_when_the_customer_leaves(self):
        self._leave(self.multipack, date(2026, 4, 30))
        self.assertFalse(self.multipack.activity_ids)

    def test_goes_when_the_order_is_cancelled(self):
        self.multipack.order_id._action_cancel()
        self.assertFalse(self.multipack.activity_ids)

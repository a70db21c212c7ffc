from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger

from .common import ImportCommon, MultipackCommon


class TestFinal(MultipackCommon):
    """What has happened is not edited, by RPC or by an import, by people who may edit the rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multipack = cls._sell_multipack()
        cls.other = cls._sell_multipack()
        cls.withdrawal = cls._leave(cls.multipack, date(2026, 4, 30))
        cls.clerk = cls._create_user("clerk", "deadline_management.group_deadline_manager")

    def _assert_refused(self, record, **values):
        """Expect that each of these values is refused to a user, and that nothing changes."""
        own = record.with_user(self.clerk)
        for name, value in values.items():
            before = record[name]
            with self.assertRaises(UserError, msg=name):
                own.write({name: value})
            self.assertEqual(record[name], before)

    def test_withdrawn_deadline(self):
        deadline = self.multipack.deadline_ids[0]
        self.assertEqual((deadline.state, deadline.withdrawal_id), ("active", self.withdrawal))
        self._assert_refused(
            deadline,
            withdrawal_id=False,
            state="expired",
            date_end=date(2026, 12, 31),
            date_start=date(2026, 1, 1),
            duration_count=9,
            amount=1.0,
            quantity=7.0,
            previous_id=self.other.deadline_ids[0].id,
            sale_line_id=False,
            multipack_id=self.other.id,
            notified_step=100000,
        )

    def test_multipack(self):
        for multipack in (self.multipack, self.other):
            self._assert_refused(
                multipack,
                state="ended",
                amount=1.0,
                quantity=9.0,
                plan="monthly",
                sale_line_id=self.other.sale_line_id.copy({"order_id": self.other.order_id.id}).id,
                date_start=date(2026, 1, 1),
                date_end=date(2028, 1, 1),
                anchor_day=3,
                withdrawal_id=False if multipack.withdrawal_id else self.withdrawal.id,
                previous_id=(self.multipack + self.other - multipack).id,
            )
        self._assert_refused(self.multipack, collection="method")

    def test_installment(self):
        removed, planned = self.multipack.installment_ids[3], self.other.installment_ids[1]
        removed_day = self.TODAY
        self.assertEqual(removed.removed_on, removed_day)
        self._assert_refused(
            removed, removed_on=False, withdrawal_outcome="debt", state="planned", number=9
        )
        foreign = self.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": self._create_customer("Other").id}
        )
        self._assert_refused(
            planned,
            removed_on=removed_day,
            move_id=foreign.id,
            state="paid",
            multipack_id=self.multipack.id,
            is_due_told=True,
            charge_state="pending",
            removal_pending=True,
        )

    def test_schedule_of_what_was_left(self):
        owed = self.multipack.installment_ids[1]
        self.assertEqual(owed.state, "planned")
        self._assert_refused(owed, amount=999.0, date_due=date(2027, 1, 1))
        with self.assertRaisesRegex(UserError, self.multipack.name):
            owed.with_user(self.clerk).unlink()
        for command in (
            Command.create({"date_due": date(2026, 6, 1), "amount": 50.0}),
            Command.link(self.other.installment_ids[0].id),
        ):
            with self.assertRaises(UserError):
                self.multipack.with_user(self.clerk).write({"installment_ids": [command]})

    def test_schedule_is_checked_through_another_one(self):
        """A client may name rows of one multipack in a change of another one."""
        third = self._sell_multipack()
        rows = third.installment_ids
        for command in (
            Command.update(rows[0].id, {"amount": 1.0}),
            Command.delete(rows[0].id),
        ):
            with self.assertRaisesRegex(ValidationError, third.name), self.env.cr.savepoint():
                self.other.with_user(self.clerk).write({"installment_ids": [command]})
            self.env.invalidate_all()
        self.assertEqual(third.installment_ids.mapped("amount"), [250.0] * 4)

    def test_price_is_followed_through_another_order(self):
        """A client may name lines of one order in a change of another one."""
        third = self._sell_multipack()
        self.other.order_id.with_user(self.seller).write(
            {"order_line": [Command.update(third.sale_line_id.id, {"price_unit": 2000.0})]}
        )
        self.assertEqual(third.amount, 2000.0)
        self.assertEqual(third.installment_ids.mapped("amount"), [500.0] * 4)

    def test_state_of_any_deadline(self):
        deadline = self._create_deadline(date_start=self.TODAY)
        self._assert_refused(
            deadline,
            state="renewed",
            expired_on=self.TODAY,
            renewed_on=self.TODAY,
            withdrawal_id=self.withdrawal.id,
            sale_line_id=self.other.sale_line_id.id,
            first_id=self.multipack.deadline_ids[0].id,
        )

    def test_nobody_is_born_with_a_past(self):
        deadlines = self.env["deadline.deadline"].with_user(self.clerk)
        plain = {"partner_id": self.customer.id, "product_id": self.monthly.id}
        for past in (
            {"state": "expired"},
            {"withdrawal_id": self.withdrawal.id},
            {"sale_line_id": self.other.sale_line_id.id},
            {"multipack_id": self.other.id},
        ):
            with self.assertRaises(AccessError):
                deadlines.create(plain | past)
        self.assertEqual(deadlines.create(plain | {"state": "active"}).state, "active")

    def test_context_and_own_defaults_are_no_way_in(self):
        plain = {"partner_id": self.customer.id, "product_id": self.monthly.id}
        self.env["ir.default"].set(
            "deadline.deadline", "expired_on", "2020-01-01", user_id=self.clerk.id
        )
        deadlines = self.env["deadline.deadline"].with_user(self.clerk)
        deadline = deadlines.with_context(
            default_state="withdrawn",
            default_withdrawal_id=self.withdrawal.id,
            default_amount_company=9.0,
        ).create({**plain, "amount": 5.0})
        self.assertRecordValues(
            deadline.sudo(),
            [
                {
                    "state": "active",
                    "withdrawal_id": False,
                    "expired_on": False,
                    "amount_company": 5.0,
                }
            ],
        )

    def test_own_defaults_are_no_way_into_what_orders_open(self):
        """They count for what is made with all rights on behalf of their user, too."""
        for model, name, value in (
            ("deadline.deadline", "state", "renewed"),
            ("deadline.multipack", "state", "ended"),
            ("deadline.installment", "state", "paid"),
            ("deadline.installment", "removed_on", "2020-01-01"),
        ):
            self.env["ir.default"].set(model, name, value, user_id=self.seller.id)
        order = self._create_order([self.pack, self.monthly])
        order.with_user(self.seller).action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.state, "active")
        self.assertEqual(set(order.order_line.deadline_ids.mapped("state")), {"active"})
        self.assertEqual(set(multipack.installment_ids.mapped("state")), {"planned"})

    def test_context_of_the_page_changes_nothing_that_is_opened(self):
        """Pages send what they propose for new records with each button and each save."""
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        order = self._create_order([self.pack], partner_id=contact.id).with_user(self.seller)
        page = {"default_partner_id": self.customer.id, "default_user_id": self.clerk.id}
        order.with_context(**page).action_confirm()
        multipack = order.order_line.multipack_ids.with_context(**page)
        multipack.write(
            {
                "installment_ids": [
                    Command.update(multipack.installment_ids[0].id, {"amount": 200.0}),
                    Command.create({"date_due": date(2026, 9, 1), "amount": 50.0}),
                ]
            }
        )
        self.assertEqual(multipack.installment_ids.partner_id, contact)

    def test_what_stays_as_it_is_may_be_written(self):
        deadline = self.multipack.deadline_ids[0].with_user(self.clerk)
        deadline.write(
            {
                "note": "Called",
                "state": "active",
                "date_end": "2026-04-30",
                "withdrawal_id": self.withdrawal.id,
                "amount": deadline.amount,
            }
        )
        self.assertEqual(deadline.note, "Called")

    def test_form_saves_what_may_be_edited(self):
        own = self.other.with_user(self.clerk)
        with Form(own) as form:
            with form.installment_ids.edit(1) as installment:
                installment.amount = 200.0
            with form.installment_ids.edit(2) as installment:
                installment.amount = 300.0
                installment.date_due = date(2026, 5, 20)
        self.assertEqual(own.installment_ids.mapped("amount"), [250.0, 200.0, 300.0, 250.0])
        with Form(own) as form:
            with form.installment_ids.edit(3) as installment:
                installment.amount = 150.0
            with form.installment_ids.new() as installment:
                installment.date_due = date(2026, 7, 10)
                installment.amount = 100.0
        self.assertEqual(own.installment_ids[-1].number, 5)

    def test_deadlines_of_ones_own_are_edited_continued_and_cancelled(self):
        with Form(self.env["deadline.deadline"].with_user(self.clerk)) as form:
            form.partner_id = self.customer
            form.product_id = self.monthly
            form.date_start = date(2026, 2, 1)
        deadline = form.record
        with Form(deadline) as form:
            form.date_end = date(2026, 3, 1)
        self.assertEqual(deadline.state, "expired")
        with Form(deadline) as form:
            form.date_end = date(2026, 5, 1)
        self.assertEqual(deadline.state, "active")
        following = deadline.create(
            {
                "partner_id": self.customer.id,
                "product_id": self.monthly.id,
                "previous_id": deadline.id,
                "date_start": date(2026, 5, 2),
            }
        )
        self.assertEqual(deadline.state, "renewed")
        following.action_cancel()
        self.assertEqual((deadline.state, following.state), ("active", "cancelled"))

    def test_an_accountant_deletes_a_draft_invoice(self):
        self.company.deadline_invoice_posting = "draft"
        accountant = self._create_user("accountant", "account.group_account_invoice")
        installment = self.other.installment_ids[0].with_user(accountant)
        installment.action_invoice()
        self.assertEqual(installment.state, "invoiced")
        installment.move_id.unlink()
        self.assertEqual((installment.state, installment.move_id.id), ("planned", False))

    def test_a_salesman_sells_and_cancels(self):
        own = self.env["sale.order"].with_user(self.seller)
        order = own.create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": product.id})
                    for product in (self.pack, self.monthly)
                ],
            }
        )
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        order.order_line[0].price_unit = 1300.0
        self.assertEqual(multipack.amount, 1300.0)
        order._action_cancel()
        self.assertEqual(multipack.state, "cancelled")
        self.assertEqual(set(order.order_line.deadline_ids.mapped("state")), {"cancelled"})

    def test_what_a_customer_has_left_is_not_continued(self):
        left = self.multipack.deadline_ids[0]
        with self.assertRaisesRegex(ValidationError, self.multipack.name):
            self._create_deadline(
                product_id=left.product_id.id, previous_id=left.id, date_start=date(2026, 5, 1)
            )

    def test_predecessor_of_what_an_order_renewed(self):
        first = self._sell(self.monthly)
        second = self._renew(first)
        self._assert_refused(second, previous_id=False)
        self.assertEqual(first.state, "renewed")

    def test_portal_customer_reaches_nothing(self):
        portal = self._create_user("client", "base.group_portal", partner_id=self.customer.id)
        deadline = self._create_deadline(date_start=self.TODAY).with_user(portal)
        for change in (
            lambda: deadline.write({"state": "active"}),
            lambda: deadline.action_cancel(),
            lambda: deadline.unlink(),
        ):
            with self.assertRaises(AccessError):
                change()
        self.assertEqual(deadline.state, "active")

    def test_final_states_lead_nowhere(self):
        """Not even for this addon's own methods."""
        for to in ("active", "ended", "cancelled"):
            with self.assertRaisesRegex(UserError, self.multipack.name):
                self.multipack._set_state(to)
        cancelled = self._create_deadline(date_start=self.TODAY)
        cancelled.action_cancel()
        with self.assertRaisesRegex(UserError, cancelled.name):
            cancelled._set_state("active")
        with self.assertRaises(ValueError):
            self._create_deadline(date_start=self.TODAY)._set_state("renewed")


class TestFinalImport(MultipackCommon, ImportCommon):
    def test_import_refuses_what_has_happened(self):
        multipack = self._sell_multipack()
        self._leave(multipack, date(2026, 4, 30))
        deadline = multipack.deadline_ids[0]
        for column, value in (
            ("state", "active"),
            ("date_end", "2026-04-30"),
        ):
            self.assertFalse(self._import([".id", column], (deadline.id, value))["messages"])
        for column, value in (
            ("state", "expired"),
            ("date_end", "2026-12-31"),
            ("withdrawal_id", ""),
            ("amount", "1"),
        ):
            with mute_logger("odoo.sql_db"):
                result = self._import([".id", column], (deadline.id, value))
            self.assertTrue(result["messages"], column)
            self.assertIn(deadline.name, result["messages"][0]["message"])
        self.assertEqual(deadline.date_end, date(2026, 4, 30))

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import Form

from .common import MultipackCommon


class TestWithdrawalWizard(MultipackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.multipack = cls._sell_multipack()

    def _open(self, multipacks=None, day=date(2026, 4, 30), **values):
        wizards = self.env["deadline.withdrawal.wizard"].with_context(active_id=self.customer.id)
        chosen = self.multipack if multipacks is None else multipacks
        return wizards.create({"date": day, "multipack_ids": chosen.ids, **values})

    def test_the_only_multipack_is_proposed(self):
        wizards = self.env["deadline.withdrawal.wizard"].with_context(active_id=self.customer.id)
        with Form(wizards) as form:
            self.assertEqual(form.multipack_ids[:], self.multipack)
            self.assertEqual(form.date, self.TODAY)
            self.assertIn("Tuesday, March 10, 2026", form.date_text)

    def test_multipacks_of_contacts_are_offered_and_those_of_others_not(self):
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        of_contact = self._sell_multipack(partner_id=contact.id)
        self._sell_multipack(partner_id=self._create_customer("Other").id)
        ended = self._sell_multipack()
        ended.state = "ended"
        self.assertEqual(self._open().available_multipack_ids, self.multipack | of_contact)

    def test_preview_changes_nothing(self):
        wizard = self._open()
        wizard.action_preview()
        self.assertEqual(wizard.state, "preview")
        self.assertEqual(wizard.line_ids.mapped("outcome"), ["debt", "debt", "removed", "removed"])
        self.assertIn("Removed: 2, $\xa0500.00", wizard.summary)
        self.assertEqual(self.multipack.state, "active")
        self.assertEqual(set(self.multipack.installment_ids.mapped("state")), {"planned"})

    def test_preview_of_months_to_come(self):
        monthly = self._sell_multipack(self.flat)
        wizard = self._open(monthly, day=date(2026, 5, 20))
        wizard.action_preview()
        self.assertEqual(
            wizard.line_ids.mapped("date_due"),
            [date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)],
        )
        self.assertEqual(len(monthly.installment_ids), 1)
        wizard.action_ask()
        wizard.action_confirm()
        self.assertEqual(len(monthly.installment_ids), 3)

    def test_it_takes_three_steps(self):
        wizard = self._open()
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.action_preview()
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.action_ask()
        wizard.action_confirm()
        self.assertEqual(self.multipack.state, "withdrawn")

    def test_what_has_changed_meanwhile_is_shown_again(self):
        wizard = self._open()
        wizard.action_preview()
        wizard.action_ask()
        self.multipack.installment_ids[3].action_invoice()
        wizard.action_confirm()
        self.assertEqual((wizard.state, wizard.has_changed), ("preview", True))
        self.assertEqual(self.multipack.state, "active")
        self.assertEqual(wizard.line_ids[3].outcome, "refunded")
        wizard.action_ask()
        wizard.action_confirm()
        self.assertEqual(self.multipack.state, "withdrawn")

    def test_part_payments_of_any_amount_are_no_change(self):
        """Amounts that binary fractions do not hold exactly: 250.00 - 166.70 is not 83.30."""
        for installment, amount in zip(
            self.multipack.installment_ids, (83.30, 0.1, 249.99, 17.43), strict=True
        ):
            installment.action_invoice()
            self._pay(installment, amount)
        self._pay(self.multipack.installment_ids[3], 0.07)
        wizard = self._open()
        wizard.action_preview()
        self.env.invalidate_all()
        wizard.action_ask()
        self.assertEqual(wizard.state, "confirm")
        self.env.invalidate_all()
        withdrawal = self.env["deadline.withdrawal"].browse(wizard.action_confirm()["res_id"])
        self.assertEqual(
            [row["paid"] for row in withdrawal.line_ids.installments], [83.3, 0.1, 249.99, 17.5]
        )

    def test_a_months_price_with_part_payments(self):
        self.flat.list_price = 49.99
        self.flat.taxes_id = self.env["account.tax"].create({"name": "22 %", "amount": 22.0})
        monthly = self._sell_multipack(self.flat)
        monthly.installment_ids.action_invoice()
        self._pay(monthly.installment_ids, 33.33)
        wizard = self._open(monthly, day=date(2026, 5, 20))
        wizard.action_preview()
        self.env.invalidate_all()
        wizard.action_ask()
        self.assertEqual(wizard.state, "confirm")

    def test_warns_of_what_is_easily_overlooked(self):
        wizard = self._open(day=date(2026, 4, 30))
        self.assertFalse(wizard.warning)
        wizard.date = date(2026, 4, 10)
        self.assertIn("250.00 is due on this very day", wizard.warning)
        wizard.date = date(2026, 3, 9)
        self.assertIn("This day is over", wizard.warning)
        wizard.date = date(2026, 4, 30)
        order = self.env["sale.order"].browse(self.multipack.action_renew()["res_id"])
        wizard.invalidate_recordset(["warning"])
        self.assertIn(order.name, wizard.warning)

    def test_warns_of_a_whole_month_for_one_day(self):
        monthly = self._sell_multipack(self.flat)
        self.assertIn("50.00", self._open(monthly, day=date(2026, 4, 10)).warning)
        self.assertFalse(self._open(monthly, day=date(2026, 4, 9)).warning)

    def test_who_comes_second_is_told(self):
        first, second = self._open(), self._open()
        for wizard in (first, second):
            wizard.action_preview()
            wizard.action_ask()
        first.action_confirm()
        with self.assertRaisesRegex(UserError, self.multipack.name):
            second.action_confirm()

    def test_going_back(self):
        wizard = self._open()
        wizard.action_preview()
        wizard.action_ask()
        wizard.action_back()
        self.assertEqual(wizard.state, "preview")
        wizard.action_back()
        self.assertEqual(wizard.state, "choose")

    def test_a_multipack_of_somebody_else_is_refused(self):
        other = self._sell_multipack(partner_id=self._create_customer("Other").id)
        with self.assertRaisesRegex(UserError, other.name):
            self._open(other).action_preview()

    def test_nothing_chosen_is_refused(self):
        with self.assertRaises(UserError):
            self._open(self.multipack.browse()).action_preview()

    def test_last_type_is_remembered(self):
        kind = self.env["mail.activity.type"].create(
            {"name": "Contract ended", "base_type": "withdrawal"}
        )
        wizard = self._open(activity_type_id=kind.id)
        wizard.action_preview()
        wizard.action_ask()
        wizard.action_confirm()
        self.assertEqual(self._open().activity_type_id, kind)

    def test_colleague_finds_the_task_in_the_agenda(self):
        wizard = self._open(user_id=self.seller.id)
        wizard.action_preview()
        wizard.action_ask()
        wizard.action_confirm()
        actions = self.customer.deadline_action_ids
        task = actions.filtered(lambda one: one.user_id == self.seller)
        self.assertEqual(task.base_type, "withdrawal")
        self.assertTrue(task.calendar_event_id)

    def test_receipt_goes_out_if_wished(self):
        wizard = self._open(send_receipt=True)
        wizard.action_preview()
        wizard.action_ask()
        withdrawal = self.env["deadline.withdrawal"].browse(wizard.action_confirm()["res_id"])
        self.assertTrue(
            self.env["mail.mail"].search_count([("res_id", "=", withdrawal.id)], limit=1)
        )

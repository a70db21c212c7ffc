from datetime import date

from odoo.tests import freeze_time

from .common import ChargeCommon, MultipackCommon


class TestWithdrawalCapital(MultipackCommon):
    """Services that a customer has left count for what is paid for them, and no more."""

    # Installments of 250.00 are due on 10 March, 10 April, 10 May and 10 June 2026.

    def _get_amounts(self, multipack):
        return sorted(multipack.deadline_ids.mapped("amount"))

    def test_removed_installments_no_longer_count(self):
        multipack = self._sell_multipack()
        self.assertEqual(self.customer.deadline_active_amount, 1000.0)
        self.assertEqual(self._get_amounts(multipack), [250.0, 750.0])
        self._leave(multipack, date(2026, 4, 30))
        self.assertEqual(self._get_amounts(multipack), [125.0, 375.0])
        self.assertEqual(self.customer.deadline_active_amount, 500.0)
        self._expire(date(2026, 5, 1))
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"withdrawn"})
        self.assertEqual(self.customer.deadline_active_amount, 0.0)
        self.assertEqual(self.customer.deadline_concluded_amount, 500.0)

    def test_part_payments_of_removed_ones_count(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[2].action_invoice()
        self._pay(multipack.installment_ids[2], 83.30)
        self._leave(multipack, date(2026, 4, 30))
        self.assertAlmostEqual(sum(self._get_amounts(multipack)), 583.30, 2)

    def test_amounts_are_untaxed_and_exact_to_the_cent(self):
        self.pack.taxes_id = self.env["account.tax"].create({"name": "22 %", "amount": 22.0})
        self.pack.list_price = 1000.01
        multipack = self._sell_multipack()
        self._leave(multipack, date(2026, 4, 30))
        kept = sum(multipack.installment_ids[:2].mapped("amount"))
        total = sum(self._get_amounts(multipack))
        self.assertAlmostEqual(total, round(1000.01 * kept / multipack.amount, 2), 2)

    def test_all_removed_leaves_nothing(self):
        multipack = self._sell_multipack()
        self._leave(multipack, date(2026, 3, 9))
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self.customer.deadline_active_amount, 0.0)

    def test_months_keep_their_price(self):
        monthly = self._sell_multipack(self.flat)
        self._leave(monthly, date(2026, 4, 20))
        live = monthly.deadline_ids.filtered(lambda one: one.state != "cancelled")
        self.assertEqual(sum(live.mapped("amount")), 100.0)

    def test_what_is_sold_again_costs_the_price_of_then(self):
        multipack = self._sell_multipack()
        withdrawal = self._leave(multipack, date(2026, 4, 30))
        order = self.env["sale.order"].browse(withdrawal.action_sell_again()["res_id"])
        self.assertEqual(order.amount_untaxed, 1000.0)

    def test_before_in_the_year_the_analysis_agrees(self):
        multipack = self._sell_multipack()
        self._leave(multipack, date(2026, 4, 30))
        self.env.flush_all()
        rows = self.env["deadline.analysis"].search(
            [("deadline_id", "in", multipack.deadline_ids.ids)]
        )
        names = [name for name in rows._fields if name in ("amount", "amount_company")]
        for name in names:
            self.assertEqual(sum(rows.mapped(name)), 500.0, name)


class TestWithdrawalCapitalAtTheBank(ChargeCommon):
    def test_what_fails_at_the_bank_is_taken_off_later(self):
        multipack = self._sell_charged().multipack_id
        self._run_on("invoice", date(2026, 4, 10))
        self._run_charges("pending", day=date(2026, 4, 10))
        late = multipack.installment_ids[1]
        with freeze_time("2026-04-11 10:00:00"):
            self._leave(multipack, date(2026, 4, 9))
        self.assertEqual(late.withdrawal_outcome, "bank")
        self.assertEqual(sum(multipack.deadline_ids.mapped("amount")), 500.0)
        self._tell(late.transaction_ids, "error")
        self._run_on("remove", date(2026, 4, 12))
        self.assertEqual(late.state, "removed")
        self.assertEqual(sum(multipack.deadline_ids.mapped("amount")), 250.0)

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import freeze_time

from .common import MultipackCommon


class TestMultipackRenewal(MultipackCommon):
    def _renew_multipack(self, multipack, day):
        with freeze_time(f"{day} 09:00:00"):
            action = multipack.action_renew()
            order = self.env["sale.order"].browse(action["res_id"])
            order.action_confirm()
        return order.order_line.multipack_ids

    def test_it_is_renewed_as_a_whole(self):
        multipack = self._sell_multipack()
        renewed = self._renew_multipack(multipack, date(2027, 3, 1))
        self.assertEqual(renewed.previous_id, multipack)
        self.assertEqual(renewed.date_start, date(2027, 3, 10))
        self.assertEqual(renewed.deadline_ids.previous_id, multipack.deadline_ids)
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"renewed"})
        self.assertEqual(renewed.installment_ids[0].date_due, date(2027, 3, 10))

    def test_renewing_one_of_its_deadlines_renews_it(self):
        multipack = self._sell_multipack()
        with freeze_time("2027-03-01 09:00:00"):
            action = multipack.deadline_ids.action_renew()
            line = self.env["sale.order"].browse(action["res_id"]).order_line
            self.assertEqual(line.renewed_multipack_id, multipack)
            self.assertEqual(set(multipack.deadline_ids.mapped("renewal_status")), {"in_progress"})
            again = multipack.deadline_ids[0].action_renew()
        self.assertEqual(again["res_id"], action["res_id"])

    def test_renewed_after_the_grace_days_it_starts_anew(self):
        multipack = self._sell_multipack()
        renewed = self._renew_multipack(multipack, date(2027, 4, 20))
        self.assertEqual(renewed.date_start, date(2027, 4, 20))

    def test_cancelling_the_renewal_reopens_it(self):
        multipack = self._sell_multipack()
        renewed = self._renew_multipack(multipack, date(2027, 3, 1))
        with freeze_time("2027-03-02 09:00:00"):
            renewed.order_id._action_cancel()
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"active"})

    def test_renewed_one_is_not_cancelled(self):
        multipack = self._sell_multipack()
        renewed = self._renew_multipack(multipack, date(2027, 3, 1))
        with self.assertRaisesRegex(UserError, renewed.name):
            multipack.order_id._action_cancel()

    def test_month_by_month_there_is_nothing_to_renew(self):
        multipack = self._sell_multipack(self.flat)
        with self.assertRaisesRegex(UserError, multipack.name):
            multipack.action_renew()
        self.assertEqual(set(multipack.deadline_ids.mapped("renewal_status")), {"closed"})

    def test_price_may_be_kept_or_increased(self):
        multipack = self._sell_multipack()
        self.pack.list_price = 1500.0
        self.pack.deadline_price_policy = "increase"
        self.pack.deadline_price_increase = 10.0
        renewed = self._renew_multipack(multipack, date(2027, 3, 1))
        self.assertEqual(renewed.amount, 1100.0)

    def test_reminders_wait_while_its_renewal_may_be_paid(self):
        multipack = self._sell_multipack()
        with freeze_time("2027-03-01 09:00:00"):
            order = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
            order.action_quotation_sent()
            deadlines = self.env["deadline.deadline"]
            domain = Domain("company_id", "=", self.company.id)
            waiting = deadlines._search_awaiting_payment(domain)
        self.assertEqual(waiting, multipack.deadline_ids)
        self.assertFalse(self._notify(date(2027, 3, 2)))
        order._action_cancel()
        self.assertEqual(self._notify(date(2027, 3, 3)).deadline_ids, multipack.deadline_ids)

    def test_it_is_not_left_without_its_renewal(self):
        multipack = self._sell_multipack()
        renewed = self._renew_multipack(multipack, date(2027, 3, 1))
        with freeze_time("2027-03-02 09:00:00"):
            with self.assertRaisesRegex(UserError, f"renewed by “{renewed.name}”"):
                self._leave(multipack, date(2027, 3, 2))
            self._leave(multipack + renewed, date(2027, 3, 2))
        self.assertEqual(set(multipack.deadline_ids.mapped("date_end")), {date(2027, 3, 2)})
        self.assertEqual(set(renewed.deadline_ids.mapped("state")), {"cancelled"})
        self._expire(date(2027, 3, 3))
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"withdrawn"})

    def test_it_is_left_once_its_renewal_is(self):
        multipack = self._sell_multipack()
        renewed = self._renew_multipack(multipack, date(2027, 3, 1))
        with freeze_time("2027-03-02 09:00:00"):
            self._leave(renewed, date(2027, 3, 2))
            self._leave(multipack, date(2027, 3, 2))
        self.assertEqual(set(multipack.deadline_ids.mapped("date_end")), {date(2027, 3, 2)})

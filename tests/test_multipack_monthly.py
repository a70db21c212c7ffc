from datetime import date

from odoo.tests import freeze_time

from .common import MultipackCommon


class TestMultipackMonthly(MultipackCommon):
    def test_next_month_is_opened_before_this_one_ends(self):
        multipack = self._sell_multipack(self.flat)
        self._run_on("extend", date(2026, 4, 4))
        self.assertEqual(multipack.date_end, date(2026, 4, 9))
        self._run_on("extend", date(2026, 4, 5))
        self.assertEqual(multipack.date_end, date(2026, 5, 9))
        self.assertRecordValues(
            multipack.installment_ids,
            [
                {"number": 1, "date_due": date(2026, 3, 10), "amount": 50.0},
                {"number": 2, "date_due": date(2026, 4, 10), "amount": 50.0},
            ],
        )
        old, new = multipack.deadline_ids.sorted("date_start").grouped("date_start").values()
        self.assertEqual(new.previous_id, old)
        self.assertEqual(set(old.mapped("state")), {"renewed"})
        self.assertEqual(set(new.mapped("state")), {"active"})
        self.assertEqual(sum(new.mapped("amount")), 50.0)

    def test_several_months_are_made_up_for_in_one_run(self):
        multipack = self._sell_multipack(self.flat)
        self._run_on("extend", date(2026, 9, 1))
        self.assertEqual(multipack.date_end, date(2026, 9, 9))
        self.assertEqual(multipack.installment_ids.mapped("number"), [1, 2, 3, 4, 5, 6])

    def test_it_goes_on_when_its_service_and_its_customer_are_archived(self):
        multipack = self._sell_multipack(self.flat)
        (self.coaching + self.flat).active = False
        self.customer.active = False
        self._run_on("extend", date(2026, 4, 9))
        self.assertEqual(multipack.date_end, date(2026, 5, 9))
        self.assertFalse(multipack.batch_error)

    def test_running_twice_opens_a_month_once(self):
        multipack = self._sell_multipack(self.flat)
        for _run in range(2):
            self._run_on("extend", date(2026, 4, 9))
        self.assertEqual(len(multipack.deadline_ids), 4)
        self.assertEqual(len(multipack.installment_ids), 2)

    def test_days_of_the_month_come_back(self):
        multipack = self._sell_multipack(self.flat, day=date(2026, 1, 31))
        self._run_on("extend", date(2026, 5, 1))
        self.assertEqual(
            multipack.installment_ids.mapped("date_due"),
            [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)],
        )

    def test_a_late_run_leaves_the_month_active_and_the_customer_alone(self):
        multipack = self._sell_multipack(self.flat)
        self._expire(date(2026, 4, 20))
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"active"})
        self.assertFalse(self._notify(date(2026, 4, 20)))

    def test_one_in_installments_is_reminded_and_expires(self):
        multipack = self._sell_multipack()
        self.assertTrue(self._notify(date(2027, 2, 20)))
        self._expire(date(2027, 3, 10))
        self._run_on("end", date(2027, 3, 10))
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"expired"})
        self.assertEqual(multipack.state, "ended")

    def test_a_price_changed_on_the_order_counts_from_the_next_month(self):
        multipack = self._sell_multipack(self.flat)
        multipack.installment_ids.action_invoice()
        multipack.order_id.order_line.price_unit = 60.0
        self._run_on("extend", date(2026, 4, 9))
        self.assertEqual(multipack.installment_ids.mapped("amount"), [50.0, 60.0])

    def test_the_company_day_decides(self):
        self.company.deadline_invoice_lead_days = 0
        multipack = self._sell_multipack(self.flat)
        with freeze_time("2026-04-08 23:30:00"):  # the 9th in Rome, when the month still runs
            self._run_cron("extend")
        self.assertEqual(multipack.date_end, date(2026, 4, 9))
        with freeze_time("2026-04-09 23:30:00"):
            self._run_cron("extend")
        self.assertEqual(multipack.date_end, date(2026, 5, 9))

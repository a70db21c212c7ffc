from datetime import date

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from .common import ChargeCommon


class TestChargeCompanies(ChargeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Elsewhere", "currency_id": cls.company.currency_id.id}
        )
        cls.other.partner_id.tz = "Pacific/Auckland"
        cls.env.user.company_ids += cls.other
        cls.env["account.chart.template"].try_loading("generic_coa", cls.other, install_demo=False)
        cls.there = cls._create_token(provider_id=cls._create_provider(cls.other).id)

    def _sell_there(self, day):
        """Return the first installment, due that day, of a multipack of the other company."""
        with freeze_time(f"{day} 00:00:00"):
            order = self._create_order([self.pack], company_id=self.other.id)
            order.action_confirm()
        multipack = order.order_line.multipack_ids
        multipack._set_payment_token(self.there)
        installment = multipack.installment_ids[0]
        installment._invoice()
        return installment

    def test_each_by_its_own_day_and_provider(self):
        """At three in the afternoon of the 10th it is the 11th in Auckland."""
        here, there = self._sell_charged(day=date(2026, 3, 11)), self._sell_there("2026-03-11")
        self.assertEqual((here.date_due, there.date_due), (date(2026, 3, 11), date(2026, 3, 11)))
        self.assertEqual(self._run_charges(hour=10), [])
        self.assertEqual(self._run_charges(hour=15), [f"{there.multipack_id.name}-1-1"])
        self.assertEqual(there.transaction_ids.payment_id.company_id, self.other)
        self.assertEqual((there.state, here.state), ("paid", "invoiced"))

    def test_each_by_its_own_retries(self):
        self.other.deadline_retry_days = "1"
        here, there = self._sell_charged(), self._sell_there("2026-03-10")
        self._run_charges("error")
        self.assertEqual(here.next_attempt, date(2026, 3, 13))
        self.assertEqual(there.next_attempt, date(2026, 3, 11))

    def test_card_of_another_company_is_refused(self):
        with self.assertRaisesRegex(UserError, "another company"):
            self._sell_charged(self.there)

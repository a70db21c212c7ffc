from datetime import date

from odoo.fields import Command

from .common import ChargeCommon


class TestCharge(ChargeCommon):
    def test_due_installment_is_charged_and_paid(self):
        installment = self._sell_charged()
        reference = f"{installment.multipack_id.name}-1-1"
        self.assertEqual(self._run_charges(), [reference])
        charge = installment.transaction_ids
        self.assertRecordValues(
            charge,
            [
                {
                    "reference": reference,
                    "state": "done",
                    "operation": "offline",
                    "token_id": self.token.id,
                    "amount": 250.0,
                    "is_post_processed": True,
                    "invoice_ids": installment.move_id.ids,
                }
            ],
        )
        self.assertEqual((installment.charge_state, installment.state), ("none", "paid"))

    def test_paid_installment_is_not_charged_again(self):
        installment = self._sell_charged()
        self._run_charges()
        self.assertEqual(self._run_charges(day=date(2026, 3, 20)), [])
        self.assertEqual(len(installment.transaction_ids), 1)

    def test_not_before_the_company_day_on_which_it_is_due(self):
        installment = self._sell_charged()
        self.assertEqual(self._run_charges(day=date(2026, 3, 9)), [])
        self.assertEqual(installment.charge_state, "none")

    def test_only_what_is_charged_by_the_multipack(self):
        self._sell_charged().multipack_id.collection = "manual"
        method = self._sell_charged()
        method.multipack_id.collection = "method"
        self.assertEqual(self._run_charges(), [])

    def test_draft_invoice_waits(self):
        self.company.deadline_invoice_posting = "draft"
        installment = self._sell_charged()
        self.assertEqual(self._run_charges(), [])
        installment.move_id.action_post()
        self.assertEqual(len(self._run_charges()), 1)

    def test_only_the_rest_is_charged(self):
        installment = self._sell_charged()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=installment.move_id.ids
        ).create({"amount": 100.0, "payment_difference_handling": "open"})._create_payments()
        self._run_charges()
        self.assertEqual(installment.transaction_ids.amount, 150.0)
        self.assertEqual(installment.state, "paid")

    def test_credited_installment_is_not_charged(self):
        installment = self._sell_charged()
        installment.move_id._reverse_moves(cancel=True)
        self.assertEqual(installment.state, "credited")
        self.assertEqual(self._run_charges(), [])

    def test_foreign_currency(self):
        currency = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        )
        currency.active = True
        currency.rate_ids = [Command.create({"name": date(2026, 1, 1), "rate": 2.0})]
        pricelist = self.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": currency.id}
        )
        installment = self._sell_charged(pricelist_id=pricelist.id)
        self.assertEqual(installment.currency_id, currency)
        self._run_charges()
        self.assertEqual(
            (installment.transaction_ids.currency_id, installment.transaction_ids.amount),
            (currency, installment.amount),
        )
        self.assertEqual(installment.state, "paid")

    def test_other_payment_under_way_holds_it_back(self):
        installment = self._sell_charged()
        online = self._create_online(installment, "2026-03-10 04:30:00")
        self.assertEqual(self._run_charges(), [])
        self._tell(online, "pending")
        self.assertEqual(self._run_charges(day=date(2026, 3, 11)), [])
        self._tell(online, "cancel")
        self.assertEqual(len(self._run_charges(day=date(2026, 3, 11))), 1)

    def test_what_somebody_left_unpaid_in_the_portal_does_not(self):
        installment = self._sell_charged()
        self._create_online(installment, "2026-03-10 03:30:00")
        self.assertEqual(len(self._run_charges()), 1)

    def test_refund_leaves_it_paid(self):
        installment = self._sell_charged()
        self._run_charges()
        charge = installment.transaction_ids
        refund = charge._create_child_transaction(100.0, is_refund=True)
        self._tell(refund, "done")
        refund._post_process()
        self.assertFalse(refund.deadline_installment_id)
        self.assertEqual((installment.charge_state, installment.state), ("none", "paid"))
        self.assertEqual(self._run_charges(day=date(2026, 3, 11)), [])

    def test_one_failing_does_not_hold_up_others(self):
        broken, fine = self._sell_charged(), self._sell_charged()
        # The reference is taken, which nothing foresees.
        self._create_online(fine, "2026-03-01", reference=f"{broken.multipack_id.name}-1-1")
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"), self.mute_sql():
            self.assertEqual(self._run_charges(), [f"{fine.multipack_id.name}-1-1"])
        self.assertTrue(broken.batch_error)
        self.assertEqual((broken.charge_state, broken.charge_attempts), ("none", 0))

    def mute_sql(self):
        return self.assertLogs("odoo.sql_db", "ERROR")

    def _create_online(self, installment, moment, **values):
        """Return the transaction of a customer who began to pay the invoice in the portal."""
        online = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card.id,
                "operation": "online_redirect",
                "amount": 250.0,
                "currency_id": installment.currency_id.id,
                "partner_id": self.customer.id,
                "reference": "ONLINE",
                "invoice_ids": [Command.set(installment.move_id.ids)],
                **values,
            }
        )
        online.flush_recordset()
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = %s WHERE id = %s", [moment, online.id]
        )
        online.invalidate_recordset()
        return online

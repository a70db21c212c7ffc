from odoo.tools import html2plaintext

from .common import ChargeCommon


class TestChargeQuestions(ChargeCommon):
    """Who asks about a charge changes nothing. Who acts tells people, in their language."""

    def _sell_with_token_of_another(self):
        """Sell a multipack whose token has become another customer's without anybody noticing."""
        installment = self._sell_charged()
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.env.flush_all()
        self.env.cr.execute("UPDATE payment_token SET partner_id = %s", [stranger.id])
        self.env.invalidate_all()
        return installment

    def test_whether_to_charge(self):
        installment = self._sell_with_token_of_another()
        self.assertFalse(installment._is_to_charge())
        self.assertEqual(installment.multipack_id.collection, "token")
        self.assertFalse(installment.multipack_id.activity_ids)

    def test_why_not_to_charge_again(self):
        self.company.deadline_retry_days = False
        installment = self._sell_charged()
        self._run_charges("error")
        installment.multipack_id.collection = "manual"
        charge = installment._get_live_charge()
        self.assertIn("another way", installment._get_resume_problem(charge))
        self.assertTrue(installment._is_charge_over())
        self.assertEqual(installment.charge_state, "exception")
        self.assertTrue(installment.charge_activity_id.active)

    def test_what_is_wrong_with_a_token_is_told_in_the_language_of_the_owner(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.seller.lang = "it_IT"
        multipack = self._sell_with_token_of_another().multipack_id
        multipack.user_id = self.seller
        multipack.with_context(lang="en_US")._leave_useless_tokens()
        self.assertEqual(multipack.collection, "manual")
        italian = self.env(context={"lang": "it_IT"})
        self.assertEqual(
            html2plaintext(multipack.activity_ids.note).strip(),
            italian._("The saved payment method belongs to somebody else."),
        )

from odoo.tools import file_open

from .common import MultipackCommon


class TestNeutralize(MultipackCommon):
    def test_a_copy_charges_nobody_and_sends_nothing(self):
        provider = self.env["payment.provider"].search([], limit=1)
        token = self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env["payment.method"].search([], limit=1).id,
                "partner_id": self.customer.id,
                "provider_ref": "ref",
            }
        )
        multipack = self._sell_multipack()
        multipack.write({"collection": "token", "payment_token_id": token.id})
        self._leave(multipack, self.TODAY)._send_receipt()
        charged = self._sell_multipack()
        charged.write({"collection": "token", "payment_token_id": token.id})
        self.env.flush_all()
        with file_open("deadline_management/data/neutralize.sql") as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertEqual(charged.collection, "manual")
        self.assertFalse(charged.payment_token_id)
        mail = self.env["mail.mail"].search([("model", "=", "deadline.withdrawal")], limit=1)
        self.assertEqual(mail.state, "cancel")

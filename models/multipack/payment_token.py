from odoo import models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


class PaymentToken(models.Model):
    _inherit = "payment.token"

    def _handle_archiving(self):
        """Leave what was charged to these tokens to the customers, and tell the responsible."""
        super()._handle_archiving()
        multipacks = self.env["deadline.multipack"].search([("payment_token_id", "in", self.ids)])
        multipacks._collect_manually(
            _lt("The saved payment method was deleted, or its provider switched off.")
        )

    def get_linked_records_info(self):
        """Tell the customer which multipacks are charged to the token, before it is deleted."""
        self.check_access("read")
        # Which token a multipack is charged to, customers may not read; the token is theirs.
        multipacks_sudo = self.env["deadline.multipack"].sudo()
        running_sudo = multipacks_sudo.search(
            [("payment_token_id", "=", self.id), ("state", "in", ("active", "ended"))]
        )
        return super().get_linked_records_info() + [
            {
                "description": self.env._("Multipack"),
                "id": multipack.id,
                "name": f"{multipack.name}, {multipack.product_id.display_name}",
                "url": multipack.access_url,
            }
            for multipack in running_sudo
        ]

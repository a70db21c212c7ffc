from odoo import api, fields, models


class DeadlineContractMixin(models.AbstractModel):
    """A contract that its customer has left keeps the withdrawal, which is final."""

    _inherit = "deadline.contract.mixin"

    withdrawal_id = fields.Many2one(
        "deadline.withdrawal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="base.group_user",
    )

    @api.model
    def _get_state_facts(self, to):
        facts = super()._get_state_facts(to)
        return (*facts, "withdrawal_id") if to == "withdrawn" else facts

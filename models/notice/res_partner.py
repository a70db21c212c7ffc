from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..constants import GROUP_USER

GROUP_MANAGER = "deadline_management.group_deadline_manager"
EXCLUSION_FIELDS = {"deadline_notices_excluded", "deadline_notices_excluded_reason"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    deadline_notices_excluded = fields.Boolean(
        string="No Deadline Notices",
        copy=False,
        tracking=True,
        groups=GROUP_USER,
        help="No reminder and no notice of expiry is sent to this customer. "
        "On a company it holds for all of its contacts.",
    )
    deadline_notices_excluded_reason = fields.Char(
        string="Reason for No Notices", copy=False, tracking=True, groups=GROUP_USER
    )

    @api.constrains("deadline_notices_excluded", "deadline_notices_excluded_reason")
    def _check_deadline_notices_excluded_reason(self):
        for partner in self.sudo():
            excluded = partner.deadline_notices_excluded
            if excluded and not (partner.deadline_notices_excluded_reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why “%s” gets no deadline notices: fill in the reason.",
                        partner.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get(name) for vals in vals_list for name in EXCLUSION_FIELDS):
            self._check_may_exclude()
        return super().create(vals_list)

    def write(self, vals):
        if EXCLUSION_FIELDS & vals.keys():
            self._check_may_exclude()
        return super().write(vals)

    @api.model
    def _check_may_exclude(self):
        """Check that the user may exclude customers from notices.

        :raise AccessError: for anybody but an administrator of deadlines
        """
        if not self.env.su and not self.env.user.has_group(GROUP_MANAGER):
            raise AccessError(
                self.env._(
                    "Only administrators of deadlines may exclude a customer from notices:"
                    " ask one of them."
                )
            )

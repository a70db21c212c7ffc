from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.sql import escape_psql


class DeadlineOrigin(models.Model):
    _name = "deadline.origin"
    _description = "Deadline Origin"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Leave empty to use this origin in every company."
    )

    @api.constrains("name", "company_id")
    def _check_name(self):
        """Check that nobody has to choose between two origins of one name.

        In Python: those that earlier versions accepted stay as they are.
        """
        for origin in self:
            same = Domain("id", "!=", origin.id)
            same &= Domain("name", "=ilike", escape_psql((origin.name or "").strip()))
            if origin.company_id:
                same &= Domain("company_id", "in", (origin.company_id.id, False))
            # Those of all companies, as one without a company is chosen in each of them.
            found = self.sudo().with_context(active_test=False).search(same, limit=1)
            if found.active:
                raise ValidationError(
                    self.env._(
                        "There already is an origin “%s”: use that one, or choose another name.",
                        found.name,
                    )
                )
            if found:
                raise ValidationError(
                    self.env._(
                        "There already is an origin “%s”, which is archived: unarchive it,"
                        " or choose another name.",
                        found.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        deadlines_sudo = self.env["deadline.deadline"].sudo()  # of other companies as well
        for origin in self:
            if count := deadlines_sudo.search_count([("origin_id", "=", origin.id)]):
                raise UserError(
                    self.env._(
                        "“%(record)s” cannot be deleted, deadlines have it (%(count)s):"
                        " archive it, and they keep it.",
                        record=origin.name,
                        count=count,
                    )
                )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for origin, vals in zip(self, vals_list, strict=True):
                if vals:  # Odoo gives none for one that is asked for a second time
                    vals["name"] = self.env._("%s (copy)", origin.name)
        return vals_list

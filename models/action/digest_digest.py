from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..constants import GROUP_USER


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_deadline_due = fields.Boolean("Deadlines Due")
    kpi_deadline_due_value = fields.Integer(compute="_compute_kpi_deadline_due_value")
    kpi_deadline_renewal_rate = fields.Boolean("Renewal Rate (%)")
    kpi_deadline_renewal_rate_value = fields.Integer(
        compute="_compute_kpi_deadline_renewal_rate_value"
    )

    def _compute_kpi_deadline_due_value(self):
        """Count the deadlines whose last valid day lies in the period of the digest."""
        for digest in self:
            digest.kpi_deadline_due_value = sum(digest._count_deadlines_due().values())

    def _compute_kpi_deadline_renewal_rate_value(self):
        """Compute how many of them, in percent, have been renewed."""
        for digest in self:
            counts = digest._count_deadlines_due()
            total = sum(counts.values())
            rate = 100 * counts.get("renewed", 0) / total if total else 0
            digest.kpi_deadline_renewal_rate_value = round(rate)

    def _count_deadlines_due(self):
        """Return {state: number} of the deadlines that ended in the period of the digest.

        :raise AccessError: for those who do not work on deadlines, whom Odoo then spares it
        """
        if not self.env.user.has_group(GROUP_USER):
            raise AccessError(self.env._("Deadlines are left out of this user's digest."))
        start, end, companies = self._get_kpi_compute_parameters()
        deadlines = self.env["deadline.deadline"]
        rows = deadlines._read_group(
            deadlines._get_rated_domain()
            & Domain("company_id", "in", companies.ids)
            & Domain("date_end", ">=", fields.Date.to_date(start))
            & Domain("date_end", "<", fields.Date.to_date(end)),
            ["state"],
            ["__count"],
        )
        return dict(rows)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("deadline_management.menu_deadline_root").id
        action = f"deadline_management.deadline_deadline_action?menu_id={menu}"
        actions["kpi_deadline_due"] = actions["kpi_deadline_renewal_rate"] = action
        return actions

from odoo import api, models
from odoo.fields import Domain

from ..models.deadline.res_partner import CONCLUDED


class ReportDeadlineStatement(models.AbstractModel):
    """The customer statement: everything a customer has and had, service by service."""

    _name = "report.deadline_management.report_deadline_statement"
    _description = "Customer Statement of Deadlines"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return a statement for each of these partners and each company they deal with.

        A contact gets that of the whole customer, in its own language.
        """
        partners = self.env["res.partner"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": "res.partner",
            "docs": partners,
            "statements": [
                statement
                for partner in partners
                for statement in self._get_statements(partner.with_context(lang=partner.lang))
            ],
        }

    @api.model
    def _get_statements(self, partner):
        """Return the statements addressed to ``partner``, one for each company.

        :return: list of dicts of ``partner``, ``customer``, ``company``, ``day``, ``services``
            (lists of periods, the newest first) and ``totals`` by currency
        """
        customer = partner.commercial_partner_id
        # As the user even where a controller renders with all rights: what the user may not
        # read is not found, whoever was asked for.
        deadlines = partner.env["deadline.deadline"].sudo(False)
        found = deadlines.search(
            Domain("commercial_partner_id", "=", customer.id) & Domain("state", "!=", "cancelled"),
            order="date_start DESC, id DESC",
        ).sudo(self.env.su)
        return [
            {
                "partner": partner,
                "customer": customer,
                "company": company,
                "day": company._deadline_today(),
                "services": self._get_services(own),
                "totals": self._get_totals(own),
            }
            for company, own in (found.grouped("company_id") or {self.env.company: found}).items()
        ]

    @api.model
    def _get_services(self, deadlines):
        """Return the periods of each service: what runs first, by its end, then what is over."""
        services = deadlines.grouped(lambda period: period.first_id or period).values()

        def get_rank(periods):
            newest, end = periods[0], periods[0].date_end.toordinal()
            return (0, end, newest.id) if newest.state == "active" else (1, -end, newest.id)

        return sorted(services, key=get_rank)

    @api.model
    def _get_totals(self, deadlines):
        """Return a dict for each currency: ``currency``, ``active`` and ``concluded`` amount."""

        def add_up(records, states):
            return sum(records.filtered(lambda period: period.state in states).mapped("amount"))

        return [
            {
                "currency": currency,
                "active": add_up(own, ("active",)),
                "concluded": add_up(own, CONCLUDED),
            }
            for currency, own in deadlines.grouped("currency_id").items()
        ]

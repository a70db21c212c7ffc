from odoo import api, fields, models

#: How many days the forecast looks ahead, today included.
HORIZON = 30


class DeadlineNoticeForecast(models.TransientModel):
    """How many notices go out on a day to come, as things stand today."""

    _name = "deadline.notice.forecast"
    _description = "Forecast of Deadline Notices"
    _order = "date, company_id"
    _rec_name = "date"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    date = fields.Date(required=True, readonly=True)
    notice_count = fields.Integer(
        string="E-mails", readonly=True, help="One for each customer and day."
    )
    deadline_count = fields.Integer(
        string="Deadlines", readonly=True, help="How many deadlines these e-mails are about."
    )

    @api.model
    def action_open(self):
        """Show the forecast for the user's companies."""
        rows = [
            values
            for company in self.env.companies
            for values in self.env["deadline.notice"]._forecast(company, HORIZON)
        ]
        forecast = self.create(rows)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.deadline_notice_forecast_action"
            ),
            "domain": [("id", "in", forecast.ids)],
        }

    def action_view_deadlines(self):
        """Show the deadlines behind a day of the forecast."""
        self.ensure_one()
        letters = self.env["deadline.notice"]._get_letters_of_day(self.company_id, self.date)
        ids = [entry.subject.id for letter in letters for entry in letter.entries]
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.deadline_deadline_action"
            ),
            "domain": [("id", "in", ids)],
            "context": {},
        }

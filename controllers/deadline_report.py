import tempfile

from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request

from ..report.deadline_report_table import Table
from ..report.deadline_report_xlsx import Workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class DeadlineReport(http.Controller):
    """The operational report as a spreadsheet."""

    @http.route(
        "/deadline_management/report/<int(max=2147483647):wizard_id>/xlsx",
        type="http",
        auth="user",
    )
    def export_report(self, wizard_id):
        """Send the spreadsheet of the criteria of a wizard, which has to be the user's own."""
        wizard = request.env["deadline.report.wizard"].browse(wizard_id)
        if not wizard.has_access("read") or not wizard.exists():
            raise NotFound()
        wizard = wizard._with_companies()
        wizard._check_rows("xlsx")
        file = tempfile.TemporaryFile()  # noqa: SIM115, closed along with the response
        Workbook(Table(wizard), file).fill()
        size = file.tell()
        file.seek(0)
        name = request.env._("Operational Report")
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            [
                ("Content-Type", XLSX),
                ("Content-Length", size),
                ("Content-Disposition", content_disposition(f"{name}.xlsx")),
            ],
        )

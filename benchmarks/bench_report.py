"""The operational report of very many deadlines: time, and the memory that it takes.

A worker that takes too much of either is ended by Odoo, and nobody has a report.
"""

import ctypes
import gc
import resource
import tempfile
import threading
from datetime import date
from pathlib import Path

import xlsxwriter
from harness import Measure, Row, compare, measure, undone
from rows import as_seller, insert_years

from odoo.tools import SQL

from odoo.addons.deadline_management.report.deadline_report_table import Table
from odoo.addons.deadline_management.report.deadline_report_xlsx import Workbook
from odoo.addons.deadline_management.wizards.deadline_report_wizard import PDF_ROWS

ROWS = 100_000
MOST_MEMORY = 150  # MB


def prepare(env):
    """Deadlines of 10,000 customers, ends over six years, in the company's currency."""
    insert_years(env, ROWS, description=SQL("'host' || n || '.example.com'"))


def _dump(rows, file):
    """Write cells that are in memory already, with the functions that xlsxwriter has for each."""
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": 14})
    money = book.add_format({"num_format": "#,##0.00"})
    for number, values in enumerate(rows):
        for place, value in enumerate(values):
            if isinstance(value, str):
                if value:
                    sheet.write_string(number, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(number, place, value, day)
            else:
                sheet.write_number(number, place, value, money)
    book.close()


def _get_memory():
    """Return the resident memory of this process, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _watch(function):
    """Return by how much memory grew while a function ran, at its highest, in MB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was used before would hide what is used now
    before = peak = _get_memory()
    over = threading.Event()

    def look():
        nonlocal peak
        while not over.wait(0.01):
            peak = max(peak, _get_memory())

    thread = threading.Thread(target=look)
    thread.start()
    function()
    over.set()
    thread.join()
    return peak - before


def case_xlsx(env):
    """All rows as a spreadsheet against the bare writing of the same cells, read before."""
    as_user = as_seller(env)
    wizard = as_user["deadline.report.wizard"].create({"group_by": "commercial_partner_id"})

    def export():
        with tempfile.TemporaryFile() as file:
            Workbook(Table(wizard), file).fill()

    with undone(env):
        memory = _watch(export)
    rows = list(Table(wizard).iterate())
    cells = [(n, "Customer", *values) for n, (_key, _currencies, values) in enumerate(rows)]

    def dump():
        with tempfile.TemporaryFile() as file:
            _dump(cells, file)

    case = f"XLSX of {ROWS:,} deadlines by customer (+{memory:.0f} MB, at most +{MOST_MEMORY})"
    yield compare(env, case, export, dump, goal=2, repeat=3)


def case_pdf(env):
    """As many rows as a PDF takes, made by wkhtmltopdf, which goes without our style sheets."""
    as_user = as_seller(env)
    wizard = as_user["deadline.report.wizard"].create({"group_by": "commercial_partner_id"})
    found = wizard.env["deadline.deadline"].search(wizard._get_domain(), limit=PDF_ROWS)
    wizard.selected_ids = found.ids
    report = as_user["ir.actions.report"].with_context(force_report_rendering=True)

    def render():
        report._render_qweb_pdf("deadline_management.report_operational", wizard.ids)

    measured = measure(env, render, repeat=2)
    most = Measure(wall=60, sql=200)  # half of what Odoo gives to a request
    yield Row(f"PDF of {PDF_ROWS:,} deadlines by customer", measured, most=most)

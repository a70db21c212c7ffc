"""Makes the template file of the import of deadlines: ./dev shell < .ci/import_template.py

The headings are the English labels of the fields, which Odoo recognizes in every language. The
customers and products are those of the demo data, so that there the file can be imported as it
is; tests/test_import_template.py imports it, too.
"""

from datetime import date
from pathlib import Path

import xlsxwriter

HEADINGS = (
    ("Reference", 12),
    ("Customer", 26),
    ("Product", 26),
    ("Description", 24),
    ("Quantity", 9),
    ("Amount", 10),
    ("Currency", 9),
    ("Start Date", 12),
    ("End Date", 12),
    ("No Notices Before", 17),
    ("Renewal of", 12),
    ("Origin", 17),
    ("Bank", 18),
    ("Responsible", 16),
    ("Notes", 34),
)
ROSSI, BIANCHI, VERDI = "Officine Rossi S.r.l.", "Studio Bianchi & Associati", "Cantina Verdi"
OLD, NORTH, ADMIN = "Previous system", "Banca del Nord", "Mitchell Admin"
ROWS = (
    # A service with its history: each period names the one it renews, in any order of rows.
    ("OLD-0001", ROSSI, "Domain Name", "officinerossi.example", 1, 18, "USD", date(2024, 3, 1),
     date(2025, 2, 28), None, None, OLD, NORTH, ADMIN, "First year"),
    ("OLD-0002", ROSSI, "Domain Name", "officinerossi.example", 1, 18, "USD", date(2025, 3, 1),
     date(2026, 2, 28), None, "OLD-0001", OLD, NORTH, ADMIN, None),
    # Without an end the duration of the product says it.
    ("OLD-0003", ROSSI, "Domain Name", "officinerossi.example", 1, 20, "USD", date(2026, 3, 1),
     None, None, "OLD-0002", OLD, NORTH, ADMIN, "The end follows from the product"),
    # An end of its own, and no reminder that was due before a day.
    (None, BIANCHI, "Studio Software Licence", "3 seats", 3, 2880, "USD", date(2026, 1, 1),
     date(2028, 12, 31), date(2028, 6, 1), None, OLD, None, ADMIN, "Three years, paid at once"),
    # What is over is entered as expired, and nobody is written to.
    (None, VERDI, "Web Hosting", "cantinaverdi.example", 1, 12, "USD", date(2025, 5, 1),
     date(2025, 5, 31), None, None, None, None, None, None),
)  # fmt: skip
TARGET = Path.cwd() / "static/xls/deadline_deadline.xlsx"

with xlsxwriter.Workbook(TARGET) as workbook:
    workbook.set_properties({"created": date(2026, 1, 1)})  # the same file each time
    sheet = workbook.add_worksheet("Deadlines")
    heading = workbook.add_format({"bold": True, "bottom": 1})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for column, (title, width) in enumerate(HEADINGS):
        sheet.set_column(column, column, width)
        sheet.write(0, column, title, heading)
    for number, row in enumerate(ROWS, start=1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif value is not None:
                sheet.write(number, column, value)
    sheet.freeze_panes(1, 0)
print(f"{TARGET} written")

"""The operational report as a spreadsheet, written row by row: memory does not grow with it."""

from collections import defaultdict
from datetime import date

import xlsxwriter
from xlsxwriter.utility import quote_sheetname, xl_range_abs, xl_rowcol_to_cell

from .deadline_report_table import AMOUNTS, Money

#: Widest columns, in characters, by type of field.
WIDTHS = {"many2one": 32, "date": 12, "monetary": 16, "integer": 10, "float": 10, "selection": 12}
WIDTH = 20
#: Columns with the currencies of the amounts, where there are several.
CURRENCY_PLACES = ("amount_currency", "amount_company_currency")
#: Longer text does not fit into a cell, which counts as UTF-16 does: an emoji is two.
MAX_TEXT = 32_767
#: First day of which all spreadsheets have the same idea.
FIRST_DAY = date(1900, 3, 1)


def _clean(text):
    """Return a text as a cell takes it; one that is cut off says so.

    What looks like a formula is harmless in a cell of text, but what looks like rich text
    would get into the file as the XML that it is.
    """
    text = " " + text if text.startswith("<r>") else text
    if len(text) <= MAX_TEXT // 2:  # whatever its characters
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAX_TEXT:
        return text
    return units[: 2 * MAX_TEXT - 2].decode("utf-16-le", "ignore") + "\u2026"


class Workbook:
    """Writes the rows on one sheet, criteria and totals on another one.

    Totals find their rows by the number of the group, so that they stay right when somebody
    sorts the rows, and when two customers have the same name.
    """

    def __init__(self, table, file):
        self.table = table
        self.env = table.env
        self.book = xlsxwriter.Workbook(file, {"constant_memory": True})
        self.rows = self.book.add_worksheet(self.env._("Deadlines"))
        self.summary = self.book.add_worksheet(self.env._("Totals"))
        self.bold = self.book.add_format({"bold": True, "bg_color": "#e9ecef", "border": 1})
        self.title = self.book.add_format({"bold": True, "font_size": 14})
        self.label = self.book.add_format({"bold": True, "valign": "top"})
        self.date = self.book.add_format({"num_format": 14})  # as the reader's language has it
        self.float = self.book.add_format({"num_format": self._get_quantity_pattern()})
        self.money = {one.id: self._get_money_format(one) for one in table.currencies}
        self.total = {one.id: self._get_money_format(one, bold=True) for one in table.currencies}
        self.codes = {one.id: one.name for one in table.currencies}
        self.count = self.book.add_format({"num_format": "#,##0", "bold": True})
        self.headings, self.places, self.summary_places, self.last_row = [], {}, {}, 0
        self._place_columns()

    def _get_quantity_pattern(self):
        """Return the digits of the print: optional ones would leave a point behind ("2.")."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return "#,##0" + ("." + "0" * digits if digits else "")

    def _get_money_format(self, currency, **properties):
        digits = "#,##0" + ("." + "0" * currency.decimal_places if currency.decimal_places else "")
        symbol = (currency.symbol or currency.name).replace('"', "")
        before = currency.position == "before"
        pattern = f'"{symbol}" {digits}' if before else f'{digits} "{symbol}"'
        return self.book.add_format({"num_format": pattern, **properties})

    def _place_columns(self):
        """Decide which column of the sheet holds what: headings, and places by name."""
        table = self.table
        placed = []
        if table.group_by:
            number, group = self.env._("No."), self.env._("Group")
            placed += [("group", number, 6), ("label", group, 32)]
        for column in table.columns:
            placed.append((column.name, column.label, WIDTHS.get(column.type, WIDTH)))
            index = AMOUNTS.index(column.name) if column.name in AMOUNTS else None
            if index is not None and len({pair[index] for pair in table.totals.money}) > 1:
                label = (self.env._("Currency"), self.env._("Company Currency"))[index]
                placed.append((f"{column.name}_currency", label, 10))
        self.headings = [(label, width) for _name, label, width in placed]
        self.places = {name: index for index, (name, _label, _width) in enumerate(placed)}

    def fill(self):
        """Write everything. The file is whole only after this."""
        numbers = self._write_rows()
        self._write_summary(numbers)
        self.book.close()

    # === ROWS === #

    def _write_rows(self):
        """Write the rows and return {key of a group: its number}."""
        sheet = self.rows
        for place, (label, width) in enumerate(self.headings):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, label, self.bold)
        sheet.freeze_panes(1, 0)
        writers = [
            (self.places[column.name], self._get_writer(column)) for column in self.table.columns
        ]
        numbers, labels = {}, {}
        for row, (key, currencies, values) in enumerate(self.table.iterate(), 1):
            if self.table.group_by:
                if key not in numbers:
                    numbers[key] = len(numbers) + 1
                    labels = {key: _clean(self.table.get_group_label(key))}
                sheet.write_number(row, 0, numbers[key])
                sheet.write_string(row, 1, labels[key])
            for (place, write), value in zip(writers, values, strict=True):
                write(row, place, value, currencies)
            self.last_row = row
        sheet.autofilter(0, 0, self.last_row, len(self.headings) - 1)
        return numbers

    def _get_writer(self, column):
        """Return the function that writes a value of a column, as what it is."""
        sheet = self.rows
        if column.name in AMOUNTS:
            return self._get_money_writer(column.name)
        if column.type == "date":

            def write(row, place, value, _currencies):
                if value >= FIRST_DAY:
                    sheet.write_datetime(row, place, value, self.date)
                else:
                    sheet.write_string(row, place, value.isoformat())

        elif column.type in ("integer", "float"):
            number = self.float if column.type == "float" else None

            def write(row, place, value, _currencies):
                sheet.write_number(row, place, value, number)

        else:
            # Never `write()`, which makes formulas and links of text that looks so.
            def write(row, place, value, _currencies):
                if value:
                    sheet.write_string(row, place, _clean(value))

        return write

    def _get_money_writer(self, name):
        sheet, money, codes = self.rows, self.money, self.codes
        index = AMOUNTS.index(name)
        code_place = self.places.get(f"{name}_currency")

        def write(row, place, value, currencies):
            sheet.write_number(row, place, value, money[currencies[index]])
            if code_place is not None:
                sheet.write_string(row, code_place, codes[currencies[index]])

        return write

    # === CRITERIA AND TOTALS === #

    def _write_summary(self, numbers):
        """Write criteria and totals, the totals as formulas along with what they come to."""
        table, sheet = self.table, self.summary
        row = self._write_criteria()
        currencies, amounts = (
            {name: self.headings[self.places[name]][0] for name in names if name in self.places}
            for names in (CURRENCY_PLACES, AMOUNTS)
        )
        headings = {
            "label": table.get_group_heading() if table.group_by else "",
            **({"group": self.env._("No.")} if table.group_by else {}),
            **currencies,
            "count": self.env._("Deadlines"),
            **amounts,
        }
        self.summary_places = {name: place for place, name in enumerate(headings)}
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, len(headings), 18)
        for place, label in enumerate(headings.values()):
            sheet.write_string(row, place, label, self.bold)
        row += 1
        for key, number in numbers.items():
            if table.group_by:
                row = self._write_totals(row, table.groups[key], table.get_group_label(key), number)
        self._write_totals(row, table.totals, self.env._("Total"))

    def _write_criteria(self):
        """Write what the report is about and return the row for what follows."""
        sheet, wizard = self.summary, self.table.wizard
        sheet.write_string(0, 0, self.env._("Operational Report"), self.title)
        companies = wizard._get_company_names()
        row = 2
        for label, words in [(self.env._("Company"), companies), *wizard._get_criteria()]:
            sheet.write_string(row, 0, label, self.label)
            sheet.write_string(row, 1, _clean(words))
            row += 1
        return row + 1

    def _write_totals(self, row, totals, label, number=None):
        """Write the lines of one group, or of all without a number, and return the next row."""
        lines = defaultdict(Money)
        for pair, money in totals.money.items():
            lines[self._get_line(pair)] += money
        if not lines:  # nothing was found, and that is said
            lines[False, False] = Money()
        for line, money in lines.items():
            self._write_total(row, label, number, line, money)
            row += 1
        for company_currency, money in totals.get_company_totals().items():
            line = self._get_line((None, company_currency))
            alike = [one for one in lines if one[1] == line[1]]
            if len(alike) > 1:  # several currencies, which add up in that of the company
                self._write_total(row, label, number, line, money)
                row += 1
        return row

    def _get_line(self, pair):
        """Return by which currencies a line is told from others: those that have a column."""
        return tuple(
            currency if place in self.places else False
            for currency, place in zip(pair, CURRENCY_PLACES, strict=True)
        )

    def _write_total(self, row, label, number, line, money):
        sheet, places = self.summary, self.summary_places
        sheet.write_string(row, 0, _clean(label), self.label)
        conditions = []
        if number:
            sheet.write_number(row, places["group"], number)
            conditions.append("group")
        for currency, place in zip(line, CURRENCY_PLACES, strict=True):
            if currency:
                sheet.write_string(row, places[place], self.codes[currency])
                conditions.append(place)
        mixed = line[0] is None  # amounts in several currencies: only the company's add up
        self._write_sum(row, "count", money.count, conditions, self.count)
        for name, currency in zip(AMOUNTS, self._get_currencies(line), strict=True):
            if name in places and not (mixed and name == "amount"):
                value = getattr(money, name)
                self._write_sum(row, name, value, conditions, self.total.get(currency))

    def _get_currencies(self, line):
        """Return the ids of the currencies of a line, also of those without a column."""
        pairs = list(self.table.totals.money)
        return [
            currency or (pairs[0][index] if pairs else False) for index, currency in enumerate(line)
        ]

    def _write_sum(self, row, name, value, conditions, cell_format):
        """Write the formula that counts or sums the rows which meet the conditions."""
        place = self.summary_places[name]
        if not self.last_row:
            self.summary.write_number(row, place, 0, cell_format)
            return
        criteria = ",".join(
            f"{self._get_range(self.places[one])},"
            f"{xl_rowcol_to_cell(row, self.summary_places[one], col_abs=True)}"
            for one in conditions
        )
        if name == "count":
            formula = f"COUNTIFS({criteria})" if criteria else f"ROWS({self._get_range(0)})"
        else:
            amounts = self._get_range(self.places[name])
            formula = f"SUMIFS({amounts},{criteria})" if criteria else f"SUM({amounts})"
        self.summary.write_formula(row, place, f"={formula}", cell_format, value)

    def _get_range(self, place):
        """Return the rows of a column, as formulas on the other sheet name them."""
        sheet = quote_sheetname(self.rows.get_name())
        return f"{sheet}!{xl_range_abs(1, place, self.last_row, place)}"

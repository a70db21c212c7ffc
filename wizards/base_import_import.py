import csv
import io
from itertools import zip_longest

import openpyxl

from odoo import api, models
from odoo.tools.mimetypes import guess_mimetype

from odoo.addons.base_import.models.base_import import MIMETYPE_TO_READER, ImportValidationError

from ..models import numerals
from ..models.deadline.deadline_import import CELLS_KEY

#: Key of the context that collects what is wrong with cells of the file.
PROBLEMS_KEY = "deadline_import_problems"
#: How Odoo notes parts of a date, and how the import screen does.
DATE_PARTS = {"%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY"}


class BaseImportImport(models.TransientModel):
    """Imports of this addon's models: no number is guessed at, and each wrong row is told.

    Those of other models stay as they are.
    """

    _inherit = "base_import.import"

    def parse_preview(self, options, count=10):
        result = super().parse_preview(options, count=count)
        if self._is_for_deadlines() and not result.get("error"):
            result["options"].update(self._propose_separators(result["options"]))
        return result

    def execute_import(self, fields, columns, options, dryrun=False):
        """Import a batch of the file as Odoo does; no row is imported while a cell is wrong.

        :return: as Odoo's; a message has in ``record`` the row's number in the spreadsheet
        """
        if not self._is_for_deadlines():
            return super().execute_import(fields, columns, options, dryrun=dryrun)
        skip = options.get("skip") or 0
        whole = {**options, "skip": 0}
        try:
            data, names, problems = self._read_cells(fields, whole)
        except ImportValidationError:  # of the file as a whole: Odoo says so
            return super().execute_import(fields, columns, options, dryrun=dryrun)
        wrong = {problem["rows"]["from"] - skip for problem in problems}
        cells = {"data": data[skip:], "names": names, "wrong": wrong}
        reader = self.with_context(**{CELLS_KEY: cells})
        with self.env.cr.savepoint() as savepoint:
            result = super(BaseImportImport, reader).execute_import(
                fields, columns, options, dryrun=dryrun or bool(problems)
            )
            if result["messages"]:  # also of what Odoo merely warns of
                savepoint.rollback()
                self.pool.reset_changes()
        self._add_problems(result, problems, skip)
        if result["messages"]:
            lines = self._get_line_numbers(fields, whole, len(data))
            self._tell_rows(result, lines)
            if skip and not dryrun:
                result["messages"].append(self._get_remark_on_batches(lines[skip], skip))
        return result

    @api.model
    def _add_problems(self, result, problems, skip):
        """Add wrong cells to what Odoo answers, which numbers rows from the batch's first one."""
        for message in result["messages"]:
            if "rows" in message:
                message["type"] = "error"
                message["rows"] = {end: row + skip for end, row in message["rows"].items()}
        result["messages"] = problems + result["messages"]
        if result["messages"]:
            result["ids"] = False

    def _is_for_deadlines(self):
        """Say whether the file is one of records of this addon."""
        model = self.env.get(self.res_model)
        return model is not None and model._original_module == "deadline_management"

    # === NUMBERS AND DATES === #

    def _read_cells(self, fields, options):
        """Read the whole file, as what its last rows say may be needed to read its first ones.

        :return: rows of values; the names of their fields; a message for each wrong cell, which
            is empty in the rows
        :raise ImportValidationError: when the file cannot be read
        """
        problems = []
        reader = self.with_context(**{PROBLEMS_KEY: problems})
        data, names = reader._convert_import_data(fields, options)
        return reader._parse_import_data(data, names, options), names, problems

    def _convert_import_data(self, fields, options):
        if cells := self.env.context.get(CELLS_KEY):
            return cells["data"], cells["names"]
        return super()._convert_import_data(fields, options)

    def _parse_import_data(self, data, import_fields, options):
        if self.env.context.get(CELLS_KEY):
            return data
        return super()._parse_import_data(data, import_fields, options)

    def _parse_float_from_data(self, data, index, name, options):
        if PROBLEMS_KEY not in self.env.context:
            return super()._parse_float_from_data(data, index, name, options)
        signs = self._get_currency_signs()
        texts = [_strip_sign(line[index], signs) for line in data]
        decimal = numerals.find_decimal(texts) or self._get_chosen_decimal(texts, options)
        typed = self._get_typed_texts(options) if any(map(numerals.is_ambiguous, texts)) else None
        for row, (line, text) in enumerate(zip(data, texts, strict=True)):
            number = text and self._choose_reading(text, decimal, typed)
            if number is None:
                self._refuse_cell(row, name, self._get_number_problem(text, name))
            line[index] = number or ""
        return None

    def _parse_date_from_data(self, data, index, name, field_type, options):
        if PROBLEMS_KEY not in self.env.context:
            return super()._parse_date_from_data(data, index, name, field_type, options)
        for row, line in enumerate(data):
            value = line[index]
            line[index] = value.strip() if isinstance(value, str) else value
            try:
                super()._parse_date_from_data([line], index, name, field_type, options)
            except ImportValidationError:
                self._refuse_cell(row, name, self._get_date_problem(value, name, options))
                line[index] = ""
        return None

    def _get_chosen_decimal(self, texts, options):
        """Return the sign before decimals that was chosen, or None where the column is at odds.

        That is the one that is not between thousands: without the latter nothing was chosen.
        """
        if numerals.find_decimals(texts):
            return None
        return numerals.GROUPING.get(options.get("float_thousand_separator"))

    def _choose_reading(self, text, decimal, typed):
        """Return the number that a text is, or None where it is none, or may be two.

        :param decimal: sign before the decimals in this column, if that is known
        :param typed: what is text in a spreadsheet whose other cells are numbers, or None
        """
        readings = numerals.get_readings(text)
        if not numerals.is_ambiguous(text):
            return next(iter(readings.values()), None)
        if typed is None:
            return readings.get(decimal)
        return None if text in typed else readings["."]

    def _get_currency_signs(self):
        """Return what may stand beside an amount: symbols and codes of currencies."""
        currencies = self.env["res.currency"].search([("active", "=", True)])
        signs = {*currencies.mapped("symbol"), *currencies.mapped("name")} - {False, ""}
        return sorted(signs, key=len, reverse=True)  # "R$" before "R"

    def _get_typed_texts(self, options):
        """Return the texts in the cells of a spreadsheet, where numbers are not text; else None."""
        if not self._is_xlsx():
            return None
        sheet = self._open_sheet(options)
        rows = sheet.iter_rows(values_only=True)
        return {value.strip() for row in rows for value in row if isinstance(value, str)}

    def _propose_separators(self, options):
        """Return the options of separators that the numbers of the file ask for.

        Where they may mean either, no sign is between thousands: whoever imports has to choose.
        """
        if options.get("sheets"):
            return {}
        rows = self._read_file(options)[1][bool(options.get("has_headers")) :]
        signs, found = self._get_currency_signs(), set()
        for column in zip_longest(*rows, fillvalue=""):
            texts = []
            for cell in filter(None, map(str.strip, column)):
                texts.append(_strip_sign(cell, signs))
                if not numerals.get_readings(texts[-1]):
                    texts = []
                    break
            decimal = numerals.find_decimal(texts)
            if not decimal and any(map(numerals.is_ambiguous, texts)):
                return {"float_thousand_separator": ""}
            found |= {decimal} - {None}
        if len(found) != 1:
            return {}
        [decimal] = found
        return {
            "float_decimal_separator": decimal,
            "float_thousand_separator": numerals.GROUPING[decimal],
        }

    # === MESSAGES === #

    def _refuse_cell(self, row, name, message):
        """Note a wrong cell, see `_read_cells`."""
        problem = {"type": "error", "message": message, "record": row, "field": name}
        self.env.context[PROBLEMS_KEY].append({**problem, "rows": {"from": row, "to": row}})

    def _get_label(self, path):
        """Return the label of a field, given by its path."""
        model = self.env[self.res_model]
        *parents, name = path.split("/")
        for parent in parents:
            model = model[parent]
        return self.env["ir.model.fields"].get_field_string(model._name)[name]

    def _get_number_problem(self, text, name):
        values = {"value": text, "field": self._get_label(name)}
        readings = numerals.get_readings(text)
        if not readings:
            return self.env._("“%(value)s” in “%(field)s” is not a number.", **values)
        small, large = sorted(map(float, readings.values()), key=abs)
        values |= {"small": f"{small:g}", "large": f"{large:.0f}"}
        return self.env._(
            "“%(value)s” in “%(field)s” may be %(small)s or %(large)s: choose the thousands"
            " separator under Formatting, or write the number without one and with two decimals.",
            **values,
        )

    def _get_date_problem(self, value, name, options):
        wanted = options.get("date_format") or "%Y-%m-%d"
        for part, shown in DATE_PARTS.items():
            wanted = wanted.replace(part, shown)
        return self.env._(
            "“%(value)s” in “%(field)s” is not a date, written as %(format)s.",
            value=value,
            field=self._get_label(name),
            format=wanted,
        )

    def _get_remark_on_batches(self, line, skip):
        """Return the message, of no row, that batches before this one are in the database."""
        text = self.env._(
            "What stands before row %(row)s is imported already, or was left out. Correct the rest,"
            " and begin at line %(line)s (“Start at line”): otherwise those are entered twice.",
            row=line,
            line=skip + 1,
        )
        return {"type": "error", "message": text}

    def _tell_rows(self, result, lines):
        """Give messages the numbers of their rows, in such a way that the screen shows them.

        It shows a message of a column without its row, and one that occurs twice without any.
        So only names that were not found stay with their column, where one may have them created.
        """
        told, others = {}, []
        for message in result["messages"]:
            if "rows" not in message:
                others.append(message)
                continue
            first, last = (lines[message["rows"][end]] for end in ("from", "to"))
            message |= {"record": first, "rows": {"from": first - 1, "to": last - 1}}
            if message.get("value") and message.get("field_path"):
                text = message["message"]
                message["message"] = self.env._("Row %(row)s: %(text)s", row=first, text=text)
            else:
                message.pop("field", None)
                message.pop("field_path", None)
            told.setdefault(message["message"], []).append(message)
        for same in told.values():
            if len(same) > 1:
                rows = ", ".join(str(message["record"]) for message in same)
                same[0]["message"] += " " + self.env._("(Rows: %s)", rows)
        first_told = sorted((same[0] for same in told.values()), key=lambda one: one["record"])
        result["messages"] = first_told + others
        if names := result.get("name"):  # shown beside the rows
            by_line = dict(zip(lines, names, strict=False))
            result["name"] = [by_line.get(line, "") for line in range(1, lines[-1] + 1)]

    def _get_line_numbers(self, fields, options, count):
        """Return the number in the spreadsheet of each row that is imported.

        Odoo leaves out empty rows, so it is not known from the rows. A record of several lines
        of text is one row. Old formats (ODS, XLS) are numbered without their empty rows.

        :param int count: how many rows there are
        """
        columns = [index for index, field in enumerate(fields) if field]
        rows = self._get_numbered_rows(options)[bool(options.get("has_headers")) :]
        lines = [
            line
            for line, row in rows
            if any(row[index] not in (None, "") for index in columns if index < len(row))
        ]
        return lines if len(lines) == count else list(range(2, count + 2))

    def _get_numbered_rows(self, options):
        """Return (number, row) of the file's rows that are not empty."""
        if self._is_xlsx():
            rows = self._open_sheet(options).iter_rows(values_only=True)
        elif options.get("sheets"):
            rows = self._read_file(options)[1]
        else:
            text = io.StringIO(self.file.decode(options["encoding"]))
            separator = options.get("separator") or ","
            rows = csv.reader(text, quotechar=options["quoting"], delimiter=separator)
        return [
            (line, row)
            for line, row in enumerate(rows, 1)
            if any(value is not None and str(value).strip() for value in row)
        ]

    def _is_xlsx(self):
        return MIMETYPE_TO_READER.get(guess_mimetype(self.file or b"")) == "xlsx"

    def _open_sheet(self, options):
        file = io.BytesIO(self.file)
        return openpyxl.load_workbook(file, data_only=True, read_only=True)[options["sheet"]]


def _strip_sign(text, signs):
    """Return an amount without the sign of a currency beside it."""
    text = str(text).strip()
    if text[:1].isdigit() and text[-1:].isdigit():
        return text
    if text.startswith("(") and text.endswith(")"):
        return f"({_strip_sign(text[1:-1], signs)})"
    for sign in signs:
        if text.startswith(sign):
            return text[len(sign) :].strip()
        if text.endswith(sign):
            return text[: -len(sign)].strip()
    return text

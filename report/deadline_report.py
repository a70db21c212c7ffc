from collections import defaultdict
from datetime import date
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.tools import format_date, format_datetime, formatLang

from .deadline_report_pages import Item, count_lines, measure, paginate, shorten
from .deadline_report_table import AMOUNTS, Money, Table

#: Widths of columns that keep to one line, in parts of the font's size; the others share the rest.
FIXED = {"name": 7.5, "quantity": 5.5, "days_left": 5, "state": 7.5}
#: How much of the rest each of the others has, and what one such part is at least.
SHARES = {"partner_id": 4, "product_id": 4, "description": 4}
SHARE, LEAST = 2.5, 3.4
NUMBERS = (*AMOUNTS, "quantity", "days_left")
#: A landscape page of A4 without its margins, in parts of the font's size.
PAGE_WIDTH, PAGE_HEIGHT = 87, 60
#: Heights of a row, of each further line of it, of a page's own heading, of the report's title.
ROW, LINE, HEAD, TITLE = 1.75, 1.3, 2.4, 5.5
#: No cell is higher; the spreadsheet has the whole text.
MAX_LINES = 3
PADDING = 0.8
#: How much wider bold text is, and the text of headings, which is bold and smaller.
BOLD, HEADING = 1.2, 1.02


class Line(NamedTuple):
    """A row of the print. ``kind`` is ``heading``, ``row``, ``total`` or ``grand``."""

    kind: str
    label: str = ""
    cells: tuple = ()


class Layout:
    """Turns a table into pages: formats values, cuts what does not fit, adds totals."""

    def __init__(self, table):
        self.table = table
        self.env = table.env
        self.currencies = {one.id: one for one in table.currencies}
        #: With many columns, or broad ones, the font is so much smaller.
        self.scale, self.widths = self._compute_widths()
        names = [column.name for column in table.columns]
        #: How many columns the label of a total spans.
        self.span = min([names.index(name) for name in AMOUNTS if name in names] or [len(names)])
        self.amounts = [name for name in names if name in AMOUNTS]
        self._days = {}

    def _compute_widths(self):
        """Return the size of the font and {name of a column: its width in parts of that size}.

        Dates, amounts and the like have what they need; the others share the rest.
        """
        widths, shares = {}, {}
        for column in self.table.columns:
            name = column.name
            # No word of its heading, which is bold, is broken.
            widths[name] = max(map(measure, column.label.split()), default=0) * HEADING + PADDING
            if column.type == "date":
                day = measure(format_date(self.env, date(2000, 12, 28))) + PADDING
                widths[name] = max(widths[name], day)
            elif name in AMOUNTS:
                widths[name] = max(widths[name], self._get_amount_width(name))
            elif name in FIXED:
                widths[name] = max(widths[name], FIXED[name])
            else:
                shares[name] = SHARES.get(name, SHARE)
                widths[name] = max(widths[name], shares[name] * LEAST)
        needed = sum(widths.values())
        scale = min(PAGE_WIDTH / needed, 1.0)
        for name, share in shares.items():
            widths[name] += (PAGE_WIDTH / scale - needed) * share / sum(shares.values())
        return scale, widths

    def _get_amount_width(self, name):
        """Return how wide the largest total is, and with it whatever it is the sum of."""
        index = AMOUNTS.index(name)
        texts = [
            self.currencies[pair[index]].format(getattr(money, name))
            for pair, money in self.table.totals.money.items()
        ]
        totals = self.table.totals.get_company_totals()
        texts += [self.currencies[one].format(money[-1]) for one, money in totals.items()]
        return max(map(measure, texts), default=0) * BOLD + PADDING

    # === LINES === #

    def get_pages(self, criteria):
        """Return the pages, each a tuple of the group it goes on with and its lines.

        :param int criteria: how many lines they take on the first page
        """
        heads = max(
            count_lines(column.label, (self.widths[column.name] - PADDING) / HEADING)
            for column in self.table.columns
        )
        capacity = PAGE_HEIGHT / self.scale - HEAD - ROW - (heads - 1) * LINE
        first = TITLE / self.scale + criteria * LINE
        pages = paginate(self._prepare_items(), capacity, first, ROW)
        return [
            (
                page[0].heading if page and page[0].content.kind != "heading" else None,
                [item.content for item in page],
            )
            for page in pages
        ]

    def _prepare_items(self):
        """Return headings, rows and totals in order; headings and totals are never alone."""
        table, items = self.table, []
        current, label = None, None
        for key, currencies, values in table.iterate():
            if table.group_by and (label is None or key != current):
                if label is not None:
                    self._add_totals(items, table.groups[current], label)
                current, label = key, table.get_group_label(key)
                items.append(Item(Line("heading", label), ROW, keeps_next=True))
            cells = self._prepare_cells(currencies, values)
            lines = max(
                count_lines(text, self.widths[column.name] - PADDING)
                for column, text in zip(table.columns, cells, strict=True)
            )
            height = ROW + (min(lines, MAX_LINES) - 1) * LINE
            items.append(Item(Line("row", cells=cells), height, heading=label))
        if label is not None:
            self._add_totals(items, table.groups[current], label)
        if items:
            self._add_totals(items, table.totals, None)
        return items

    def _prepare_cells(self, currencies, values):
        return tuple(
            self._format(column, value, currencies)
            for column, value in zip(self.table.columns, values, strict=True)
        )

    def _format(self, column, value, currencies):
        if column.name in AMOUNTS:
            return self.currencies[currencies[AMOUNTS.index(column.name)]].format(value)
        if column.type == "date":
            if value not in self._days:
                self._days[value] = format_date(self.env, value)
            return self._days[value]
        if column.type == "float":
            return formatLang(self.env, value, dp="Product Unit")
        if column.type == "integer":
            return str(value)
        return shorten(value, self.widths[column.name] - PADDING, MAX_LINES)

    def _add_totals(self, items, totals, label):
        """Add the totals of a group, or of all without a label, on the page of the last row."""
        items[-1].keeps_next = True
        lines = []
        for pair, money in totals.money.items():
            lines.append(self._prepare_total(label, pair, money, self.amounts))
        alike = defaultdict(list)
        for currency, company_currency in totals.money:
            alike[company_currency].append(currency)
        for company_currency, money in totals.get_company_totals().items():
            if len(alike[company_currency]) > 1:
                pair = (None, company_currency)
                lines.append(self._prepare_total(label, pair, money, self.amounts[-1:]))
        if not self.amounts:
            money = sum(totals.money.values(), Money())
            lines = [self._prepare_total(label, (None, None), money, ())]
        items += [Item(line, ROW, keeps_next=True, heading=label) for line in lines]
        items[-1].keeps_next = False

    def _prepare_total(self, label, pair, money, shown):
        """Return the line of one total: in one currency, or in that of the company."""
        cells = [
            self.currencies[pair[AMOUNTS.index(name)]].format(getattr(money, name))
            if name in shown
            else ""
            for name in self.amounts
        ]
        count = f"{money.count:,}"
        if label is None:
            text = self.env._("Total (%(count)s)", count=count)
        else:
            text = self.env._("Total of %(group)s (%(count)s)", group=label, count=count)
        return Line("grand" if label is None else "total", text, tuple(cells))


class ReportDeadlineOperational(models.AbstractModel):
    """The operational report as a document of pages, see `deadline_report_pages`."""

    _name = "report.deadline_management.report_operational"
    _description = "Operational Report, printed"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return what the template prints: pages of lines, already formatted.

        :raise UserError: when there are too many of them
        :raise MissingError: without a wizard, which is gone after a while
        """
        wizard = self.env["deadline.report.wizard"].browse(docids and docids[:1]).exists()
        if not wizard:
            raise MissingError(self.env._("The report is no longer there: make it again."))
        wizard.check_access("read")
        wizard = wizard._with_companies()
        wizard._check_rows("pdf")
        table = Table(wizard)
        layout = Layout(table)
        criteria = wizard._get_criteria()
        width = PAGE_WIDTH / layout.scale
        lines = sum(count_lines(f"{label}: {words}", width) for label, words in criteria)
        return {
            "doc": wizard,
            "docs": wizard,
            "layout": layout,
            "columns": table.columns,
            "classes": [
                "o_deadline_number" if column.name in NUMBERS else None for column in table.columns
            ],
            "criteria": criteria,
            "pages": layout.get_pages(lines),
            "companies": wizard._get_company_names(),
            "printed_on": format_datetime(self.env, fields.Datetime.now(), dt_format="short"),
            "page_width": sum(layout.widths.values()),
        }

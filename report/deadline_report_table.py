"""What the operational report says: columns, rows in order, groups and totals.

PDF and spreadsheet are made from it. It reads as the user of the wizard's environment.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from odoo.tools import format_date, split_every

from ..models import periods

#: Deadlines read at a time: enough that queries do not tell, and memory does not either.
CHUNK = 2_000
AMOUNTS = ("amount", "amount_company")


class Column(NamedTuple):
    name: str
    label: str
    type: str


class Money(NamedTuple):
    """A sum in one currency, and what it comes to in the currency of its companies."""

    count: int = 0
    amount: float = 0.0
    amount_company: float = 0.0

    def __add__(self, other):
        return Money(*(one + another for one, another in zip(self, other, strict=True)))


@dataclass
class Totals:
    """Totals by (currency, company currency), both ids."""

    money: dict = field(default_factory=lambda: defaultdict(Money))

    @property
    def count(self):
        return sum(money.count for money in self.money.values())

    def get_company_totals(self):
        """Return {company currency: its money}, whatever the currencies sold in."""
        totals = defaultdict(Money)
        for (_currency, company_currency), money in self.money.items():
            totals[company_currency] += money
        return totals


class Table:
    def __init__(self, wizard):
        self.wizard = wizard
        self.env = wizard.env
        self.deadlines = self.env["deadline.deadline"]
        self.domain = wizard._get_domain()
        self.group_by = wizard._get_group_by()
        #: {key of the group: its totals}; the key is an id, or the first day of a month
        self.groups = defaultdict(Totals)
        self.totals = Totals()
        self._read_totals()
        self.currencies = self.env["res.currency"].browse(
            dict.fromkeys(currency for pair in self.totals.money for currency in pair)
        )
        self.columns = self._prepare_columns()
        self._names = defaultdict(dict)
        self._company_currencies = {}

    def _read_totals(self):
        rows = self.deadlines._read_group(
            self.domain,
            [*self.group_by, "currency_id", "company_id"],
            ["__count", "amount:sum", "amount_company:sum"],
        )
        for *group, currency, company, count, amount, amount_company in rows:
            pair = currency.id, company.sudo().currency_id.id
            money = Money(count, amount, amount_company)
            key = group[0] if group else False
            self.groups[getattr(key, "id", key)].money[pair] += money
            self.totals.money[pair] += money

    def _prepare_columns(self):
        """Return the columns, with the company's currency where amounts alone do not add up."""
        names = self.wizard._get_columns()
        foreign = any(currency != company for currency, company in self.totals.money)
        if foreign and "amount" in names and "amount_company" not in names:
            names.append("amount_company")
        described = self.deadlines.fields_get(names, ["string", "type"])
        return [Column(name, described[name]["string"], described[name]["type"]) for name in names]

    def get_group_label(self, key):
        """Return the name of a group by its key."""
        if not key:
            return self.env._("None")
        if self.group_by == ["date_end:month"]:
            return format_date(self.env, key, date_format="MMMM y")
        return self._get_names(self.group_by[0], {key})[key]

    def get_group_heading(self):
        """Return by what the rows are grouped, in words."""
        choices = self.wizard._fields["group_by"]._description_selection(self.env)
        return dict(choices)[self.wizard.group_by]

    def iterate(self):
        """Yield (key of its group, currencies, values) of each deadline, group by group.

        The currencies are the ids of that of the sale and that of its company. The values
        are those of the columns: text, dates and numbers.
        """
        only = next(iter(self.totals.money)) if len(self.totals.money) == 1 else None
        group = self.group_by[0].partition(":")[0] if self.group_by else False
        names = {column.name for column in self.columns} | ({group} if group else set())
        names |= set() if only else {"currency_id", "company_id"}
        relations = [column.name for column in self.columns if column.type == "many2one"]
        converters = [(column.name, self._get_converter(column)) for column in self.columns]
        ids = self.deadlines.search(self.domain, order=self._get_order())._ids
        for chunk in split_every(CHUNK, ids, self.deadlines.browse):
            rows = chunk.read(list(names), load="")
            for name in relations:
                self._get_names(name, {row[name] for row in rows})
            for row in rows:
                yield (
                    self._get_key(row[group]) if group else False,
                    only or (row["currency_id"], self._get_company_currency(row["company_id"])),
                    [convert(row[name]) for name, convert in converters],
                )
            chunk.invalidate_recordset(names)

    def _get_order(self):
        name = self.group_by[0].partition(":")[0] if self.group_by else "date_end"
        return "date_end, id" if name == "date_end" else f"{name}, date_end, id"

    @staticmethod
    def _get_key(value):
        return periods.clip(value, 1) if isinstance(value, date) else value

    def _get_company_currency(self, company_id):
        if company_id not in self._company_currencies:
            company = self.env["res.company"].browse(company_id).sudo()
            self._company_currencies[company_id] = company.currency_id.id
        return self._company_currencies[company_id]

    def _get_converter(self, column):
        """Return the function that makes of what is read what is shown."""
        if column.type == "many2one":
            return self._names[self.deadlines._fields[column.name].comodel_name].get
        if column.type == "selection":
            return dict(self.deadlines._fields[column.name]._description_selection(self.env)).get
        return (lambda value: value or "") if column.type == "char" else (lambda value: value)

    def _get_names(self, field_name, ids):
        """Return {id: name} of records that a field leads to, which holds those of ``ids``.

        As in any list, who may read a deadline reads the names of what it is about.
        """
        comodel = self.deadlines._fields[field_name].comodel_name
        names = self._names[comodel]
        names.setdefault(False, "")
        missing = self.env[comodel].sudo().browse(one for one in ids if one not in names)
        if missing:
            missing.fetch(["display_name"])  # and not all columns of each
            names.update(zip(missing._ids, missing.mapped("display_name"), strict=True))
            missing.invalidate_recordset()
        return names

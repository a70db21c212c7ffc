"""What is to be invoiced, of which base and of which tax: the only place where that is divided.

A *row* is what one order line is invoiced for: a dict from the key of an amount to the amount in
whole steps of the currency (its ``rounding``, such as a cent). The keys are `BASE` and the ids of
taxes; these sum to what is paid. Keys that are tuples are told along and are paid by nobody: what
a tax is computed on beside the base, and taxes that are charged and taken off at once. A *bill*
is a dict from order lines to their rows. Of Odoo it is only the tax engine that is known here:
what it calls a base line is read, and written as what is set by hand.
"""

from decimal import ROUND_FLOOR, ROUND_HALF_UP

from . import schedule

BASE = "base"


def read(base_line, rounding=0.01, suffix="_currency"):
    """Return the row of a base line of Odoo's tax engine, of which the details are rounded.

    :param float rounding: smallest step of the base line's currency
    :param str suffix: empty for the row in the company's currency, whose step ``rounding`` is then
    """
    details = base_line["tax_details"]
    base = details[f"total_excluded{suffix}"] + details[f"delta_total_excluded{suffix}"]
    row = {BASE: schedule.count(base, rounding)}
    reversed_taxes = {one["tax"].id for one in details["taxes_data"] if one["is_reverse_charge"]}
    for tax_data in details["taxes_data"]:
        if tax_data["is_reverse_charge"]:
            continue
        tax = tax_data["tax"].id
        key = ("reversed", tax) if tax in reversed_taxes else tax
        row[key] = row.get(key, 0) + schedule.count(tax_data[f"tax_amount{suffix}"], rounding)
        told = schedule.count(tax_data[f"base_amount{suffix}"], rounding)
        row["beside", tax] = told - row[BASE]
    return row


def prepare(row, taxes, currency, key, local=None):
    """Return the values of an invoice line that has Odoo's tax engine make it this row.

    The engine is told base and taxes as if they were set by hand, as it is for down payments.

    :param taxes: ``account.tax`` of the line
    :param currency: ``res.currency`` of the row
    :param str key: lines with the same one are rounded together
    :param local: the row in the company's currency, that currency, and the rate between the two,
        where it is another one
    """
    base, amounts = _tell(row, taxes, currency.rounding, "_currency")
    price = base + sum(
        amounts[str(tax.id)]["tax_amount_currency"]
        for tax in taxes.flatten_taxes_hierarchy()
        if tax.price_include
    )
    shape = {"quantity": 1.0, "discount": 0.0, "price_unit": price}
    told = {
        "computation_key": key,
        "manual_total_excluded_currency": base,
        "manual_tax_amounts": amounts,
        "currency_id": currency.id,
    }
    if local:
        row, company_currency, rate = local
        base, local_amounts = _tell(row, taxes, company_currency.rounding, "")
        told |= {"manual_total_excluded": base, "rate": rate}
        for tax, one in local_amounts.items():
            amounts[tax] |= one
    return shape | {"extra_tax_data": told | shape}


def _tell(row, taxes, step, suffix):
    """Return the base of a row, and a dict by tax, as the tax engine names what is by hand."""
    base = row.get(BASE, 0)
    return schedule.amount(base, step), {
        str(tax.id): {
            f"tax_amount{suffix}": schedule.amount(
                row.get(tax.id, 0) + row.get(("reversed", tax.id), 0), step
            ),
            f"base_amount{suffix}": schedule.amount(base + row.get(("beside", tax.id), 0), step),
        }
        for tax in taxes.flatten_taxes_hierarchy()
    }


def convert(bill, rate, due):
    """Return a bill in steps of another currency, which together are exactly ``due``.

    :param Decimal rate: steps of the other currency for one of the bill's
    :param int due: what the bill's total is in the other currency, rounded

    >>> convert({"line": {"base": 5000}, "discount": {"base": -4999}}, Decimal("0.667"), 1)
    {'line': {'base': 3335}, 'discount': {'base': -3334}}
    """
    exact = {(line, key): steps * rate for line, row in bill.items() for key, steps in row.items()}
    local = {line: {} for line in bill}
    for (line, key), amount in exact.items():
        rounding = ROUND_HALF_UP if isinstance(key, tuple) else ROUND_FLOOR
        local[line][key] = int(amount.to_integral_value(rounding))
    paid = [place for place in exact if not isinstance(place[1], tuple)]
    paid.sort(key=lambda place: local[place[0]][place[1]] - exact[place])
    for line, key in paid[: due - total_bill(local)]:
        local[line][key] += 1
    return local


def total(row):
    """Return what is paid for a row, in steps.

    >>> total({"base": 100, 7: 22, ("beside", 7): 0})
    122
    """
    return sum(steps for key, steps in row.items() if not isinstance(key, tuple))


def total_bill(bill):
    """Return what is paid for a bill, in steps."""
    return sum(map(total, bill.values()))


def plus(row, other, sign=1):
    """Return the sum of two rows, or with ``sign=-1`` their difference.

    >>> plus({"base": 100}, {"base": 30, 7: 5}, -1)
    {'base': 70, 7: -5}
    """
    return {key: row.get(key, 0) + sign * other.get(key, 0) for key in {**row, **other}}


def plus_bill(bill, other, sign=1):
    """Return the sum of two bills, or with ``sign=-1`` their difference."""
    return {line: plus(bill.get(line, {}), other.get(line, {}), sign) for line in {**bill, **other}}


def take(bill, part):
    """Return the part of a bill for which ``part`` is paid, each amount in proportion.

    What is taken from a bill by and by, each time from what was left, is in the end all of it.

    :param int part: steps
    :raise ValueError: when the bill is of nothing, so that nothing is in proportion to it

    >>> take({"line": {"base": 100, 7: 22}, "discount": {"base": -10, 7: -2}}, 55)
    {'line': {'base': 50, 7: 11}, 'discount': {'base': -5, 7: -1}}
    """
    whole = total_bill(bill)
    paid = [(line, key) for line, row in bill.items() for key in row if not isinstance(key, tuple)]
    parts = schedule.portion([bill[line][key] for line, key in paid], part)
    taken = {line: {} for line in bill}
    for (line, key), steps in zip(paid, parts, strict=True):
        taken[line][key] = steps
    for line, row in bill.items():
        for key in row.keys() - taken[line].keys():
            taken[line][key] = (2 * row[key] * part + whole) // (2 * whole)
    return taken

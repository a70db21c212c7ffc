"""The money of multipacks: the only place of this addon where amounts are split.

Amounts are split in whole steps of the currency (its ``rounding``, such as a cent),
so that the parts always sum to the amount. Nothing here knows Odoo.
"""

from decimal import ROUND_HALF_UP, Decimal


def split(amount, count, rounding=0.01):
    """Return ``count`` parts of ``amount``, as equal as the currency allows, larger ones first.

    :param float amount: zero or more, in a currency
    :param int count: how many parts, at least one
    :param float rounding: smallest step of the currency
    :raise ValueError: when the amount is negative or there is to be no part

    >>> split(100.0, 3)
    [33.34, 33.33, 33.33]
    >>> split(0.05, 3), split(1000.0, 3, 1.0), split(10.0, 1)
    ([0.02, 0.02, 0.01], [334.0, 333.0, 333.0], [10.0])
    """
    if count < 1:
        raise ValueError("an amount is split into one part at least")
    return share(amount, [1] * count, rounding)


def share(amount, weights, rounding=0.01):
    """Return a part of ``amount`` for each weight, in proportion to it.

    Steps that are left over go to those that were cut most, the first ones where they
    are even. Where all weights are zero, all parts are equal.

    :param float amount: zero or more, in a currency
    :param weights: numbers, zero or more, at least one of them
    :param float rounding: smallest step of the currency
    :raise ValueError: when an amount or weight is negative or there is no weight

    >>> share(100.0, [1, 2])
    [33.33, 66.67]
    >>> share(10.0, [0, 0, 0]), share(10.0, [0, 1])
    ([3.34, 3.33, 3.33], [0.0, 10.0])
    """
    exact = [Decimal(str(weight)) for weight in weights]
    if not exact or min(exact) < 0 or amount < 0:
        raise ValueError("amounts and weights are zero or more, and there is one at least")
    if not any(exact):
        exact = [Decimal(1)] * len(exact)
    step, total = Decimal(str(rounding)), sum(exact)
    steps = int((Decimal(str(amount)) / step).to_integral_value(ROUND_HALF_UP))
    whole = [int(steps * weight // total) for weight in exact]
    cut = [steps * weight / total - part for weight, part in zip(exact, whole, strict=True)]
    for index in sorted(range(len(cut)), key=lambda i: -cut[i])[: steps - sum(whole)]:
        whole[index] += 1
    return [float(part * step) for part in whole]


def count(amount, rounding=0.01):
    """Return how many steps of the currency an amount is, zero, more or less.

    >>> count(12.34), count(-0.005), count(0.1 + 0.2, 0.001)
    (1234, -1, 300)
    """
    return int((Decimal(str(amount)) / Decimal(str(rounding))).to_integral_value(ROUND_HALF_UP))


def amount(steps, rounding=0.01):
    """Return the amount that so many steps of the currency are.

    >>> amount(1234), amount(5, 1.0)
    (12.34, 5.0)
    """
    return float(steps * Decimal(str(rounding)))


def portion(parts, amount):
    """Return a portion of each of ``parts``, in proportion, that together are ``amount``.

    Unlike `share`, with parts below zero, as discounts are, and in whole steps.

    :param parts: whole numbers, of a sum other than zero
    :param int amount: the sum of what is returned
    :raise ValueError: when the parts sum to zero

    >>> portion([100, 22, -12], 55)
    [50, 11, -6]
    """
    total = sum(parts)
    if not total:
        raise ValueError("nothing is in proportion to parts that sum to zero")
    sign = 1 if total > 0 else -1
    exact = [divmod(sign * part * amount, abs(total)) for part in parts]
    portions = [whole for whole, _rest in exact]
    order = sorted(range(len(exact)), key=lambda i: -exact[i][1])
    for index in order[: amount - sum(portions)]:
        portions[index] += 1
    return portions

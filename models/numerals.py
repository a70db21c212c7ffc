"""Numbers as people write them in files. Imports nothing of Odoo.

The same text may be a different number to somebody else: 1.200 is a bit more than one in English,
and more than a thousand in Italian. So a text is read in both notations: "." or "," before the
decimals.
"""

import re

#: The sign before the decimals -> the sign between thousands.
GROUPING = {".": ",", ",": "."}
#: Spaces and apostrophes between thousands: they never stand before decimals.
GAPS = re.compile(r"(?<=[0-9])[\s'\u2019](?=[0-9]{3}(?![0-9]))")
PATTERNS = {
    decimal: re.compile(
        rf"[+-]?(?:(?:[1-9][0-9]{{0,2}}(?:[{group}][0-9]{{2,3}})*[{group}][0-9]{{3}})(?:[{decimal}][0-9]*)?"
        rf"|(?:[0-9]+(?:[{decimal}][0-9]*)?|[{decimal}][0-9]+)(?:[eE][+-]?[0-9]{{1,2}})?)"
    )
    for decimal, group in GROUPING.items()
}


def read(text, decimal):
    """Return the number that ``text`` is in a notation, as Python writes it, or None.

    :param str decimal: sign before the decimals, ``.`` or ``,``

    >>> read("80,00", ","), read("80,00", ".")
    ('80.00', None)
    >>> read("1.200", ","), read("1.200", "."), read("1.250.000", ".")
    ('1200', '1.200', None)
    >>> read("(1 250,5)", ","), read("1'250.50", "."), read("1,5E+03", ",")
    ('-1250.5', '1250.50', '1.5E+03')
    >>> read("1,00,000", "."), read("0.500", ","), read("12.03.2026", ","), read("nan", ".")
    ('100000', None, None, None)
    """
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):  # of accountants, for less than nothing
        text = f"-{text[1:-1].strip()}"
    text = GAPS.sub("", text)
    if not PATTERNS[decimal].fullmatch(text):
        return None
    return text.replace(GROUPING[decimal], "").replace(decimal, ".")


def get_readings(text):
    """Return {sign before the decimals: number} of the notations in which ``text`` is one.

    >>> get_readings("1.200"), get_readings("80,00"), get_readings("soon")
    ({'.': '1.200', ',': '1200'}, {',': '80.00'}, {})
    """
    found = {decimal: read(text, decimal) for decimal in GROUPING}
    return {decimal: number for decimal, number in found.items() if number is not None}


def is_ambiguous(text):
    """Say whether ``text`` is one number to some and another one to others.

    >>> is_ambiguous("1.200"), is_ambiguous("1200"), is_ambiguous("1.20")
    (True, False, False)
    """
    return len(set(get_readings(text).values())) > 1


def find_decimal(texts):
    """Return the sign before the decimals that texts of one column agree on, or None.

    Only those count that are a number in one notation alone.

    >>> find_decimal(["1.200", "80,00"]), find_decimal(["1.200", "7"])
    (',', None)
    >>> find_decimal(["80,00", "1.5"]) is None
    True
    """
    agreed = find_decimals(texts)
    return agreed.pop() if len(agreed) == 1 else None


def find_decimals(texts):
    """Return the signs before the decimals of the texts that are a number in one notation alone.

    >>> sorted(find_decimals(["80,00", "1.5", "7", "1.200"]))
    [',', '.']
    """
    readings = (get_readings(text) for text in texts)
    return {decimal for found in readings if len(found) == 1 for decimal in found}

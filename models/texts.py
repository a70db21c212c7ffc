"""Text of people, for formats in which a line break means something. Imports nothing of Odoo."""

import re

#: Control characters, and what else some programs take to end a line.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text):
    r"""Return a text on one line and without control characters, as a header takes it.

    A name may come with a line break out of a spreadsheet. Other spaces stay as they are.

    >>> one_line("Hosting\r\nBcc: x@example.com"), one_line(" A\tB \x0b\u2028 C\x01")
    ('Hosting Bcc: x@example.com', 'A B C')
    >>> one_line("50\xa0GB  of   space"), one_line("")
    ('50\xa0GB  of   space', '')
    """
    parts = (part.strip() for part in CONTROL.split(text))
    return " ".join(part for part in parts if part)

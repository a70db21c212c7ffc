"""How the rows of the operational report fall on its pages. Nothing here knows Odoo.

Most builds of wkhtmltopdf repeat neither the head of a table nor a page's heading, and all of
them leave headings alone at the foot of a page. So pages are laid out here, from an estimate of
how many lines each row takes, which is rather too high than too low.
"""

from dataclasses import dataclass

#: Widths of characters in parts of the font's size, those of a wide font.
NARROW, USUAL, WIDE, FULL = 0.36, 0.62, 0.80, 1.05
#: From this character on letters are as wide as high, as in Chinese and Japanese.
FULL_WIDTH = "\u1100"


def measure(text):
    """Return how wide a text is at most, in parts of the font's size.

    >>> measure("ill."), round(measure("WIDE"), 2), measure("\u65e5\u672c")
    (1.44, 3.2, 2.1)
    """
    width = 0.0
    for character in text:
        if character >= FULL_WIDTH:
            width += FULL
        elif character in " .,:;'|!ijltfr()[]":
            width += NARROW
        elif character.isupper() or character in "mw@%&":
            width += WIDE
        else:
            width += USUAL
    return round(width, 2)


def count_lines(text, width):
    """Return over how many lines a text is spread in a column, broken between words.

    A word that is wider than the column is broken as well.

    :param float width: of the column, as `measure` has it

    >>> count_lines("", 10), count_lines("one", 10), count_lines("one two three four", 6)
    (1, 1, 2)
    >>> count_lines("nowheretobreakthisword", 6)
    3
    """
    lines, used = 1, 0.0
    for word in text.split():
        wide = measure(word)
        if used and used + NARROW + wide > width:
            lines, used = lines + 1, 0.0
        used += wide + (NARROW if used else 0)
        while used > width:
            lines, used = lines + 1, used - width
    return lines


def shorten(text, width, lines):
    """Return as much of a text as those lines of a column hold, with an ellipsis if it is more.

    >>> shorten("short", 6, 2), shorten("one two three four five six", 6, 2)
    ('short', 'one two three four\u2026')
    """
    if count_lines(text, width) <= lines:
        return text
    low, high = 0, len(text)
    while low < high - 1:
        middle = (low + high) // 2
        if count_lines(text[:middle] + "\u2026", width) <= lines:
            low = middle
        else:
            high = middle
    return text[:low].rstrip() + "\u2026"


@dataclass
class Item:
    """A row of the print: its height, and whether the next one has to be on the same page.

    An item with a `heading` belongs to a group, which is named again on every page.
    """

    content: object
    height: float
    keeps_next: bool = False
    heading: object = None


def paginate(items, capacity, first, heading_height):
    """Return the items page by page.

    Items that keep the next one stay together with it, if a page holds them at all. A page
    that goes on with a group leaves room for its heading: it begins with an item which has
    one, and which is not that heading itself.

    :param items: in order
    :param float capacity: height of a page
    :param float first: what the first page has less
    :param float heading_height: what the repeated heading of a group takes

    >>> rows = [Item(n, 2) for n in range(5)]
    >>> [[item.content for item in page] for page in paginate(rows, 6, 2, 1)]
    [[0, 1], [2, 3, 4]]
    >>> rows = [Item("a", 4), Item("heading", 1, keeps_next=True), Item("b", 2)]
    >>> [[item.content for item in page] for page in paginate(rows, 6, 0, 1)]
    [['a'], ['heading', 'b']]
    """
    pages, left = [[]], capacity - first
    block = []
    for item in items:
        block.append(item)
        if item.keeps_next:
            continue
        height = sum(one.height for one in block)
        if height > left and pages[-1]:
            pages.append([])
            left = capacity - (heading_height if block[0].heading is not None else 0)
        pages[-1] += block
        left -= height
        block = []
    pages[-1] += block
    return pages

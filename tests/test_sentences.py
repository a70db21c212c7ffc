import re
from itertools import pairwise
from pathlib import Path

from lxml import etree

from odoo.tests import BaseCase, tagged
from odoo.tools.translate import TRANSLATED_ELEMENTS

ROOT = Path(__file__).resolve().parent.parent
#: Of e-mails the whole text is one term: they are not among these.
FILES = sorted(
    path
    for folder in ("report", "static/src", "views", "wizards")
    for path in (ROOT / folder).glob("**/*.xml")
)
#: Templates of the server, of the client, and screens.
ROOTS = "//template | //t[@t-name] | //field[@name='arch']"
#: What stands on one line with the text around it, and may be a part of its sentence.
INLINE = TRANSLATED_ELEMENTS | {"a", "field", "t"}
#: Of what stands in a box of its own, or is there in place of something else.
BOXES = re.compile(r"\b(btn|badge|o_stat_text)\b")
INSTEAD = {"invisible", "t-elif", "t-else"}
#: Names and units beside a value, which are whole by themselves.
BESIDE_VALUES = {
    "/ month",
    "Page",
    "Withdrawal Receipt",
    "days",
    "days ahead",
    "deadlines",
    "months",
}


@tagged("post_install", "-at_install")
class TestSentences(BaseCase):
    """Odoo translates an element with its inline tags, but not with those that have `t-`
    attributes: a sentence around one would be translated in pieces, in the order of English."""

    def test_no_sentence_is_cut(self):
        for path in FILES:
            for root in etree.parse(path).xpath(ROOTS):
                for element in root.iter(etree.Element):
                    cuts = _find_cuts(element)
                    self.assertFalse(cuts, f"{path.name}:{element.sourceline}")

    def test_cuts_are_found(self):
        for text in (
            "<p>You pay <t t-out='x'/> today.</p>",
            "<p>Renew it from <span t-field='x'/> on.</p>",
            "<p>Charged <t t-if='x'>to the card</t><t t-else=''>by hand</t></p>",
            "<div><t t-out='x'/> is over</div>",
        ):
            self.assertTrue(_find_cuts(etree.fromstring(text)), text)

    def test_what_is_whole_is_left_alone(self):
        for text in (
            "<p>You pay <b>today</b>.</p>",
            "<p>Renewed until: <span t-field='x'/></p>",
            "<p><t t-if='x'>Today</t><t t-elif='y'>Tomorrow</t><t t-else='' t-out='z'/></p>",
            "<div>Nothing is here. <a t-if='x' href='/'>Show all</a></div>",
            "<div>First line<div t-out='x'/>Next line</div>",
            "<div><field name='x'/> days</div>",
            "<td><t t-out='x'/> (continued)</td>",
        ):
            self.assertFalse(_find_cuts(etree.fromstring(text)), text)


def _find_cuts(element):
    """Return the texts of an element that a value, or another text, makes a part of a sentence."""
    parent = element.getparent()
    if parent is not None and element.tag in INLINE and parent.tag != "record":
        return []  # looked at with what is around it
    parts, cuts = list(_get_parts(element)), []
    for part, following in pairwise(parts):
        if part is None or following is None:
            continue
        if part and not _is_whole(part) and not part.endswith((".", ":", "?", "!")):
            cuts.append(part)
        if not part and following and not _is_whole(following):
            cuts.append(following)
    return cuts


def _is_whole(text):
    return text in BESIDE_VALUES or (text.startswith("(") and text.endswith(")"))


def _get_parts(element):
    """Yield what is on a line of an element: texts, "" for a value, None where a line ends."""
    text = element.text or ""
    for child in element:
        if _is_translated(child):
            text += "".join(child.itertext())
        elif isinstance(child.tag, str) and "t-set" not in child.attrib:
            yield from filter(None, [_clean(text)])
            yield from _get_inner_parts(child)
            text = ""
        text += child.tail or ""
    yield from filter(None, [_clean(text)])


def _get_inner_parts(child):
    """Yield what an element, which is not translated with the text around it, has on that line."""
    if child.tag not in INLINE or "t-call" in child.attrib or BOXES.search(child.get("class", "")):
        yield None
        return
    if INSTEAD & set(child.attrib):
        yield None
    yield from [part for part in _get_parts(child) if part is not None] or [""]


def _is_translated(element):
    """Say whether an element is a part of the sentence around it."""
    return (
        element.tag in TRANSLATED_ELEMENTS
        and not any(name.startswith("t-") for name in element.attrib)
        and not INSTEAD & set(element.attrib)
        and not BOXES.search(element.get("class", ""))
        and all(map(_is_translated, element))
    )


def _clean(text):
    """Return a text without the space around it; nothing, where there is no word in it."""
    text = re.sub(r"\s+", " ", text or "").strip()
    return text if re.search(r"\w", text) else ""

import re
from io import BytesIO
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

FOLDER = Path(__file__).resolve().parent.parent / "i18n"
LANGUAGES = "it", "es", "fr", "de"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)s|%s|</?\w+")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    def setUp(self):
        super().setUp()
        self.template = {entry.msgid for entry in polib.pofile(FOLDER / "deadline_management.pot")}

    def test_template_holds_every_term(self):
        buffer = BytesIO()
        trans_export(None, ["deadline_management"], buffer, "po", self.env)
        exported = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
        self.assertEqual(self.template ^ exported, set(), "run ./dev i18n")

    def test_every_term_is_translated(self):
        for language in LANGUAGES:
            entries = polib.pofile(FOLDER / f"{language}.po")
            self.assertEqual({entry.msgid for entry in entries}, self.template, language)
            missing = [entry.msgid for entry in entries if not entry.msgstr or entry.fuzzy]
            self.assertFalse(missing, language)

    def test_placeholders_and_tags_survive(self):
        for language in LANGUAGES:
            for entry in polib.pofile(FOLDER / f"{language}.po"):
                self.assertEqual(
                    sorted(PLACEHOLDER.findall(entry.msgid)),
                    sorted(PLACEHOLDER.findall(entry.msgstr)),
                    (language, entry.msgid),
                )

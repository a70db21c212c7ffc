import re
from pathlib import Path

import polib

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "static/description/index.html"
PAGES = [ROOT / "README.md", PAGE, *sorted(ROOT.glob("docs/**/*.md"))]
PICTURE = re.compile(r"""(?:src="|\]\()([\w./-]+\.png)""")
LINK = re.compile(r"\]\(([\w./-]+)\)")
#: What the guides name of Odoo itself.
ODOO = {
    "en": (
        "Allow Saving Payment Methods|Delete|Filter By|More|New|Payment Providers|Print|Sales"
        "|Sales & Purchase|Users|Website"
    ),
    "it": (
        "Altro|Elimina|Filtra per|Fornitori di pagamento|Nuovo"
        "|Permetti di salvare metodi di pagamento|Sito web|Stampa|Utenti|Vendita"
        "|Vendite e acquisti"
    ),
}


@tagged("post_install", "-at_install")
class TestGuides(BaseCase):
    def test_pictures_exist_and_are_all_shown(self):
        shown = {
            (page.parent / picture).resolve()
            for page in PAGES
            for picture in PICTURE.findall(page.read_text())
        }
        folders = [ROOT / "static/description", *ROOT.glob("docs/*")]
        kept = {path.resolve() for folder in folders for path in folder.glob("*.png")}
        self.assertEqual(shown | {(PAGE.parent / "icon.png").resolve()}, kept)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for link in LINK.findall(page.read_text()):
                self.assertTrue((page.parent / link).exists(), (page.name, link))

    def test_store_page_is_complete_in_itself(self):
        """Odoo shows it within its own page, and the store refuses what comes from elsewhere."""
        text = PAGE.read_text()
        for forbidden in ("<script", "<link", "<style", "<iframe", "http://", "https://"):
            self.assertNotIn(forbidden, text)

    def test_guides_say_what_the_screens_say(self):
        for language in ("en", "it"):
            file = "deadline_management.pot" if language == "en" else f"{language}.po"
            entries = polib.pofile(ROOT / "i18n" / file)
            texts = [entry.msgid if language == "en" else entry.msgstr for entry in entries]
            plain = " ".join(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "|", text)) for text in texts)
            known = {*texts, *ODOO[language].split("|"), *re.split(r"\s*\|\s*", plain)}
            for guide in sorted((ROOT / "docs" / language).glob("*.md")):
                text = re.sub(r"\s+", " ", guide.read_text().replace("**", ""))
                for term in re.findall(r"\*([^*]+)\*", text):
                    for part in term.split(" > "):
                        self.assertIn(part, known, guide.name)

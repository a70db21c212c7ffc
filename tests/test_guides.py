import re
from pathlib import Path

import polib

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "static/description/index.html"
TEXTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]
PAGES = [PAGE, *TEXTS]
PICTURE = re.compile(r"""(?:src="|\]\()([\w./-]+\.png)""")
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^(?: {4}|```[\s\S]*?^```).*$", re.MULTILINE)
CODE = re.compile(rf"{BLOCK.pattern}|`[^`\n]*`", re.MULTILINE)
#: What the guides name of Odoo itself.
ODOO = {
    "en": (
        "Activate|Allow Saving Payment Methods|Apps|Automation Rules|Create Invoice"
        "|Deadline Management|Delete|Digest Emails|External ID|Filter By|General Settings|Import"
        "|Import records|More|New|Partnership|Payment Providers|Print|Sales|Sales & Purchase"
        "|Scheduled Actions|Send Webhook Notification|State is set to|Technical|Test"
        "|Thousands Separator|Uninstall|Update Apps List|Users|Website|eCommerce"
    ),
    "it": (
        "Aggiorna elenco app|Altro|Applicazioni|Attiva|Azioni pianificate|Crea fattura"
        "|Deadline Management|Disinstalla|E-commerce|E-mail di riepilogo|Elimina|Filtra per"
        "|Fornitori di pagamento|Funzioni tecniche|ID esterno|Importa|Importa record"
        "|Impostazioni generali|Invia notifica Webhook|Lo stato è impostato su|Nuovo|Partnership"
        "|Permetti di salvare metodi di pagamento|Prova|Regole di automazione"
        "|Separatore delle migliaia|Sito web|Stampa|Utenti|Vendita|Vendite|Vendite e acquisti"
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
        """To a file, and to a heading or an anchor in it."""
        for page in TEXTS:
            for link in LINK.findall(CODE.sub("", page.read_text())):
                if link.startswith(("https://", "mailto:")):
                    continue
                path, _hash, anchor = link.partition("#")
                target = page.parent / path if path else page
                self.assertTrue(target.exists(), (page.name, link))
                if anchor:
                    self.assertIn(anchor, _get_anchors(target), (page.name, link))

    def test_readme_is_short_and_leads_to_every_page(self):
        readme = ROOT / "README.md"
        lines = readme.read_text().splitlines()
        self.assertLessEqual(len(lines), 100)
        self.assertIn("    ./dev run ", "\n".join(lines))
        self.assertIn("    ./dev test ", "\n".join(lines))
        led_to = {(ROOT / link).resolve() for link in LINK.findall(readme.read_text())}
        self.assertFalse(set(TEXTS) - led_to - {readme})

    def test_guides_are_the_same_in_both_languages(self):
        """Page by page, with as many headings, list items, rows and code."""
        for page in sorted(ROOT.glob("docs/en/*.md")):
            texts = [(ROOT / "docs" / code / page.name).read_text() for code in ("en", "it")]
            for mark in ("#+ ", "- ", r"\d\. ", r"\|", "    "):
                found = [len(re.findall(rf"^{mark}", text, re.MULTILINE)) for text in texts]
                self.assertEqual(*found, (page.name, mark))

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
                text = CODE.sub("", guide.read_text()).replace("**", "")
                text = re.sub(r"\s+", " ", text)
                for term in re.findall(r"\*([^*]+)\*", text):
                    for part in term.split(" > "):
                        self.assertIn(part, known, guide.name)


def _get_anchors(page):
    """Return what a link may name within a page: its headings as GitHub turns them, and anchors."""
    text = BLOCK.sub("", page.read_text())
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    turned = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    return turned | set(re.findall(r'<a id="([^"]+)"', text))

import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.deadline_management.models import texts
from odoo.addons.deadline_management.wizards import active


@tagged("post_install", "-at_install")
class TestTexts(BaseCase):
    def test_doctests_hold(self):
        for module in (texts, active):
            result = doctest.testmod(module)
            self.assertGreaterEqual(result.attempted, 1)
            self.assertFalse(result.failed)

    def test_nothing_is_left_at_which_a_program_breaks_lines(self):
        for code in range(0x3000):
            text = texts.one_line(f"a{chr(code)}b")
            self.assertEqual(len(text.splitlines()), 1, hex(code))
            self.assertEqual((text[0], text[-1]), ("a", "b"))

    def test_joined_letters_and_pictures_stay(self):
        for text in (
            "caf\u00e9",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\U0001f468\u200d\U0001f469",
        ):
            self.assertEqual(texts.one_line(text), text)

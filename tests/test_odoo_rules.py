"""Odoo's own generic tests, on a database with this addon.

Those that read the files of every addon on the disk read ours only.
"""

from unittest.mock import patch

from odoo.modules import Manifest
from odoo.tests import BaseCase, tagged

from odoo.addons.base.tests import test_deprecation, test_display_name, test_overrides, test_views
from odoo.addons.test_lint.tests import (
    test_i18n,
    test_index,
    test_jstranslate,
    test_manifests,
    test_naming,
    test_onchange_domains,
    test_orm_import,
    test_override_signatures,
    test_pofile,
    test_routes,
    test_test_holes,
)

ADDON = "deadline_management"


class OnlyThisAddon(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ours = [Manifest.for_addon(ADDON)]
        cls.classPatch(Manifest, "all_addon_manifests", staticmethod(lambda: ours))


@tagged("post_install", "-at_install")
class TestDisplayNames(test_display_name.TestEveryModel):
    pass


@tagged("post_install", "-at_install")
class TestOverrides(test_overrides.TestOverrides):
    pass


@tagged("post_install", "-at_install")
class TestOverrideSignatures(test_override_signatures.TestLintOverrideSignatures):
    pass


@tagged("post_install", "-at_install")
class TestModelDeprecations(test_deprecation.TestModelDeprecations):
    pass


@tagged("post_install", "-at_install")
class TestNaming(test_naming.TestNaming):
    pass


@tagged("post_install", "-at_install")
class TestIndex(test_index.TestIndex):
    pass


@tagged("post_install", "-at_install")
class TestInvisibleFields(test_views.TestInvisibleField):
    pass


@tagged("post_install", "-at_install", "standard")
class TestRenderAllViews(test_views.TestRenderAllViews):
    pass


@tagged("post_install", "-at_install", "standard")
class TestViews(test_views.TestAllViews):
    def test_views(self):
        views = self.env["ir.ui.view"].with_context(lang=None)
        for view in views.search([("model_data_id.module", "=", ADDON)]):
            with self.subTest(name=view.name):
                view._check_xml()


@tagged("post_install", "-at_install")
class TestRoutes(test_routes.RoutesLinter):
    pass


@tagged("post_install", "-at_install")
class TestManifest(OnlyThisAddon, test_manifests.ManifestLinter):
    pass


@tagged("post_install", "-at_install")
class TestTestHoles(OnlyThisAddon, test_test_holes.TestTestHoles):
    pass


@tagged("post_install", "-at_install")
class TestOrmImport(OnlyThisAddon, test_orm_import.TestDunderinit):
    pass


@tagged("post_install", "-at_install")
class TestOnchangeDomains(OnlyThisAddon, test_onchange_domains.TestOnchangeDomains):
    pass


@tagged("post_install", "-at_install")
class TestJsTranslations(OnlyThisAddon, test_jstranslate.TestJsTranslations):
    pass


@tagged("post_install", "-at_install")
class TestTranslatableProps(OnlyThisAddon, test_i18n.TestI18n):
    pass


@tagged("post_install", "-at_install")
@patch.object(test_pofile, "get_modules", lambda: [ADDON])
class TestPotFile(test_pofile.PotLinter):
    pass

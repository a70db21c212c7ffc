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
    #: Those that are the first column of an index on several, as in Odoo's own list.
    COVERED = {
        "deadline.deadline.commercial_partner_id",
        "deadline.installment.multipack_id",
        "deadline.multipack.component.product_tmpl_id",
        "deadline.notice.line.deadline_id",
        "deadline.notice.line.installment_id",
        "deadline.reminder.company_id",
        "deadline.reminder.grade_id",
        "deadline.withdrawal.line.multipack_id",
    }

    def test_enforce_index_on_one2many_inverse(self):
        known = test_index.BTREE_INDEX_IGNORE_FIELDS | self.COVERED
        with patch.object(test_index, "BTREE_INDEX_IGNORE_FIELDS", known):
            super().test_enforce_index_on_one2many_inverse()

    def test_fields_without_an_index_of_their_own_are_covered(self):
        # Partial ones too, where they leave out only what has no value.
        self.env.cr.execute(
            r"""
            SELECT i.indrelid::regclass::text, a.attname
              FROM pg_index AS i
                   JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE coalesce(pg_get_expr(i.indpred, i.indrelid), '') IN
                   ('', format('(%s IS NOT NULL)', a.attname))
            """
        )
        covered = set(self.env.cr.fetchall())
        for name in self.COVERED:
            model, field = name.rsplit(".", 1)
            self.assertIn((self.env[model]._table, field), covered)


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
    """Odoo's rules, and the two keys that OCA has besides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = test_manifests.MANIFEST_KEYS | {"development_status", "maintainers"}
        cls.classPatch(test_manifests, "MANIFEST_KEYS", keys)


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

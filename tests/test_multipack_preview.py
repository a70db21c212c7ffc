from .common import MultipackCommon


class TestMultipackPreview(MultipackCommon):
    def test_is_in_the_language_of_who_looks(self):
        self.env["res.lang"]._activate_lang("it_IT")
        english, italian = (
            self.pack.product_tmpl_id.with_context(lang=lang) for lang in ("en_US", "it_IT")
        )
        self.assertIn("03/10/2026", str(english.multipack_preview))
        self.assertIn("10/03/2026", str(italian.multipack_preview))

    def test_has_the_taxes_of_the_company_of_who_looks(self):
        other = self.env["res.company"].create(
            {"name": "Elsewhere", "country_id": self.env.ref("base.it").id}
        )
        group = self.env["account.tax.group"].create({"name": "Ten", "company_id": other.id})
        tax = self.env["account.tax"].create(
            {"name": "Ten", "amount": 10, "company_id": other.id, "tax_group_id": group.id}
        )
        product = self.pack.product_tmpl_id
        product.sudo().taxes_id = tax
        self.assertIn("250.00", str(product.multipack_preview))
        self.assertIn("275.00", str(product.with_company(other).multipack_preview))

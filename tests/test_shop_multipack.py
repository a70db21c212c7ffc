from datetime import timedelta

from lxml import html

from odoo.fields import Command
from odoo.tests import tagged

from .common import ShopCommon


@tagged("post_install", "-at_install")
class TestShopMultipack(ShopCommon):
    def test_only_what_is_due_today_is_charged(self):
        self._log_in()
        self._add(self.pack)
        page = self._open_payment()
        self.assertEqual(self._get_form(page).get("data-amount"), "250.0")
        today = {
            text.text.strip()
            for text in page.xpath(
                "//*[@name='o_multipack_due_today']//*[@class='oe_currency_value']"
            )
        }
        self.assertEqual(today, {"250.00"})
        order = self._finish(self._start(self._get_form(page)))
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.transaction_ids.amount, 250.0)
        self.assertEqual(order.amount_paid, 250.0)
        multipack = order.order_line.multipack_ids
        first, *rest = multipack.installment_ids
        self.assertEqual(first.date_due, self.today)
        self.assertEqual(first.state, "paid")
        self.assertEqual(first.move_id.transaction_ids, order.transaction_ids)
        self.assertEqual({one.state for one in rest}, {"planned"})
        self.assertEqual(order.invoice_ids, first.move_id)
        self.assertEqual(order.invoice_ids.amount_residual, 0.0)

    def test_payment_method_is_saved_without_asking(self):
        self._log_in()
        order = self._buy(self.pack)
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.collection, "token")
        self.assertEqual(multipack.payment_token_id, order.transaction_ids.token_id)
        self.assertEqual(multipack.payment_token_id.partner_id, self.ann.partner_id)

    def test_month_by_month_charges_a_month_and_saves(self):
        self._log_in()
        order = self._buy(self.flat)
        self.assertEqual(order.transaction_ids.amount, 50.0)
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.collection, "token")
        self.assertEqual(multipack.installment_ids.state, "paid")

    def test_method_is_not_saved_where_the_rest_is_not_charged(self):
        self.pack.multipack_collection = "manual"
        self._log_in()
        order = self._buy(self.pack)
        self.assertFalse(order.transaction_ids.token_id)
        self.assertEqual(order.transaction_ids.amount, 250.0)
        self.assertEqual(order.order_line.multipack_ids.collection, "manual")

    def test_mixed_cart(self):
        self._log_in()
        order = self._buy(self.pack, self.book, self.monthly)
        self.assertEqual(order.transaction_ids.amount, 450.0)
        self.assertEqual(order.order_line.multipack_ids.installment_ids[0].state, "paid")
        self.assertTrue(
            order.order_line.filtered(lambda line: line.product_id == self.monthly).deadline_ids
        )
        credit = order.transaction_ids.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(credit.amount_residual, -200.0)
        goods = order._create_invoices()
        self.assertEqual(goods.amount_total, 200.0)
        goods.action_post()
        self.assertEqual(goods.amount_residual, 0.0)
        self.assertEqual(credit.amount_residual, 0.0)
        self.assertEqual(
            order.order_line.filtered(lambda line: line.product_id == self.pack).qty_invoiced, 0.25
        )

    def test_mixed_cart_with_automatic_invoices(self):
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        self._log_in()
        order = self._buy(self.pack, self.book)
        self.assertFalse(order.order_line.filtered("is_downpayment"))
        self.assertEqual(sorted(order.invoice_ids.mapped("amount_total")), [100.0, 250.0])
        self.assertEqual(set(order.invoice_ids.mapped("state")), {"posted"})
        self.assertEqual(set(order.invoice_ids.mapped("amount_residual")), {0.0})
        self.assertEqual(order.transaction_ids.invoice_ids, order.invoice_ids)

    def test_automatic_invoices_of_a_multipack_alone(self):
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        self._log_in()
        order = self._buy(self.pack)
        self.assertEqual(order.invoice_ids.amount_total, 250.0)

    def test_pending_payment_keeps_the_day_of_the_order(self):
        self._log_in()
        order = self._buy(self.pack, state="pending")
        self.assertEqual(order.state, "sent")
        self.assertFalse(order.order_line.multipack_ids)
        self.env.cr.execute(
            "UPDATE payment_transaction SET create_date = create_date - interval '3 days'"
            " WHERE id = %s",
            [order.transaction_ids.id],
        )
        self.env.invalidate_all()
        order.transaction_ids._set_done()
        order.transaction_ids._post_process()
        self.assertEqual(order.state, "sale")
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.date_start, self.today - timedelta(days=3))
        self.assertEqual(multipack.installment_ids[0].state, "paid")

    def test_authorized_payment_is_captured_later(self):
        self.provider.capture_manually = True
        self._log_in()
        order = self._buy(self.pack)
        payment = order.transaction_ids
        self.assertEqual(payment.state, "authorized")
        self.assertEqual(order.state, "sale")
        first = order.order_line.multipack_ids.installment_ids[0]
        self.assertEqual(first.state, "invoiced")
        payment._capture()._post_process()
        self.assertEqual(payment.state, "done")
        self.assertEqual(first.state, "paid")
        self.assertEqual(len(order.invoice_ids), 1)

    def test_part_of_an_authorized_payment(self):
        self.provider.capture_manually = True
        self._log_in()
        order = self._buy(self.pack)
        order.transaction_ids._capture(amount_to_capture=100.0)._post_process()
        first = order.order_line.multipack_ids.installment_ids[0]
        self.assertEqual(first.move_id.amount_residual, 150.0)

    def test_express_checkouts_save_nothing(self):
        self._log_in()
        self._add(self.pack)
        order = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        providers = self.env["payment.provider"]
        self.provider.allow_express_checkout = True
        arguments = order.company_id.id, order.partner_id.id, 1.0
        express = {"sale_order_id": order.id, "is_express_checkout": True}
        self.assertFalse(providers._get_compatible_providers(*arguments, **express))
        self.pack.multipack_collection = "manual"
        self.assertIn(self.provider, providers._get_compatible_providers(*arguments, **express))

    def test_delivery_and_discount_of_a_mixed_cart_are_due_today(self):
        self._log_in()
        self._add(self.pack, self.book)
        order = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        order.order_line = [
            Command.create(
                {"product_id": self._create_product(name, price=price, is_deadline=False).id}
            )
            for name, price in (("Delivery", 9.0), ("Coupon", -59.0))
        ]
        order = self._finish(self._start(self._get_form(self._open_payment())))
        self.assertEqual(order.amount_total, 1050.0)
        # The coupon takes 53.20 off the package, which leaves 946.80, and 5.80 off the others.
        self.assertEqual(order.transaction_ids.amount, 236.7 + 103.2)
        self.assertAlmostEqual(order.amount_to_invoice, 3 * 236.7 + 103.2)
        self.assertEqual(order._create_invoices(final=True).amount_total, 103.2)

    def test_prices_without_taxes_are_paid_with_them(self):
        self.pack.taxes_id = self.env["account.tax"].create({"name": "22", "amount": 22.0})
        self.website.show_line_subtotals_tax_selection = "tax_excluded"
        self._log_in()
        order = self._buy(self.pack)
        self.assertEqual(order.amount_total, 1220.0)
        self.assertEqual(order.transaction_ids.amount, 305.0)
        self.assertEqual(order.invoice_ids.amount_total, 305.0)
        self.assertEqual(order.invoice_ids.amount_residual, 0.0)

    def test_failed_and_cancelled_payments_open_nothing(self):
        self._log_in()
        self._add(self.pack)
        for state in ("error", "cancel"):
            values = self._start(self._get_form(self._open_payment()))
            order = self._finish(values, state)
            self.assertEqual(order.state, "draft")
            self.assertFalse(order.order_line.multipack_ids)
        order = self._finish(self._start(self._get_form(self._open_payment())))
        self.assertEqual(order.amount_paid, 250.0)
        self.assertEqual(len(order.invoice_ids), 1)

    def test_repeated_notification_does_nothing_twice(self):
        self._log_in()
        order = self._buy(self.pack)
        payment = order.transaction_ids
        payment._post_process()
        payment._process("demo", {"reference": payment.reference, "simulated_state": "done"})
        payment._post_process()
        self.assertEqual(len(order.invoice_ids), 1)
        self.assertEqual(len(order.order_line.multipack_ids), 1)
        self.assertEqual(
            order.order_line.multipack_ids.installment_ids.mapped("state").count("paid"), 1
        )

    def test_paying_in_two_tabs_leaves_a_credit_and_pays_no_second_installment(self):
        self._log_in()
        self._add(self.pack)
        form = self._get_form(self._open_payment())
        values = [self._start(form), self._start(form)]
        order = self._finish(values[0])
        self._find(values[0])._post_process()
        self._finish(values[1])
        self.assertEqual(len(order.invoice_ids), 1)
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.installment_ids.mapped("state").count("paid"), 1)
        credit = self._find(values[1]).payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(credit.amount_residual, -250.0)
        with self._refused("already been paid"):
            self._start(form)

    def test_amount_from_the_browser_is_not_believed(self):
        self._log_in()
        self._add(self.pack)
        form = self._get_form(self._open_payment())
        for amount in (1.0, 249.99, 1000.0):
            with self._refused("cart has been updated"):
                self._start(form, amount=amount)
        values = self._start(form, amount=None)
        self.assertEqual(self._find(values).amount, 250.0)

    def test_cart_changed_since_the_page_was_shown(self):
        self._log_in()
        self._add(self.pack)
        form = self._get_form(self._open_payment())
        self._add(self.book)
        with self._refused("cart has been updated"):
            self._start(form)

    def test_cart_of_somebody_else(self):
        self._log_in()
        self._add(self.pack)
        form = self._get_form(self._open_payment())
        stranger = self._create_customer("Stranger")
        other = self._create_order([self.pack], partner_id=stranger.id)
        with self._refused("access token is invalid"):
            self._start(form, route=f"/shop/payment/transaction/{other.id}")
        self.assertFalse(other.transaction_ids)

    def test_provider_that_saves_nothing_is_neither_offered_nor_accepted(self):
        other = self.provider.copy(
            {
                "name": "By Phone",
                "state": "test",
                "is_published": True,
                "allow_tokenization": False,
                "payment_method_ids": [Command.set(self.provider.payment_method_ids.ids)],
            }
        )
        self._log_in()
        self._add(self.pack)
        form = self._get_form(self._open_payment())
        order = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        report = {}
        offered = self.env["payment.provider"]._get_compatible_providers(
            order.company_id.id,
            order.partner_id.id,
            1.0,
            currency_id=order.currency_id.id,
            sale_order_id=order.id,
            report=report,
        )
        self.assertIn(self.provider, offered)
        self.assertNotIn(other, offered)
        self.assertFalse(report["providers"][other]["available"])
        self.assertTrue(report["providers"][other]["reason"])
        with self._refused("cannot be saved"):
            self._start(form, provider_id=other.id)

    def test_where_nothing_can_be_saved_the_customer_pays_the_rest(self):
        self.env["payment.provider"].search([]).allow_tokenization = False
        self._log_in()
        self._add(self.pack)
        page = self._open_payment()
        [note] = page.xpath("//*[hasclass('o_multipack_payment_note')]")
        self.assertIn("invoice", note.text_content())
        order = self._finish(self._start(self._get_form(page)))
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.transaction_ids.token_id)
        self.assertEqual(order.order_line.multipack_ids.collection, "manual")

    def test_largest_amount_of_a_provider_is_compared_with_what_is_due_today(self):
        self.provider.maximum_amount = 300.0
        self._log_in()
        self._add(self.pack)
        self.assertEqual(self._get_form(self._open_payment()).get("data-amount"), "250.0")

    def test_discount_beyond_the_first_installment_is_shared_by_all(self):
        self._log_in()
        self._add(self.pack)
        order = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        coupon = self._create_product("Coupon", price=-400.0, is_deadline=False)
        order.order_line = [Command.create({"product_id": coupon.id})]
        order = self._finish(self._start(self._get_form(self._open_payment())))
        self.assertEqual(order.transaction_ids.amount, 150.0)
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.installment_ids.mapped("amount"), [150.0] * 4)
        self.assertEqual(order.invoice_ids.amount_total, 150.0)
        self.assertEqual(order.invoice_ids.amount_residual, 0.0)

    def test_order_of_nothing_is_confirmed_and_charges_nothing(self):
        self._log_in()
        self._add(self.pack)
        order = self.env["sale.order"].search([("partner_id", "=", self.ann.partner_id.id)])
        coupon = self._create_product("Coupon", price=-1000.0, is_deadline=False)
        order.order_line = [Command.create({"product_id": coupon.id})]
        self.assertEqual(order._get_amount_due_today(), 0.0)
        self.url_open("/shop/checkout?try_skip_step=true")
        self.url_open("/shop/payment/validate")
        self.assertEqual(order.state, "sale")
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.state, "active")
        self.assertFalse(multipack.installment_ids)
        self.assertFalse(order.invoice_ids)
        for page in (f"/my/multipacks/{multipack.id}", f"/my/orders/{order.id}"):
            self.assertEqual(self.url_open(page).status_code, 200)

    def test_token_saved_after_the_confirmation_is_taken(self):
        self._log_in()
        order = self._buy(self.pack, state="pending")
        payment = order.transaction_ids
        # The demo provider saves at once; most others with the answer that the payment is done.
        payment.write({"token_id": False, "tokenize": True})
        order.action_confirm()
        multipack = order.order_line.multipack_ids
        self.assertEqual(multipack.collection, "manual")
        payment._process(
            "demo",
            {"reference": payment.reference, "simulated_state": "done", "payment_details": "42"},
        )
        payment._post_process()
        self.assertEqual(multipack.collection, "token")
        self.assertEqual(multipack.payment_token_id, payment.token_id)
        self.assertEqual(multipack.installment_ids[0].state, "paid")

    def test_product_page_and_cart_say_how_it_is_paid(self):
        self._log_in()
        page = html.fromstring(self.url_open(self.pack.website_url).content)
        [offer] = page.xpath("//*[@name='multipack_offer']")
        self.assertIn("4 × $\xa0250.00", offer.text_content())
        self._add(self.pack, self.flat)
        page = html.fromstring(self.url_open("/shop/cart").content)
        texts = [one.text_content() for one in page.xpath("//*[hasclass('o_multipack_schedule')]")]
        self.assertIn("then 3 × $\xa0250.00 every month from", texts[0])
        self.assertIn("until you withdraw", texts[1])

    def test_confirmation_page_does_not_complain(self):
        self._log_in()
        self._buy(self.pack)
        page = self.url_open("/shop/payment/validate")
        self.assertTrue(page.url.endswith("/shop/confirmation"), page.url)
        self.assertNotIn("Unfortunately", page.text)
        [status] = html.fromstring(page.content).xpath("//*[@name='order_confirmation']/div")
        self.assertIn("alert-success", status.get("class").split())
        self.assertIn("o_multipack_payment_status", status.get("class").split())

    def test_confirmation_page_of_other_orders_is_odoos_own(self):
        combined = self.env.ref("website_sale.payment_confirmation_status")._get_combined_arch()
        own = html.fromstring(
            self.env.ref("website_sale.payment_confirmation_status").arch_db
        ).xpath("//div[@name='order_confirmation']/div")[0]
        [kept] = combined.xpath("//div[@name='order_confirmation']/div")
        self.assertEqual(kept.get("t-attf-class"), own.get("t-attf-class"))
        self.assertEqual(
            kept.xpath(".//t[@t-set='qr_code']")[0].get("t-value"),
            own.xpath(".//t[@t-set='qr_code']")[0].get("t-value"),
        )
        self._log_in()
        self._buy(self.book)
        page = self.url_open("/shop/payment/validate")
        self.assertNotIn("o_multipack_payment_status", page.text)
        self.assertIn("alert-success", page.text)

    def test_words_of_the_payment_note_keep_their_distance(self):
        self._log_in()
        self._add(self.flat)
        [note] = self._open_payment().xpath("//*[hasclass('o_multipack_payment_note')]")
        self.assertRegex(note.text_content(), r"50\.00 today\. Your payment method")

from datetime import timedelta

from odoo.tests import tagged

from .common import MultipackCommon
from .test_portal import PortalCommon


@tagged("post_install", "-at_install")
class MultipackPortalCommon(PortalCommon):
    """A customer with a multipack that ends soon, and one that goes on month by month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.course = cls._create_product("Course", price=300.0, unit="year")
        cls.coaching = cls._create_product("Coaching", price=100.0, unit="month")
        cls.pack = cls._create_multipack("Package", price=1000.0)
        cls.flat = cls._create_multipack("Flat Rate", price=50.0, multipack_plan="monthly")
        cls.multipack = cls._sell_multipack(cls.pack, 350)
        cls.endless = cls._sell_multipack(cls.flat, 5)
        cls.page = f"/my/multipacks/{cls.multipack.id}"

    _create_multipack = classmethod(MultipackCommon._create_multipack.__func__)

    @classmethod
    def _sell_multipack(cls, product, days=0, **values):
        """Return a multipack that was sold so many days ago, entered as a confirmed order."""
        order = cls._create_order(
            [product],
            **{
                "state": "sale",
                "date_order": cls.env.cr.now() - timedelta(days=days),
                "partner_id": cls.ann.partner_id.id,
                **values,
            },
        )
        return order.order_line.multipack_ids

    @classmethod
    def _create_token(cls, partner, **values):
        provider = cls.env["payment.provider"].create(
            {"name": "Card", "company_id": cls.company.id, "state": "test", **values}
        )
        method = cls.env["payment.method"].create({"name": "Card", "code": "card_test"})
        return cls.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "partner_id": partner.id,
                "provider_ref": "ref",
                "payment_details": "4321",
            }
        )

    def _post_token(self, token_id, page=None):
        token = self.url_open("/my/deadlines?filterby=all").text
        token = token.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(
            f"{page or self.page}/payment_method",
            data={"csrf_token": token, "token_id": str(token_id)},
        )


class TestMultipackPortal(MultipackPortalCommon):
    def test_list_shows_what_is_next(self):
        self._login(self.ann)
        page = self.url_open("/my/multipacks")
        self.assertEqual(page.status_code, 200)
        for text in ("Package", "Flat Rate", self.multipack.name, "month by month", "Overdue"):
            self.assertIn(text, page.text)
        self.assertNotIn(self.multipack.name, self.url_open("/my/multipacks?filterby=over").text)

    def test_cancelled_ones_are_not_shown(self):
        self.multipack.order_id._action_cancel()
        self._login(self.ann)
        self.assertNotIn(self.multipack.name, self.url_open("/my/multipacks").text)

    def test_unknown_parameters_fall_back(self):
        self._login(self.ann)
        for query in ("sortby=zzz", "filterby=zzz", "page=9", "zzz=1", "sortby=name"):
            self.assertEqual(self.url_open(f"/my/multipacks?{query}").status_code, 200, query)

    def test_empty_list_shows_a_way_on(self):
        self._login(self.bob)
        page = self.url_open("/my/multipacks")
        self.assertIn("There are no multipacks here", page.text)
        self.assertNotIn(self.multipack.name, page.text)

    def test_home_counts(self):
        for user, count in ((self.ann, 1), (self.bob, 0)):
            self._login(user)
            result = self.make_jsonrpc_request("/my/counters", {"counters": ["multipack_count"]})
            self.assertEqual(result, {"multipack_count": count})
            self.assertEqual(self.url_open("/my").status_code, 200)

    def test_detail_shows_the_schedule_and_pays_its_invoices(self):
        first, second = self.multipack.installment_ids[:2]
        (first + second).action_invoice()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=first.move_id.ids
        )
        register.create({})._create_payments()
        self._login(self.ann)
        page = self.url_open(self.page).text
        for text in ("Paid", "Overdue", "Coaching", first.move_id.name, second.move_id.name):
            self.assertIn(text, page)
        self.assertEqual(page.count("Pay now"), 1)
        self.assertIn(f"/my/invoices/{second.move_id.id}?access_token=", page)
        paying = self.url_open(second.move_id.get_portal_url())
        self.assertIn(second.move_id.name, paying.text)

    def test_what_can_be_renewed_later_is_the_multipack(self):
        young = self._sell_multipack(self.pack)
        self._login(self.ann)
        page = self.url_open(f"/my/multipacks/{young.id}").text
        self.assertIn(f"“{young.name}” can be renewed from", page)
        self.assertNotIn(f"“{young.deadline_ids[0].name}”", page)

    def test_looking_at_it_writes_nothing_and_waits_for_nobody(self):
        for records in (self.multipack, self.multipack.installment_ids):
            self.patch(type(records), "write", lambda *args: self.fail("has written"))
        self._login(self.ann)
        for path in ("/my/multipacks", self.page):
            page = self.url_open(path)
            self.assertEqual(page.status_code, 200)
            self.assertIn(self.multipack.name, page.text)

    def test_products_that_left_the_shop_are_still_named(self):
        self.pack.is_published = self.coaching.is_published = False
        self._login(self.ann)
        page = self.url_open(self.page).text
        self.assertIn("Package", page)
        self.assertIn("Coaching", page)

    def test_colleague_of_the_same_company_sees_it(self):
        self._login(self._create_portal("carl", self.customer))
        self.assertIn(self.multipack.name, self.url_open(self.page).text)

    def test_others_see_nothing(self):
        for user in (self.bob, None):
            self._login(user) if user else self.logout()
            for url in (
                self.page,
                f"{self.page}?access_token=guess",
                f"{self.page}?report_type=html",
                "/my/multipacks/999999999",
            ):
                page = self.url_open(url)
                self.assertEqual(page.status_code, 200, url)
                self.assertNotIn(self.multipack.name, page.text, url)

    def test_link_of_an_email_shows_one_and_changes_nothing(self):
        self._create_token(self.ann.partner_id)
        self.multipack.installment_ids[0].action_invoice()
        token = self.multipack._portal_ensure_token()
        page = self.url_open(f"{self.page}?access_token={token}").text
        self.assertIn(self.multipack.name, page)
        for forbidden in ("/payment_method", "/my/invoices/", 'href="/my/deadlines/', "4321"):
            self.assertNotIn(forbidden, page)

    def test_print_shows_the_schedule_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.ann.partner_id.lang = "it_IT"
        self._login(self.ann)
        page = self.url_open(f"{self.page}?report_type=html")
        for installment in self.multipack.installment_ids:
            self.assertIn(installment.date_due.strftime("%d/%m/%Y"), page.text)
        self.assertIn("Coaching", page.text)


class TestMultipackPortalPayment(MultipackPortalCommon):
    def test_own_and_company_methods_are_offered(self):
        own = self._create_token(self.ann.partner_id)
        other = self._create_token(self.bob.partner_id)
        company = self._create_token(self.customer)
        carl = self._create_token(self._create_portal("carl", self.customer).partner_id)
        self._login(self.ann)
        page = self.url_open(self.page).text
        for token in (own, company):
            self.assertIn(f'<option value="{token.id}"', page)
        for token in (other, carl):
            self.assertNotIn(f'<option value="{token.id}"', page)

    def test_chosen_one_is_charged_from_now_on(self):
        token = self._create_token(self.ann.partner_id)
        self._login(self.ann)
        page = self._post_token(token.id)
        self.assertIn("Installments are charged to the payment method", page.text)
        self.assertIn("4321", page.text)
        self.assertEqual(self.multipack.collection, "token")
        self.assertEqual(self.multipack.payment_token_id, token)
        self.assertEqual(self.endless.collection, "manual")

    def test_others_and_senseless_ones_change_nothing(self):
        foreign = self._create_token(self.bob.partner_id)
        archived = self._create_token(self.ann.partner_id)
        archived.active = False
        branch = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self._create_token(self.ann.partner_id, company_id=branch.id)
        self._login(self.ann)
        ids = (foreign.id, archived.id, elsewhere.id, 0, -1, 999999999, "x", "1e9", "")
        for token_id in ids:
            self.assertEqual(self._post_token(token_id).status_code, 200, token_id)
            self.assertEqual(self.multipack.collection, "manual", token_id)

    def test_others_multipacks_are_not_touched(self):
        own = self._create_token(self.bob.partner_id)
        self._create_deadline(partner_id=self.other.id)  # so that there is a form with a token
        self._login(self.bob)
        for page in (self.page, "/my/multipacks/999999999"):
            answer = self._post_token(own.id, page)
            self.assertTrue(answer.url.endswith("/my/multipacks"), answer.url)
        self.assertEqual(self.multipack.collection, "manual")

    def test_what_was_withdrawn_is_charged_to_nothing(self):
        token = self._create_token(self.ann.partner_id)
        self.multipack.state = "withdrawn"
        self._login(self.ann)
        self.assertNotIn("/payment_method", self.url_open(self.page).text)
        self._post_token(token.id)
        self.assertEqual(self.multipack.collection, "manual")

    def test_refusal_is_said_on_the_page(self):
        token = self._create_token(self.ann.partner_id)
        self.patch(type(self.multipack), "_get_token_problem", lambda *_args: "Out of order.")
        self._login(self.ann)
        page = self._post_token(token.id)
        self.assertIn("Out of order.", page.text)
        self.assertEqual(self.multipack.collection, "manual")

    def test_get_and_posts_without_token_change_nothing(self):
        token = self._create_token(self.ann.partner_id)
        self._login(self.ann)
        url = f"{self.page}/payment_method"
        page = self.url_open(f"{url}?token_id={token.id}")
        self.assertIn(page.status_code, (404, 405))
        self.assertEqual(self.url_open(url, data={"token_id": token.id}).status_code, 400)
        self.logout()
        self.url_open(url, data={"token_id": token.id})
        self.assertEqual(self.multipack.collection, "manual")


class TestMultipackPortalRenewal(MultipackPortalCommon):
    def test_several_services_are_renewed_by_one_line(self):
        deadlines = self.multipack.deadline_ids
        self._login(self.ann)
        page = self._renew(*deadlines.ids, self.due.id)
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        lines = self._get_cart(self.ann).order_line
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines.renewed_multipack_id, self.multipack)
        self.assertEqual(lines.renewed_deadline_id, self.due)
        self._get_cart(self.ann).action_confirm()
        self.assertEqual(set(deadlines.mapped("state")), {"renewed"})

    def test_page_shows_what_renewing_the_whole_buys(self):
        period = self.multipack._prepare_renewal_period(self.today)
        self._login(self.ann)
        for url in (self.page, f"/my/deadlines/{self.multipack.deadline_ids[0].id}"):
            page = self.url_open(url).text
            self.assertIn("If you renew today", page)
            self.assertIn("Renewed as a whole", page)
            self.assertIn("1,000.00", page)
            self.assertIn(period["date_end"].strftime("%m/%d/%Y"), page)

    def test_sent_quotation_of_the_whole_is_reopened(self):
        order = self.env["sale.order"].browse(self.multipack.action_renew()["res_id"])
        order.action_quotation_sent()
        self._login(self.ann)
        self.assertIn("Continue to payment", self.url_open(self.page).text)
        answer = self._renew(self.multipack.deadline_ids[0].id)
        self.assertIn(f"/my/orders/{order.id}", answer.url)
        self.assertEqual(self.multipack.renewal_line_ids.order_id, order)

    def test_what_renews_itself_has_no_button(self):
        deadline = self.endless.deadline_ids[0]
        self._login(self.ann)
        for url in (f"/my/multipacks/{self.endless.id}", f"/my/deadlines/{deadline.id}"):
            page = self.url_open(url).text
            self.assertIn("It renews itself each month", page)
            self.assertNotIn("/my/deadlines/renew", page)
        page = self.url_open("/my/deadlines").text
        self.assertIn("renews itself each month", page)
        self.assertNotIn(f'value="{deadline.id}"', page)
        self.assertNotIn(deadline.name, self.url_open("/my/deadlines?filterby=renew").text)

    def test_forged_renewal_of_what_renews_itself_is_refused(self):
        self._login(self.ann)
        page = self._renew(self.endless.deadline_ids[0].id)
        self.assertIn("/shop/cart", page.url)
        self.assertFalse(self.endless.renewal_line_ids)

    def test_several_multipacks_are_several_lines(self):
        second = self._sell_multipack(self.pack, 345)
        self._login(self.ann)
        self._renew(*(self.multipack + second).deadline_ids.ids)
        lines = self._get_cart(self.ann).order_line
        self.assertEqual(lines.renewed_multipack_id, self.multipack + second)
        self.assertEqual(len(lines), 2)

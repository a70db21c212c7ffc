from datetime import date, timedelta

import vobject
from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import format_date

from .common import DeadlineCommon


@tagged("post_install", "-at_install")
class PortalCommon(DeadlineCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.website = cls.env.ref("website.default_website")
        cls.company = cls.website.company_id
        cls.today = cls.company._deadline_today()
        cls.ann = cls._create_portal("ann", cls.customer)
        cls.other = cls._create_customer("Other")
        cls.bob = cls._create_portal("bob", cls.other)
        (cls.monthly + cls.yearly).is_published = True
        cls.due = cls._create_running(5, description="acme-host.org")

    @classmethod
    def _create_portal(cls, login, company):
        contact = cls._create_customer(
            login, is_company=False, parent_id=company.id, email=f"{login}@example.com"
        )
        return cls._create_user(login, "base.group_portal", partner_id=contact.id)

    @classmethod
    def _create_running(cls, days_left, **values):
        """Return a deadline of a month that ends in so many days."""
        end = cls.today + timedelta(days=days_left)
        return cls._create_deadline(date_start=end - timedelta(days=30), date_end=end, **values)

    def _login(self, user):
        self.authenticate(user.login, user.login)

    def _renew(self, *deadlines, **data):
        page = self.url_open("/my/deadlines?filterby=all")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(
            "/my/deadlines/renew",
            data=[("csrf_token", token), *(("deadline_id", str(d)) for d in deadlines)],
        )

    def _get_cart(self, user):
        return self.env["sale.order"].search(
            [("partner_id", "=", user.partner_id.id), ("state", "=", "draft")], limit=1
        )


class TestPortal(PortalCommon):
    def test_before_the_window_it_says_when_also_with_a_quotation_made_early(self):
        early = self._create_running(300, product_id=self.yearly.id)
        self._login(self.ann)
        for _time in range(2):
            page = self.url_open(f"/my/deadlines/{early.id}").text
            self.assertIn(f"“{early.name}” can be renewed from", page)
            self.assertNotIn("can no longer be renewed", page)
            early.action_renew()

    def test_list_shows_what_runs(self):
        old = self._create_running(-400)
        self._login(self.ann)
        page = self.url_open("/my/deadlines")
        self.assertEqual(page.status_code, 200)
        self.assertIn("acme-host.org", page.text)
        self.assertNotIn(old.name, page.text)
        self.assertIn(old.name, self.url_open("/my/deadlines?filterby=concluded").text)

    def test_empty_list_shows_a_way_on(self):
        self._login(self.bob)
        page = self.url_open("/my/deadlines")
        self.assertIn("There are no deadlines here", page.text)
        self.assertNotIn("acme-host.org", page.text)

    def test_unknown_parameters_fall_back(self):
        self._login(self.ann)
        for query in (
            "sortby=zzz",
            "filterby=zzz",
            "groupby=zzz",
            "search_in=zzz&search=x",
            "search=%27%22%25",
            "page=9",
            "zzz=1",
        ):
            self.assertEqual(self.url_open(f"/my/deadlines?{query}").status_code, 200, query)

    def test_search_and_groups(self):
        self._create_running(8, product_id=self.yearly.id, description="another.org")
        self._login(self.ann)
        page = self.url_open("/my/deadlines?search=another&groupby=product_id")
        self.assertIn("another.org", page.text)
        self.assertNotIn("acme-host.org", page.text)
        page = self.url_open("/my/deadlines?search=Licence&search_in=product&groupby=state")
        self.assertIn("another.org", page.text)
        self.assertNotIn("acme-host.org", page.text)

    def test_products_that_left_the_shop_are_still_named(self):
        self.monthly.is_published = False
        self._login(self.ann)
        self.assertIn("Hosting", self.url_open("/my/deadlines").text)
        self.assertIn("acme-host.org", self.url_open("/my/deadlines?search=Hosting").text)

    def test_pages_beyond_the_first(self):
        for number in range(90):
            self._create_running(20, description=f"host-{number:02}.org")
        self._login(self.ann)
        first = self.url_open("/my/deadlines")
        self.assertIn("/my/deadlines/page/2", first.text)
        second = self.url_open("/my/deadlines/page/2")
        self.assertEqual(second.status_code, 200)
        self.assertNotIn("acme-host.org", second.text)
        self.assertIn("host-89.org", second.text)

    def test_detail_shows_history_and_what_renewal_buys(self):
        second = self._create_deadline(
            previous_id=self.due.id, date_start=self.due.date_end + timedelta(days=1)
        )
        later = self._create_running(3)
        self._login(self.ann)
        page = self.url_open(f"/my/deadlines/{second.id}")
        self.assertIn(second.name, page.text)
        self.assertNotIn("/my/deadlines/renew", page.text)
        page = self.url_open(f"/my/deadlines/{later.id}")
        self.assertIn("/my/deadlines/renew", page.text)
        self.assertIn("If you renew today", page.text)

    def test_home_counts(self):
        self._login(self.ann)
        counters = ["deadline_count", "deadline_to_renew_count"]
        result = self.make_jsonrpc_request("/my/counters", {"counters": counters})
        self.assertEqual(result, {"deadline_count": 1, "deadline_to_renew_count": 1})
        self.assertEqual(self.url_open("/my").status_code, 200)

    def test_colleague_of_the_same_company_sees_it(self):
        self._login(self._create_portal("carl", self.customer))
        self.assertIn("acme-host.org", self.url_open(f"/my/deadlines/{self.due.id}").text)

    def test_others_see_nothing(self):
        self._login(self.bob)
        page = self.url_open(f"/my/deadlines/{self.due.id}")
        self.assertTrue(page.url.endswith("/my"), page.url)
        page = self.url_open(f"/my/deadlines/{self.due.id}?access_token=guess")
        self.assertTrue(page.url.endswith("/my"), page.url)
        self.assertEqual(self.url_open("/my/deadlines/999999999").status_code, 200)

    def test_customer_who_changed_company_sees_nothing(self):
        self.ann.partner_id.parent_id = self.other
        self._login(self.ann)
        self.assertNotIn("acme-host.org", self.url_open("/my/deadlines?filterby=all").text)

    def test_link_of_an_email_shows_one_and_asks_to_log_in(self):
        token = self.due._portal_ensure_token()
        page = self.url_open(f"/my/deadlines/{self.due.id}?access_token={token}")
        self.assertIn("acme-host.org", page.text)
        self.assertIn("Log in to renew", page.text)
        self.assertNotIn("/my/deadlines/renew", page.text)
        self.assertNotIn("/my/orders/", page.text)

    def test_looking_at_it_writes_nothing_and_waits_for_nobody(self):
        self.assertNotEqual(self.due.access_token, self._create_running(5).access_token)
        self.patch(type(self.due), "write", lambda *args: self.fail("has written"))
        self._login(self.ann)
        for path in ("/my/deadlines", f"/my/deadlines/{self.due.id}"):
            page = self.url_open(path)
            self.assertEqual(page.status_code, 200)
            self.assertIn("acme-host.org", page.text)

    def test_orders_and_invoices_of_the_own_company_are_linked(self):
        order = self._sell(self.monthly, partner_id=self.ann.partner_id.id).order_id
        deadline = order.order_line.deadline_ids
        self._login(self.ann)
        link = f"/my/orders/{order.id}"
        self.assertIn(link, self.url_open(f"/my/deadlines/{deadline.id}").text)
        token = deadline._portal_ensure_token()
        self.logout()
        shared = self.url_open(f"/my/deadlines/{deadline.id}?access_token={token}")
        self.assertIn(deadline.name, shared.text)
        self.assertNotIn(link, shared.text)

    def test_calendar_has_the_last_valid_day(self):
        self._login(self.ann)
        page = self.url_open(f"/my/deadlines/{self.due.id}/calendar")
        self.assertIn("text/calendar", page.headers["Content-Type"])
        event = vobject.readOne(page.text).vevent
        self.assertEqual(event.dtstart.value, self.due.date_end)
        self.assertEqual(event.dtend.value, self.due.date_end + timedelta(days=1))
        self.assertEqual(event.transp.value, "TRANSPARENT")  # it does not block the day
        self.assertIn("Hosting", event.summary.value)
        self._login(self.bob)
        self.assertNotIn("VEVENT", self.url_open(f"/my/deadlines/{self.due.id}/calendar").text)

    def test_print_shows_the_history_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.customer.lang = "it_IT"
        self._login(self.ann)
        page = self.url_open(f"/my/deadlines/{self.due.id}?report_type=html")
        self.assertIn(self.due.date_end.strftime("%d/%m/%Y"), page.text)
        self._login(self.bob)
        page = self.url_open(f"/my/deadlines/{self.due.id}?report_type=html")
        self.assertNotIn(self.due.name, page.text)

    def test_unknown_kind_of_print_shows_the_page(self):
        self._login(self.ann)
        page = self.url_open(f"/my/deadlines/{self.due.id}?report_type=zzz")
        self.assertIn("If you renew today", page.text)


class TestPortalRenewal(PortalCommon):
    def test_renewals_go_to_payment(self):
        second = self._create_running(2, product_id=self.yearly.id)
        self._login(self.ann)
        page = self._renew(self.due.id, second.id)
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        cart = self._get_cart(self.ann)
        self.assertEqual(cart.order_line.renewed_deadline_id, self.due + second)
        cart.action_confirm()
        self.assertEqual((self.due + second).mapped("state"), ["renewed", "renewed"])
        self.assertEqual(self.due.next_id.date_start, self.due.date_end + timedelta(days=1))

    def test_payment_page_says_which_service_and_until_when(self):
        second = self._create_running(2, description="acme-shop.org")
        self._login(self.ann)
        page = self._renew(self.due.id, second.id)
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        summary = page.text.split("website_sale_cart_summary_product_name", 1)[1]
        for deadline in self.due + second:
            period = deadline._prepare_renewal_period(self.today)
            self.assertIn(deadline.description, summary)
            self.assertIn(format_date(self.env, period["date_end"]), summary)

    def test_renewing_twice_gives_one_line(self):
        self._login(self.ann)
        self._renew(self.due.id)
        page = self._renew(self.due.id)
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        self.assertEqual(len(self._get_cart(self.ann).order_line), 1)

    def test_kept_price_survives_the_payment_page(self):
        self.monthly.deadline_price_policy = "kept"
        self.due.amount = 42
        self._login(self.ann)
        self.assertIn("42.00", self.url_open(f"/my/deadlines/{self.due.id}").text)
        page = self._renew(self.due.id)
        self.assertIn("42.00", page.text)
        self.assertEqual(self._get_cart(self.ann).amount_untaxed, 42)

    def test_get_renews_nothing(self):
        self._login(self.ann)
        page = self.url_open(f"/my/deadlines/renew?deadline_id={self.due.id}")
        self.assertIn(page.status_code, (404, 405))
        self.assertFalse(self.due.renewal_line_ids)

    def test_post_without_token_renews_nothing(self):
        self._login(self.ann)
        page = self.url_open("/my/deadlines/renew", data={"deadline_id": self.due.id})
        self.assertEqual(page.status_code, 400)
        self.assertFalse(self.due.renewal_line_ids)

    def test_foreign_and_senseless_ids_renew_nothing(self):
        foreign = self._create_running(5, partner_id=self.other.id)
        self._login(self.ann)
        for number in (foreign.id, 0, 999999999, "x", "-1", "1e9", "9" * 30):
            self._renew(number)
        self.assertFalse(self._get_cart(self.ann).order_line)

    def test_nothing_ticked_is_said(self):
        self._login(self.ann)
        for numbers in ([], ["x"]):
            page = self._renew(*numbers)
            self.assertIn("Nothing is ticked", page.text)
            self.assertIn('role="alert"', page.text)
            self.assertIn(self.due.description, page.text)
        self.assertFalse(self.due.renewal_line_ids)
        self.assertNotIn("Nothing is ticked", self.url_open("/my/deadlines").text)

    def test_nothing_ticked_keeps_the_list_as_it_was(self):
        self._login(self.ann)
        page = self.url_open("/my/deadlines?filterby=renew&sortby=amount")
        [form] = html.fromstring(page.content).xpath("//form[contains(@action, 'renew')]")
        token = form.xpath(".//input[@name='csrf_token']/@value")[0]
        page = self.url_open(form.get("action"), data={"csrf_token": token})
        self.assertIn("Nothing is ticked", page.text)
        self.assertIn("sortby=amount", page.text)

    def test_early_one_is_refused_with_its_day(self):
        early = self._create_deadline(
            product_id=self.yearly.id, date_start=self.today, description="early"
        )
        self._login(self.ann)
        page = self._renew(early.id)
        self.assertIn("/shop/cart", page.url)
        self.assertFalse(early.renewal_line_ids)

    def test_sent_quotation_is_reopened(self):
        order = self.env["sale.order"].browse(self.due.action_renew()["res_id"])
        order.action_quotation_sent()
        self._login(self.ann)
        self.assertIn("Continue to payment", self.url_open(f"/my/deadlines/{self.due.id}").text)
        self.assertIn(f"/my/orders/{order.id}", self._renew(self.due.id).url)
        self.assertEqual(self.due.renewal_line_ids.order_id, order)

    def test_cart_is_taken_up_again(self):
        self._login(self.ann)
        self._renew(self.due.id)
        page = self.url_open(f"/my/deadlines/{self.due.id}")
        self.assertIn("Continue to payment", page.text)

    def test_pending_payment_is_said_and_not_made_twice(self):
        order = self.env["sale.order"].browse(self.due.action_renew()["res_id"])
        order.action_quotation_sent()
        provider = self.env["payment.provider"].create(
            {"name": "Wire", "company_id": self.company.id}
        )
        method = self.env["payment.method"].create({"name": "Wire", "code": "wire_test"})
        self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": order.name,
                "sale_order_ids": [Command.set(order.ids)],
                "state": "pending",
            }
        )
        self._login(self.ann)
        page = self.url_open(f"/my/deadlines/{self.due.id}")
        self.assertIn("is being processed", page.text)
        self.assertNotIn("/my/deadlines/renew", page.text)
        self.assertIn(f"/my/orders/{order.id}", self._renew(self.due.id).url)
        self.assertEqual(self.due.renewal_line_ids.order_id, order)

    def test_expired_one_whose_renewal_is_paid_is_in_progress(self):
        late = self._create_running(-3)
        order = self.env["sale.order"].browse((late + self.due).action_renew()["res_id"])
        order.action_quotation_sent()
        self._login(self.ann)
        counters = {"counters": ["deadline_to_renew_count"]}
        self.assertEqual(
            self.make_jsonrpc_request("/my/counters", counters), {"deadline_to_renew_count": 2}
        )
        page = self.url_open("/my/deadlines?filterby=all").text
        self.assertIn("Expired", page)
        method = self.env["payment.method"].create({"name": "Wire", "code": "wire_test"})
        provider = self.env["payment.provider"].create(
            {"name": "Wire", "company_id": self.company.id}
        )
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": order.amount_total,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "reference": order.name,
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        payment._set_pending()
        page = self.url_open("/my/deadlines?filterby=all").text
        badges = html.fromstring(page).xpath("//table//span[contains(@class, 'badge')]")
        texts = {badge.text_content().strip() for badge in badges}
        self.assertEqual(texts, {"Renewal in progress"})
        self.assertNotIn('name="deadline_id"', page)
        detail = self.url_open(f"/my/deadlines/{late.id}").text
        self.assertIn("Renewal in progress", detail)
        self.assertIn("is being processed", detail)
        self.assertEqual(
            self.make_jsonrpc_request("/my/counters", counters), {"deadline_to_renew_count": 0}
        )

    def _forge(self, **arguments):
        return self.make_jsonrpc_request(
            "/shop/cart/add",
            {
                "product_template_id": self.monthly.product_tmpl_id.id,
                "product_id": self.monthly.id,
                "quantity": 1,
                **arguments,
            },
        )

    def test_forged_cart_arguments_are_refused(self):
        foreign = self._create_running(5, partner_id=self.other.id)
        self._login(self.ann)
        for forged in (foreign.id, 999999999, "1", {"a": 1}, [self.due.id], True, -5):
            with self.assertRaises(Exception, msg=forged) as refusal:
                self._forge(renewed_deadline_id=forged)
            self.assertIn("UserError", str(refusal.exception), forged)
        self.assertFalse(self._get_cart(self.ann).order_line)

    def test_visitor_forges_nothing(self):
        with self.assertRaises(Exception) as refusal:
            self._forge(renewed_deadline_id=self.due.id)
        self.assertIn("UserError", str(refusal.exception))

    def test_quantity_of_a_renewal_is_fixed(self):
        self._login(self.ann)
        self._renew(self.due.id)
        line = self._get_cart(self.ann).order_line
        self.make_jsonrpc_request(
            "/shop/cart/update",
            {"line_id": line.id, "product_id": self.monthly.id, "quantity": 7},
        )
        self.assertEqual(line.product_uom_qty, 1)

    def test_plain_purchase_stays_apart_from_the_renewal(self):
        self._login(self.ann)
        self._renew(self.due.id)
        self._forge()
        lines = self._get_cart(self.ann).order_line
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines.renewed_deadline_id, self.due)

    def test_renewed_meanwhile_is_refused_at_payment(self):
        self._login(self.ann)
        self._renew(self.due.id)
        cart = self._get_cart(self.ann)
        other = self.env["sale.order"].create(
            {"partner_id": self.customer.id, **self.due._prepare_renewal_order()}
        )
        other.action_confirm()
        with self.assertRaisesRegex(Exception, f"{self.due.name}.*already renewed"):
            cart._check_cart_is_ready_to_be_paid()
        cart._verify_cart()
        self.assertFalse(cart.order_line)

    def test_cart_that_changed_hands_is_refused_in_words(self):
        self._login(self.ann)
        self._renew(self.due.id)
        cart = self._get_cart(self.ann)
        cart.partner_id = self.bob.partner_id
        with self.assertRaisesRegex(Exception, f"{self.due.name}.*does not belong"):
            cart._check_cart_is_ready_to_be_paid()

    def test_website_of_another_company_renews_nothing(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._create_running(5, company_id=elsewhere.id)
        cart = self.env["sale.order"].create(
            {"partner_id": self.ann.partner_id.id, "website_id": self.website.id}
        )
        with self.assertRaisesRegex(Exception, "cannot be renewed from here"):
            cart._renew_in_cart(foreign)
        self.assertEqual(foreign.date_end, self.today + timedelta(days=5))
        self.assertIsInstance(foreign.date_end, date)

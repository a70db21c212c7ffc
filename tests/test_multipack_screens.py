from datetime import date, timedelta

from lxml import etree

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .common import MultipackCommon


class TestMultipackFilters(MultipackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fresh = cls._sell_multipack()
        cls.ending = cls._sell_multipack(day=date(2025, 4, 1))
        cls.over = cls._sell_multipack(day=date(2024, 4, 1))
        cls.over._set_ended()
        cls.monthly_pack = cls._sell_multipack(cls.flat)
        cls.everything = cls.fresh + cls.ending + cls.over + cls.monthly_pack

    def _filter(self, model, name, records):
        view = self.env.ref(f"deadline_management.{model.replace('.', '_')}_view_search")
        [node] = etree.fromstring(view.arch).xpath(f"//filter[@name='{name}']")
        domain = safe_eval(node.get("domain"), {"uid": self.env.uid})
        return self.env[model].search([*domain, ("id", "in", records.ids)])

    def _expect(self, name, records):
        found = self._filter("deadline.multipack", name, self.everything)
        self.assertEqual(set(found), set(records), name)

    def test_filters_find_what_they_say(self):
        self._expect("running", self.fresh + self.ending + self.monthly_pack)
        self._expect("ending_30", self.ending)
        self._expect("monthly", self.monthly_pack)
        self._expect("installments", self.fresh + self.ending + self.over)
        self._expect("overdue", self.ending + self.over)
        self._expect("manual", self.everything)
        self._expect("charged", self.everything.browse())

    def test_every_filter_can_be_used_at_the_desk(self):
        desk = self._create_user("desk", "deadline_management.group_deadline_user")
        for model in ("deadline.multipack", "deadline.installment"):
            records = self.env[model].with_user(desk)
            arch = etree.fromstring(records.get_view(view_type="search")["arch"])
            for node in arch.xpath("//filter[@domain]"):
                records.search(safe_eval(node.get("domain"), {"uid": desk.id}))
            for node in arch.xpath("//field"):
                domain = safe_eval(node.get("filter_domain", "[]"), {"self": "S0"})
                operator = node.get("operator", "ilike")
                records.search(domain or [(node.get("name"), operator, "S0")])

    def test_installments_by_their_state(self):
        planned = self.fresh.installment_ids
        invoiced, removed = planned[0], planned[1:]
        invoiced.action_invoice()
        removed._remove()
        records = planned + self.ending.installment_ids
        found = {
            name: self._filter("deadline.installment", name, records)
            for name in ("planned", "invoiced", "removed", "overdue", "expected", "paid")
        }
        self.assertEqual(found["planned"], self.ending.installment_ids)
        self.assertEqual(found["invoiced"], invoiced)
        self.assertEqual(found["removed"], removed)
        self.assertEqual(found["overdue"], self.ending.installment_ids)
        self.assertEqual(found["expected"], self.ending.installment_ids + invoiced)
        self.assertFalse(found["paid"])


class TestMultipackDaysLeft(MultipackCommon):
    def test_search_agrees_with_the_value(self):
        multipack = self._sell_multipack()
        days = multipack.days_left
        self.assertEqual(days, (multipack.date_end - self.TODAY).days)
        for domain, found in (
            ([("days_left", "=", days)], True),
            ([("days_left", "!=", days)], False),
            ([("days_left", "<", days)], False),
            ([("days_left", "<=", days)], True),
            ([("days_left", ">", days - 1)], True),
            ([("days_left", ">=", 10**9)], False),
        ):
            result = multipack.search([("id", "=", multipack.id), *domain])
            self.assertEqual(bool(result), found, domain)

    def test_days_are_those_of_the_company(self):
        multipack = self._sell_multipack()
        self.company.partner_id.tz = "Pacific/Kiritimati"  # where it is tomorrow by noon
        multipack.invalidate_recordset()
        days = (multipack.date_end - self.company._deadline_today()).days
        self.assertEqual(multipack.days_left, days)
        self.assertEqual(multipack.search([("days_left", "=", days)]) & multipack, multipack)


class TestMultipackForm(MultipackCommon):
    def test_order_leads_to_its_multipacks(self):
        multipack = self._sell_multipack()
        order = multipack.order_id
        self.assertEqual(order.multipack_count, 1)
        self.assertEqual(order.action_view_multipacks()["res_id"], multipack.id)
        order = self._create_order([self.pack, self.flat])
        order.action_confirm()
        found = multipack.search(order.action_view_multipacks()["domain"])
        self.assertEqual(found, order.order_line.multipack_ids)
        self.assertEqual(len(found), 2)

    def test_multipack_leads_to_what_belongs_to_it(self):
        multipack = self._sell_multipack()
        self.assertEqual(multipack.action_view_order()["res_id"], multipack.order_id.id)
        action = multipack.action_view_deadlines()
        found = self.env["deadline.deadline"].search(action["domain"])
        self.assertEqual(found, multipack.deadline_ids)
        self.assertEqual((multipack.invoice_count, multipack.amount_invoiced), (0, 0.0))
        multipack.installment_ids[:2].action_invoice()
        self.assertEqual((multipack.invoice_count, multipack.amount_invoiced), (2, 500.0))
        multipack.installment_ids[0].move_id.button_cancel()
        self.assertEqual((multipack.invoice_count, multipack.amount_invoiced), (1, 250.0))

    def test_schedule_is_changed_in_the_form(self):
        multipack = self._sell_multipack()
        with Form(multipack) as form:
            with form.installment_ids.edit(2) as row:
                row.amount = 200.0
            with form.installment_ids.edit(3) as row:
                row.amount = 200.0
                row.date_due = date(2026, 7, 1)
            with form.installment_ids.new() as row:
                row.amount = 100.0
                row.date_due = date(2026, 8, 1)
        self.assertEqual(
            multipack.installment_ids.mapped("amount"), [250.0, 250.0, 200.0, 200.0, 100.0]
        )
        self.assertEqual(multipack.installment_ids.mapped("number"), [1, 2, 3, 4, 5])
        with self.assertRaisesRegex(ValidationError, multipack.name), Form(multipack) as form:
            form.installment_ids.remove(4)

    def test_invoiced_rows_are_readonly_in_the_form(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        form = Form(multipack)
        with form.installment_ids.edit(0) as row, self.assertRaises(AssertionError):
            row.amount = 1.0

    def test_desk_operator_reads_the_form(self):
        multipack = self._sell_multipack()
        multipack.installment_ids[0].action_invoice()
        desk = self._create_user("desk", "deadline_management.group_deadline_user")
        form = Form(multipack.with_user(desk))
        self.assertEqual(form.amount_planned, 750.0)

    def test_renewal_status_is_that_of_the_whole(self):
        multipack = self._sell_multipack()
        self.assertEqual(multipack.renewal_status, "early")
        order = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
        self.assertEqual(order.order_line.renewed_multipack_id, multipack)
        self.assertEqual(multipack.renewal_status, "in_progress")
        self.assertEqual(self._sell_multipack(self.flat).renewal_status, "closed")

    def test_renewed_one_leads_to_the_next(self):
        multipack = self._sell_multipack()
        order = self.env["sale.order"].browse(multipack.action_renew()["res_id"])
        order.action_confirm()
        self.assertEqual(multipack.next_id, order.order_line.multipack_ids)
        self.assertEqual(multipack.renewal_status, "none")
        order._action_cancel()
        self.assertFalse(multipack.next_id)

    def test_statuses_are_those_of_deadlines(self):
        fields = {
            model: self.env[model].fields_get(["renewal_status"])["renewal_status"]["selection"]
            for model in ("deadline.multipack", "deadline.deadline")
        }
        self.assertEqual(fields["deadline.multipack"], fields["deadline.deadline"])


class TestMultipackProductForm(MultipackCommon):
    def test_multipack_is_made_in_the_form(self):
        form = Form(self.env["product.template"].with_context(default_type="service"))
        form.name = "Bundle"
        form.list_price = 90.0
        form.taxes_id.clear()
        form.is_multipack = True
        self.assertIn("no components", str(form.multipack_preview))
        form.multipack_installment_count = 3
        with form.multipack_component_ids.new() as row:
            row.product_id = self.course
        self.assertIn("30.00", str(form.multipack_preview))
        product = form.save()
        self.assertEqual(product.multipack_component_ids.product_id, self.course)

    def test_preview_has_what_the_customer_pays(self):
        self.assertIn("250.00", str(self.pack.multipack_preview))
        self.pack.taxes_id = self.env["account.tax"].create({"name": "Ten", "amount": 10})
        self.assertIn("275.00", str(self.pack.multipack_preview))

    def test_one_of_the_two_at_a_time(self):
        with Form(self.pack.product_tmpl_id) as form, self.assertRaises(AssertionError):
            form.is_deadline = True
        with Form(self.course.product_tmpl_id) as form, self.assertRaises(AssertionError):
            form.is_multipack = True

    def test_menu_proposes_a_multipack(self):
        action = self.env.ref("deadline_management.product_template_action_multipacks")
        context = safe_eval(action.context)
        form = Form(self.env["product.template"].with_context(**context))
        self.assertTrue(form.is_multipack)
        self.assertFalse(form.is_deadline)


class TestMultipackPaymentToken(MultipackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env["payment.provider"].create(
            {"name": "Card", "company_id": cls.company.id, "state": "test"}
        )
        cls.method = cls.env["payment.method"].create({"name": "Card", "code": "card_test"})
        cls.multipack = cls._sell_multipack()

    def _create_token(self, partner=None, provider=None):
        provider = provider or self.provider
        return self.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.method.id,
                "partner_id": (partner or self.customer).id,
                "provider_ref": "ref",
                "payment_details": "1234",
            }
        )

    def test_rest_is_charged_to_it(self):
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        for owner in (self.customer, contact):
            token = self._create_token(owner)
            self.multipack._set_payment_token(token)
            self.assertEqual(self.multipack.payment_token_id, token)
            self.assertEqual(self.multipack.collection, "token")

    def test_that_of_somebody_else_is_refused(self):
        token = self._create_token(self._create_customer("Other"))
        with self.assertRaisesRegex(UserError, self.multipack.name):
            self.multipack._set_payment_token(token)

    def test_archived_and_foreign_ones_are_refused(self):
        branch = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.provider.copy({"company_id": branch.id, "state": "test"})
        archived = self._create_token()
        archived.active = False
        for token in (archived, self._create_token(provider=elsewhere)):
            with self.assertRaisesRegex(UserError, self.multipack.name):
                self.multipack._set_payment_token(token)


class TestMultipackCustomer(MultipackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Other")
        cls.contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)

    def test_company_has_those_of_its_contacts(self):
        own = self._sell_multipack()
        of_contact = self._sell_multipack(self.flat, partner_id=self.contact.id)
        self._sell_multipack().order_id._action_cancel()
        self.assertEqual((self.customer.multipack_count, self.contact.multipack_count), (2, 1))
        for partner, expected in (
            (self.customer, own + of_contact),
            (self.contact, of_contact),
        ):
            found = own.search(partner.action_view_multipacks()["domain"])
            self.assertEqual(found.filtered(lambda one: one.state == "active"), expected.sorted())
        self.assertEqual(self.customer.multipack_ids & own, own)

    def test_other_companies_are_not_counted(self):
        self._sell_multipack()
        branch = self.env["res.company"].create({"name": "Branch"})
        self.assertEqual(self.customer.with_company(branch).multipack_count, 0)

    def test_customer_who_joins_a_company_brings_all_of_it(self):
        freelance = self._create_customer("Freelance", is_company=False)
        multipack = self._sell_multipack(partner_id=freelance.id)
        freelance.parent_id = self.other
        for records in (multipack, multipack.deadline_ids, multipack.installment_ids):
            self.assertEqual(records.commercial_partner_id, self.other)

    def test_contact_who_leaves_takes_nothing_along(self):
        multipack = self._sell_multipack(partner_id=self.contact.id)
        self.contact.parent_id = self.other
        for records in (multipack, multipack.deadline_ids, multipack.installment_ids):
            self.assertEqual(records.commercial_partner_id, self.customer)

    def test_merged_customers_keep_everything(self):
        multipacks = self._sell_multipack() + self._sell_multipack(partner_id=self.other.id)
        installments, deadlines = multipacks.installment_ids, multipacks.deadline_ids
        installments[0].action_invoice()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer + self.other).ids, self.other)
        self.env.invalidate_all()
        for records, number in ((multipacks, 2), (deadlines, 4), (installments, 8)):
            self.assertEqual(records.partner_id, self.other)
            self.assertEqual(records.commercial_partner_id, self.other)
            self.assertEqual(len(records.exists()), number)
        self.assertEqual(installments[0].state, "invoiced")
        self.assertEqual(self.other.multipack_count, 2)


class TestSelfRenewing(MultipackCommon):
    """What goes on month by month is neither due nor renewed, in any screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["deadline.deadline"].search([]).filtered(
            lambda deadline: not deadline.sale_line_id
        ).action_cancel()
        cls.endless = cls._sell_multipack(cls.flat, day=date(2026, 2, 12))
        cls.ending = cls._create_ending(1, product_id=cls.yearly.id)

    def test_not_an_upcoming_renewal(self):
        self.assertEqual(self.endless.date_end, self.TODAY + timedelta(days=1))
        dashboard = self.env["deadline.dashboard"].with_user(self.seller).retrieve()
        self.assertEqual([row["id"] for row in dashboard["renewals"]["rows"]], [self.ending.id])
        tiles = {tile["name"]: tile for tile in dashboard["tiles"]}
        self.assertEqual(tiles["ending_7"]["count"], 1)
        self.assertEqual(tiles["ending_30"]["count"], 1)
        self.assertEqual(tiles["active"]["count"], 3)

    def test_not_in_the_filters(self):
        for model, view in (
            ("deadline.deadline", "deadline_deadline_view_search"),
            ("res.partner", "view_res_partner_filter"),
        ):
            arch = etree.fromstring(self.env.ref(f"deadline_management.{view}").arch)
            nodes = arch.xpath("//filter[contains(@name, 'ending_')]")
            self.assertTrue(nodes)
            for node in nodes:
                found = self.env[model].search(safe_eval(node.get("domain")))
                deadlines = found if model == "deadline.deadline" else found.deadline_ids
                self.assertIn(self.ending, deadlines)
                if model == "deadline.deadline":
                    self.assertFalse(found & self.endless.deadline_ids)
        self.ending.action_cancel()
        domain = safe_eval(arch.xpath("//filter[@name='deadlines_ending_30']")[0].get("domain"))
        self.assertNotIn(self.customer, self.env["res.partner"].search(domain))

    def test_not_in_the_renewal_rate_even_after_the_multipack(self):
        self._run_on("extend", date(2026, 4, 2))
        self.assertEqual(set(self.endless.deadline_ids.mapped("state")), {"active", "renewed"})
        self.endless.state = "ended"
        self.assertFalse(any(self.endless.deadline_ids.mapped("is_self_renewing")))
        dashboard = self.env["deadline.dashboard"].with_user(self.seller)
        [rate] = [tile for tile in dashboard._get_tiles() if tile["name"] == "renewal_rate"]
        self.assertEqual(rate["count"], 0)
        digest = self.env["digest.digest"].create({"name": "Digest", "periodicity": "monthly"})
        digest = digest.with_context(start_datetime=date(2026, 3, 1), end_datetime=date(2026, 4, 1))
        self.assertEqual(digest._count_deadlines_due(), {"active": 1})

    def test_customer_is_told_of_nothing(self):
        deadline = self.endless.deadline_ids[0]
        notices = self._notify(date(2026, 3, 11))
        self.assertFalse(notices.deadline_ids & self.endless.deadline_ids)
        with self.assertRaisesRegex(UserError, "goes on every month by itself"):
            self.env["deadline.notice"]._send_now(deadline)
        rows = self.env["deadline.notice"]._explain(deadline)
        self.assertEqual({row["verdict"] for row in rows}, {"none"})

    def test_does_not_expire(self):
        self._expire(date(2026, 3, 20))
        self.assertEqual(set(self.endless.deadline_ids.mapped("state")), {"active"})
        self.assertEqual(self.ending.state, "expired")


class TestUnpaidTile(MultipackCommon):
    def _get_tile(self):
        dashboard = self.env["deadline.dashboard"].with_user(self.seller)
        [tile] = [one for one in dashboard.retrieve()["tiles"] if one["name"] == "unpaid"]
        return tile

    def test_counts_exactly_its_list(self):
        before = self._get_tile()
        self._sell_multipack(day=date(2026, 1, 1))  # due on January, February and March 1
        tile = self._get_tile()
        self.assertEqual(tile["count"] - before["count"], 3)
        self.assertEqual(tile["amount"] - before["amount"], 750.0)
        found = self.env[tile["model"]].with_user(self.seller).search(tile["domain"])
        self.assertEqual(tile["count"], len(found))

    def test_other_currencies_are_converted(self):
        before = self._get_tile()
        euro = self.env.ref("base.EUR" if self.company.currency_id.name != "EUR" else "base.USD")
        euro.active = True
        euro.rate_ids.unlink()
        euro.rate_ids = [Command.create({"name": "2020-01-01", "rate": 2.0})]
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        self._sell_multipack(day=date(2026, 2, 20), pricelist_id=pricelist.id)
        [tile] = [self._get_tile()]
        self.assertEqual(tile["count"] - before["count"], 1)
        self.assertAlmostEqual(tile["amount"] - before["amount"], 250.0, 2)

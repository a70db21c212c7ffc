from datetime import timedelta

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, HttpCase
from odoo.tools.safe_eval import safe_eval

from .common import DeadlineCommon, MultipackCommon

MODULE = "deadline_management"
#: Who works with this addon, from the least to the most.
USERS = {
    "desk": [f"{MODULE}.group_deadline_user"],
    "withdrawing": [f"{MODULE}.group_multipack_withdrawal"],
    "selling": ["sales_team.group_sale_salesman"],
    "invoicing": ["account.group_account_invoice"],
    "managing": ["sales_team.group_sale_manager"],
}


class ScreensCommon(MultipackCommon):
    """Something of everything, and users of each kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {name: cls._create_user(name, *groups) for name, groups in USERS.items()}
        cls.deadline = cls._create_ending(5, user_id=cls.users["managing"].id)
        cls.multipack = cls._sell_multipack()
        cls.left = cls._sell_multipack(cls.flat)
        cls.installment = cls.multipack.installment_ids[0]
        cls.installment.action_invoice()
        cls.withdrawal = cls._leave(cls.left, cls.TODAY + timedelta(days=20))
        cls.notices = cls.env["deadline.notice"]._notify(["deadline"], cls.deadline)
        cls.deadline.activity_schedule("mail.mail_activity_data_call", user_id=cls.env.uid)
        cls.env.flush_all()

    @classmethod
    def _get_actions(cls):
        """Return the window actions of this addon."""
        found = cls.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", "ir.actions.act_window")]
        )
        return cls.env["ir.actions.act_window"].browse(found.mapped("res_id"))

    @classmethod
    def _get_views(cls, *types):
        """Return the views of this addon of some types, as the arch that they come to."""
        found = cls.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", "ir.ui.view")]
        )
        views = cls.env["ir.ui.view"].browse(found.mapped("res_id")).exists()
        return {
            view: etree.fromstring(cls.env[view.model].get_view(view.id, view.type)["arch"])
            for view in views.filtered(lambda view: view.type in types and view.mode == "primary")
        }


class TestEveryoneOpensEveryView(ScreensCommon):
    """Whoever has a menu opens what is behind it, and reads all that it shows."""

    def _open(self, user, model, mode, arch, domain, view_id):
        records = self.env[model].with_user(user)
        if mode == "search":
            for node in arch.iter("filter", "field"):
                values = {"uid": user.id, "self": "S0", "raw_value": 1}
                asked = safe_eval(node.get("domain") or node.get("filter_domain") or "[]", values)
                if node.tag == "field" and not asked:
                    asked = [(node.get("name"), node.get("operator", "ilike"), "S0")]
                if not node.get("date"):
                    records.search(asked, limit=5)
        elif mode == "form":
            if found := records.search(domain, limit=1):
                Form(found, view=view_id or None)
        elif mode in ("pivot", "graph"):
            rows = [node for node in arch.iter("field") if node.get("type") == "row"]
            names = [
                f"{node.get('name')}:{node.get('interval')}"
                if node.get("interval")
                else node.get("name")
                for node in rows
            ]
            records.formatted_read_group(domain, names, ["__count"])
        else:
            names = [node.get("name") for node in arch.xpath("//field[not(ancestor::field)]")]
            spec = {
                name: {"fields": {"display_name": {}}} if records._fields[name].relational else {}
                for name in names
            }
            records.web_search_read(domain, spec, limit=80)

    def test_windows(self):
        for name, user in self.users.items():
            for action in self._get_actions():
                model = action.res_model
                if not self.env[model].with_user(user).has_access("read"):
                    continue
                if action.target == "new" or action.group_ids - user.all_group_ids:
                    continue
                values = {"uid": user.id, "allowed_company_ids": [self.company.id]}
                domain = safe_eval(action.domain or "[]", values)
                views = [*action.views, (action.search_view_id.id, "search")]
                answer = self.env[model].with_user(user).get_views(views)
                for view_id, mode in views:
                    with self.subTest(user=name, action=action.name, mode=mode):
                        arch = etree.fromstring(answer["views"][mode]["arch"])
                        self._open(user, model, mode, arch, domain, view_id)

    def test_customer(self):
        for name, user in self.users.items():
            with self.subTest(user=name):
                Form(self.customer.with_user(user))

    def test_buttons_lead_where_the_user_may_look(self):
        """Each button that a user is shown is pressed, and what it opens is opened."""
        for name, user in self.users.items():
            for record in (self.deadline, self.multipack, self.installment, self.withdrawal):
                for method in self._get_view_buttons(record.with_user(user)):
                    with self.subTest(user=name, record=record.display_name, method=method):
                        action = getattr(record.with_user(user), method)()
                        self._follow(user, action)

    def _get_view_buttons(self, record):
        """Return the methods that open something, of the buttons that a form shows its user."""
        form = Form(record)
        arch = etree.fromstring(record.get_view(view_type="form")["arch"])
        buttons = arch.xpath("//button[@type='object'][not(ancestor::field)]")
        values = {key: getattr(form, key, False) for key in form._view["fields"]}
        shown = [
            button.get("name")
            for button in buttons
            if not safe_eval(button.get("invisible") or "False", {**values, "id": record.id})
        ]
        return [method for method in shown if method.startswith("action_view_")]

    def _follow(self, user, action):
        if action.get("type") != "ir.actions.act_window":
            return
        records = self.env[action["res_model"]].with_user(user)
        if action.get("res_id"):
            Form(records.browse(action["res_id"]))
        else:
            records.search(action.get("domain") or [], limit=5).mapped("display_name")

    def test_order_of_a_colleague_is_not_offered(self):
        selling = self.users["selling"]
        order = self.multipack.order_id
        order.user_id = self.users["managing"]
        self.assertFalse(order.with_user(selling).has_access("read"))
        for record in (self.multipack, self.multipack.deadline_ids[0]):
            self.assertFalse(record.with_user(selling).is_order_visible)
            self.assertTrue(record.with_user(self.users["managing"]).is_order_visible)

    def test_quotation_of_a_colleague_is_named_and_not_opened(self):
        order = self.env["sale.order"].browse(self.deadline.action_renew()["res_id"])
        order.user_id = self.users["managing"]
        with self.assertRaisesRegex(UserError, f"{order.name}.*ask managing"):
            self.deadline.with_user(self.users["selling"]).action_renew()

    def test_who_may_not_open_invoices_is_told_their_names(self):
        second = self.multipack.installment_ids[1]
        for name in ("desk", "selling"):
            for action in (
                self.installment.with_user(self.users[name]).action_view_invoice(),
                self.multipack.with_user(self.users[name]).action_view_invoices(),
            ):
                self.assertEqual(action["tag"], "display_notification")
                self.assertIn(self.installment.move_id.name, action["params"]["message"])
        action = second.with_user(self.users["selling"]).action_invoice()
        self.assertIn(second.move_id.name, action["params"]["message"])
        action = self.installment.with_user(self.users["invoicing"]).action_view_invoice()
        self.assertEqual(action["res_id"], self.installment.move_id.id)

    def test_link_to_the_invoice_is_for_who_may_open_it(self):
        for name, opens in (("desk", False), ("selling", False), ("invoicing", True)):
            form = self.installment.with_user(self.users[name]).get_view(view_type="form")
            arch = etree.fromstring(form["arch"])
            [node] = arch.xpath("//field[@name='move_id'][@invisible='not move_id']")
            self.assertEqual("no_open" not in node.get("options", ""), opens, name)


class TestSearchBoxes(ScreensCommon):
    """Typing a customer's name and Enter finds what is the customer's."""

    def _search(self, model, text, view=None):
        arch = etree.fromstring(self.env[model].get_view(view and view.id, "search")["arch"])
        first = next(arch.iter("field"))
        domain = safe_eval(first.get("filter_domain"), {"self": text})
        return self.env[model].with_user(self.users["desk"]).search(domain)

    def test_name_of_the_customer(self):
        activities = self.env.ref(f"{MODULE}.mail_activity_view_search_customers")
        for records, view in (
            (self.deadline, None),
            (self.multipack, None),
            (self.installment, None),
            (self.withdrawal, None),
            (self.withdrawal.line_ids, None),
            (self.notices.line_ids, None),
            (self.notices, None),
            (self.deadline.activity_ids, activities),
        ):
            with self.subTest(model=records._name):
                self.assertTrue(records)
                self.assertLessEqual(records, self._search(records._name, "Acm", view))
                self.assertFalse(self._search(records._name, "Nobody", view))

    def test_product_contact_and_number(self):
        contact = self.env["res.partner"].create({"name": "Zoe", "parent_id": self.customer.id})
        other = self._create_ending(9, partner_id=contact.id, description="example.com")
        for text in ("Zoe", "example", other.name, "Licence"):
            self.assertIn(other, self._search("deadline.deadline", text), text)
        self.assertNotIn(self.deadline, self._search("deadline.deadline", "Zoe"))
        for text in (self.multipack.name, "Package", "Course"):
            self.assertIn(self.multipack, self._search("deadline.multipack", text), text)
        self.assertIn(self.installment, self._search("deadline.installment", self.multipack.name))
        self.assertIn(self.withdrawal, self._search("deadline.withdrawal", self.withdrawal.name))


class TestFilters(ScreensCommon):
    #: Of filters that stand together either counts: these are one question each.
    QUESTIONS = (
        {"running", "expired", "renewed", "withdrawn", "cancelled"},
        {"ending_7", "ending_30"},
        {"planned", "invoiced", "paid", "credited", "removed"},
        {"installments", "monthly"},
        {"charged", "manual"},
        {"exceptions", "failed_charges", "to_recall", "failed"},
        {"queued", "sent", "failed", "skipped", "superseded"},
        {"by_hand", "payments"},
        {"filter_user_id_uid", "done_by_me", "filter_user_id_no_user"},
        {"to_do", "filter_archived"},
        {"active", "concluded"},
        {"renewed", "open", "lost"},
        {"ended_12_months", "ended_last_month"},
        {"risk_30", "risk_60", "risk_90"},
        {"activities_overdue", "activities_today", "activities_upcoming"},
    )

    def test_only_answers_to_one_question_stand_together(self):
        for view, arch in self._get_views("search").items():
            for names in self._get_groups(arch):
                if len(names) > 1 and not names[0].startswith("filter_date_"):
                    together = [one for one in self.QUESTIONS if set(names) <= one]
                    self.assertTrue(together, f"{view.name}: {names}")

    def test_colleagues_are_no_customers_to_recall(self):
        arch = etree.fromstring(self.env.ref(f"{MODULE}.view_res_partner_filter").arch)
        [node] = arch.xpath("//filter[@name='not_recalled_30']")
        found = self.env["res.partner"].search(safe_eval(node.get("domain")))
        self.assertIn(self.customer, found)
        self.assertFalse(found & (self.users["selling"].partner_id | self.company.partner_id))

    def _get_groups(self, arch):
        groups = [[]]
        for node in arch:
            if node.tag == "filter":
                groups[-1].append(node.get("name"))
            else:
                groups.append([])
        return groups


class TestViewsHold(ScreensCommon):
    def test_nothing_is_moved_by_dragging(self):
        for view, arch in self._get_views("calendar").items():
            self.assertEqual(arch.get("edit"), "0", view.name)
        for view, arch in self._get_views("kanban").items():
            if arch.get("default_group_by"):
                self.assertEqual(arch.get("records_draggable"), "0", view.name)
                self.assertIn("0", (arch.get("quick_create"), arch.get("create")), view.name)

    def test_questions_say_what_their_buttons_do(self):
        asked = 0
        for view, arch in self._get_views("form").items():
            for button in arch.xpath("//button[@confirm]"):
                for name in ("confirm-title", "confirm-label", "cancel-label"):
                    self.assertTrue(button.get(name), f"{view.name}: {button.get('name')}")
                asked += 1
        self.assertGreaterEqual(asked, 4)

    def test_amounts_have_their_currency_for_everybody(self):
        models = [name for name in self.env if name.startswith("deadline.")]
        for name, user in self.users.items():
            for model in [*models, "res.partner", "sale.order"]:
                records = self.env[model].with_user(user)
                if self.env[model]._abstract or not records.has_access("read"):
                    continue
                for mode in ("form", "list", "kanban"):
                    with self.subTest(user=name, model=model, mode=mode):
                        arch = etree.fromstring(records.get_view(view_type=mode)["arch"])
                        self._check_currencies(records, arch)

    def _check_currencies(self, records, arch):
        """Check the fields that stand in a view, and those in the lists within it."""
        nodes = arch.xpath(".//field[not(ancestor::field)]")
        names = {node.get("name") for node in nodes}
        for node in nodes:
            field = records._fields[node.get("name")]
            if field.type == "monetary" and MODULE in field._modules:
                self.assertIn(field.get_currency_field(records), names, field.name)
            if field.comodel_name and field._modules and MODULE in field._modules:
                for inner in node:
                    inner = etree.fromstring(etree.tostring(inner))
                    self._check_currencies(self.env[field.comodel_name], inner)

    def test_soonest_end_comes_first_on_the_customer(self):
        arch = etree.fromstring(self.customer.get_view(view_type="form")["arch"])
        later = self._create_ending(300)
        over = self._create_ending(-400)
        for mode in ("list", "kanban"):
            [node] = arch.xpath(f"//field[@name='deadline_ids']/{mode}")
            spec = {"deadline_ids": {"fields": {}, "order": node.get("default_order")}}
            [values] = self.customer.web_read(spec)
            found = [row["id"] for row in values["deadline_ids"]]
            places = [found.index(one.id) for one in (self.deadline, later, over)]
            self.assertEqual(places, sorted(places), mode)
            self.assertTrue(node.xpath(".//button[@name='action_renew']"), mode)
            self.assertTrue(node.xpath(".//field[@name='days_left']"), mode)

    def test_multipack_stays_on_the_card_while_money_is_owed(self):
        customer = self._create_customer("Leaver")
        multipack = self._sell_multipack(partner_id=customer.id)
        self._leave(multipack, self.TODAY)
        self.assertEqual(multipack.state, "withdrawn")
        self.assertEqual(customer.multipack_count, 1)
        owed = multipack.installment_ids.filtered(lambda one: one.state == "planned")
        owed.action_invoice()
        self._pay(owed)
        self.assertEqual(customer.multipack_count, 0)

    def test_why_it_is_not_renewable(self):
        self.assertFalse(self.deadline.renewal_problem)
        self.yearly.active = False
        self.env.invalidate_all()
        self.assertEqual(self.deadline.renewal_status, "closed")
        self.assertRegex(self.deadline.renewal_problem, "Licence.*archived")
        self.multipack.product_id.active = False
        self.env.invalidate_all()
        self.assertRegex(self.multipack.renewal_problem, "Package.*archived")


class TestKanbanOpens(DeadlineCommon, HttpCase):
    """What only the browser knows: cards are compiled, and renew. The clock of tours goes on."""

    def test_cards_of_deadlines(self):
        self._create_user("clerk", "sales_team.group_sale_salesman_all_leads")
        end = self.company._deadline_today() + timedelta(days=3)
        self._create_deadline(date_start=end - timedelta(days=30), date_end=end)
        self._create_deadline(date_start=end - timedelta(days=90)).state = "withdrawn"
        self.browser_js(
            "/odoo/deadlines?view_type=kanban",
            "console.log('test successful')",
            "!!document.querySelector('.o_kanban_record button[name=action_renew]')",
            login="clerk",
        )

"""Names that are code: shown as text on pages, on paper, in notes and in the chatter."""

from datetime import date

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import HttpCase

from odoo.addons.deadline_management.controllers.portal import DeadlinePortal

from .common import MultipackCommon
from .hostile import CODE, NamesCommon


class TestHostileNames(NamesCommon, MultipackCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write({"name": CODE, "street": CODE, "ref": CODE})
        cls.products = cls.monthly + cls.yearly + cls.course + cls.coaching + cls.pack + cls.flat
        cls.products.write({"name": CODE})
        cls.deadline = cls._create_ending(5, description=CODE, note=CODE)
        cls.multipack = cls._sell_multipack(client_order_ref=CODE)
        cls.multipack.installment_ids[:1]._invoice()
        cls.ann = cls._create_user("ann", "base.group_portal", partner_id=cls.customer.id)
        cls.customer.write({"name": CODE})  # which that of a user is

    def test_portal(self):
        self.authenticate("ann", "ann")
        for url in (
            "/my/deadlines?groupby=product_id&filterby=all",
            f"/my/deadlines?search={CODE}",
            f"/my/deadlines/{self.deadline.id}",
            f"/my/deadlines/{self.deadline.id}?report_type=html",
            f"/my/deadlines/{self.deadline.id}?report_type=text",
            "/my/deadlines/statement",
            "/my/multipacks",
            f"/my/multipacks/{self.multipack.id}",
            f"/my/multipacks/{self.multipack.id}?report_type=html",
            f"/my/orders/{self.multipack.order_id.id}",
        ):
            page = self.url_open(url)
            self.assertEqual(page.status_code, 200, url)
            self._assert_harmless(page.content, url)

    def test_what_a_page_repeats_of_its_address(self):
        """The search and the choices stand in the links to the next pages, and nowhere else."""
        self._create_ending(6, description=CODE)
        self.patch(DeadlinePortal, "_items_per_page", 1)
        self.authenticate("ann", "ann")
        names = ("search", "sortby", "filterby", "groupby", "search_in", "page")
        parameters = dict.fromkeys(names, CODE)
        for url in ("/my/deadlines", "/my/multipacks"):
            page = self.url_open(url, params=parameters)
            self._assert_harmless(page.content, url)
        links = html.fromstring(
            self.url_open("/my/deadlines", params={"search": CODE}).content
        ).xpath("//a[contains(@href, 'zyx')]/@href")
        self.assertTrue(links)
        for link in links:
            self.assertTrue(link.startswith("/my/deadlines"), link)

    def test_what_a_link_says_is_not_told_on_the_page(self):
        """Or whoever writes a link to the customer could have us say it."""
        self.authenticate("ann", "ann")
        words = "error", "warning", "success", "message", "remark", "problem"
        for url in (
            "/my/deadlines",
            f"/my/deadlines/{self.deadline.id}",
            "/my/multipacks",
            f"/my/multipacks/{self.multipack.id}",
        ):
            page = self.url_open(url, params=dict.fromkeys(words, "Call 555 at once"))
            self.assertNotIn("Call 555 at once", html.fromstring(page.content).text_content())

    def test_warning_in_the_cart(self):
        """It names the deadlines that are too early or too late for a renewal."""
        early = self._create_ending(300, name=CODE, description=CODE)
        self.products.is_published = True
        self.authenticate("ann", "ann")
        page = self.url_open("/my/deadlines?filterby=all")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        cart = self.url_open(
            "/my/deadlines/renew", data={"csrf_token": token, "deadline_id": early.id}
        )
        self.assertIn("can be renewed from", cart.text)
        self._assert_harmless(cart.content, "cart")

    def test_notices(self):
        notice = self.env["deadline.notice"]._send_now(self.deadline)
        self._assert_harmless(notice.mail_id.body_html or notice.body, "notice")
        _subject, body = self.env["deadline.notice"]._render_preview(self.deadline)
        self._assert_harmless(body, "preview")

    def test_withdrawal(self):
        withdrawal = self._leave(self.multipack, date(2026, 4, 30), note=CODE)
        report = self.env["ir.actions.report"]
        for name in self.env["ir.actions.report"].search(
            [("model", "=like", "deadline.%"), ("report_type", "=", "qweb-pdf")]
        ):
            model = self.env[name.model]
            record = withdrawal if model._name == withdrawal._name else model.search([], limit=1)
            if model._transient or not record:
                continue
            content, _kind = report._render_qweb_html(name.report_name, record.ids)
            with self.subTest(report=name.report_name):
                self._assert_harmless(content, name.report_name)

    def _get_bodies(self, records):
        return [message.body for message in records.message_ids if message.body]

    def test_chatter(self):
        withdrawal = self._leave(self.multipack, date(2026, 4, 30), note=f"first\n{CODE}")
        records = self.deadline, self.multipack, self.multipack.order_id, withdrawal, self.customer
        for record in records:
            for body in self._get_bodies(record):
                self._assert_harmless(body, record, shown=False)
        bodies = [body for body in self._get_bodies(self.multipack) if withdrawal.name in body]
        self.assertEqual(len(bodies), 2)  # what it is, and the action that it was
        for body in bodies:
            self._assert_harmless(body, "note")
            self.assertTrue(html.fromstring(body).xpath("//br"), "its lines are lines")

    def test_notes_of_actions(self):
        """What people type is text, though the note of an action may be more than that."""
        wizards = self.env["deadline.action.wizard"]
        for done in ("planned", "done"):
            values = {"res_model": "res.partner", "res_ids": self.customer.ids, "is_done": done}
            wizards.create({**values, "note": f"first\n{CODE}", "summary": CODE}).action_record()
        leaving = self.env["deadline.withdrawal.wizard"].with_context(active_id=self.customer.id)
        leaving = leaving.create(
            {
                "multipack_ids": self.multipack.ids,
                "note": f"first\n{CODE}",
                "user_id": self.env.uid,
            }
        )
        leaving.action_preview()
        leaving.action_ask()
        leaving.action_confirm()
        actions = self.customer.activity_ids + self.multipack.activity_ids
        notes = actions.filtered("note").mapped("note")
        self.assertEqual(len(notes), 2)
        for note in notes:
            self._assert_harmless(note, "note")
            lines = [line.strip() for line in html.fromstring(note).itertext()]
            self.assertEqual([lines[0], "".join(lines[1:])], ["first", CODE])
        for body in self._get_bodies(self.customer):
            self._assert_harmless(body, "message", shown=False)

    def test_outcome_of_a_recall(self):
        recall = self.deadline.activity_schedule(
            "deadline_management.mail_activity_type_recall", summary=CODE, user_id=self.env.uid
        )
        recall.action_close_recall("lost", reason=CODE)
        [body] = [body for body in self._get_bodies(self.deadline) if "Feedback" in body]
        self._assert_harmless(body, "outcome")

    def test_what_was_not_opened(self):
        """The order tells of it, and a to-do of its salesperson."""
        order = self._create_order([self.yearly])
        self.yearly.active = False
        order.action_confirm()
        [note] = order.activity_ids.mapped("note")
        self._assert_harmless(note, "to-do")
        [body] = [body for body in self._get_bodies(order) if "No deadline was opened" in body]
        self._assert_harmless(body, "message")

    def test_forms(self):
        """Fields that are shown as markup, of every record with such a name."""
        withdrawal = self._leave(self.multipack, date(2026, 4, 30), note=CODE)
        notice = self.env["deadline.notice"]._send_now(self.deadline)
        why = self.env["deadline.notice.wizard"].with_context(default_deadline_id=self.deadline.id)
        why = why.create(why.default_get(["step_ids", "deadline_id", "body"]))
        self.env["res.currency"].search([]).write({"symbol": CODE[:40]})
        found = []
        for record in (withdrawal, withdrawal.line_ids, notice, why, self.pack.product_tmpl_id):
            for name, field in record._fields.items():
                if field.type == "html" and field._module == "deadline_management":
                    if record[name]:
                        self._assert_harmless(record[name], name, shown=False)
                        found.append(name)
        self.assertEqual(
            set(found), {"body", "installment_table", "multipack_preview"}, "none is left out"
        )

    def test_refusals(self):
        """A sentence is text to whoever shows it; a name is not worked into it twice."""
        self.deadline.name = "%(day)s %s {0} {{7919*7907}}"
        with self.assertRaises(UserError) as caught:
            self.deadline.quantity = 0
        self.assertIn("%(day)s %s {0} {{7919*7907}}", str(caught.exception))

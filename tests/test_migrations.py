from datetime import date
from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import freeze_time

from odoo.addons.deadline_management.models.deadline_facts_mixin import Ours

from .common import DeadlineCommon, MultipackCommon

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


class MigrationCommon(DeadlineCommon):
    def _migrate(self, version, name):
        """Run a script as an upgrade to that version does."""
        self.env.flush_all()
        path = FOLDER / version / f"{name}.py"
        load_script(str(path), name).migrate(self.env.cr, "19.0.1.0.0")
        self.env.flush_all()
        self.env.invalidate_all()


class TestRenewedOn(MigrationCommon):
    def _forget(self, deadline):
        """Have a deadline as it was renewed before the day was written down."""
        deadline.renewed_on = False
        self._migrate("19.0.1.1.0", "post-set_renewed_on")
        return deadline.renewed_on

    def test_day_of_the_order(self):
        with freeze_time("2026-01-31 10:00:00"):
            deadline = self._sell(self.monthly)
        with freeze_time("2026-02-20 10:00:00"):
            self._renew(deadline)
        self.assertEqual(self._forget(deadline), date(2026, 2, 20))

    def test_day_before_what_was_entered_later(self):
        deadline = self._create_deadline(date_end=date(2026, 2, 27))
        self._create_deadline(date_start=date(2026, 2, 28), previous_id=deadline.id)
        self.assertEqual(self._forget(deadline), date(2026, 2, 27))

    def test_day_of_entry_of_what_starts_later(self):
        deadline = self._create_deadline(date_start=date(2026, 1, 1), date_end=date(2060, 1, 31))
        following = self._create_deadline(date_start=date(2060, 2, 1), previous_id=deadline.id)
        entered = self.company._deadline_day(following.create_date)
        self.assertEqual(self._forget(deadline), entered)

    def test_what_is_known_stays(self):
        deadline = self._sell(self.monthly)
        self._renew(deadline)
        deadline.renewed_on = date(2020, 1, 1)
        self._migrate("19.0.1.1.0", "post-set_renewed_on")
        self.assertEqual(deadline.renewed_on, date(2020, 1, 1))

    def test_what_was_not_renewed_has_no_day(self):
        deadline = self._sell(self.monthly)
        self.assertFalse(self._forget(deadline))


class TestReminders(MigrationCommon):
    def _set_reminders(self, *companies):
        self._migrate("19.0.1.1.0", "post-set_reminders")
        return [company.deadline_reminder_ids.mapped("days_before") for company in companies]

    def _start_without(self):
        """Have the table as it is when the upgrade has just made it."""
        self.env["deadline.reminder"].search([]).unlink()
        self.env.cr.execute("ALTER SEQUENCE deadline_reminder_id_seq RESTART")

    def test_companies_older_than_reminders_have_some(self):
        other = self.env["res.company"].create({"name": "Other"})
        other.active = False
        self._start_without()
        self.assertEqual(self._set_reminders(self.company, other), [[30, 7, 1]] * 2)

    def test_those_of_a_level_are_no_choice_of_the_company(self):
        self._start_without()
        self.env["res.partner.grade"].create(
            {
                "name": "Gold",
                "reminder_policy": "own",
                "deadline_reminder_ids": [(0, 0, {"days_before": 60})],
            }
        )
        self.assertEqual(self._set_reminders(self.company), [[30, 7, 1]])

    def test_who_wants_none_is_given_none(self):
        self.env["deadline.reminder"].search([]).unlink()
        self.assertEqual(self._set_reminders(self.company), [[]])

    def test_who_has_some_keeps_them(self):
        other = self.env["res.company"].create({"name": "Other"})
        other.deadline_reminder_ids.unlink()
        self.company.deadline_reminder_ids.filtered(lambda one: one.days_before == 7).unlink()
        self.assertEqual(self._set_reminders(self.company, other), [[30, 1], []])


class TestAccessToken(MigrationCommon):
    def test_what_has_none_gets_one_and_links_that_were_sent_stay(self):
        without, shared = self._create_deadline(), self._create_deadline()
        without.access_token, token = False, shared.access_token
        self._migrate("19.0.1.1.0", "post-set_access_token")
        self.assertEqual(len(without.access_token), len(token))
        self.assertEqual(shared.access_token, token)


class TestMailTemplates(MigrationCommon):
    OLD_BUTTON = (
        '<p style="margin: 24px 0;"><a t-att-href="object._get_portal_url()" style="display:'
        " inline-block; padding: 12px 24px; border-radius: 6px; background-color: #714B67; color:"
        ' #ffffff; font-weight: bold; text-decoration: none;">%s</a></p>'
    )

    def _migrate_templates(self):
        self._migrate("19.0.1.2.0", "post-mail_templates")

    def test_button_of_every_language_gets_its_colored_cell(self):
        self.env["res.lang"]._activate_lang("it_IT")
        template = self.env.ref("deadline_management.mail_template_notice_reminder")
        template.body_html = "<p>Own words</p>" + self.OLD_BUTTON % "See and renew"
        italian = template.with_context(lang="it_IT")
        italian.body_html = "<p>Parole proprie</p>" + self.OLD_BUTTON % "Visualizza e rinnova"
        self._migrate_templates()
        for one, words, label in (
            (template, "Own words", "See and renew"),
            (italian, "Parole proprie", "Visualizza e rinnova"),
        ):
            self.assertIn(words, one.body_html)
            self.assertIn(f">{label}</a></td></tr></table>", one.body_html)
            self.assertIn("email_secondary_color", one.body_html)
            self.assertNotIn("inline-block", one.body_html)

    def test_sentences_that_were_changed_by_people_stay(self):
        template = self.env.ref("deadline_management.mail_template_notice_payment_due")
        for old, new in (
            ("<p>the following payment is due:</p>", "<p>the following is to be paid:</p>"),
            ("<p>please pay:</p>", "<p>please pay:</p>"),
        ):
            template.body_html = f"<p>Dear customer,</p>{old}"
            self._migrate_templates()
            self.assertIn(new, template.body_html)

    def test_what_is_new_stays(self):
        template = self.env.ref("deadline_management.mail_template_win_back_1")
        before = template.body_html
        self._migrate_templates()
        self.assertEqual(template.body_html, before)

    def test_replies_go_to_who_is_responsible_by_then(self):
        template = self.env.ref("deadline_management.mail_template_win_back_1")
        new = template.reply_to
        template.reply_to = (
            "{{ object.user_id.email_formatted or object.company_id.email_formatted"
            " or user.email_formatted }}"
        )
        self._migrate_templates()
        self.assertEqual(template.reply_to, new)
        template.reply_to = "{{ user.email_formatted }}"
        self._migrate_templates()
        self.assertEqual(template.reply_to, "{{ user.email_formatted }}")


class TestWinBackRules(MigrationCommon):
    OLD = (
        "[('state', '=', 'expired'), ('expired_on', '>=', 'today -10d'),"
        " ('notice_line_ids', 'any', [('kind', '=', 'expired'), ('verdict', '=', 'queued')]),"
        " ('partner_id.deadline_notices_excluded', '=', False),"
        " ('commercial_partner_id.deadline_notices_excluded', '=', False),"
        " ('partner_id.is_blacklisted', '=', False),"
        " ('renewal_line_ids', 'not any', [('state', '=', 'sent')])]"
    )

    def test_unchanged_ones_ask_for_what_reminders_ask(self):
        rule = self.env.ref("deadline_management.base_automation_win_back_7")
        new = rule.filter_domain
        for before, after in ((self.OLD, new), ("[('amount', '>', 5)]", "[('amount', '>', 5)]")):
            rule.filter_domain = before
            self._migrate("19.0.1.2.0", "post-win_back_rules")
            self.assertEqual(rule.filter_domain, after)


class TestTodos(MigrationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads")
        cls.deadline = cls._create_deadline(user_id=cls.seller.id)
        contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)
        cls.ann = cls._create_user("ann", "base.group_portal", partner_id=contact.id)

    def _migrate_todos(self):
        self._migrate("19.0.1.2.0", "post-todos")

    def _write(self, user):
        """Have somebody write who is heard by nobody, as before."""
        return self.deadline._message_log(
            body="Help", author_id=user.partner_id.id, message_type="comment"
        )

    def test_what_a_customer_wrote_and_nobody_was_told_is_a_todo(self):
        self._write(self.ann)
        self._migrate_todos()
        todo = self.deadline.activity_ids
        self.assertEqual((todo.user_id, todo.customer_id), (self.seller, self.customer))

    def test_what_was_answered_is_none(self):
        self._write(self.ann)
        self._write(self.seller)
        self._migrate_todos()
        self.assertFalse(self.deadline.activity_ids)

    def test_todos_of_nobody_are_given_to_somebody(self):
        todo = self.deadline.activity_schedule("mail.mail_activity_data_todo", user_id=False)
        self.assertFalse(todo.user_id)
        self._migrate_todos()
        self.assertEqual(todo.user_id, self.seller)

    def test_todos_of_orders_know_their_customer(self):
        order = self._create_order([self.monthly])
        todo = order.activity_schedule("mail.mail_activity_data_todo")
        self.env.cr.execute("UPDATE mail_activity SET customer_id = NULL WHERE id = %s", [todo.id])
        self.env.invalidate_all()
        self._migrate_todos()
        self.assertEqual(todo.customer_id, self.customer)

    def test_of_missing_deadlines_go_with_them(self):
        orders = self._create_order([self.monthly]) + self._create_order([self.monthly])
        self.monthly.active = False
        orders.action_confirm()
        orders.activity_ids.deadline_topic = False
        self.monthly.active = True
        orders[0].action_open_deadlines()
        self.assertTrue(orders[0].activity_ids)
        self._migrate("19.0.1.2.0", "post-todo_topics")
        self.assertFalse(orders[0].activity_ids)
        self.assertEqual(orders[1].activity_ids.deadline_topic, "opening")

    def test_of_expiries_go_with_a_renewal(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.seller.lang = "it_IT"
        deadlines = self.deadline + self._create_deadline(user_id=self.seller.id)
        deadlines.product_id.deadline_expiry_activity = True
        deadlines._expire()
        deadlines.activity_ids.deadline_topic = False
        self.deadline._set_state("renewed", renewed_on=self.company._deadline_today())
        self.assertTrue(self.deadline.activity_ids)
        self._migrate("19.0.1.2.0", "post-todo_topics")
        self.assertFalse(self.deadline.activity_ids)
        self.assertEqual(deadlines.activity_ids.deadline_topic, "expired")


class TestNoticeSubjects(MigrationCommon):
    def test_are_those_of_the_e_mails(self):
        self.customer.email = "acme@example.com"
        deadline = self._create_deadline(date_start=self.company._deadline_today())
        notice = self.env["deadline.notice"]._send_now(deadline)
        subject = notice.subject
        notice.subject = False
        self._migrate("19.0.1.2.0", "post-notice_subjects")
        self.assertEqual(notice.subject, subject)
        self.assertTrue(subject)


class TestWithdrawals(MultipackCommon, MigrationCommon):
    """Withdrawals of before: full amounts on the services, what was written on the customer."""

    def test_amounts_and_notes_are_brought_to_what_they_mean(self):
        multipack = self._sell_multipack()
        withdrawal = self._leave(multipack, date(2026, 4, 30), note="Moves abroad")
        for deadline, amount in zip(multipack.deadline_ids, (750.0, 250.0), strict=True):
            deadline.amount = amount
        action = self.customer.deadline_action_ids
        partner_model = self.env["ir.model"]._get_id("res.partner")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_activity SET res_model = 'res.partner', res_model_id = %s, res_id = %s"
            " WHERE id = %s",
            [partner_model, self.customer.id, action.id],
        )
        said = self.env["mail.message"].search(
            [("model", "=", "deadline.multipack"), ("mail_activity_type_id", "!=", False)]
        )
        said = said.filtered(lambda message: message.res_id == multipack.id)
        self.assertIn("Moves abroad", said.body)
        self.env.cr.execute(
            "UPDATE mail_message SET model = 'res.partner', res_id = %s WHERE id = %s",
            [self.customer.id, said.id],
        )
        self.env.invalidate_all()
        other = self._sell_multipack()
        self._migrate("19.0.1.2.0", "post-withdrawals")
        self.assertEqual(multipack.deadline_ids.mapped("amount"), [375.0, 125.0])
        self.assertEqual(sum(other.deadline_ids.mapped("amount")), 1000.0)
        self.assertEqual((action.res_model, action.res_id), (multipack._name, multipack.id))
        self.assertEqual((said.model, said.res_id), (multipack._name, multipack.id))
        self.assertEqual(withdrawal.line_ids.amount_removed, 500.0)


class TestSharesOrder(MigrationCommon, MultipackCommon):
    def test_price_of_the_line_is_no_part_of_a_discounted_order(self):
        plain = self._sell_multipack()
        with freeze_time("2026-03-10 09:00:00"):
            book = self._create_product("Book", is_deadline=False)
            line = {"product_id": book.id, "price_unit": -100.0, "tax_ids": False}
            order = self._create_order([self.pack, line])
            order.action_confirm()
        discounted = order.order_line.multipack_ids
        # As they were: opened at the price of their line.
        unchecked = discounted.with_context(multipack_schedule=Ours(discounted.ids))
        unchecked.installment_ids.amount = 250.0
        discounted.amount = 1000.0
        (plain + discounted).shares_order = False
        self._migrate("19.0.1.2.0", "pre-set_shares_order")
        self.assertEqual((plain.shares_order, discounted.shares_order), (True, False))
        self.assertEqual(discounted.installment_ids.mapped("amount"), [250.0] * 4)


class TestPortalMethods(MigrationCommon):
    def _create_view(self, **values):
        arch = """<t t-name="x"><p t-out="deadline._say_days_left()"/>
            <p t-out="line._say_end()"/><p t-out="line._say_days_left()"/></t>"""
        values = {"key": "deadline_management.portal_my_deadlines", **values}
        view = self.env["ir.ui.view"].create({"name": "x", "type": "qweb", "arch": arch, **values})
        self._migrate("19.0.1.2.0", "pre-portal_methods")
        return view.arch_db

    def test_page_changed_for_a_website_calls_by_the_name_of_today(self):
        website = self.env["website"].search([], limit=1)
        arch = self._create_view(website_id=website.id)
        for name in ("deadline._format_days_left", "line._format_end", '"line._format_days_left'):
            self.assertIn(f"{name}()", arch)

    def test_page_of_somebody_else_stays_as_it_is(self):
        website = self.env["website"].search([], limit=1)
        arch = self._create_view(website_id=website.id, key="other.portal_my_deadlines")
        self.assertIn("deadline._say_days_left()", arch)

from psycopg2.errors import ForeignKeyViolation

from odoo.exceptions import UserError, ValidationError
from odoo.tools import mute_logger

from .common import DeadlineCommon, MultipackCommon


class TestInUse(MultipackCommon):
    """What is in use is not deleted: nothing of it is emptied without a word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_user("manager", "deadline_management.group_deadline_manager")
        cls.origin = cls.env["deadline.origin"].create({"name": "Fair"})
        cls.bank = cls.env["res.bank"].create({"name": "Banca del Nord"})
        cls.elsewhere = cls.env["res.company"].create(
            {"name": "Elsewhere", "currency_id": cls.company.currency_id.id}
        )

    def _assert_kept(self, record, *texts):
        with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
            record.with_user(self.manager).unlink()
        for text in (record.display_name, *texts):
            self.assertIn(text, str(refusal.exception))
        self.assertTrue(record.exists())

    def test_origin(self):
        deadlines = self._create_ending(5, origin_id=self.origin.id)
        deadlines += self._create_ending(
            9, origin_id=self.origin.id, company_id=self.elsewhere.id
        )  # which the manager does not see
        self._assert_kept(self.origin, "(2)", "archive it")
        self.assertEqual(deadlines.origin_id, self.origin)
        deadlines.origin_id = False
        self.origin.with_user(self.manager).unlink()
        self.assertFalse(self.origin.exists())

    def test_bank(self):
        deadline = self._create_ending(5, bank_id=self.bank.id)
        self._assert_kept(self.bank, "(1)", "archive it")
        deadline.bank_id = False
        self.bank.with_user(self.manager).unlink()
        self.assertFalse(self.bank.exists())

    def test_one_in_use_keeps_those_that_are_not(self):
        free = self.origin.create({"name": "Free"})
        self._create_ending(5, origin_id=self.origin.id)
        with self.assertRaisesRegex(UserError, "Fair"):
            (free + self.origin).unlink()

    def test_database_holds_it(self):
        for name, record in (("origin_id", self.origin), ("bank_id", self.bank)):
            self._create_ending(5, **{name: record.id})
            self.env.flush_all()
            with (
                self.assertRaises(ForeignKeyViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"DELETE FROM {record._table} WHERE id = {record.id}")

    def test_archived_ones_stay_on_their_deadlines(self):
        deadline = self._create_ending(5, origin_id=self.origin.id, bank_id=self.bank.id)
        (self.origin.with_user(self.manager)).action_archive()
        (self.bank.with_user(self.manager)).action_archive()
        deadline.invalidate_recordset()
        self.assertEqual((deadline.origin_id, deadline.bank_id), (self.origin, self.bank))

    def test_text_of_a_reminder(self):
        standard = self.env.ref("deadline_management.mail_template_notice_reminder")
        template = standard.copy({"name": "Our own words"})
        reminder = self.company._get_deadline_reminders(self.env["res.partner.grade"])[:1]
        reminder.template_id = template
        with self.assertRaisesRegex(UserError, f"Our own words.*{reminder.display_name}"):
            template.unlink()
        reminder.template_id = False
        template.unlink()

    def test_payment_method_of_a_multipack(self):
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        line = journal.inbound_payment_method_line_ids[:1].copy({"name": "By bank"})
        multipack = self._sell_multipack()
        multipack.write({"collection": "method", "payment_method_line_id": line.id})
        with self.assertRaisesRegex(UserError, f"By bank.*{multipack.name}"):
            line.unlink()
        multipack.payment_method_line_id = False
        line.unlink()


class TestOriginNames(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.origin = cls.env["deadline.origin"].create({"name": "Word of Mouth"})

    def _assert_refused(self, text, **values):
        with self.assertRaisesRegex(ValidationError, text), self.env.cr.savepoint():
            self.origin.create(values)

    def test_each_name_is_there_once(self):
        for name in ("Word of Mouth", "word of mouth", " WORD OF MOUTH "):
            self._assert_refused("already is an origin “Word of Mouth”", name=name)
        self._assert_refused("already is", name="word of mouth", company_id=self.other.id)
        self.assertTrue(self.origin.create({"name": "Word of %"}))
        self.assertTrue(self.origin.create({"name": "Word_of_Mouth"}))

    def test_in_one_list(self):
        with self.assertRaises(ValidationError):
            self.origin.create([{"name": "Fair"}, {"name": "fair"}])

    def test_renamed(self):
        fair = self.origin.create({"name": "Fair"})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            fair.name = "Word of mouth"
        fair.name = "FAIR"

    def test_companies_have_their_own(self):
        here = self.origin.create({"name": "Agent", "company_id": self.company.id})
        there = self.origin.create({"name": "Agent", "company_id": self.other.id})
        self._assert_refused("already is", name="agent")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            here.company_id = self.other
        there.unlink()
        here.company_id = False

    def test_archived_one_is_said(self):
        self.origin.active = False
        self._assert_refused("archived", name="word of mouth")

    def test_copy_has_a_name_of_its_own(self):
        self.assertNotEqual(self.origin.copy().name, self.origin.name)

    def test_earlier_ones_are_kept_and_used(self):
        self.env.cr.execute(
            "INSERT INTO deadline_origin (name, active, sequence)"
            " SELECT name, true, 10 FROM deadline_origin WHERE id = %s RETURNING id",
            [self.origin.id],
        )
        twin = self.origin.browse(self.env.cr.fetchone()[0])
        (self.origin + twin).sequence = 5
        self.assertEqual(self._create_deadline(origin_id=twin.id).origin_id, twin)
        twin.active = False

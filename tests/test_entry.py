from datetime import date, timedelta

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import ImportCommon, MultipackCommon


class TestEnteredExpired(ImportCommon):
    """What is past its end when it is entered is expired from the outset."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.end = cls.TODAY - timedelta(days=9)
        cls.rules = [cls._create_rule(name) for name in ("on_state_set", "on_create_or_write")]
        cls.rules.append(cls._create_rule("on_create"))

    @classmethod
    def _create_rule(cls, trigger):
        """Return a rule that leaves a to-do on whatever is expired."""
        model = cls.env["ir.model"]._get("deadline.deadline")
        state = cls.env["ir.model.fields"]._get("deadline.deadline", "state")
        expired = state.selection_ids.filtered(lambda one: one.value == "expired")
        rule = cls.env["base.automation"].create(
            {
                "name": trigger,
                "model_id": model.id,
                "trigger": trigger,
                **({"trg_selection_field_id": expired.id} if trigger == "on_state_set" else {}),
                "action_server_ids": [
                    Command.create(
                        {
                            "name": trigger,
                            "model_id": model.id,
                            "state": "code",
                            "code": "for one in records: one.message_post("
                            f"body='{trigger}', subject='rule')",
                        }
                    )
                ],
            }
        )
        rule.filter_domain = "[('state', '=', 'expired')]"
        if trigger == "on_create_or_write":
            rule.trigger_field_ids = state  # of all others, Odoo itself computes some after it
        return rule

    def _assert_once(self, deadlines):
        self.env.flush_all()
        for deadline in deadlines:
            self.assertEqual(deadline.state, "expired")
            self.assertEqual(deadline.expired_on, deadline.date_end)
            self.assertEqual(deadline.sudo().notified_step, -1)
            said = deadline.message_ids.filtered(lambda one: one.subject == "rule")
            self.assertEqual(
                sorted(message.preview for message in said),
                ["on_create", "on_create_or_write", "on_state_set"],
            )

    def _prepare(self, **values):
        return {
            "partner_id": self.customer.id,
            "product_id": self.yearly.id,
            "date_start": self.end - timedelta(days=364),
            **values,
        }

    def test_by_the_form(self):
        with Form(self.env["deadline.deadline"].with_user(self.seller)) as form:
            form.partner_id = self.customer
            form.product_id = self.yearly
            form.date_start = date(2025, 1, 1)
        self._assert_once(form.record)

    def test_several_at_once_with_and_without_an_end(self):
        deadlines = self.env["deadline.deadline"].create(
            [
                self._prepare(),
                self._prepare(date_end=str(self.end)),
                self._prepare(duration_count=1, duration_unit="month"),
                self._prepare(date_end=False),
            ]
        )
        self._assert_once(deadlines)

    def test_by_an_import(self):
        columns = ["partner_id", "product_id", "date_start", "date_end"]
        self._assert_once(
            self._import_well(
                columns,
                ["Acme", "Licence", "2025-01-01", ""],
                ["Acme", "Licence", "2025-01-01", "2025-06-30"],
            )
        )

    def test_what_ends_today_runs(self):
        deadline = self.env["deadline.deadline"].create(self._prepare(date_end=self.TODAY))
        self.assertEqual((deadline.state, deadline.expired_on), ("active", False))

    def test_nothing_of_it_needs_a_quantity_less(self):
        with self.assertRaises(ValidationError):
            self.env["deadline.deadline"].create(self._prepare(quantity=0))


class TestEnteredMonths(MultipackCommon):
    def test_months_made_up_for_run(self):
        multipack = self._sell_multipack(self.flat, day="2025-11-10")
        self._run_on("extend", self.TODAY)
        self.assertGreater(len(multipack.deadline_ids), 6)
        self.assertEqual(set(multipack.deadline_ids.mapped("state")), {"active", "renewed"})


class TestMessagesOfEntry(ImportCommon):
    """A message about what is being entered names what people know of it, not a number to come."""

    def _enter(self, **values):
        with self.assertRaises(ValidationError) as refusal:
            self._create_deadline(**values)
        text = str(refusal.exception)
        self.assertIn("Hosting", text)
        self.assertIn("Acme", text)
        self.assertNotRegex(text, r"DL\d")
        self.assertNotIn("cancel it", text)
        return text

    def test_quantity(self):
        self.assertIn("quantity above zero", self._enter(quantity=0))

    def test_period(self):
        self._enter(duration_count=0)
        self._enter(date_end=date(2199, 1, 1))

    def test_period_before(self):
        first = self._create_deadline()
        with self.assertRaises(ValidationError) as refusal:
            self._create_deadline(previous_id=first.id, date_start=date(2026, 2, 1))
        self.assertIn("“Hosting, Acme” would start", str(refusal.exception))
        self.assertIn(first.name, str(refusal.exception))

    def test_what_is_not_yet_chosen_is_not_called_archived(self):
        for values in ({}, {"partner_id": self.customer.id}, {"product_id": self.yearly.id}):
            self.assertFalse(self.env["deadline.deadline"].new(values).renewal_problem)

    def test_number_that_was_given_is_said(self):
        with self.assertRaisesRegex(ValidationError, "“OLD7”"):
            self._create_deadline(name="OLD7", quantity=0)

    def test_one_that_is_there_is_named(self):
        deadline = self._create_deadline(date_start=date(2026, 3, 1))
        with self.assertRaisesRegex(ValidationError, f"“{deadline.name}”.*cancel it"):
            deadline.quantity = 0

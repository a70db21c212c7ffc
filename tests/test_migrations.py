from datetime import date
from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import freeze_time

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
        discounted.with_context(multipack_schedule=True).installment_ids.amount = 250.0
        discounted.amount = 1000.0
        (plain + discounted).shares_order = False
        self._migrate("19.0.1.2.0", "pre-set_shares_order")
        self.assertEqual((plain.shares_order, discounted.shares_order), (True, False))
        self.assertEqual(discounted.installment_ids.mapped("amount"), [250.0] * 4)

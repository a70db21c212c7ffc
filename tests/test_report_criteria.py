from datetime import date, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time

from .common import ReportCommon


class TestReportCriteria(ReportCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._create_deadline(date_start=date(2026, 2, 1), date_end=date(2026, 2, 28))
        cls.second = cls._create_deadline(
            date_start=date(2026, 3, 1), date_end=date(2026, 3, 31), partner_id=cls.other.id
        )
        cls.third = cls._create_deadline(
            date_start=date(2026, 4, 1), date_end=date(2027, 3, 31), product_id=cls.yearly.id
        )
        cls.all = cls.first + cls.second + cls.third

    def test_without_criteria_all_are_reported(self):
        self.assertEqual(self._find(), self.all)

    def test_intervals_include_both_ends(self):
        day = timedelta(days=1)
        for side in ("start", "end"):
            at = self.second[f"date_{side}"]
            for first, last, expected in (
                (at, at, self.second),
                (at + day, False, self.third),
                (False, at - day, self.first),
                (at, False, self.second + self.third),
                (False, at, self.first + self.second),
            ):
                found = self._find(**{f"{side}_from": first, f"{side}_to": last})
                self.assertEqual(found, expected, (side, first, last))

    def test_both_intervals_hold_together(self):
        self.assertEqual(
            self._find(start_from=date(2026, 3, 1), end_to=date(2026, 12, 31)), self.second
        )

    def test_interval_that_ends_before_it_begins_is_refused(self):
        for side in ("start", "end"):
            with self.assertRaisesRegex(ValidationError, "05/02/2026 to 05/01/2026"):
                self._create_report(
                    **{f"{side}_from": date(2026, 5, 2), f"{side}_to": date(2026, 5, 1)}
                )

    def test_named_interval_is_that_of_the_calendar(self):
        for period, first, last in (
            ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
            ("this_month", date(2026, 3, 1), date(2026, 3, 31)),
            ("next_month", date(2026, 4, 1), date(2026, 4, 30)),
            ("last_quarter", date(2025, 10, 1), date(2025, 12, 31)),
            ("this_quarter", date(2026, 1, 1), date(2026, 3, 31)),
            ("next_quarter", date(2026, 4, 1), date(2026, 6, 30)),
            ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
            ("this_year", date(2026, 1, 1), date(2026, 12, 31)),
            ("next_year", date(2027, 1, 1), date(2027, 12, 31)),
        ):
            report = self._create_report(end_period=period, start_period=period)
            self.assertEqual((report.end_from, report.end_to), (first, last), period)
            self.assertEqual((report.start_from, report.start_to), (first, last), period)

    def test_named_interval_follows_the_company_s_day(self):
        with freeze_time("2026-03-31 23:00:00"):  # in Rome it is April already
            self.assertEqual(self._create_report(end_period="this_month").end_from.month, 4)
            self.company.partner_id.tz = "America/New_York"
            self.assertEqual(self._create_report(end_period="this_month").end_from.month, 3)

    def test_month_ends_with_its_last_day(self):
        self.assertEqual(self._find(end_period="last_month"), self.first)
        self.assertEqual(self._find(end_period="this_month"), self.second)
        with freeze_time("2028-02-10 03:00:00"):
            self.assertEqual(self._create_report(end_period="this_month").end_to, date(2028, 2, 29))

    def test_customer_brings_the_contacts_of_the_company(self):
        ann, ben = (
            self._create_customer(name, is_company=False, parent_id=self.customer.id)
            for name in ("Ann", "Ben")
        )
        of_ann = self._create_deadline(partner_id=ann.id)
        for partner in (self.customer, ann, ben):
            found = self._find(partner_ids=[Command.set(partner.ids)])
            self.assertEqual(found, self.first + self.third + of_ann, partner.name)

    def test_contact_who_left_has_left_what_was_bought(self):
        ann = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        of_ann = self._create_deadline(partner_id=ann.id)
        ann.parent_id = self.other
        self.assertEqual(self._find(partner_ids=[Command.set(ann.ids)]), self.second)
        self.assertIn(of_ann, self._find(partner_ids=[Command.set(self.customer.ids)]))

    def test_records_to_choose_from(self):
        origin = self.env["deadline.origin"].create({"name": "Fair"})
        bank = self.env["res.bank"].create({"name": "Savings"})
        self.third.write({"origin_id": origin.id, "bank_id": bank.id, "user_id": self.seller.id})
        for name, record in {
            "product_ids": self.yearly,
            "origin_ids": origin,
            "bank_ids": bank,
            "user_ids": self.seller,
        }.items():
            self.assertEqual(self._find(**{name: [Command.set(record.ids)]}), self.third, name)

    def test_states(self):
        self.first.state = "cancelled"
        self.second.state = "expired"
        self.assertEqual(self._find(), self.second + self.third)
        nothing = dict.fromkeys(
            ("state_active", "state_renewed", "state_expired", "state_withdrawn"), False
        )
        self.assertEqual(self._find(**nothing), self.all)  # no box means no matter which
        self.assertEqual(self._find(**nothing | {"state_cancelled": True}), self.first)
        self.assertEqual(self._find(**nothing | {"state_expired": True}), self.second)

    def test_selection_in_the_list_is_reported_and_nothing_else(self):
        self.first.state = "cancelled"
        chosen = self.first + self.third
        wizards = self.env["deadline.report.wizard"].with_user(self.seller)
        selected = wizards.with_context(active_model="deadline.deadline", active_ids=chosen.ids)
        report = Form(selected).save()
        self.assertEqual(report.deadline_count, 2)
        self.assertEqual(report.env["deadline.deadline"].search(report._get_domain()), chosen)

    def test_customers_one_comes_from_are_reported(self):
        wizards = self.env["deadline.report.wizard"].with_context(active_model="res.partner")
        for context in ({"active_ids": self.other.ids}, {"active_id": self.other.id}):
            report = Form(wizards.with_context(**context)).save()
            self.assertEqual(report.partner_ids, self.other)

    def test_menu_knows_of_no_record(self):
        report = Form(
            self.env["deadline.report.wizard"].with_context(
                active_model="ir.ui.menu", active_ids=[1]
            )
        ).save()
        self.assertFalse(report.partner_ids or report.selected_ids)

    def test_form_counts_while_criteria_change(self):
        form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
        self.assertEqual(form.deadline_count, 3)
        form.end_period = "this_month"
        self.assertEqual((form.end_from, form.deadline_count), (date(2026, 3, 1), 1))
        form.end_period = False
        form.end_from = form.end_to = False
        form.partner_ids.add(self.customer)
        self.assertEqual(form.deadline_count, 2)

    def test_screen_shows_the_same_in_the_list(self):
        report = self._create_report(end_period="this_month", group_by="date_end:month")
        action = report.action_view()
        self.assertEqual(self.env["deadline.deadline"].search(action["domain"]), self.second)
        self.assertEqual(action["context"]["group_by"], ["date_end:month"])
        self.assertEqual(self._create_report().action_view()["context"]["group_by"], [])

    def test_criteria_in_words(self):
        customers = self.env["res.partner"].create([{"name": f"C{n:02}"} for n in range(12)])
        report = self._create_report(
            start_from=date(2026, 1, 1),
            end_period="next_month",
            partner_ids=[Command.set(customers.ids)],
            state_renewed=False,
            state_withdrawn=False,
        )
        self.assertEqual(
            report._get_criteria(),
            [
                ("Start Date", "from 01/01/2026 on"),
                ("End Date", "04/01/2026 to 04/30/2026"),
                ("Customers", "C00, C01, C02, C03, C04, C05, C06, C07, C08, C09 and 2 more"),
                ("Status", "Active, Expired"),
            ],
        )
        self.assertIn(
            ("End Date", "until 05/01/2026"),
            self._create_report(end_to=date(2026, 5, 1))._get_criteria(),
        )


class TestReportPresets(ReportCommon):
    def _fill(self, preset):
        form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
        form.end_from = date(2020, 1, 1)  # goes with what the preset does not want
        form.preset = preset
        return form

    def test_renewals_of_next_month(self):
        form = self._fill("to_renew_next_month")
        self.assertEqual((form.end_from, form.end_to), (date(2026, 4, 1), date(2026, 4, 30)))
        self.assertEqual(form.group_by, "commercial_partner_id")
        self.assertTrue(form.state_active)
        self.assertFalse(form.state_expired or form.state_renewed)

    def test_expired_this_quarter(self):
        form = self._fill("expired_this_quarter")
        self.assertEqual((form.end_from, form.end_to), (date(2026, 1, 1), date(2026, 3, 31)))
        self.assertTrue(form.state_expired)
        self.assertFalse(form.state_active or form.state_renewed)

    def test_every_preset_can_be_saved_and_changes_the_criteria(self):
        before = Form(self.env["deadline.report.wizard"]).save()._prepare_favorite()
        for preset, _label in self.env["deadline.report.wizard"]._fields["preset"].selection:
            report = self._fill(preset).save()
            self.assertNotEqual(report._prepare_favorite(), before, preset)
            self.assertTrue(report.start_from or report.end_from != date(2020, 1, 1), preset)


class TestReportFavorites(ReportCommon):
    def _save(self, name, **values):
        report = self._create_report(favorite_name=name, **values)
        action = report.action_save_favorite()
        self.assertEqual(action["res_id"], report.id)
        return report.favorite_id

    def _use(self, favorite, user=None):
        form = Form(self.env["deadline.report.wizard"].with_user(user or self.seller))
        form.favorite_id = favorite
        return form.save()

    def test_brings_the_criteria_back(self):
        favorite = self._save(
            "Mine",
            start_from=date(2026, 1, 1),
            partner_ids=[Command.set(self.other.ids)],
            state_expired=False,
            show_quantity=True,
            group_by="product_id",
        )
        report = self._use(favorite)
        self.assertEqual((report.start_from, report.start_to), (date(2026, 1, 1), False))
        self.assertEqual((report.partner_ids, report.group_by), (self.other, "product_id"))
        self.assertTrue(report.show_quantity)
        self.assertFalse(report.state_expired)

    def test_named_interval_moves_on(self):
        favorite = self._save("Mine", end_period="next_month")
        with freeze_time("2026-12-10 03:00:00"):
            self.assertEqual(self._use(favorite).end_to, date(2027, 1, 31))

    def test_same_name_is_written_over(self):
        favorite = self._save("Mine", end_period="next_month")
        self.assertEqual(self._save(" Mine ", end_period="last_month"), favorite)
        self.assertEqual(self._use(favorite).end_period, "last_month")

    def test_needs_a_name(self):
        with self.assertRaisesRegex(UserError, "Enter a name"):
            self._create_report(favorite_name="  ").action_save_favorite()

    def test_record_that_is_gone_is_left_out(self):
        partners = self.other + self._create_customer("Gone")
        favorite = self._save("Mine", partner_ids=[Command.set(partners.ids)])
        partners[1].unlink()
        self.assertEqual(self._use(favorite).partner_ids, self.other)

    def test_is_deleted_and_the_criteria_stay(self):
        favorite = self._save("Mine", end_period="next_month")
        report = self._use(favorite)
        report.action_delete_favorite()
        self.assertFalse(favorite.exists())
        self.assertEqual(report.end_period, "next_month")

    def test_belongs_to_its_user(self):
        favorite = self._save("Mine", end_period="next_month")
        colleague = self._create_user("colleague", "sales_team.group_sale_salesman_all_leads")
        self.assertFalse(
            self.env["ir.filters"].with_user(colleague).search([("id", "=", favorite.id)])
        )
        wizards = self.env["deadline.report.wizard"].with_user(colleague)
        own = wizards.create({"favorite_name": "Mine"})
        own.action_save_favorite()
        self.assertNotEqual(own.favorite_id, favorite)

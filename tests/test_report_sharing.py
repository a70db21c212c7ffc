from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form

from odoo.addons.deadline_management.wizards.deadline_report_wizard import KEPT

from .common import ReportCommon


class TestReportSharing(ReportCommon):
    """A favorite is its user's alone, holds every criterion, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman_all_leads")
        report = cls._create_report(favorite_name="Mine", end_period="next_month")
        report.action_save_favorite()
        cls.favorite = report.favorite_id

    def test_colleague_neither_reads_nor_deletes_it(self):
        favorite = self.favorite.with_user(self.colleague)
        with self.assertRaises(AccessError):
            favorite.read(["context"])
        wizards = self.env["deadline.report.wizard"].with_user(self.colleague)
        report = wizards.create({})
        report.sudo().favorite_id = self.favorite
        report.env.invalidate_all()
        with self.assertRaises(AccessError):
            report.action_delete_favorite()
        self.assertTrue(self.favorite.exists())

    def test_it_is_offered_to_its_user_only(self):
        domain = [("model_id", "=", "deadline.report.wizard")]
        for user, expected in (
            (self.seller, self.favorite),
            (self.colleague, self.env["ir.filters"]),
        ):
            found = self.env["ir.filters"].with_user(user).search(domain)
            self.assertEqual(found, expected, user.login)

    def test_no_list_offers_it_as_a_filter(self):
        for user in (self.seller, self.colleague):
            offered = self.env["ir.filters"].with_user(user).get_filters("deadline.deadline")
            self.assertNotIn("Mine", [one["name"] for one in offered])

    def test_it_holds_every_criterion(self):
        """Whatever a field of the wizard asks, but for who asks and what was selected."""
        asked = {
            name
            for name, field in self.env["deadline.report.wizard"]._fields.items()
            if name not in ("id", "display_name", "preset", "favorite_id", "favorite_name")
            and not name.startswith(("create_", "write_", "selected_"))
            and name not in ("company_ids", "deadline_count")
        }
        self.assertEqual(set(KEPT), asked)

    def test_everything_comes_back_as_it_was(self):
        origin = self.env["deadline.origin"].create({"name": "Fair"})
        bank = self.env["res.bank"].create({"name": "Savings"})
        values = {
            "start_from": "2026-01-02",
            "start_to": "2026-02-03",
            "end_period": "last_quarter",
            "partner_ids": [Command.set((self.customer + self.other).ids)],
            "product_ids": [Command.set(self.yearly.ids)],
            "origin_ids": [Command.set(origin.ids)],
            "bank_ids": [Command.set(bank.ids)],
            "user_ids": [Command.set((self.seller + self.colleague).ids)],
            "state_active": False,
            "state_cancelled": True,
            "show_name": False,
            "show_bank_id": True,
            "group_by": "origin_id",
        }
        report = self._create_report(favorite_name="All", **values)
        report.action_save_favorite()
        form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
        form.favorite_id = report.favorite_id
        again = form.save()
        for name in KEPT:
            self.assertEqual(again[name], report[name], name)
        self.assertEqual(again._get_domain(), report._get_domain())

    def test_records_of_another_company_are_left_out_by_who_may_not_see_them(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.seller.company_ids += elsewhere
        theirs = self._create_customer("Theirs", company_id=elsewhere.id)
        partners = self.customer + theirs
        report = self._create_report(favorite_name="Both").with_context(
            allowed_company_ids=(self.company + elsewhere).ids
        )
        report.partner_ids = partners
        report.action_save_favorite()
        favorite = self.env["ir.filters"].browse(report.favorite_id.id)
        self.seller.company_ids -= elsewhere
        form = Form(
            self.env["deadline.report.wizard"]
            .with_user(self.seller)
            .with_context(allowed_company_ids=self.company.ids)
        )
        form.favorite_id = favorite
        self.assertEqual(form.save().partner_ids, self.customer)

    def test_criteria_of_an_older_version_are_taken_as_far_as_they_are_known(self):
        self.favorite.sudo().context = repr({"end_period": "last_month", "gone": 1})
        form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
        form.favorite_id = self.favorite
        report = form.save()
        self.assertEqual(report.end_period, "last_month")
        self.assertTrue(report.show_amount)

    def test_preset_takes_the_place_of_a_favorite(self):
        form = Form(self.env["deadline.report.wizard"].with_user(self.seller))
        form.favorite_id = self.favorite
        form.preset = "expired_this_quarter"
        self.assertFalse(form.favorite_id)
        self.assertEqual(form.end_period, "this_quarter")
        form.favorite_id = self.favorite
        self.assertFalse(form.preset)
        self.assertEqual(form.end_period, "next_month")

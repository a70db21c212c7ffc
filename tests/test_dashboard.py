import json
from datetime import date, timedelta
from unittest.mock import patch

from odoo.tests import freeze_time
from odoo.tools.json import json_default

from .common import NoticeCommon

MAX_ROWS = "odoo.addons.deadline_management.models.action.deadline_dashboard.MAX_ROWS"


class DashboardCommon(NoticeCommon):
    def _retrieve(self, user=None, mine=True):
        """Return what the browser of a user gets."""
        self.env.flush_all()
        self.env.invalidate_all()
        dashboard = self.env["deadline.dashboard"].with_user(user or self.seller)
        return json.loads(json.dumps(dashboard.retrieve(mine), default=json_default))

    def _get_tiles(self, user=None):
        return {tile["name"]: tile for tile in self._retrieve(user)["tiles"]}

    def _count(self, model, domain):
        return self.env[model].with_user(self.seller).search_count(domain)


class TestDashboardTiles(DashboardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._create_ending(-20)  # February 18
        cls._create_overdue(4)
        cls.renewed = cls._create_overdue(15)
        cls._renew(cls.renewed)
        for days in (0, 7, 8, 30, 31):
            cls._create_ending(days)
        cls._create_ending(5).action_cancel()
        cls._create_ending(-2)

    def test_each_counts_its_list(self):
        tiles = self._get_tiles()
        tiles.pop("unpaid")  # of installments, see test_multipack_screens
        tiles.pop("withdrawn")  # of withdrawals, see test_withdrawal_record
        for name, tile in tiles.items():
            found = self.env[tile["model"]].with_user(self.seller).search(tile["domain"])
            self.assertTrue(found, name)
            self.assertEqual(tile["count"], len(found), name)
            self.assertAlmostEqual(tile["amount"], sum(found.mapped("amount_company")), 2, name)

    def test_figures(self):
        counts = {name: tile["count"] for name, tile in self._get_tiles().items()}
        counts.pop("unpaid")
        counts.pop("withdrawn")
        self.assertEqual(
            counts, {"active": 7, "ending_7": 2, "ending_30": 4, "expired": 1, "renewal_rate": 2}
        )

    def test_money_is_that_of_the_company(self):
        self.assertEqual(self._retrieve()["currency_id"], self.company.currency_id.id)
        self.assertEqual(self._get_tiles()["ending_7"]["amount"], 200)

    def test_rate(self):
        tiles = self._get_tiles()
        self.assertEqual(tiles.pop("renewal_rate")["rate"], 50)
        self.assertEqual({tile["rate"] for tile in tiles.values()}, {False})

    def test_rate_of_none_renewed_and_of_none_due(self):
        self.renewed.next_id.order_id._action_cancel()
        self.assertEqual(self.renewed.state, "expired")
        self.assertEqual(self._get_tiles()["renewal_rate"]["rate"], 0)
        (self.old + self.renewed).action_cancel()
        self.assertIs(self._get_tiles()["renewal_rate"]["rate"], False)


class TestDashboardRenewals(DashboardCommon):
    def _get_renewals(self, user=None):
        return self._retrieve(user)["renewals"]

    def test_those_within_the_company_days(self):
        late, tomorrow, today, last = (
            self._create_overdue(1),
            self._create_ending(1),
            self._create_ending(0),
            self._create_ending(7),
        )
        beyond = self._create_ending(8)
        renewals = self._get_renewals()
        self.assertEqual([row["id"] for row in renewals["rows"]], [today.id, tomorrow.id, last.id])
        self.assertEqual([row["days_left"] for row in renewals["rows"]], [0, 1, 7])
        self.assertEqual(renewals["rows"][1]["day"], "2026-03-11")
        self.assertEqual((renewals["days"], renewals["total"]), (7, 3))
        self.assertEqual(self._count("deadline.deadline", renewals["domain"]), 3)
        self.company.deadline_imminent_days = 8
        rows = self._get_renewals()["rows"]
        self.assertEqual(rows[-1]["id"], beyond.id)
        self.assertNotIn(late.id, [row["id"] for row in rows])

    def test_total_beyond_the_rows(self):
        for days in (1, 2, 3):
            self._create_ending(days)
        with patch(MAX_ROWS, 2):
            renewals = self._get_renewals()
        self.assertEqual((len(renewals["rows"]), renewals["total"]), (2, 3))

    def test_customer_is_reached_by_the_company_address(self):
        contact = self._create_customer("Ann", is_company=False, parent_id=self.customer.id)
        self.customer.phone = "+39 06 123"
        self._create_ending(1, partner_id=contact.id)
        [row] = self._get_renewals()["rows"]
        self.assertEqual(
            (row["customer"]["phone"], row["customer"]["email"]),
            ("+39 06 123", "acme@example.com"),
        )
        contact.write({"phone": "+39 333", "email": "ann@example.com"})
        [row] = self._get_renewals()["rows"]
        self.assertEqual(
            (row["customer"]["phone"], row["customer"]["email"]), ("+39 333", "ann@example.com")
        )

    def test_who_may_renew(self):
        deadline = self._create_ending(1)
        self.assertTrue(self._get_renewals()["rows"][0]["may_renew"])
        desk = self._create_user("desk", "deadline_management.group_deadline_user")
        self.assertFalse(self._get_renewals(desk)["rows"][0]["may_renew"])
        deadline.with_user(self.seller).action_renew()
        [row] = self._get_renewals()["rows"]
        self.assertEqual((row["renewal_status"], row["may_renew"]), ("in_progress", True))


class TestDashboardActions(DashboardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user("colleague", "sales_team.group_sale_salesman_all_leads")
        kinds = cls.env["mail.activity.type"]
        cls.todo = kinds.create({"name": "Something"})
        cls.recall = kinds.create({"name": "Recall", "base_type": "recall"})

    @classmethod
    def _plan(cls, days=0, user=None, record=None, kind=None):
        return (record or cls.customer).activity_schedule(
            activity_type_id=(kind or cls.todo).id,
            date_deadline=cls.TODAY + timedelta(days=days),
            summary="Ask",
            user_id=(user or cls.seller).id,
        )

    def _get_actions(self, user=None, mine=True):
        return self._retrieve(user, mine)["actions"]

    def _get_rows(self, user=None, mine=True):
        return {row["id"]: row for row in self._get_actions(user, mine)["rows"]}

    def test_open_ones_of_today_and_before(self):
        today, late = self._plan(), self._plan(-1)
        self._plan(1)
        actions = self._get_actions()
        self.assertEqual([row["id"] for row in actions["rows"]], [late.id, today.id])
        self.assertEqual([row["overdue"] for row in actions["rows"]], [True, False])
        self.assertEqual(actions["total"], 2)
        self.assertEqual(self._count("mail.activity", actions["domain"]), 2)

    def test_only_those_about_customers(self):
        self._plan(record=self.monthly.product_tmpl_id)
        on_deadline = self._plan(record=self._create_ending(3))
        [row] = self._get_actions()["rows"]
        self.assertEqual(
            (row["id"], row["res_model"], row["customer"]["id"]),
            (on_deadline.id, "deadline.deadline", self.customer.id),
        )

    def test_mine_or_everybodys(self):
        mine, theirs = self._plan(), self._plan(user=self.colleague)
        self.assertEqual(list(self._get_rows()), [mine.id])
        self.assertEqual(list(self._get_rows(mine=False)), [mine.id, theirs.id])
        self.assertEqual(self._get_actions(mine=False)["total"], 2)

    def test_done_today_by_whom(self):
        mine, theirs = self._plan(), self._plan(user=self.colleague)
        by_me = self._plan(-3, self.colleague)
        mine.with_user(self.colleague).action_feedback()
        theirs.with_user(self.colleague).action_feedback()
        by_me.with_user(self.seller).action_feedback()
        rows = self._get_rows()
        self.assertEqual(
            {key: row["done_by"] for key, row in rows.items()},
            {mine.id: "colleague", by_me.id: "seller"},
        )
        self.assertEqual({(row["done"], row["overdue"]) for row in rows.values()}, {(True, False)})
        self.assertEqual(set(self._get_rows(mine=False)), {mine.id, theirs.id, by_me.id})
        self.assertEqual(self._get_actions()["total"], 0)

    def test_done_another_day(self):
        with freeze_time(self.TODAY - timedelta(days=1)):
            self._plan().with_user(self.seller).action_feedback()
        self.assertFalse(self._get_actions()["rows"])

    def test_outcome_of_a_recall(self):
        recall = self._plan(kind=self.recall)
        self.assertEqual(self._get_rows()[recall.id]["base_type"], "recall")
        recall.with_user(self.seller).action_close_recall("no_answer", days=1)
        [row] = self._get_actions()["rows"]  # the next one is for tomorrow
        self.assertEqual((row["id"], row["outcome"]), (recall.id, "No answer"))
        recall.with_user(self.seller).action_reopen()
        [row] = self._get_actions()["rows"]
        self.assertEqual((row["done"], row["outcome"], row["done_by"]), (False, "", ""))

    def test_total_beyond_the_rows(self):
        for _number in range(3):
            self._plan()
        with patch(MAX_ROWS, 2):
            actions = self._get_actions()
        self.assertEqual((len(actions["rows"]), actions["total"]), (2, 3))

    def test_hidden_ones_take_no_room(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        hidden = self._create_customer("Hidden", company_id=branch.id)
        for _number in range(2):
            self._plan(-1, self.colleague, record=hidden)
        seen = self._plan()
        with patch(MAX_ROWS, 2):
            actions = self._get_actions(mine=False)
        self.assertEqual([row["id"] for row in actions["rows"]], [seen.id])
        self.assertEqual(actions["total"], 1)


class TestDashboardCompanies(DashboardCommon):
    def test_only_actions_of_the_selected_companies(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        self.seller.company_ids += branch
        records = (
            self._create_ending(3),
            self._create_ending(3, company_id=branch.id, currency_id=branch.currency_id.id),
            self._create_customer("Ours", company_id=self.company.id),
            self._create_customer("Theirs", company_id=branch.id),
            self._create_customer("Everybody's"),
        )
        ours, theirs, customer, others, everybodys = (
            record.activity_schedule(
                activity_type_id=self.env.ref("mail.mail_activity_data_todo").id,
                date_deadline=self.TODAY,
                user_id=self.seller.id,
            )
            for record in records
        )
        self.assertEqual(theirs.deadline_company_id, branch)
        self.assertEqual(customer.deadline_company_id, self.company)
        self.assertFalse(everybodys.deadline_company_id)
        dashboard = self.env["deadline.dashboard"].with_user(self.seller)
        for companies, expected in (
            (self.company, ours + customer + everybodys),
            (branch, theirs + others + everybodys),
            (self.company + branch, ours + theirs + customer + others + everybodys),
        ):
            dashboard = dashboard.with_context(allowed_company_ids=companies.ids)
            actions = dashboard.retrieve()["actions"]
            self.assertEqual({row["id"] for row in actions["rows"]}, set(expected.ids))
            self.assertEqual(actions["total"], len(expected))
            self.assertEqual(
                dashboard.env["mail.activity"].search(actions["domain"], order="id"), expected
            )


class TestDashboardRights(DashboardCommon):
    def test_without_the_group_only_the_actions(self):
        employee = self._create_user("employee", "base.group_user")
        self._create_ending(3).activity_schedule(
            activity_type_id=self.env.ref("mail.mail_activity_data_todo").id,
            date_deadline=self.TODAY,
            user_id=employee.id,
        )
        data = self._retrieve(employee)
        self.assertEqual(data.keys(), {"today", "currency_id", "actions"})
        [row] = data["actions"]["rows"]
        self.assertEqual(row["customer"]["name"], "Acme")

    def test_other_companies_are_not_counted(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        self.seller.company_ids += branch
        self._create_ending(3)
        self._create_ending(3, company_id=branch.id, currency_id=branch.currency_id.id)
        companies = self.env["deadline.dashboard"].with_user(self.seller)
        for company in self.company + branch:
            others = (self.company + branch) - company
            data = companies.with_context(allowed_company_ids=(company + others).ids).retrieve()
            self.assertEqual(data["tiles"][0]["count"], 1)
            self.assertEqual(data["renewals"]["total"], 1)


class TestDashboardMidnight(DashboardCommon):
    """At 23:30 UTC the company in Rome already writes the next day."""

    def test_day_is_the_company_day(self):
        ended, running = self._create_ending(0), self._create_ending(8)
        action = self.customer.activity_schedule(
            activity_type_id=self.env.ref("mail.mail_activity_data_todo").id,
            date_deadline=self.TODAY + timedelta(days=1),
            user_id=self.seller.id,
        )
        self.seller.tz = "America/New_York"
        with freeze_time(f"{self.TODAY} 22:30:00"):
            data = self._retrieve()
            self.assertEqual(data["today"], "2026-03-10")
            self.assertEqual([row["id"] for row in data["renewals"]["rows"]], [ended.id])
            self.assertFalse(data["actions"]["rows"])
        with freeze_time(f"{self.TODAY} 23:30:00"):
            data = self._retrieve()
            self.assertEqual(data["today"], "2026-03-11")
            self.assertEqual([row["id"] for row in data["renewals"]["rows"]], [running.id])
            self.assertEqual([row["id"] for row in data["actions"]["rows"]], [action.id])
            action.with_user(self.seller).action_feedback()
            self.assertEqual(action.date_done, date(2026, 3, 11))
            [row] = self._retrieve()["actions"]["rows"]
            self.assertTrue(row["done"])

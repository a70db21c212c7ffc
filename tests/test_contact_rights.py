from odoo.exceptions import AccessError
from odoo.tests import Form

from .common import MultipackCommon

BILLING = "account.group_account_invoice"


class TestContactRights(MultipackCommon):
    """Who works on deadlines records actions on customers, and changes no customer by that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_user("clerk", BILLING)
        cls.desk = cls._create_user("desk", "deadline_management.group_deadline_user")
        cls.employee = cls._create_user("employee", "base.group_user")
        contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)
        cls.ann = cls._create_user("ann", "base.group_portal", partner_id=contact.id)
        cls.recall = cls.env.ref("deadline_management.mail_activity_type_recall")

    def _record(self, user, assignee=None, **values):
        wizards = self.env["deadline.action.wizard"].with_user(user)
        form = Form(wizards.with_context(active_model="res.partner", active_ids=self.customer.ids))
        form.user_id = assignee or user
        for name, value in values.items():
            form[name] = value
        form.save().action_record()
        return (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search(
                [("res_model", "=", "res.partner"), ("res_id", "=", self.customer.id)],
                order="id desc",
                limit=1,
            )
        )

    def test_no_contact_can_be_changed(self):
        for user in (self.clerk, self.desk):
            customer = self.customer.with_user(user)
            self.assertFalse(customer.has_access("write"))
            with self.assertRaises(AccessError):
                customer.write({"email": "mine@example.com"})

    def test_actions_are_recorded(self):
        for user in (self.clerk, self.desk):
            action = self._record(user)
            self.assertEqual((action.user_id, action.create_uid), (user, user))
            done = self._record(user, is_done="done")
            self.assertFalse(done.active)
            self.assertEqual(done.done_by_id, user)
            self.assertEqual(self.customer.recall_date, self.TODAY)

    def test_actions_are_given_to_colleagues(self):
        action = self._record(self.clerk, self.seller)
        self.assertEqual(action.user_id, self.seller)

    def test_actions_of_colleagues_are_seen_and_closed(self):
        action = self._record(self.seller, self.seller)
        theirs = action.with_user(self.clerk)
        found = theirs.search([("customer_id", "=", self.customer.id)])
        self.assertEqual(found, theirs)
        self.assertTrue(theirs.can_write)
        theirs.action_close_recall("later", days=3)
        self.assertFalse(action.active)
        self.assertEqual(action.follow_up_id.user_id, self.seller)

    def test_of_others_nothing_changes(self):
        action = self._record(self.seller, self.seller)
        theirs = action.with_user(self.employee)
        self.assertFalse(theirs.search([("customer_id", "=", self.customer.id)]))
        self.assertFalse(theirs.has_access("write"))
        for user in (self.employee, self.ann):
            with self.assertRaises(AccessError):
                self.customer.with_user(user).message_post(body="Hello")
            with self.assertRaises(AccessError):
                self.env["mail.activity"].with_user(user).create(
                    {
                        "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                        "res_id": self.customer.id,
                        "activity_type_id": self.recall.id,
                    }
                )

    def test_messages_of_colleagues_cannot_be_changed(self):
        message = self.customer.message_post(body="Hello", message_type="comment")
        with self.assertRaises(AccessError):
            message.with_user(self.clerk).write({"body": "Something else"})

    def test_withdrawals_are_registered(self):
        right = "deadline_management.group_multipack_withdrawal"
        user = self._create_user("leaver", right)
        multipack = self._sell_multipack()
        kind = self.env.ref("deadline_management.mail_activity_type_withdrawal")
        self.env["deadline.withdrawal"].with_user(user)._register_withdrawal(
            multipack.with_user(user), self.TODAY, kind
        )
        self.assertEqual(multipack.state, "withdrawn")

from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time

from .common import DeadlineCommon

INTERNAL = ["note", "origin_id", "bank_id", "user_id"]


@freeze_time("2026-03-10 09:00:00")
class TestAccessRights(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.desk = cls._create_user("desk", "deadline_management.group_deadline_user")
        cls.manager = cls._create_user("chief", "deadline_management.group_deadline_manager")
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.ann = cls._create_portal("ann", cls.customer)
        cls.other = cls._create_customer("Other")
        cls.bob = cls._create_portal("bob", cls.other)
        cls.deadline = cls._create_deadline(note="pays late")

    @classmethod
    def _create_portal(cls, login, company):
        contact = cls._create_customer(login, is_company=False, parent_id=company.id)
        return cls._create_user(login, "base.group_portal", partner_id=contact.id)

    def _as(self, user):
        return self.deadline.with_user(user)

    def test_sales_and_invoicing_users_work_on_deadlines(self):
        for group in ("sales_team.group_sale_salesman", "account.group_account_invoice"):
            user = self._create_user(group.replace(".", "_"), group)
            self.assertTrue(user.has_group("deadline_management.group_deadline_user"), group)
        boss = self._create_user("boss", "sales_team.group_sale_manager")
        self.assertTrue(boss.has_group("deadline_management.group_deadline_manager"))

    def test_user_does_everything_with_deadlines(self):
        deadline = self._create_deadline().with_user(self.desk)
        deadline.amount = 5
        deadline.action_cancel()
        deadline.unlink()
        self.env["deadline.deadline"].with_user(self.desk).create(
            {"partner_id": self.customer.id, "product_id": self.monthly.id}
        )

    def test_user_configures_nothing(self):
        origins = self.env["deadline.origin"].with_user(self.desk)
        with self.assertRaises(AccessError):
            origins.create({"name": "Fair"})
        self.assertTrue(
            self.env["deadline.origin"].with_user(self.manager).create({"name": "Fair"})
        )

    def test_employee_without_the_group_sees_none(self):
        for operation in ("read", "write", "create", "unlink"):
            self.assertFalse(self._as(self.employee).has_access(operation), operation)
        with self.assertRaises(AccessError):
            self.env["deadline.deadline"].with_user(self.employee).search([])

    def test_employee_without_the_group_still_uses_contacts_and_products(self):
        for record in (self.customer, self.monthly):
            self.assertEqual(Form(record.with_user(self.employee)).name, record.name)

    def test_product_is_made_without_the_group(self):
        user = self._create_user("stock", "base.group_user", "product.group_product_manager")
        product = self.env["product.product"].with_user(user).create({"name": "Screw"})
        self.assertRecordValues(
            product.sudo(),
            [{"is_deadline": False, "deadline_repurchase": "separate"}],
        )

    def test_customer_sees_those_of_the_own_company(self):
        Deadline = self.env["deadline.deadline"].with_user(self.ann)
        colleague = self._create_deadline(partner_id=self.ann.partner_id.id)
        self.assertEqual(Deadline.search([]), self.deadline + colleague)
        self.assertEqual(self._as(self.ann).name, self.deadline.name)

    def test_customer_sees_nobody_elses(self):
        self.assertFalse(self.env["deadline.deadline"].with_user(self.bob).search([]))
        for name in ("name", "amount", "partner_id"):
            with self.assertRaises(AccessError):
                self._as(self.bob).read([name])

    def test_customer_who_changes_company_loses_sight(self):
        self.ann.partner_id.parent_id = self.other
        self.assertFalse(self._as(self.ann).has_access("read"))

    def test_customer_changes_nothing(self):
        for operation in ("write", "create", "unlink"):
            self.assertFalse(self._as(self.ann).has_access(operation), operation)
        with self.assertRaises(AccessError):
            self._as(self.ann).write({"amount": 0})
        with self.assertRaises(AccessError):
            self._as(self.ann).action_cancel()

    def test_customer_does_not_renew_by_rpc(self):
        with self.assertRaises(AccessError):
            self._as(self.ann).action_renew()
        self.assertFalse(self.deadline.renewal_line_ids)

    def test_customer_does_not_open_deadlines_by_rpc(self):
        self.monthly.is_deadline = False
        order = self._create_order([self.monthly], partner_id=self.ann.partner_id.id)
        order.action_confirm()
        self.monthly.is_deadline = True
        with self.assertRaises(AccessError):
            order.with_user(self.ann).action_open_deadlines()
        self.assertFalse(order.order_line.deadline_ids)

    def test_customer_reads_no_internal_field(self):
        fields = self.env["deadline.deadline"].with_user(self.ann).fields_get()
        for name in INTERNAL:
            self.assertNotIn(name, fields)
            with self.assertRaises(AccessError):
                self._as(self.ann).read([name])

    def test_visitor_sees_none(self):
        public = self.env.ref("base.public_user")
        with self.assertRaises(AccessError):
            self.env["deadline.deadline"].with_user(public).search([])

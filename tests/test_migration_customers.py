from .common import MultipackCommon, hand_on
from .test_migrations import MigrationCommon


class TestSettleCustomers(MultipackCommon, MigrationCommon):
    """What earlier versions left of customers who changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_customer("Bolt")
        cls.contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)
        cls.multipack = cls._sell_multipack(partner_id=cls.contact.id)
        cls.records = cls.multipack, cls.multipack.deadline_ids, cls.multipack.installment_ids

    def _settle(self):
        self._migrate("19.0.1.2.0", "post-settle_customers")

    def _move(self, partner, parent):
        """Move a contact without anybody being told, as earlier versions did."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET parent_id = %(to)s, commercial_partner_id = %(to)s"
            " WHERE id = %(id)s",
            {"id": partner.id, "to": parent.id},
        )
        self.env.invalidate_all()

    def test_contact_who_left(self):
        self._move(self.contact, self.other)
        self._settle()
        for records in self.records:
            self.assertEqual(records.partner_id, self.customer)
            self.assertEqual(records.commercial_partner_id, self.customer)

    def test_customer_who_is_a_contact_now(self):
        self.contact.parent_id = False
        multipack = self._sell_multipack(partner_id=self.contact.id)
        self._move(self.contact, self.other)
        self._settle()
        for records in (multipack, multipack.deadline_ids, multipack.installment_ids):
            self.assertEqual(records.partner_id, self.contact)
            self.assertEqual(records.commercial_partner_id, self.other)

    def test_links_to_what_became_somebody_elses(self):
        handed = self._create_ending(20)
        kept = self._create_ending(20)
        tokens = handed.access_token, kept.access_token
        self.env.flush_all()
        for deadline, partner in ((handed, self.other), (kept, self.contact)):
            self._track(deadline, deadline.partner_id)
            hand_on(deadline, partner.commercial_partner_id)
        self._settle()
        self.assertNotEqual(handed.access_token, tokens[0])
        self.assertEqual(kept.access_token, tokens[1])

    def _track(self, deadline, former):
        message = deadline._message_log(body="Changed")
        self.env["mail.tracking.value"].create(
            {
                "mail_message_id": message.id,
                "field_id": self.env["ir.model.fields"]._get("deadline.deadline", "partner_id").id,
                "old_value_integer": former.id,
            }
        )

    def test_twice_is_as_once(self):
        self._move(self.contact, self.other)
        self._settle()
        before = [records.read(["partner_id", "access_token"]) for records in self.records[:2]]
        self._settle()
        after = [records.read(["partner_id", "access_token"]) for records in self.records[:2]]
        self.assertEqual(after, before)


class TestDropIndexes(MigrationCommon):
    def test_only_those_of_old(self):
        self.env.cr.execute(
            "CREATE INDEX deadline_notice__company_id_index ON deadline_notice (company_id)"
        )
        self._migrate("19.0.1.2.0", "post-drop_indexes")
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname IN"
            " ('deadline_notice__company_id_index', 'deadline_deadline_customer_idx')"
        )
        self.assertEqual(len(self.env.cr.fetchall()), 1)

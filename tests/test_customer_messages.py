from .common import MultipackCommon


class TestCustomerMessages(MultipackCommon):
    """What customers write on a page of theirs is read by somebody who can answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contact = cls._create_customer("Ann", is_company=False, parent_id=cls.customer.id)
        cls.ann = cls._create_user("ann", "base.group_portal", partner_id=contact.id)
        cls.spare = cls._create_user("spare", "sales_team.group_sale_manager")
        cls.company.deadline_user_id = cls.spare
        cls.deadline = cls._sell(cls.monthly, user_id=cls.seller.id)

    def _write(self, record, user=None, **values):
        return (
            record.with_user(user or self.ann)
            .message_post(
                body="Help", message_type="comment", subtype_xmlid="mail.mt_comment", **values
            )
            .sudo()
        )

    def _get_readers(self, record=None, **values):
        partners = self._write(record or self.deadline, **values).notified_partner_ids
        return partners.user_ids

    def test_reach_the_responsible(self):
        self.assertEqual(self._get_readers(), self.seller)

    def test_about_a_multipack_too(self):
        multipack = self._sell_multipack(user_id=self.seller.id)
        self.assertEqual(self._get_readers(multipack), self.seller)
        self.assertEqual(self._get_readers(multipack.deadline_ids[0]), self.seller)

    def test_reach_who_is_responsible_by_then(self):
        other = self._create_user("other", "sales_team.group_sale_salesman_all_leads")
        self.deadline.user_id = other
        self.assertEqual(self._get_readers(), other)

    def test_reach_the_responsible_whoever_follows(self):
        self.deadline.message_subscribe(self.spare.partner_id.ids)
        self.assertEqual(self._get_readers(), self.seller + self.spare)

    def test_without_one_reach_the_salesperson_of_the_customer(self):
        other = self._create_user("other", "sales_team.group_sale_salesman_all_leads")
        self.seller.active = False
        self.customer.user_id = other
        self.assertEqual(self._get_readers(), other)

    def test_else_reach_who_takes_what_is_left_over(self):
        self.deadline.user_id = False
        self.assertEqual(self._get_readers(), self.spare)

    def test_reach_nobody_who_does_not_work_in_the_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.seller.write({"company_id": other.id, "company_ids": [(6, 0, other.ids)]})
        self.assertEqual(self._get_readers(), self.spare)

    def test_of_strangers_by_e_mail_are_read(self):
        message = self.deadline.message_post(
            body="Help",
            message_type="email",
            author_id=False,
            email_from="somebody@example.com",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertEqual(message.notified_partner_ids, self.seller.partner_id)

    def test_of_colleagues_and_notes_are_not_passed_on(self):
        message = self._write(self.deadline, self.spare)
        self.assertFalse(message.notified_partner_ids & self.seller.partner_id)
        note = self.deadline.message_post(body="A note")
        self.assertFalse(note.notified_partner_ids)

    def test_opening_many_leaves_no_messages(self):
        """Nor followers: neither is needed before a customer writes."""
        for record in (self.deadline, self._sell_multipack(user_id=self.seller.id)):
            self.assertFalse(record.message_follower_ids)
            self.assertFalse(record.message_ids.notified_partner_ids)

    def test_of_a_notice_goes_to_who_is_there(self):
        self.seller.active = False
        self.customer.user_id = self.spare
        self._create_ending(7)
        notice = self._notify()
        self.assertEqual(notice.user_id, self.spare)
        self.assertEqual(notice.mail_id.reply_to, self.spare.email_formatted)

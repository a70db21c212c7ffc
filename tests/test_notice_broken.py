from unittest.mock import patch

from odoo.exceptions import UserError

from .common import NoticeCommon


class TestNoticeBroken(NoticeCommon):
    """E-mails that cannot be rendered, among others that can."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        customers = [
            cls._create_customer(f"Customer {number}", email=f"c{number}@example.com")
            for number in range(20)
        ]
        cls.deadlines = cls.env["deadline.deadline"].union(
            *(cls._create_ending(7, partner_id=customer.id) for customer in customers)
        )

    def _notify_in_attempts(self, method, broken):
        """Run the cron, which has to tell of all deadlines but of those that are broken.

        :param str method: which templates call, and which fails for the customers of these
        :return: of how many deadlines it tried to tell each time
        """
        notices = self.registry["deadline.notice"]
        original = notices._notify_of_company
        attempts = []

        def note(sender, company, kind, deadlines):
            attempts.append(len(deadlines))
            return original(sender, company, kind, deadlines)

        with (
            self._break_notices(method, broken.partner_id),
            patch.object(notices, "_notify_of_company", note),
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
        ):
            self._notify()
        self._check_all_told_but(broken)
        return attempts

    def _check_all_told_but(self, broken):
        others = self.deadlines - broken
        notices = others.notice_line_ids.notice_id
        self.assertEqual(notices.partner_id, others.partner_id)
        self.assertEqual(notices.mapped("state"), ["queued"] * len(others))
        self.assertEqual(len(notices.mail_id), len(others))
        self.assertFalse(any(others.mapped("batch_error")))
        self.assertFalse(broken.notice_line_ids)
        for deadline in broken:
            self.assertIn("broken record", deadline.batch_error)
            self.assertIn(deadline.partner_id.name, deadline.batch_error)
            self.assertNotIn("Traceback", deadline.batch_error)

    def test_one_with_a_broken_body_is_found(self):
        attempts = self._notify_in_attempts("_get_portal_url", self.deadlines[13])
        self.assertEqual(attempts, [20, 4, 4, 4, 4, 1, 1, 1, 1, 4])

    def test_one_with_a_broken_subject_is_found(self):
        attempts = self._notify_in_attempts("_say_subject", self.deadlines[13])
        self.assertEqual(attempts, [20, 4, 4, 4, 4, 1, 1, 1, 1, 4])

    def test_several_are_found(self):
        broken = self.deadlines[2] + self.deadlines[13]
        attempts = self._notify_in_attempts("_get_portal_url", broken)
        self.assertEqual(attempts, [20, 4, 1, 1, 1, 1, 4, 4, 4, 1, 1, 1, 1, 4])

    def test_where_all_are_broken_none_is_tried_for_each_of_the_others(self):
        attempts = self._notify_in_attempts("_get_portal_url", self.deadlines)
        self.assertEqual(attempts.count(1), 20)
        self.assertLess(sum(attempts), 20 * 6)

    def test_all_of_a_customer_is_taken_out(self):
        broken = self.deadlines[13]
        broken += self._create_ending(6, partner_id=broken.partner_id.id)
        attempts = self._notify_in_attempts("_get_portal_url", broken)
        self.assertEqual(attempts, [21, 4, 4, 4, 5, 1, 2, 1, 1, 4])

    def test_by_hand_it_is_said_to_the_user_in_the_own_language_and_nothing_is_kept(self):
        self.env["res.lang"]._activate_lang("it_IT")
        template = self.env.ref("deadline_management.mail_template_notice_reminder")
        template.with_context(lang="it_IT").name = "Promemoria"
        broken = self.deadlines[13]
        broken.partner_id.lang = "en_US"
        with (
            self._break_notices("_get_portal_url", broken.partner_id),
            self.assertRaisesRegex(
                UserError, f"{broken.partner_id.name}.*broken record.*Promemoria"
            ),
            self.env.cr.savepoint(),
        ):
            self.env["deadline.notice"].with_context(lang="it_IT")._send_now(broken)
        self.assertFalse(broken.notice_line_ids)

from markupsafe import Markup

from odoo import models
from odoo.tools import plaintext2html

#: Type of the to-dos that the addon leaves.
TODO = "mail.mail_activity_data_todo"


class MailActivityMixin(models.AbstractModel):
    _inherit = "mail.activity.mixin"

    def _get_activity_customer(self):
        """Return the customer whom actions on this record are about, a commercial entity, or none.

        Hook: what has one is shown in "To do today", in "Actions" and on the customer's card.
        """
        return self.env["res.partner"]

    def _get_activity_company(self):
        """Return the company whose day and people count for actions on this record."""
        self.ensure_one()
        return ("company_id" in self._fields and self.company_id) or self.env.company

    def _get_responsible(self):
        """Return who looks after this record: its responsible, else its customer's salesperson.

        :return: ``res.users``, nobody who was archived or does not work in its company
        """
        self.ensure_one()
        company = self._get_activity_company()
        people = [self.user_id] if "user_id" in self._fields else []
        customer_sudo = self.sudo()._get_activity_customer()  # maybe one of another salesperson
        people.append(customer_sudo.user_id)
        able = (user for user in people if company._is_deadline_staff(user))
        return next(able, self.env["res.users"])

    def _get_assignee(self):
        """Return who is given a to-do about this record, see `_get_responsible`.

        Where nobody is responsible, it is who looks after what is left over in the company.
        """
        return self._get_responsible() or self._get_activity_company()._get_deadline_user()

    def _with_assignee_lang(self):
        """Return these records, of one assignee, in the language of that one."""
        lang = self[:1]._get_assignee().lang if self else False
        return self.with_context(lang=lang or self.env.lang)

    def _leave_todo(self, summary, note=False, user=None, notify=False, **values):
        """Leave a to-do on each of these records, for its assignee, on its company's day.

        The only way in which this addon does so. Needs no right.

        :param summary: text, or ``LazyTranslate`` text, which is put in the assignee's language
        :param note: the same, or ``Markup``; none if empty
        :param user: whom to give it to instead of the assignee
        :param bool notify: whether Odoo tells that person by e-mail as well
        :param values: other values of ``mail.activity``
        :return: the to-dos, ``mail.activity``
        """
        todos = self.env["mail.activity"].sudo()
        # In sudo mode: customers and scheduled actions leave to-dos as well.
        quiet = self.sudo().with_context(mail_activity_quick_update=not notify)
        values = {"act_type_xmlid": "" if "activity_type_id" in values else TODO, **values}
        for (owner, day), records in quiet.grouped(
            lambda record: (
                user or record._get_assignee(),
                record._get_activity_company()._deadline_today(),
            )
        ).items():
            spoken = records.with_context(lang=owner.lang or self.env.lang)
            made = spoken.activity_schedule(
                summary=spoken._translate_summary(summary),
                note=spoken._translate_note(note),
                **{"date_deadline": day, "user_id": owner.id, **values},
            )
            todos += made or todos.browse()  # none where the context switches them off
        return todos.sudo(self.env.su)

    def _settle_todos(self, *topics):
        """Delete the open to-dos of these topics on these records: there is nothing left to do.

        :param topics: values of ``deadline_topic`` that `_leave_todo` was given
        """
        todos_sudo = self.env["mail.activity"].sudo()  # whoever they were left for
        todos_sudo.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("deadline_topic", "in", topics),
            ]
        ).unlink()

    def _translate_summary(self, text):
        """Return ``text``, which may be a lazy translation, in the language of these records."""
        if not text or isinstance(text, str):
            return text
        return self.env._(text)  # pylint: disable=gettext-variable

    def _translate_note(self, text):
        """Return ``text`` as `_translate_summary` does, as HTML."""
        text = self._translate_summary(text)
        return plaintext2html(text) if text and not isinstance(text, Markup) else text

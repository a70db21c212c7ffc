"""What has to hold for people in a simulation: who is told, when, in which words, and of what.

Worked out without the addon's own code: the words are those of `i18n/`, the days those of a clock
on the wall, and whether something can be done is asked of the database. A to-do of a kind that
`ADVICE` does not have breaks a rule, so that whoever adds one says when it can no longer be done.
"""

import re
from contextlib import contextmanager

import polib

from odoo.tools import file_path, html2plaintext

from .simulation_rules import Rules

#: To-dos that the addon has left, each with the company of its record.
TODOS = """
    SELECT a.*, coalesce(d.company_id, m.company_id, o.company_id) AS company_id
      FROM mail_activity a
      LEFT JOIN deadline_deadline d ON a.res_model = 'deadline.deadline' AND d.id = a.res_id
      LEFT JOIN deadline_multipack m ON a.res_model = 'deadline.multipack' AND m.id = a.res_id
      LEFT JOIN sale_order o ON a.res_model = 'sale.order' AND o.id = a.res_id
     WHERE a.automated
       AND a.res_model IN ('deadline.deadline', 'deadline.multipack', 'sale.order')"""
#: By what has to hold, the query that finds where it does not, as in `simulation_rules`.
RULES = {
    "whoever has a to-do is there, and works in its company": f"""
        SELECT t.id FROM ({TODOS}) t
         WHERE t.active AND NOT EXISTS (
               SELECT FROM res_users u JOIN res_company_users_rel r ON r.user_id = u.id
                WHERE u.id = t.user_id AND r.cid = t.company_id AND u.active AND NOT u.share)""",
    "nobody has the same to-do twice": f"""
        SELECT min(t.id) FROM ({TODOS}) t WHERE t.active
         GROUP BY t.res_model, t.res_id, t.user_id, t.summary HAVING count(*) > 1""",
    "nobody is told twice of one step, or of one attempt to charge": """
        SELECT min(l.id) FROM deadline_notice_line l
         WHERE l.verdict = 'queued' AND l.kind != 'manual'
         GROUP BY l.deadline_id, l.installment_id, l.kind, l.days_before, l.attempt,
                  CASE WHEN l.deadline_id IS NOT NULL THEN l.date_end END
        HAVING count(*) > 1""",
    "nobody has two e-mails of one notice": """
        SELECT n.id FROM deadline_notice n JOIN mail_mail e ON e.id = n.mail_id
          JOIN mail_message s ON s.id = e.mail_message_id
          JOIN mail_message other ON other.model = s.model AND other.res_id = s.res_id
           AND other.id != s.id
          JOIN mail_mail again ON again.mail_message_id = other.id
         WHERE s.model = 'deadline.notice'""",
}
#: The installment that a text names.
NAMED = "{text} ~ (m.name || '-' || i.number || '\\M')"
#: By the summary of a to-do, in English, the query that finds something as long as what it asks for
#: can be done; none for what always can.
ADVICE = {
    "Expired without renewal": """
        SELECT 1 FROM deadline_deadline WHERE id = t.res_id AND state = 'expired'""",
    "Credit note %s": """
        SELECT 1 FROM deadline_deadline
         WHERE t.res_model = 'deadline.deadline' AND id = t.res_id
           AND state = 'active' AND withdrawal_id IS NULL
         UNION ALL
        SELECT 1 FROM deadline_multipack
         WHERE t.res_model = 'deadline.multipack' AND id = t.res_id
           AND state = 'active' AND withdrawal_id IS NULL""",
    "No valid e-mail address: %s": None,
    "Paid, but without an invoice: %s": f"""
        SELECT 1 FROM deadline_multipack m JOIN deadline_installment i ON i.multipack_id = m.id
          LEFT JOIN account_move v ON v.id = i.move_id
         WHERE m.id = t.res_id AND {NAMED.format(text="t.summary")} AND i.removed_on IS NULL
           AND (v.id IS NULL OR v.state = 'draft')""",
    "Collected after the withdrawal: %s": f"""
        SELECT 1 FROM deadline_multipack m JOIN deadline_installment i ON i.multipack_id = m.id
         WHERE m.id = t.res_id AND {NAMED.format(text="t.summary")} AND i.state = 'paid'""",
    "%s was collected twice: give one back": None,
    "Charge of %(installment)s: %(problem)s": """
        SELECT 1 FROM deadline_installment i
         WHERE i.charge_state = 'exception' AND i.charge_activity_id = t.id""",
    "No longer charged automatically: agree on how it is paid": """
        SELECT 1 FROM deadline_multipack
         WHERE id = t.res_id AND collection = 'manual' AND state IN ('active', 'ended')""",
    "Deadlines not opened": """
        SELECT 1 FROM sale_order_line l JOIN product_product v ON v.id = l.product_id
          JOIN product_template p ON p.id = v.product_tmpl_id
         WHERE l.order_id = t.res_id AND l.state = 'sale' AND l.product_uom_qty > 0
           AND (p.is_deadline AND NOT EXISTS (
                   SELECT FROM deadline_deadline d
                    WHERE d.sale_line_id = l.id AND d.state != 'cancelled')
                OR p.is_multipack AND NOT EXISTS (
                   SELECT FROM deadline_multipack m
                    WHERE m.sale_line_id = l.id AND m.state != 'cancelled'))""",
    "Paid twice, give back %(amount)s: %(order)s": None,
    "Multipack withdrawal %s": None,
}
#: What is checked by code.
CHECKS = {
    "a to-do is for the day of its company": "each new one",
    "a to-do speaks the language of its owner": "each new one, its note as well",
    "nobody is told what cannot be done": "each open to-do",
    "nobody is asked to pay what is not to be paid": "each new line of the ledger",
    "what a customer writes has a reader": "each message on a page of ours",
}
LANGUAGES = ("it", "de")
PLACE = re.compile(r"%(?:\(\w+\))?[sd]")
#: How long a part of a sentence is that could not be in another language by chance.
TELLING = 12


class Words:
    """What the addon says in each language."""

    def __init__(self):
        terms = {
            code: polib.pofile(file_path(f"deadline_management/i18n/{code}.po"))
            for code in LANGUAGES
        }
        self.said = {
            code: {one.msgid: one.msgstr or one.msgid for one in entries}
            for code, entries in terms.items()
        }
        self.said["en"] = {one.msgid: one.msgid for one in terms[LANGUAGES[0]]}
        parts = {code: self._cut(said.values()) for code, said in self.said.items()}
        texts = {code: "\n".join(said.values()) for code, said in self.said.items()}
        #: By language, what only others say.
        self.foreign = {
            code: sorted(
                {part for other in parts if other != code for part in parts[other]}
                - {part for other in parts if other != code for part in parts[other] if part in own}
            )
            for code, own in texts.items()
        }

    def _cut(self, texts):
        parts = (part.strip() for text in texts for part in PLACE.split(text))
        return {part for part in parts if len(part) >= TELLING}

    def find_kind(self, summary, code):
        """Return which of `ADVICE` a summary in a language is, maybe none."""
        for kind in ADVICE:
            places = map(re.escape, PLACE.split(self.said[code].get(kind, kind)))
            if re.fullmatch("(.+)".join(places), summary, re.DOTALL):
                return kind
        return None

    def find_foreign(self, text, code):
        """Return a part of a text that is in another language, if any."""
        return next((part for part in self.foreign[code] if part in text), None)


class People(Rules):
    """Mixed into a simulation, see `simulation`."""

    words = None
    last_todo = last_message = 0

    @contextmanager
    def _watch(self, cron):
        [[last]] = self._rows("SELECT coalesce(max(id), 0) FROM deadline_notice_line")
        with super()._watch(cron):
            yield
        found = self._rows(
            """SELECT l.id, l.kind, i.id FROM deadline_notice_line l
                 JOIN deadline_installment i ON i.id = l.installment_id
                 JOIN deadline_multipack m ON m.id = i.multipack_id
                 LEFT JOIN account_move v ON v.id = i.move_id AND v.state = 'posted'
                WHERE l.id > %s AND l.verdict = 'queued'
                  AND (i.state != 'invoiced' OR i.removal_pending OR m.state = 'cancelled'
                       OR coalesce(v.amount_residual, 0) <= 0
                       OR l.kind = 'payment_due' AND m.collection != 'manual')""",
            last,
        )
        if found:
            self._break("nobody is asked to pay what is not to be paid", found)

    def _check_all(self):
        super()._check_all()
        People.words = People.words or Words()
        for rule, query in RULES.items():
            if found := self._rows(query):
                self._break(rule, found)
        self._check_new_todos()
        self._check_advice()
        self._check_readers()

    def _check_new_todos(self):
        rows = self._rows(
            f"""SELECT t.id, t.summary, t.note, t.date_deadline, t.company_id, p.lang
                  FROM ({TODOS}) t JOIN res_users u ON u.id = t.user_id
                  JOIN res_partner p ON p.id = u.partner_id
                 WHERE t.id > %s ORDER BY t.id""",
            self.last_todo,
        )
        for number, summary, note, day, company, lang in rows:
            self.last_todo, code = number, (lang or "en")[:2]
            if day != self._day(company):
                self._break("a to-do is for the day of its company", (number, summary, day))
            kind = self.words.find_kind(summary, code)
            text = f"{summary}\n{html2plaintext(note or '')}"
            if not kind or self.words.find_foreign(text, code):
                found = (number, lang, text, self.words.find_foreign(text, code))
                self._break("a to-do speaks the language of its owner", found)
            self.kinds[kind].add(number)

    def _check_advice(self):
        for kind, possible in ADVICE.items():
            if possible and self.kinds[kind]:
                found = self._rows(
                    f"""SELECT t.id, t.res_model, t.res_id, t.summary FROM ({TODOS}) t
                         WHERE t.active AND t.id = ANY(%s) AND NOT EXISTS ({possible})""",
                    list(self.kinds[kind]),
                )
                if found:
                    self._break("nobody is told what cannot be done", found)

    def _check_readers(self):
        """Each message of somebody outside was passed on to somebody who works in the company."""
        rows = self._rows(
            """SELECT s.id, s.body, EXISTS (
                      SELECT FROM mail_notification n
                        JOIN res_users u ON u.partner_id = n.res_partner_id
                        JOIN res_company_users_rel r ON r.user_id = u.id
                       WHERE n.mail_message_id = s.id AND u.active AND NOT u.share
                         AND r.cid = coalesce(d.company_id, m.company_id))
                 FROM mail_message s JOIN res_partner p ON p.id = s.author_id
                 LEFT JOIN deadline_deadline d
                   ON s.model = 'deadline.deadline' AND d.id = s.res_id
                 LEFT JOIN deadline_multipack m
                   ON s.model = 'deadline.multipack' AND m.id = s.res_id
                WHERE s.id > %s AND s.message_type = 'comment' AND p.partner_share
                  AND s.model IN ('deadline.deadline', 'deadline.multipack') ORDER BY s.id""",
            self.last_message,
        )
        for number, body, is_read in rows:
            self.last_message = number
            if not is_read:
                self._break("what a customer writes has a reader", (number, body))

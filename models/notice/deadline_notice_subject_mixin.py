from dataclasses import dataclass, field
from datetime import date

from odoo import api, models
from odoo.fields import Domain

#: From this many bounces in a row on, an address counts as dead, as in Email Marketing.
MAX_BOUNCES = 5


@dataclass(slots=True)
class NoticeEntry:
    """What becomes of one step of one subject: a line of the ledger, once it is final."""

    #: Record that the customer is told of.
    subject: models.BaseModel
    #: Kind of the ledger's line.
    kind: str
    #: Days before ``date_end``, negative after it.
    days_before: int
    date_end: date
    #: ``due`` until an addressee is sought, then ``queued`` or ``skipped``; ``superseded`` by
    #: another step; ``none`` where nothing is to be told, nor to be written.
    verdict: str
    #: One of those of the ledger for what is skipped.
    reason: str | bool = False
    #: What else the ledger's line says of it: values by the names of fields.
    facts: dict = field(default_factory=dict)
    partner: models.BaseModel | None = None
    notice: models.BaseModel | None = None
    activity: models.BaseModel | None = None


@dataclass(slots=True)
class NoticeLetter:
    """What one e-mail tells of: entries of one kind of notice, of one customer."""

    customer: models.BaseModel
    #: To whom it goes: of contacts who share their addresses, one.
    partner: models.BaseModel
    #: All addresses of that contact, normalized.
    addresses: tuple
    entries: list


class DeadlineNoticeSubjectMixin(models.AbstractModel):
    """What customers are told of: all that ``deadline.notice`` asks a record before it tells.

    A kind of notice is a value of that model's ``kind``, a subject that answers these methods for
    it, and an e-mail template.
    """

    _name = "deadline.notice.subject.mixin"
    _description = "Subject of Notices"
    #: Field of the ledger that names a record of this model.
    _notice_line_field = ""
    #: Page of the portal that lists all of a customer's.
    _notice_page = ""

    # === WHEN === #

    @api.model
    def _get_due_domain(self, company, kind):
        """Return the domain of what is due to be told in a company today, by the calendar.

        :param str kind: kind of notice
        """
        raise NotImplementedError

    @api.model
    def _get_tellable_domain(self):
        """Return the domain of what can be told of at all, asked again of locked records."""
        raise NotImplementedError

    def _filter_not_held_back(self):
        """Return these records without those that have to wait, and are asked again at night."""
        return self

    def _get_notice_entries(self, company, kind, day):
        """Return what is to be told of these records of a company on a day, and what is not.

        The same judges for the nightly run, by hand, for the forecast and for "Why?".

        :param date day: the company's today, or a day to come, foreseen as things stand today
        :return: list of `NoticeEntry`: a subject has at most one that is ``due``
        """
        raise NotImplementedError

    def _mark_told(self, entries):
        """Have what these entries of the night say be dealt with once and for all."""
        raise NotImplementedError

    # === TO WHOM === #

    def _get_addressee(self):
        """Return whom to write to, and why nobody can be, as (partner, reason).

        :return: the reason is one of those of the ledger, or False
        """
        self.ensure_one()
        return self._find_addressee(self.partner_id, self.commercial_partner_id)

    @api.model
    def _find_addressee(self, partner, customer):
        """Return whom to write to, as `_get_addressee` does. Nobody else decides it.

        It is the customer's contact, as long as it is one, or else the customer's company.

        :param partner: contact of the commercial entity ``customer``, or once was
        """
        belongs = partner.commercial_partner_id == customer
        # Whoever asks may not read contacts: it is the rule that counts, and not the user.
        candidates_sudo = (partner | customer if belongs else customer).sudo()
        if any(one.deadline_notices_excluded for one in candidates_sudo):
            return candidates_sudo.browse(), "excluded"
        if not any(candidates_sudo.mapped("active")):
            return candidates_sudo.browse(), "archived"
        reachable = candidates_sudo.filtered(lambda one: one.active and one.email_normalized)
        alive = reachable.filtered(lambda one: one.message_bounce < MAX_BOUNCES)
        if alive:
            return alive[0], False
        return candidates_sudo.browse(), "bounced" if reachable else "no_address"

    @api.model
    def _get_not_excluded_domain(self):
        """Return the domain of what has a customer who may be written to at all."""
        return Domain("partner_id.deadline_notices_excluded", "=", False) & Domain(
            "commercial_partner_id.deadline_notices_excluded", "=", False
        )

    def _get_unreached_todo(self):
        """Return the record of a to-do on a customer whom nothing reaches, and its note.

        :return: tuple of a record and a ``LazyTranslate`` text
        """
        raise NotImplementedError

    # === WHAT === #

    def _prepare_letter(self, company, kind, letter):
        """Return the values of the notice that come from what it tells of.

        :param letter: `NoticeLetter`
        :return: dict of ``user_id``, who gets the replies, and ``template_id``
        """
        raise NotImplementedError

    def _get_notice_path(self):
        """Return the page of the portal, with its token, on which a customer can act on it."""
        raise NotImplementedError

    def _describe_notice(self, notice):
        """Return the subject of the e-mail of a notice.

        :param notice: one ``deadline.notice`` about these records
        """
        raise NotImplementedError

    def _prepare_notice_table(self, notice):
        """Return how a notice shows these records: the name of a QWeb template, and its values."""
        raise NotImplementedError

    def _get_again_problem(self, line):
        """Return why a notice that failed must not be sent again, a sentence, or False.

        :param line: what the ledger says of this record and the notice
        """
        raise NotImplementedError

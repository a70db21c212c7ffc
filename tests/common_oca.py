"""What the tests of direct debits share: how each of the two families of OCA is used."""

from datetime import date
from unittest import SkipTest

from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import get_db_name

from .common import ChargeCommon


class Alternative:
    """How OCA's bank-payment-alternative is used: by Odoo's own payment method lines."""

    group = "account_payment_batch_oca.group_account_payment"
    field = "preferred_payment_method_line_id"
    mandate_format = "sepa_core"

    def __init__(self, env):
        self.env = env

    def create_method(self, journal, **values):
        """Return what collects by SEPA direct debits into the account of a journal."""
        method = self.env.ref("account_payment_sepa_direct_debit.sepa_direct_debit")
        return self.env["account.payment.method.line"].create(
            {
                "name": "Direct Debit",
                "company_id": journal.company_id.id,
                "payment_method_id": method.id,
                "bank_account_link": "fixed",
                "journal_id": journal.id,
                "selectable": True,
                **values,
            }
        )

    def assign(self, partner, method):
        """Have the invoices of a customer collected by a method."""
        partner.property_inbound_payment_method_line_id = method

    def create_order(self, method):
        return self.env["account.payment.order"].create(
            {"payment_method_line_id": method.id, "payment_type": "inbound"}
        )

    def prepare_wizard(self, day):
        """Return the values of the wizard that proposes what is due until a day."""
        return {"date_type": "due", "due_date": day}

    def get_candidates(self, wizard):
        return wizard.eligible_move_line_ids

    def get_file(self, order):
        return order.payment_file_id.raw


class BankPayment(Alternative):
    """How OCA's bank-payment is used: it has payment modes of its own."""

    group = "account_payment_order.group_account_payment"
    field = "payment_mode_id"
    mandate_format = "sepa"

    def create_method(self, journal, **values):
        method = self.env.ref("account_banking_sepa_direct_debit.sepa_direct_debit")
        method.mandate_required = True
        journal.inbound_payment_method_line_ids = [
            (0, 0, {"payment_method_id": method.id, "name": "Direct Debit"})
        ]
        return self.env["account.payment.mode"].create(
            {
                "name": "Direct Debit",
                "company_id": journal.company_id.id,
                "payment_method_id": method.id,
                "bank_account_link": "fixed",
                "fixed_journal_id": journal.id,
                **values,
            }
        )

    def assign(self, partner, method):
        partner.commercial_partner_id.customer_payment_mode_id = method

    def create_order(self, method):
        return self.env["account.payment.order"].create({"payment_mode_id": method.id})

    def prepare_wizard(self, day):
        return {"date_type": "due", "filter_date": day}

    def get_candidates(self, wizard):
        return self.env["account.move.line"].search(wizard.move_line_domain)

    def get_file(self, order):
        return (
            self.env["ir.attachment"]
            .search([("res_model", "=", order._name), ("res_id", "=", order.id)])
            .raw
        )


class OcaMixin:
    """A customer with a mandate, whose multipacks are collected by direct debits.

    Skipped unless the database has one of OCA's families of payment orders: ``./dev test-oca``.
    """

    LATER = date(2026, 12, 31)
    IBAN = "BE96998877665544"

    @classmethod
    def setUpClass(cls):
        if "account.payment.order" not in Registry(get_db_name()):
            raise SkipTest("for ./dev test-oca: needs payment orders of OCA")
        super().setUpClass()
        family = BankPayment if "account.payment.mode" in cls.env else Alternative
        cls.family = family(cls.env)
        euro = cls.env.ref("base.EUR")
        euro.active = True
        cls.company.write({"currency_id": euro.id, "sepa_creditor_identifier": "FR78ZZZ424242"})
        cls.env["product.pricelist"].search([]).currency_id = euro
        cls.bank = cls.env["res.bank"].create({"name": "Bank", "bic": "PSSTFRPPXXX"})
        cls.journal = cls._create_bank_journal("SEPA")
        cls.method = cls.family.create_method(cls.journal)
        cls.family.assign(cls.customer, cls.method)
        cls.mandate = cls._create_mandate(cls.customer)
        cls.pack.multipack_collection = "method"

    @classmethod
    def _create_bank_journal(cls, code):
        account = cls.env["res.partner.bank"].create(
            {
                "acc_number": "ES5201822782568838821868",
                "bank_id": cls.bank.id,
                "partner_id": cls.company.partner_id.id,
                "company_id": cls.company.id,
            }
        )
        return cls.env["account.journal"].create(
            {
                "name": f"Bank {code}",
                "code": code,
                "type": "bank",
                "company_id": cls.company.id,
                "bank_account_id": account.id,
            }
        )

    @classmethod
    def _create_mandate(cls, partner):
        account = cls.env["res.partner.bank"].create(
            {"acc_number": cls.IBAN, "partner_id": partner.id, "bank_id": cls.bank.id}
        )
        mandate = cls.env["account.banking.mandate"].create(
            {
                "partner_id": partner.id,
                "partner_bank_id": account.id,
                "company_id": cls.company.id,
                "format": cls.family.mandate_format,
                "type": "recurrent",
                "signature_date": "2026-01-15",
                "unique_mandate_reference": f"M{partner.id}",
            }
        )
        mandate.validate()
        return mandate

    @classmethod
    def _sell_debited(cls, count=3, **values):
        """Return a multipack with so many of its installments invoiced."""
        multipack = cls._sell_multipack(**values)
        multipack.installment_ids[:count]._invoice()
        return multipack

    @classmethod
    def _get_method(cls, invoice):
        """Return what collects an invoice."""
        return invoice[cls.family.field]

    @classmethod
    def _open_wizard(cls, order, **values):
        wizards = cls.env["account.payment.line.create"].with_context(
            active_model=order._name, active_id=order.id
        )
        return wizards.create({**cls.family.prepare_wizard(cls.LATER), **values})

    @classmethod
    def _get_candidates(cls):
        """Return the invoices that an accountant is offered for a new order."""
        order = cls.family.create_order(cls.method)
        candidates = cls.family.get_candidates(cls._open_wizard(order)).move_id
        order.unlink()
        return candidates

    @classmethod
    def _collect(cls, state="draft", **values):
        """Return an order over all that is to be collected, brought to a state.

        :param values: of the wizard that proposes invoices
        """
        order = cls.family.create_order(cls.method)
        wizard = cls._open_wizard(order, **values)
        wizard.populate()
        wizard.create_payment_lines()
        cls._advance(order, state)
        return order

    @classmethod
    def _advance(cls, order, state):
        """Bring an order to a state, as the accountant does with its buttons."""
        steps = ("draft2open", "open2generated", "generated2uploaded")
        states = ("draft", "open", "generated", "uploaded")
        if state == "cancel":
            cls._advance(order, "generated")
            order.action_cancel()
            return
        for step in steps[states.index(order.state) : states.index(state)]:
            getattr(order, step)()

    @classmethod
    def _get_invoices(cls, order):
        return order.payment_line_ids.move_line_id.move_id

    @classmethod
    def _read_file(cls, order, invoices):
        """Return those invoices that the file of an order debits."""
        content = cls.family.get_file(order).decode()
        return invoices.filtered(lambda invoice: invoice.name in content)

    @classmethod
    def _set_entries(cls):
        """Have payments make entries at once, as the accounts of payment methods decide."""
        if cls.family.field == "preferred_payment_method_line_id":
            cls.method.payment_account_id = cls.env["account.account"].search(
                [("account_type", "=", "asset_current"), ("reconcile", "=", True)], limit=1
            )

    @classmethod
    def _give_back(cls, order):
        """Have the bank give back the debits of an order, as accountants undo payments."""
        order.payment_ids.action_draft()
        order.payment_ids.action_cancel()


@tagged("post_install", "-at_install")
class OcaCommon(OcaMixin, ChargeCommon):
    """The same, with the crons of installments."""


class OcaWithdrawalCommon(OcaCommon):
    """Installments due on 10 March to 10 June 2026, left on 30 April; another customer."""

    DAY = date(2026, 4, 30)

    def setUp(self):
        super().setUp()
        self.multipack = self._sell_debited(4)
        self.earlier = self.multipack.installment_ids[:2]
        self.later = self.multipack.installment_ids[2:]
        bolt = self._create_customer("Bolt")
        self.family.assign(bolt, self.method)
        self._create_mandate(bolt)
        self.foreign = self._sell_debited(1, partner_id=bolt.id).installment_ids[0].move_id

    def _leave_on_day(self):
        return self._leave(self.multipack, self.DAY)

    def _remove(self):
        self._run_on("remove", self.TODAY)

    def _get_outcomes(self):
        return self.multipack.installment_ids.mapped("withdrawal_outcome")

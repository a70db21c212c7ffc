from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import LazyTranslate

from .. import periods
from ..deadline.payment_transaction import PAYING

_lt = LazyTranslate(__name__)

#: States of transactions that are the payment of an installment, or may still become it.
LIVE = ("draft", "pending", "authorized", "done")
#: Multipacks whose installments are still due.
RUNNING = ("active", "ended")
#: Why a person has to decide.
PROBLEMS = [
    ("refused", "Refused at each attempt"),
    ("unknown", "Outcome unknown: ask the payment provider"),
    ("customer", "The customer has to confirm it"),
    ("open", "Collected, but the invoice is open"),
    ("returned", "Given back by the bank"),
]


class DeadlineInstallment(models.Model):
    """How an installment is charged to the payment method that its customer has saved.

    In three transactions of the database: the intent, the charge, the accounting. What was
    killed between two of them is found again by the transaction (``payment.transaction``) made
    first, whose reference is always the same, and of which there is one at a time.
    """

    _inherit = "deadline.installment"

    charge_state = fields.Selection(
        selection=[
            ("none", "None"),
            ("charging", "Being Charged"),
            ("pending", "Pending at the Provider"),
            ("failed", "Failed"),
            ("exception", "Exception"),
        ],
        string="Charge",
        required=True,
        readonly=True,
        copy=False,
        default="none",
        help="A failed charge is tried again, an exception waits for somebody to decide.",
    )
    charge_problem = fields.Selection(
        selection=PROBLEMS,
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    charge_error = fields.Text(
        string="Charge Failure",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="What the payment provider said.",
    )
    charge_attempts = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        groups="base.group_user",
    )
    charge_activity_id = fields.Many2one(
        "mail.activity",
        string="Charge To-Do",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )
    first_failed_on = fields.Date(string="First Failure", readonly=True, copy=False)
    next_attempt = fields.Date(readonly=True, copy=False)
    is_failure_to_tell = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The customer is still to be told that the last charge failed.",
    )
    transaction_ids = fields.One2many(
        "payment.transaction",
        "deadline_installment_id",
        string="Charges",
        readonly=True,
        groups="account.group_account_invoice",
    )

    _charge_idx = models.Index("(charge_state) WHERE charge_state != 'none'")
    _failure_idx = models.Index("(company_id) WHERE is_failure_to_tell")

    # === ACTIONS === #

    def action_check_charge(self):
        """Look what became of the charges, and conclude them or have them tried again.

        Nothing is charged here: that is for the scheduled action, which is called at once.

        :return: the action that says what was done with each
        :raise AccessError: unless the user administers deadlines
        """
        self._check_charge_rights()
        # In sudo mode from here on: tokens and transactions are for those who do the accounting.
        results = [installment._resume_charge() for installment in self.sudo()]
        self.env.ref("deadline_management.ir_cron_charge").sudo()._trigger()
        return self._get_notification(results)

    def action_mark_returned(self):
        """Mark charges as given back by the bank, which makes exceptions of their installments.

        The payment and the invoice are left to accounting. Once the invoice is open again,
        `action_check_charge` has it charged once more.

        :return: the action that says what is left to be done
        :raise AccessError: unless the user administers deadlines
        :raise UserError: names an installment that was not collected
        """
        self._check_charge_rights()
        for installment in self.sudo():
            charge = installment._get_live_charge()
            if charge.state != "done":
                raise UserError(
                    self.env._(
                        "No charge of installment %s was collected, so none was given back.",
                        installment.display_name,
                    )
                )
            charge.deadline_discarded = True
            installment._set_charge_exception("returned", charge.state_message)
            installment.is_failure_to_tell = True
        return self._get_notification(
            [
                self.env._(
                    "Marked as given back: %s. Undo the payment of the invoice, then check and"
                    " resume.",
                    ", ".join(self.mapped("display_name")),
                )
            ]
        )

    def _check_charge_rights(self):
        """Check that the user may decide on charges, and lock the installments.

        :raise AccessError: unless the user administers deadlines
        """
        self.check_access("write")
        if not self.env.user.has_group("deadline_management.group_deadline_manager"):
            raise AccessError(
                self.env._("Only administrators of deadlines decide on charges: ask one of them.")
            )
        self._lock_or_refuse()

    @api.model
    def _get_notification(self, sentences):
        """Return the action that shows these sentences."""
        params = {"type": "info", "message": "\n".join(sentences), "sticky": len(sentences) > 1}
        params["next"] = {"type": "ir.actions.client", "tag": "soft_reload"}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    # === A PERSON DECIDES === #

    def _resume_charge(self):
        """Conclude the charge of the installment, or plan another one for today.

        :return: what was done, a sentence
        """
        self.ensure_one()
        charge = self._get_live_charge()
        if charge.state in ("pending", "authorized"):
            self._update_charge_state(charge)
            return self.env._("%s is still pending at the provider.", self.display_name)
        if charge.state == "done" and not charge.is_post_processed:
            charge._post_process()
        problem = self._get_resume_problem(charge)
        if not problem or self._is_charge_over():
            # Of a draft, somebody has made sure that nothing was collected.
            self._give_up_charge(charge)
        if problem:
            return problem
        self._plan_charge()
        return self.env._("%s will be charged again in a moment.", self.display_name)

    def _get_resume_problem(self, charge):
        """Return why the installment is not charged again, a sentence, or False."""
        name = self.display_name
        if self.charge_state == "charging":
            return self.env._("%s is being charged, or is looked after in a moment.", name)
        if self._is_return_to_book():
            return self.env._(
                "%s was given back, but its invoice is paid: undo the payment first.", name
            )
        if self.state != "invoiced":
            return self.env._("%s is paid, or nothing is left to be collected.", name)
        if self.multipack_id.collection != "token":
            return self.env._("%s is no longer charged: it is collected in another way.", name)
        if charge.state == "done":
            return self.env._(
                "%s was collected, but its invoice is open: reconcile its payment, or mark it as"
                " returned.",
                name,
            )
        return False

    def _is_charge_over(self):
        """Say whether nothing is to be charged any more, whatever became of the last charge."""
        if self.charge_state == "charging" or self._is_return_to_book():
            return False
        return self.state != "invoiced" or self.multipack_id.collection != "token"

    def _is_return_to_book(self):
        """Say whether accounting still counts a payment that the bank has given back."""
        return self.state == "paid" and self.charge_problem == "returned"

    def _plan_charge(self):
        """Have the scheduled action charge these installments from today on."""
        for installment in self:
            installment._clear_charge()
            today = installment.company_id._deadline_today()
            installment._set_charge_state("failed", next_attempt=today)

    def _plan_failed_charges(self):
        """Charge again what failed, as there is a new payment method. Left are unknown ones."""
        failed = self.filtered(
            lambda installment: (
                installment.state == "invoiced"
                and installment.charge_state in ("failed", "exception")
                and not installment._get_live_charge()
            )
        )
        failed._plan_charge()

    def _give_up_charge(self, charge):
        """End a charge by which nothing is collected, and forget what there is about it."""
        if charge.state == "draft":
            charge._set_error(self.env._("Given up by %s", self.env.user.name))
        self._clear_charge()

    # === WHAT A CHARGE COMES TO === #

    def _get_live_charge(self):
        """Return the transaction that is the charge of the installment, if any."""
        # Only people who invoice may read transactions. That there is one counts for everybody.
        return self.sudo().transaction_ids.filtered(
            lambda transaction: (
                transaction.operation == "offline"
                and transaction.state in LIVE
                and not transaction.deadline_discarded
            )
        )

    def _update_charge_state(self, charge):
        """Bring the installment to what its charge has come to. No other place decides that.

        For whoever is the first to know: the transaction when the provider tells its state, the
        scheduled action after the accounting, an invoice when it is paid in whatever way.

        :param charge: ``payment.transaction``, none if nothing was charged
        """
        self.ensure_one()
        if charge.deadline_discarded:  # another one has taken its place
            if charge.state == "done":
                self._leave_second_charge_todo(charge)
        elif charge.state == "draft":  # the provider was asked, and neither charged nor refused it
            self._set_charge_exception("customer", charge.state_message)
        elif charge.state in ("pending", "authorized"):
            self._set_charge_state("pending")
        elif charge.state in ("error", "cancel"):
            self._set_charge_failed(charge)
        elif charge.is_post_processed and self.state == "invoiced":
            self._set_charge_exception("open")
        else:
            self._clear_charge()

    def _update_paid_charges(self):
        """End the failures of installments that were paid in another way.

        A charge of which nobody knows whether it was collected remains for a person.
        """
        for installment in self.filtered(lambda one: one.charge_state in ("failed", "exception")):
            charge = installment._get_live_charge()
            if charge.state in (False, "done"):
                installment._update_charge_state(charge)

    def _set_charge_failed(self, charge):
        """Plan the next attempt after a failure, or leave it to a person after the last one."""
        today = self.company_id._deadline_today()
        first = self.first_failed_on or today
        following = periods.next_try(first, today, self.company_id._get_retry_days())
        self._set_charge_state(
            "failed",
            charge_error=charge.state_message,
            first_failed_on=first,
            next_attempt=following,
            is_failure_to_tell=True,
        )
        if not following:
            self._set_charge_exception("refused", charge.state_message)

    def _set_charge_exception(self, problem, error=None):
        """Make an exception of the installment, with a to-do for the responsible.

        :param str problem: one of `PROBLEMS`
        :param error: what the provider or Odoo said, if anything
        """
        self.ensure_one()
        facts = {"charge_problem": problem, "charge_error": error, "next_attempt": False}
        # The same problem once more is no second to-do, unless somebody has done the first one.
        if self.charge_problem != problem or not self.charge_activity_id.active:
            self._delete_charge_todo()
            facts["charge_activity_id"] = self._leave_charge_todo(problem, error).id
        self._set_charge_state("exception", **facts)

    def _clear_charge(self):
        """Forget failures and retries: the installment is paid, or not charged any more."""
        self._delete_charge_todo()
        self._set_charge_state(
            "none",
            charge_error=False,
            first_failed_on=False,
            next_attempt=False,
            is_failure_to_tell=False,
        )

    def _set_charge_state(self, to, **facts):
        """Bring charges to a state, with the facts that go with it. Nobody else writes it.

        :param str to: value of ``charge_state``
        :param facts: values of what the state says; only an exception has a ``charge_problem``
        """
        self.write({"charge_state": to, "charge_problem": False, **facts})

    def _leave_charge_todo(self, problem, note):
        """Leave a to-do about a problem, and return it; none where the context forbids any."""
        multipack = self.multipack_id._with_assignee_lang()  # as labels of fields are not lazy
        labels = dict(self._fields["charge_problem"]._description_selection(multipack.env))
        summary = _lt(
            "Charge of %(installment)s: %(problem)s",
            installment=self.display_name,
            problem=labels[problem],
        )
        return multipack._leave_todo(summary, note)

    def _leave_second_charge_todo(self, charge):
        """Leave a to-do about money collected by a charge that had been given up."""
        self.multipack_id._leave_todo(
            _lt("%s was collected twice: give one back", self.display_name), charge.reference
        )

    def _delete_charge_todo(self):
        """Delete the to-do about a charge that is over. One that somebody has done is kept."""
        self.charge_activity_id.filtered("active").unlink()

    # === CHARGING === #

    def _charge(self):
        """Charge the installment, or go on where an earlier run was killed.

        For `_run_each`: what was done is committed where it yields, and the installment locked
        again. No line in between may be left out or repeated without harm, except that
        a provider that knows a charge by its key may be asked again.
        """
        self.ensure_one()
        charge = self._get_live_charge()
        if charge.state == "draft" and not self._is_to_repeat(charge):
            self._leave_useless_token(charge)
            self._set_charge_exception("unknown", self.batch_error)
            return
        if not charge:
            if not self._is_to_charge():
                self._leave_useless_token()
                return
            charge = self._begin_charge()
            yield  # first commit: the intent, by which a killed charge is found again
            if self.charge_state != "charging":  # somebody else was in between
                return
            if not self._is_to_charge(charge):  # paid or withdrawn meanwhile
                self._leave_useless_token(charge)
                self._give_up_charge(charge)
                return
        if charge.state == "draft":
            charge._charge_with_token()
            yield  # second commit: what the provider said, whatever becomes of the accounting
        self._conclude_charge(charge)

    def _conclude_charge(self, charge):
        """Do the accounting of a charge, and see whether it has paid the installment."""
        if charge.state != "draft" and not charge.is_post_processed:
            charge._post_process()
        if charge.state in ("draft", "done"):  # of the others, the transaction itself has told
            self._update_charge_state(charge)

    def _is_to_repeat(self, charge):
        """Say whether to ask the provider once more for a charge of which nobody knows the outcome.

        What was paid or withdrawn since might be collected only now.
        """
        return charge._is_repeatable() and self._is_to_charge(charge)

    def _is_to_charge(self, charge=None):
        """Say whether the installment is to be charged now, as everything is at this moment.

        :param charge: transaction made for it before, which is no payment by somebody else
        """
        multipack = self.multipack_id
        return self._is_chargeable(charge) and not multipack._get_token_problem(
            multipack.payment_token_id
        )

    def _is_chargeable(self, charge=None):
        """Say whether money is to be collected by a token, whatever may be wrong with that one."""
        multipack, move = self.multipack_id, self.move_id
        return (
            multipack.collection == "token"
            and multipack.state in RUNNING
            and self.state == "invoiced"
            and move.state == "posted"
            and move.currency_id.compare_amounts(move.amount_residual, 0.0) > 0
            and not self._is_being_paid(charge)
        )

    def _leave_useless_token(self, charge=None):
        """Leave it to the customer to pay, where nothing but the token keeps it from being charged.

        :param charge: see `_is_to_charge`
        """
        if self._is_chargeable(charge):
            self.multipack_id._leave_useless_tokens()

    def _is_being_paid(self, charge=None):
        """Say whether a payment of the invoice other than ``charge`` is under way."""
        payments = self._get_payments_under_way()
        return bool(self._filter_in_payment_orders() or (payments - charge if charge else payments))

    def _get_payments_under_way(self):
        """Return the transactions by which money for the invoice may be on its way."""
        # Of a payment that was only begun nobody knows; after a while it is taken for given up.
        since = fields.Datetime.now() - PAYING
        return self.sudo().move_id.transaction_ids.filtered(
            lambda transaction: (
                transaction.state in ("pending", "authorized")
                or (transaction.state == "done" and not transaction.is_post_processed)
                or (transaction.state == "draft" and transaction.create_date >= since)
            )
        )

    def _begin_charge(self):
        """Make the transaction of the next attempt, which nothing has been asked for yet."""
        attempt = self.charge_attempts + 1
        self._set_charge_state("charging", charge_attempts=attempt)
        return self.env["payment.transaction"].create(self._prepare_charge(attempt))

    def _prepare_charge(self, attempt):
        """Return the values of the transaction of an attempt, with a reference of its own."""
        token, move = self.multipack_id.payment_token_id, self.move_id
        return {
            "reference": f"{self.multipack_id.name}-{self.number}-{attempt}",
            "operation": "offline",
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "partner_id": move.partner_id.id,
            "amount": move.amount_residual,
            "currency_id": move.currency_id.id,
            "invoice_ids": [Command.set(move.ids)],
            "deadline_installment_id": self.id,
        }

    # === CRON === #

    @api.model
    def _get_charge_domain(self):
        """Return the domain of the installments that are to be charged, or looked after, today."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        companies = companies.search_fetch(Domain.TRUE, ["partner_id", "resource_calendar_id"])
        days = companies.grouped(lambda company: company._deadline_today())
        # Exceptions wait for a person, what is pending for the provider.
        first, again = Domain("charge_state", "=", "none"), Domain("charge_state", "=", "failed")
        charged = Domain("multipack_id.collection", "=", "token")
        return (
            Domain("state", "=", "invoiced")
            & Domain("move_id.state", "=", "posted")
            & Domain.OR(
                Domain("company_id", "in", group.ids)
                & Domain("date_due", "<=", day)
                & (first | (again & Domain("next_attempt", "<=", day)))
                for day, group in days.items()
            )
            & (charged | Domain("charge_attempts", ">", 0))  # of which one may be left to conclude
            & self._get_batch_domain()
        )

    @api.model
    def _cron_charge(self):
        """Charge the installments that are due, and conclude what an earlier run left behind.

        Each by itself, see `deadline.batch.mixin`.
        """
        installments = self.sudo()
        begun = Domain("charge_state", "=", "charging")
        due = installments._get_charge_domain()
        ids = installments.search(begun).ids
        ids += installments.search(due, order="company_id, date_due, id").ids
        installments._run_each(ids, type(installments)._charge, begun | due)

from odoo import models
from odoo.tools import format_date

from .. import periods, schedule

#: Days ahead that a withdrawal may be registered for: about five years.
MAX_AHEAD = 1827


class DeadlineMultipack(models.Model):
    """What becomes of a multipack that its customer leaves, before and when it happens."""

    _inherit = "deadline.multipack"

    def _get_withdrawal_problem(self, day):
        """Return why the customer cannot leave the multipack on a day, a sentence, or False.

        :param date day: last valid day
        """
        self.ensure_one()
        today = self.company_id._deadline_today()
        if self.state != "active":
            return self.env._(
                "“%s” does not run any more, so it cannot be withdrawn: reload the page.", self.name
            )
        if self.plan == "installments" and day > self.date_end:
            return self.env._(
                "“%(multipack)s” ends on %(end)s by itself: choose a day up to then.",
                multipack=self.name,
                end=format_date(self.env, self.date_end),
            )
        if periods.length(today, day) > MAX_AHEAD:
            return self.env._(
                "“%s” can be withdrawn five years ahead at most: choose a day before.", self.name
            )
        return False

    def _get_left_renewal_problem(self, together):
        """Return why the multipack cannot be left and its renewal kept, a sentence, or False.

        A gap would be left between the two, and the period that is renewed would not end in it.

        :param together: multipacks that are left at the same time
        """
        self.ensure_one()
        renewed = self._get_current_deadlines().filtered(lambda one: one.state == "renewed")
        following = renewed.next_id.multipack_id - self - together
        if not following:
            return False
        return self.env._(
            "“%(multipack)s” was renewed by “%(next)s”: choose that one as well, or cancel its"
            " order first.",
            multipack=self.name,
            next=", ".join(following.mapped("name")),
        )

    def _get_withdrawal_plan(self, day):
        """Return what a withdrawal would make of each installment, without changing anything.

        :param date day: last valid day
        :return: list of dicts: ``number``, ``date_due`` (ISO), ``amount``, ``paid``, ``outcome``
        """
        self.ensure_one()
        rows = [
            installment._prepare_withdrawal_row(outcome)
            for installment in self.installment_ids
            if (outcome := installment._get_withdrawal_outcome(day))
        ]
        # Months that are not opened yet, though the customer has the services until the day.
        opened = self._prepare_installments(
            months := self._get_months_until(day), [self._get_month_price()] * len(months)
        )
        return rows + [
            {
                "number": values["number"],
                "date_due": values["date_due"].isoformat(),
                "amount": self.currency_id.round(values["amount"]),
                "paid": 0.0,
                "outcome": "debt",
            }
            for values in opened
        ]

    def _apply_withdrawal(self, day, withdrawal):
        """End these multipacks on a day: their deadlines with it, and no charge after it.

        :param date day: last valid day
        :param withdrawal: ``deadline.withdrawal``
        """
        # The latest first: what has renewed another one gives way before that one ends.
        for multipack in self.sorted("date_start", reverse=True):
            deadlines = multipack.deadline_ids
            installments = multipack.installment_ids
            installments.filtered(lambda one: one.charge_state == "failed")._clear_charge()
            multipack._set_state(
                "withdrawn",
                withdrawal_id=withdrawal.id,
                date_end=max(day, periods.step_day(multipack.date_start, 1)),
                collection="manual",
            )
            deadlines._apply_withdrawal(day, withdrawal)

    def _get_kept_amount(self):
        """Return what the customer pays and has paid in installments, tax included."""
        self.ensure_one()
        return sum(one._get_kept_amount() for one in self.installment_ids)

    def _reduce_deadlines(self, before):
        """Leave of the services' amounts what a withdrawal leaves of the installments.

        Months that the customer leaves are cancelled whole, so nothing is to be reduced there.

        :param float before: what `_get_kept_amount` was before
        """
        self.ensure_one()
        after, currency = self._get_kept_amount(), self.currency_id
        deadlines = self.deadline_ids.filtered(lambda deadline: deadline.state != "cancelled")
        if self.plan == "monthly" or not deadlines or not currency.compare_amounts(before, after):
            return
        weights = deadlines.mapped("amount")
        amounts = schedule.share(sum(weights) * after / before, weights, currency.rounding)
        for deadline, amount in zip(deadlines, amounts, strict=True):
            deadline.amount = amount

from odoo import api, models

from .. import periods


class DeadlineMultipack(models.Model):
    """Multipacks that run month by month, until the customer leaves."""

    _inherit = "deadline.multipack"

    def _extend(self):
        """Open the next periods, up to the one whose installment is to be invoiced next.

        Several months are made up for at once where the scheduled action did not run.
        """
        while due := self.filtered(lambda multipack: multipack._is_to_extend()):
            due._open_next_month()

    def _extend_until(self, day):
        """Open all months that begin no later than ``day``, which a withdrawal leaves as debt."""
        while due := self.filtered(
            lambda multipack: multipack.plan == "monthly" and multipack.date_end < day
        ):
            due._open_next_month()

    def _is_to_extend(self):
        """Say whether the next month of the multipack is to be opened today."""
        self.ensure_one()
        return (
            self.plan == "monthly"
            and self.state == "active"
            and self.date_end < self.company_id._get_invoicing_horizon()
        )

    def _open_next_month(self):
        """Open the month that follows the last one of each of these multipacks."""
        deadlines, installments = [], []
        for multipack in self:
            start = periods.step_day(multipack.date_end, periods.EXPIRY)
            month = multipack._prepare_month(start, multipack.anchor_day)
            deadlines += multipack._prepare_next_deadlines(month)
            installments += [
                {"multipack_id": multipack.id, **values}
                for values in multipack._prepare_installments(
                    [start], [multipack._get_month_price()]
                )
            ]
            multipack.date_end = month["date_end"]
        # Who follows last month's does not follow each of the next ones: there is one a month.
        quiet = {"mail_create_nosubscribe": True, "mail_notrack": True}
        self.env["deadline.deadline"].with_context(**quiet).create(deadlines)
        self.env["deadline.installment"].create(installments)

    def _get_month_price(self):
        """Return what the next month costs, tax included: what the order line says now.

        Discounts of the order, coupons and gift cards are for what it sells, the first month.
        """
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        return line_sudo._get_own_amount()

    def _get_month_untaxed(self):
        """Return what the next month costs without taxes."""
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        return max(line_sudo.price_subtotal, 0.0)

    @api.model
    def _prepare_month(self, start, anchor_day):
        """Return the values of the monthly period that starts on the day ``start``."""
        return self._prepare_dates(start, 1, "month", anchor_day)

    def _prepare_next_deadlines(self, month):
        """Return the values of the deadlines that follow those of the last period.

        :param dict month: values of the new period
        """
        self.ensure_one()
        last = self._get_current_deadlines()
        amounts = last and last._share_amount(self._get_month_untaxed())
        return [
            deadline._prepare_following_values() | month | {"amount": amount}
            for deadline, amount in zip(last, amounts, strict=True)
        ]

    def _get_months_until(self, day):
        """Return the days on which the months begin that a withdrawal would still open."""
        self.ensure_one()
        starts, end = [], self.date_end
        while self.plan == "monthly" and end < day:
            start = periods.step_day(end, periods.EXPIRY)
            starts.append(start)
            end = self._prepare_month(start, self.anchor_day)["date_end"]
        return starts

    # === CRON === #

    @api.model
    def _cron_extend(self):
        """Open the next month of multipacks that run month by month, before the last one ends."""
        self._run_ending_before(
            "monthly", lambda company: company._get_invoicing_horizon(), type(self)._extend
        )

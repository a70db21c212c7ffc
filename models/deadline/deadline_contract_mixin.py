from odoo import api, models
from odoo.fields import Command

from .. import periods


class DeadlineContractMixin(models.AbstractModel):
    """What follows a contract: whether it may be renewed, for which period, by which order line.

    Its models have the fields ``previous_id``, ``next_ids`` and ``next_id``, of their own model.
    """

    _inherit = "deadline.contract.mixin"
    #: Field of order lines that names what they renew.
    _renewal_field = ""

    @api.depends("next_ids.state")
    def _compute_next_id(self):
        for contract in self:
            contract.next_id = contract._get_next()[:1]

    def _get_next(self):
        """Return what has renewed it, if anything."""
        return self.next_ids.filtered(lambda following: following.state != "cancelled")

    # === DELETION === #

    def _get_unlink_problem(self, together=()):
        """Return why it has to be kept, a sentence with the way out, or False.

        :param together: records that are deleted at the same time
        """
        self.ensure_one()
        contract_sudo = self.sudo()  # orders and notices count that the user may not read
        following = contract_sudo.next_ids.filtered(lambda one: one not in together)[:1]
        return (
            contract_sudo._get_order_problem()
            or (following and contract_sudo._get_following_problem(following))
            or contract_sudo._get_told_problem()
            or contract_sudo._get_renewal_line_problem()
        )

    def _get_order_problem(self):
        """Return why it stays as long as its order does, a sentence, or False. A hook."""
        return False

    def _get_following_problem(self, following):
        """Return the sentence that keeps it because of what follows it. A hook.

        :param following: record of the same model
        """
        raise NotImplementedError

    def _get_told_problem(self):
        """Return why what its customer was told keeps it from being deleted, or False. A hook."""
        return False

    def _get_renewal_line_problem(self):
        """Return which orders name it as what they renew, a sentence, or False. A hook."""
        return False

    # === RENEWAL === #

    def _get_renewal_problem(self, day=None):
        """Return why it cannot be renewed by an order, a sentence that names it, or False.

        :param date day: day of the order, the company's today when empty
        """
        self.ensure_one()
        # In the order in which people look for the reason: what became of it comes before the
        # day, and the day before what would have to be set right on the product.
        return (
            self._get_no_need_problem()
            or self._get_over_for_good_problem()
            or self._get_too_late_problem(day)
            or self._get_resale_problem()
        )

    def _get_no_need_problem(self):
        """Return why it needs no renewal, a sentence, or False. A hook."""
        return False

    def _get_over_for_good_problem(self):
        """Return that nothing follows what was withdrawn or cancelled, a sentence, or False."""
        if self.state not in ("withdrawn", "cancelled"):
            return False
        return self.env._(
            "“%s” was withdrawn or cancelled and cannot be renewed: sell the product again.",
            self.name,
        )

    def _get_too_late_problem(self, day):
        """Return that it ended too long before ``day``, a sentence, or False. A hook."""
        return False

    def _get_resale_problem(self):
        """Return why what was sold cannot be sold once more, a sentence, or False. A hook."""
        return self._get_archived_problem(self.partner_id, self.product_id)

    @api.model
    def _get_archived_problem(self, partner, product):
        """Return which of customer and product is archived, a sentence, or False."""
        for record in (partner, product):
            if not record.active:
                return self.env._(
                    "“%s” is archived: unarchive it or choose another one.", record.display_name
                )
        return False

    def _prepare_renewal_period(self, day):
        """Return the values of the period that renews it, see `_prepare_period`.

        :param date day: day of the order
        """
        self.ensure_one()
        product_sudo = self.product_id.product_tmpl_id.sudo()  # whose settings are for staff
        start = periods.renewal_start(
            self.date_end,
            day,
            product_sudo._get_deadline_grace_days(self.company_id),
            *self._get_period_duration(product_sudo),
            self.anchor_day,
        )
        return self._prepare_period(product_sudo, start, self.anchor_day)

    @api.model
    def _prepare_period(self, product, start, anchor_day=None):
        """Return the values of a period of ``product`` that starts on the day ``start``.

        :param product: ``product.template`` or ``product.product``
        :param int anchor_day: anchor of the period before, kept where the new one starts on it
        :return: dict of ``date_start``, ``date_end``, ``anchor_day`` and the product's duration
        """
        return self._prepare_dates(start, *self._get_period_duration(product.sudo()), anchor_day)

    @api.model
    def _get_period_duration(self, product):
        """Return how long a period of ``product`` lasts, as count and unit. A hook."""
        return product.deadline_duration_count, product.deadline_duration_unit

    @api.model
    def _prepare_dates(self, start, count, unit, anchor_day=None):
        """Return the values of a period of ``count`` units, see `_prepare_period`."""
        anchor = periods.anchor(start, anchor_day)
        return {
            "date_start": start,
            "date_end": periods.period_end(start, count, unit, anchor),
            "anchor_day": anchor,
            "duration_count": count,
            "duration_unit": unit,
        }

    def _prepare_renewal_order_line(self):
        """Return the values of the order line that renews it."""
        self.ensure_one()
        chosen = self._get_chosen_attributes()
        # Without price and text: Odoo computes both, and knows by the field what they are for.
        return {
            "product_id": self.product_id.id,
            "product_no_variant_attribute_value_ids": [Command.set(chosen.ids)],
            "product_uom_qty": self.quantity,
            "product_uom_id": self._get_uom().id,
            self._renewal_field: self.id,
        }

    def _get_chosen_attributes(self):
        """Return the attribute values of the order line that make no variant of the product."""
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        return line_sudo.product_no_variant_attribute_value_ids

    def _get_uom(self):
        """Return the unit of the quantity: that of the order line, else of the product."""
        self.ensure_one()
        line_sudo = self.sudo().sale_line_id  # of an order of another salesperson
        return line_sudo.product_uom_id or self.product_id.uom_id

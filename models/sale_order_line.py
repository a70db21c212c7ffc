from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import format_amount, format_date

from . import schedule
from .product_template import GROUP_USER

#: What a confirmed line sells, and for how much.
PRICE_FIELDS = {"product_id", "product_uom_qty", "price_unit", "discount", "tax_ids"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    renewed_deadline_id = fields.Many2one(
        "deadline.deadline",
        string="Renews",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        groups=GROUP_USER,
        help="The deadline whose next period this line sells.",
    )
    deadline_ids = fields.One2many(
        "deadline.deadline", "sale_line_id", string="Deadlines", groups=GROUP_USER
    )

    renewed_multipack_id = fields.Many2one(
        "deadline.multipack",
        string="Renews Multipack",
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        groups=GROUP_USER,
        help="The multipack that this line renews as a whole.",
    )
    multipack_ids = fields.One2many(
        "deadline.multipack", "sale_line_id", string="Multipacks", groups=GROUP_USER
    )

    # === COMPUTES === #

    @api.depends("renewed_deadline_id", "renewed_multipack_id")
    def _compute_name(self):
        super()._compute_name()

    @api.depends("renewed_deadline_id", "renewed_multipack_id")
    def _compute_price_unit(self):
        super()._compute_price_unit()

    @api.depends("renewed_deadline_id", "renewed_multipack_id")
    def _compute_discount(self):
        kept = self.filtered(lambda line: line._keeps_deadline_price())
        if self.env["product.pricelist.item"]._is_discount_feature_enabled():
            kept.filtered("order_id.pricelist_id").discount = 0.0
        super(SaleOrderLine, self - kept)._compute_discount()

    # === CONSTRAINTS === #

    @api.constrains("renewed_deadline_id", "renewed_multipack_id", "product_id", "order_id")
    def _check_renewed_deadline(self):
        for line in self.sudo():
            if line._get_renewed() and (problem := line._get_renewal_mismatch()):
                raise ValidationError(problem)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals["order_id"] for vals in vals_list if vals.get("order_id")}
        orders = self.env["sale.order"].browse(ids)
        with orders._following_multipacks():
            lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale")._open_deadlines_today()
        return lines

    def write(self, vals):
        if not PRICE_FIELDS & vals.keys():
            return super().write(vals)
        confirmed = self.filtered(lambda line: line.state == "sale")
        if {"product_id", "product_uom_qty"} & vals.keys():
            confirmed._filter_ended_by(vals)._take_back_deadlines()
        with confirmed.order_id._following_multipacks():
            result = super().write(vals)
        if {"product_id", "product_uom_qty"} & vals.keys():
            confirmed._open_deadlines_today()
        return result

    def unlink(self):
        self._delete_opened()
        with self.order_id._following_multipacks():
            return super().unlink()

    def _delete_opened(self):
        """Delete the cancelled multipacks that these lines opened, which go with them.

        :raise UserError: names one that has to be kept, and why
        """
        self.check_access("unlink")
        multipacks = self.sudo().multipack_ids.filtered(lambda one: one.state == "cancelled")
        told = self.env["deadline.notice.line"].sudo()
        told = told.search([("installment_id", "in", multipacks.installment_ids.ids)], limit=1)
        if told:
            raise UserError(
                self.env._(
                    "%(order)s has to stay as it is, cancelled: the ledger of notices speaks of"
                    " “%(multipack)s”.",
                    order=told.installment_id.multipack_id.order_id.name,
                    multipack=told.installment_id.multipack_id.name,
                )
            )
        multipacks._delete_with_order()

    def copy_data(self, default=None):
        """Make a copied renewal an ordinary purchase, at today's price and with its own text."""
        own = {"name", "price_unit", "technical_price_unit", "discount"} - (default or {}).keys()
        vals_list = super().copy_data(default)
        for line, vals in zip(self.sudo(), vals_list, strict=True):
            if line._get_renewed():
                for name in own:
                    vals.pop(name, None)
        return vals_list

    # === RENEWAL: TEXT AND PRICE === #

    def _get_sale_order_line_multiline_description_sale(self):
        description = super()._get_sale_order_line_multiline_description_sale()
        deadline = self._get_renewed()
        if not deadline or deadline._get_renewal_problem():
            return description
        period = deadline._prepare_renewal_period(deadline.company_id._deadline_today())
        renewal = self.env._(
            "Renewal of %(deadline)s: %(start)s - %(end)s",
            deadline=deadline.name,
            start=format_date(self.env, period["date_start"]),
            end=format_date(self.env, period["date_end"]),
        )
        own = self.sudo().renewed_deadline_id.description
        if own and description.replace("\n", " ").endswith(f" {own}"):
            own = False  # the chosen attributes, which Odoo itself has written
        return "\n".join(filter(None, [description, own, renewal]))

    def _is_reorder_allowed(self):
        return not self._get_renewed() and super()._is_reorder_allowed()

    def _get_renewed(self):
        """Return the deadline or the multipack that the line renews, maybe none."""
        line = self.sudo()
        return line.renewed_multipack_id or line.renewed_deadline_id

    def _filter_renewing(self, deadline):
        """Return the lines that renew a deadline, or its multipack; where empty, those of none."""
        renewed = deadline.multipack_id or deadline
        return self.filtered(
            lambda line: line._get_renewed() == renewed if renewed else not line._get_renewed()
        )

    def _keeps_deadline_price(self):
        """Say whether the line's price comes from the period it renews.

        One that cost nothing, as a first period that was a present, or of which the amount was
        never entered, has no price to keep: it is renewed at today's.
        """
        self.ensure_one()
        renewed = self._get_renewed()
        if renewed.product_id.deadline_price_policy not in ("kept", "increase"):
            return False
        return not renewed.currency_id.is_zero(renewed.amount)

    def _get_display_price(self):
        if not self._keeps_deadline_price():
            return super()._get_display_price()
        if self.sudo().renewed_multipack_id:
            return self._get_multipack_price()
        return self._get_deadline_price()

    def _get_multipack_price(self):
        """Return the unit price of the renewed multipack, increased if its product says so.

        In the line's unit and in the order's currency.
        """
        sold = self.sudo().renewed_multipack_id.sale_line_id
        price = sold.price_unit * (1 - sold.discount / 100)
        product = sold.product_id
        if product.deadline_price_policy == "increase":
            price *= 1 + product.deadline_price_increase / 100
        if sold.currency_id != self.currency_id:
            price = self._convert_to_sol_currency(price, sold.currency_id)
        uom = sold.product_uom_id
        return self.currency_id.round(uom._compute_price(price, self.product_uom_id or uom))

    def _get_deadline_price(self):
        """Return the unit price of the renewed period, increased if its product says so.

        In the line's unit, in the order's currency, and with those taxes of the product
        that its prices include, as every price that a pricelist gives. It is computed from
        the whole period: rounded one by one, small prices would go astray.
        """
        deadline = self.sudo().renewed_deadline_id
        product, quantity = deadline.product_id, deadline.quantity or 1.0
        amount = deadline.amount
        if product.deadline_price_policy == "increase":
            amount *= 1 + product.deadline_price_increase / 100
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id).compute_all(
            amount / quantity,
            deadline.currency_id,
            quantity,
            product=product,
            handle_price_include=False,
        )["taxes"]
        amount += sum(tax["amount"] for tax in taxes if tax["price_include"])
        if deadline.currency_id != self.currency_id:
            amount = self.currency_id.round(
                self._convert_to_sol_currency(amount, deadline.currency_id)
            )
        uom = deadline._get_uom()
        return uom._compute_price(amount / quantity, self.product_uom_id or uom)

    def _get_renewal_mismatch(self):
        """Return why the line cannot be the renewal of its deadline, a sentence, or False."""
        self.ensure_one()
        deadline, order = self._get_renewed(), self.order_id
        if deadline.product_id != self.product_id:
            return self.env._(
                "“%(deadline)s” is for “%(product)s”: renew it with the same product.",
                deadline=deadline.name,
                product=deadline.product_id.display_name,
            )
        if deadline.commercial_partner_id != order.partner_id.commercial_partner_id:
            return self.env._(
                "“%(deadline)s” does not belong to “%(customer)s”: renew it in an order"
                " of its own customer.",
                deadline=deadline.name,
                customer=order.partner_id.display_name,
            )
        if len(order.order_line.filtered(lambda line: line._get_renewed() == deadline)) > 1:
            return self.env._(
                "“%(deadline)s” appears twice in %(order)s: remove one of the lines.",
                deadline=deadline.name,
                order=order.name,
            )
        return False

    def _get_cart_renewal_problem(self):
        """Return why a customer cannot buy this renewal now, a sentence, or False."""
        self.ensure_one()
        deadline = self._get_renewed_deadlines()[:1]
        if not deadline:  # of a multipack that was cancelled
            return self.sudo().renewed_multipack_id._get_renewal_problem()
        return self._get_renewal_mismatch() or deadline._get_cart_problem()

    def _get_renewed_deadlines(self):
        """Return the deadlines whose next periods these lines sell, those of multipacks too."""
        lines = self.sudo()
        return lines.renewed_deadline_id | lines.renewed_multipack_id._get_current_deadlines()

    def _get_payment_obstacle(self):
        """Return why the renewal that the line sells cannot be paid now, a sentence, or False."""
        self.ensure_one()
        deadlines = self._get_renewed_deadlines()
        if not deadlines:
            return self.sudo().renewed_multipack_id._get_renewal_problem()
        problems = [deadline._get_renewed_problem() for deadline in deadlines]
        # One that can be renewed no more because of its age is simply sold again.
        problems += [one._get_renewal_problem(day=one.date_end) for one in deadlines]
        problems += [one._get_payment_obstacle(self.order_id) for one in deadlines]
        return next(filter(None, problems), False)

    def _get_payment_elsewhere_problem(self):
        """Return who pays the renewal that the line sells with another order, or False."""
        self.ensure_one()
        for deadline in self._get_renewed_deadlines():
            if problem := deadline._get_payment_obstacle(self.order_id, own=False):
                return problem
        return False

    # === OPENING DEADLINES === #

    def _open_deadlines_today(self):
        """Open the missing deadlines of confirmed lines, as ordered on the company's day.

        An order that is made confirmed at once, as imports do, has a day of its own.
        """
        for order, lines in self.grouped("order_id").items():
            made_now = order.create_date == self.env.cr.now()
            today = order.company_id._deadline_today()
            lines._open_deadlines(order._get_deadline_day() if made_now else today)
            order._settle_opening_todos()

    def _open_deadlines(self, day):
        """Open or renew the deadline of each line of one confirmed order that has none yet.

        Never raises for a reason of this addon: it runs inside the processing of payments,
        where that would leave an order paid and not confirmed. What cannot be opened is
        said on the order. Works for users without rights on deadlines, too.

        :param date day: day of the order
        """
        self._open_multipacks(day)
        lines = self.sudo()._filter_without_deadline()
        if not lines:
            return
        lines = lines._speak_of_opening()
        problems = {line: problem for line in lines if (problem := line._get_deadline_problem())}
        good = lines.filtered(lambda line: line not in problems)
        renewed, remarks = good._match_renewed_deadlines(day)
        values = [line._prepare_deadline_values(day, renewed.get(line)) for line in good]
        opened, failures = lines._create_opened("deadline.deadline", values)
        opened.previous_id.renewed_on = day
        remarks += [remark for deadline in opened if (remark := deadline._get_period_remark())]
        remarks += lines._take_paid_twice(problems)
        lines.order_id._log_deadlines(opened, remarks, [*problems.values(), *failures])

    def _speak_of_opening(self):
        """Return these lines of one order in the language of who reads what became of them.

        Not in that of the customer, whose payment may be what confirms the order.
        """
        order = self.order_id._speak_to_assignee()
        return self.with_env(order.env)

    def _take_paid_twice(self, problems):
        """Take out of the lines' problems what is no mistake, but money to be given back.

        :param dict problems: sentences by line, of one confirmed order
        :return: the sentences taken out
        """
        twice = self.filtered(
            lambda line: (
                line in problems
                and line.order_id.amount_paid > 0
                and "renewed" in line._get_renewed_deadlines().mapped("state")
            )
        )
        if twice:
            twice.order_id._remind_of_double_payment(twice)
        return [problems.pop(line) for line in twice]

    def _filter_without_deadline(self):
        """Return the lines that sell a deadline product and have no live deadline."""
        return self.filtered(
            lambda line: (
                (line.product_id.is_deadline or line.renewed_deadline_id)
                and not line._sells_multipack()
                and line.product_uom_qty > 0
                and not line.is_downpayment
                and all(deadline.state == "cancelled" for deadline in line.deadline_ids)
            )
        )

    def _filter_ended_by(self, vals):
        """Return the lines that no longer sell what they sold once ``vals`` are written."""
        quantity = vals.get("product_uom_qty", 1)
        if isinstance(quantity, int | float) and quantity <= 0:  # or Odoo refuses it
            return self
        return self.filtered(
            lambda line: vals.get("product_id", line.product_id.id) != line.product_id.id
        )

    def _get_deadline_problem(self):
        """Return why the line would open no deadline, a sentence that names it, or False."""
        self.ensure_one()
        deadline, order = self.renewed_deadline_id, self.order_id
        if deadline:
            # One that can be renewed no more because of its age is simply sold again.
            problem = self._get_renewal_mismatch() or deadline._get_renewal_problem(
                day=deadline.date_end
            )
            if problem:
                return problem
        return (
            self.product_id.product_tmpl_id._get_deadline_duration_problem()
            or self.env["deadline.deadline"]._get_archived_problem(
                order.partner_id, self.product_id
            )
            or self.env["deadline.deadline"]._get_rate_problem(self.currency_id, order.company_id)
        )

    def _match_renewed_deadlines(self, day):
        """Find the deadline that each line renews.

        That is the one the line names, else, for products set so, the only open one that
        the customer has of the product. No deadline is taken twice.

        :param date day: day of the order
        :return: dict of lines and deadlines, and a list of sentences on what was not renewed
        """
        renewed, remarks = {}, []
        for line in self.filtered("renewed_deadline_id"):
            deadline = line.renewed_deadline_id
            if deadline._is_too_late(day):
                remarks.append(
                    self.env._(
                        "“%s” ended too long ago to be renewed, so a new deadline was opened.",
                        deadline.name,
                    )
                )
            else:
                renewed[line] = deadline
        taken = set(renewed.values())
        buying_again = self.filtered(
            lambda line: (
                not line.renewed_deadline_id and line.product_id.deadline_repurchase == "renew"
            )
        )
        candidates = buying_again._search_open_deadlines(day)
        for line in buying_again:
            found = [deadline for deadline in candidates[line.product_id] if deadline not in taken]
            if len(found) == 1:
                renewed[line] = found[0]
                taken.add(found[0])
            elif found:
                remarks.append(
                    self.env._(
                        "“%(product)s”: the customer has several open deadlines (%(names)s),"
                        " so another one was opened.",
                        product=line.product_id.display_name,
                        names=", ".join(deadline.name for deadline in found),
                    )
                )
        return renewed, remarks

    def _search_open_deadlines(self, day):
        """Return the customer's deadlines that a purchase on ``day`` may renew, by product."""
        order = self.order_id
        found = self.env["deadline.deadline"]
        if self:
            found = found.search(
                [
                    ("commercial_partner_id", "=", order.partner_id.commercial_partner_id.id),
                    ("company_id", "=", order.company_id.id),
                    ("product_id", "in", self.product_id.ids),
                    ("state", "in", ("active", "expired")),
                    ("multipack_id", "=", False),
                ]
            ).filtered(
                lambda deadline: (
                    not deadline._get_renewal_problem(day)
                    # What somebody pays to renew is not renewed by a purchase in between.
                    and not (deadline._get_payments_of_renewal() - order.sudo().transaction_ids)
                )
            )
        return {
            product: found.filtered(lambda deadline, p=product: deadline.product_id == p)
            for product in self.product_id
        }

    def _prepare_deadline_values(self, day, renewed=None):
        """Return the values of the deadline that this line opens.

        :param date day: day of the order
        :param renewed: the deadline whose next period the line sells, if any
        """
        self.ensure_one()
        order = self.order_id
        values = {
            "company_id": order.company_id.id,
            "partner_id": order.partner_id.id,
            "product_id": self.product_id.id,
            "description": self._get_deadline_description(),
            "sale_line_id": self.id,
            "quantity": self.product_uom_qty,
            "currency_id": self.currency_id.id,
            "amount": self.price_subtotal,
            "user_id": order.user_id.id,
        }
        if not renewed:
            return values | self.env["deadline.deadline"]._prepare_period(self.product_id, day)
        return values | {
            "partner_id": renewed.partner_id.id,
            "description": renewed.description,
            "origin_id": renewed.origin_id.id,
            "bank_id": renewed.bank_id.id,
            "user_id": renewed.user_id.id or order.user_id.id,
            "previous_id": renewed.id,
            **renewed._prepare_renewal_period(day),
        }

    def _get_deadline_description(self):
        """Return what tells the deadline from others: the line's text without its title.

        Without the sales description, which all deadlines of the product share. A renewal
        line names the period that was to follow: where it came too late to follow it, the
        renewed deadline's own description stands for the text.
        """
        self.ensure_one()
        if self.renewed_deadline_id:
            return self.renewed_deadline_id.description
        texts = [text for text in (self.name or "").split("\n") if text.strip()]
        product = self.product_id.with_context(lang=self.order_id._get_lang())
        common = {product.name, *product.get_product_multiline_description_sale().split("\n")}
        if texts and texts[0] not in common and self._is_title(texts[0]):
            del texts[0]
        return " ".join(text for text in texts if text not in common)

    def _is_title(self, text):
        """Say whether a text is the product's name in some language, as in orders of others."""
        self.ensure_one()
        products = (
            self.product_id.with_context(lang=code)
            for code, _name in self.env["res.lang"].get_installed()
        )
        return any(text in (product.name, product.display_name) for product in products)

    def _create_opened(self, model, vals_list):
        """Create deadlines or multipacks all at once, or, where one is refused, all but that one.

        :param str model: name of their model
        :return: the records, and a list of sentences on those that were refused
        """
        deadlines = self.env[model].sudo()
        if not vals_list:
            return deadlines, []
        try:
            with self.env.cr.savepoint():
                quiet = {"mail_create_nosubscribe": True, "mail_notrack": True}
                return deadlines.with_context(**quiet).create(vals_list), []
        except (UserError, IntegrityError) as error:
            if len(vals_list) == 1:
                line = self.browse(vals_list[0]["sale_line_id"])
                if isinstance(error, IntegrityError):
                    error = deadlines._sql_error_to_message(error)
                return deadlines, [f"{line.product_id.display_name}: {error}"]
        middle = len(vals_list) // 2
        first, first_failures = self._create_opened(model, vals_list[:middle])
        second, second_failures = self._create_opened(model, vals_list[middle:])
        return first + second, first_failures + second_failures

    def _take_back_deadlines(self):
        """Cancel the deadlines and multipacks that these lines opened.

        :raise UserError: names the one that has a history
        """
        multipacks = self.sudo().multipack_ids.filtered(lambda one: one.state != "cancelled")
        multipacks._check_take_back()
        deadlines = self.sudo().deadline_ids.filtered(lambda d: d.state != "cancelled")
        deadlines._check_take_back()
        multipacks._take_back()
        deadlines._take_back()

    # === MULTIPACKS === #

    def _sells_multipack(self):
        """Say whether the line sells a multipack."""
        self.ensure_one()
        return bool(self.product_id.is_multipack or self.renewed_multipack_id)

    def _open_multipacks(self, day):
        """Open the multipack of each line of one confirmed order that has none yet.

        As with deadlines, what cannot be opened is said on the order.

        :param date day: day of the order
        """
        lines = self.sudo()._filter_without_multipack()
        if not lines:
            return
        lines = lines._speak_of_opening()
        problems = {line: problem for line in lines if (problem := line._get_multipack_problem())}
        good = lines.filtered(lambda line: line not in problems)
        values = [line._prepare_multipack_values(day) for line in good]
        opened, failures = lines._create_opened("deadline.multipack", values)
        opened.deadline_ids.previous_id.renewed_on = day
        names = ", ".join(opened.mapped("name"))
        remarks = [lines.env._("Multipacks opened: %s", names)] if opened else []
        remarks += lines._take_paid_twice(problems)
        lines.order_id._log_deadlines(opened.deadline_ids, remarks, [*problems.values(), *failures])

    def _filter_without_multipack(self):
        """Return the lines that sell a multipack and have no live one."""
        return self.filtered(
            lambda line: (
                line._sells_multipack()
                and line.product_uom_qty > 0
                and not line.is_downpayment
                and all(multipack.state == "cancelled" for multipack in line.multipack_ids)
            )
        )

    def _get_multipack_problem(self):
        """Return why the line would open no multipack, a sentence that names it, or False."""
        self.ensure_one()
        order, renewed = self.order_id, self.renewed_multipack_id
        if renewed and (problem := self._get_renewal_mismatch() or renewed._get_renewal_problem()):
            return problem
        for deadline in self._get_renewed_deadlines().filtered(lambda one: one.state == "renewed"):
            return deadline._get_renewal_problem()
        if not self.product_id.is_multipack:
            return self.env._("“%s” is no multipack any more.", self.product_id.display_name)
        if self.price_total < 0:
            return self.env._(
                "“%s” costs less than nothing: correct its price.", self.product_id.display_name
            )
        return (
            self.product_id.product_tmpl_id._get_multipack_problem()
            or self.env["deadline.deadline"]._get_archived_problem(
                order.partner_id, self.product_id
            )
            or self.env["deadline.deadline"]._get_rate_problem(self.currency_id, order.company_id)
        )

    def _prepare_multipack_values(self, day):
        """Return the values of the multipack that this line opens.

        :param date day: day of the order
        """
        self.ensure_one()
        order, product = self.order_id, self.product_id.product_tmpl_id.sudo()
        multipacks = self.env["deadline.multipack"]
        renewed, period = self._prepare_multipack_period(day)
        dates = product._get_multipack_dates(period["date_start"])
        shares = order._get_shares()
        price = shares.get_amount(self)
        amounts = product._get_multipack_amounts(price, self.currency_id)
        monthly = product.multipack_plan == "monthly"
        return {
            "company_id": order.company_id.id,
            "partner_id": (renewed.partner_id or order.partner_id).id,
            "product_id": self.product_id.id,
            "sale_line_id": self.id,
            "user_id": (renewed.user_id or order.user_id).id,
            "currency_id": self.currency_id.id,
            "quantity": self.product_uom_qty,
            "amount": self._get_own_amount() if monthly else price,
            "plan": product.multipack_plan,
            "shares_order": True,
            "date_start": period["date_start"],
            "date_end": period["date_end"],
            "anchor_day": period["anchor_day"],
            "previous_id": renewed.id,
            "deadline_ids": [
                Command.create(values)
                for values in self._prepare_component_values(
                    product, period, renewed, shares.get_untaxed(self)
                )
            ],
            "installment_ids": [
                Command.create(values)
                for values in multipacks._prepare_installments(dates, amounts)
            ],
            **self._prepare_multipack_collection(product),
        }

    def _prepare_multipack_period(self, day):
        """Return the multipack that the line renews, maybe none, and the values of its period.

        :param date day: day of the order
        """
        self.ensure_one()
        renewed = self.renewed_multipack_id
        if renewed and renewed._get_current_deadlines().filtered(lambda d: not d._is_too_late(day)):
            return renewed, renewed._prepare_renewal_period(day)
        product = self.product_id.product_tmpl_id.sudo()
        multipacks = self.env["deadline.multipack"]
        return multipacks, multipacks._prepare_period(product, day)

    def _prepare_component_values(self, product, period, renewed, untaxed):
        """Return the values of the deadlines of a multipack, which share its untaxed price.

        In proportion to what the services cost when they are sold alone.

        :param dict period: values of the first period
        :param renewed: the multipack that is renewed, maybe none
        :param float untaxed: what the multipack costs within its order
        """
        components = product.multipack_component_ids
        amounts = schedule.share(
            untaxed,
            [max(one.product_id.lst_price, 0.0) * one.quantity for one in components],
            self.currency_id.rounding,
        )
        previous = {one.product_id: one for one in renewed._get_current_deadlines()}
        order = self.order_id
        return [
            {
                "company_id": order.company_id.id,
                "partner_id": (renewed.partner_id or order.partner_id).id,
                "product_id": component.product_id.id,
                "sale_line_id": self.id,
                "quantity": component.quantity * self.product_uom_qty,
                "currency_id": self.currency_id.id,
                "amount": amount,
                "user_id": (renewed.user_id or order.user_id).id,
                "previous_id": previous.get(component.product_id, renewed.deadline_ids[:0]).id,
                **period,
            }
            for component, amount in zip(components, amounts, strict=True)
        ]

    def _prepare_multipack_collection(self, product):
        """Return how the installments are collected, as far as what the customer gave allows."""
        order = self.order_id
        token = order._get_saved_payment_token()
        if product.multipack_collection == "token" and token:
            return {"collection": "token", "payment_token_id": token.id}
        if product.multipack_collection == "method":
            return {
                "collection": "method",
                "payment_method_line_id": order.preferred_payment_method_line_id.id,
            }
        return {"collection": "manual"}

    # === WHAT IS DUE TODAY === #

    def _get_payment_schedule(self, shares=None):
        """Return (day, amount) of what the line's multipack is paid in, tax included.

        Those of the opened multipack, else those that a purchase now would have. A multipack
        that runs month by month has its first month only.

        :param shares: `Shares` of the order, where they are known
        """
        self.ensure_one()
        line = self.sudo()
        opened = line._get_live_multipack()
        if opened:
            due = opened._get_ordered_installments()
            return [(one.date_due, one.amount) for one in due]
        day = line.order_id._get_purchase_day()
        product = line.product_id.product_tmpl_id
        start = line._prepare_multipack_period(day)[1]["date_start"]
        amounts = product._get_multipack_amounts(line._get_plan_amount(shares), line.currency_id)
        schedule = zip(product._get_multipack_dates(start), amounts, strict=True)
        return [(due, amount) for due, amount in schedule if amount > 0]

    def _get_amount_due_later(self, shares=None):
        """Return what of the multipack's price is not to be paid with the order, tax included.

        The first installment always is, even where a renewal starts on a later day.
        Of an opened multipack that is what is not due yet, or is not due any more.

        :param shares: `Shares` of the order, where they are known
        """
        self.ensure_one()
        line = self.sudo()
        if not line._is_plan():
            return 0.0
        if opened := line._get_live_multipack():
            due = opened._get_ordered_installments()._filter_payable()
            price = line._get_plan_amount(shares)
            return line.currency_id.round(price - sum(due.mapped("amount")))
        return sum(amount for _day, amount in self._get_payment_schedule(shares)[1:])

    def _get_payment_schedule_text(self):
        """Return when and how the multipack is paid, a sentence for the customer, or False.

        "$ 250.00 today, then 3 × $ 250.00 every month from 04/10/2026"
        """
        self.ensure_one()
        line = self.sudo()
        schedule = line._is_plan() and line._get_payment_schedule()
        goes_on = line._get_live_multipack().state in (False, "active")
        if line._is_plan() and line._runs_monthly() and (schedule or goes_on):
            # A coupon or gift card may pay the first month.
            free = [(line.order_id._get_purchase_day(), 0.0)]
            return self.env._(
                "%(first)s, then %(amount)s every month until you withdraw",
                first=line._get_first_payment_text(*(schedule or free)[0]),
                amount=format_amount(self.env, line._get_own_amount(), line.currency_id),
            )
        if not schedule:
            return False
        first, rest = line._get_first_payment_text(*schedule[0]), schedule[1:]
        if not rest:
            return first
        product = line.product_id.product_tmpl_id
        amounts = product._format_amounts([amount for _day, amount in rest], line.currency_id)
        values = {"first": first, "amounts": amounts, "date": format_date(self.env, rest[0][0])}
        if len(rest) == 1:
            return self.env._("%(first)s, then %(amounts)s on %(date)s", **values)
        values["interval"] = product._get_interval_text()
        return self.env._("%(first)s, then %(amounts)s %(interval)s from %(date)s", **values)

    def _get_first_payment_text(self, day, amount):
        """Return the first amount with its day, which of quotations and carts is today."""
        self.ensure_one()
        text = format_amount(self.env, amount, self.currency_id)
        if self.state in ("draft", "sent"):
            return self.env._("%s today", text)
        return self.env._("%(amount)s on %(date)s", amount=text, date=format_date(self.env, day))

    def _is_plan(self):
        """Say whether the line sells a multipack that is paid by a schedule."""
        self.ensure_one()
        if self.display_type or self.is_downpayment or self.product_uom_qty <= 0:
            return False
        return bool(
            self._get_live_multipack() or (self.product_id.is_multipack and self.price_total >= 0)
        )

    def _runs_monthly(self):
        """Say whether the line sells a multipack that runs month by month."""
        self.ensure_one()
        opened = self._get_live_multipack()
        return (opened.plan or self.product_id.multipack_plan) == "monthly"

    def _saves_payment_method(self):
        """Say whether what follows is charged to a payment method that the customer saves."""
        self.ensure_one()
        line = self.sudo()
        product = line.product_id.product_tmpl_id
        return (
            line._is_plan() and product.multipack_collection == "token" and product._is_paid_later()
        )

    def _get_live_multipack(self):
        """Return the multipack that the line opened, unless it was cancelled."""
        return self.multipack_ids.filtered(lambda multipack: multipack.state != "cancelled")

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..constants import GROUP_USER
from .deadline_state import ORDERED_ON

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

    # === COMPUTES === #

    @api.depends("renewed_deadline_id")
    def _compute_name(self):
        super()._compute_name()

    # === CONSTRAINTS === #

    @api.constrains("renewed_deadline_id", "product_id", "order_id")
    def _check_renewal(self):
        for line in self.sudo():
            if line._is_renewal() and (problem := line._get_renewal_mismatch()):
                raise ValidationError(problem)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        # By their orders, as the lines do not exist yet.
        ids = {vals["order_id"] for vals in vals_list if vals.get("order_id")}
        orders = self.env["sale.order"].browse(ids)
        with orders._watch_prices():
            lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale")._open_deadlines_today()
        return lines

    def write(self, vals):
        if not PRICE_FIELDS & vals.keys():
            return super().write(vals)
        confirmed = self.filtered(lambda line: line.state == "sale")
        if {"product_id", "product_uom_qty"} & vals.keys():
            # As long as the line still says what it sold
            confirmed._filter_no_longer_sold(vals)._take_back_deadlines()
        with confirmed.order_id._watch_prices():
            result = super().write(vals)
        if {"product_id", "product_uom_qty"} & vals.keys():
            confirmed._open_deadlines_today()
        return result

    def unlink(self):
        with self.order_id._watch_prices():
            return super().unlink()

    def copy_data(self, default=None):
        """Make a copied renewal an ordinary purchase, at today's price and with its own text."""
        own = {"name", "price_unit", "technical_price_unit", "discount"} - (default or {}).keys()
        vals_list = super().copy_data(default)
        for line, vals in zip(self.sudo(), vals_list, strict=True):
            if line._is_renewal():
                for name in own:
                    vals.pop(name, None)
        return vals_list

    # === WHAT IT RENEWS === #

    def _is_renewal(self):
        """Say whether the line sells the next period of what the customer has. A hook."""
        self.ensure_one()
        return bool(self.sudo().renewed_deadline_id)

    def _get_renewed_deadlines(self):
        """Return the deadlines whose next periods these lines sell. A hook."""
        return self.sudo().renewed_deadline_id

    def _filter_renewing(self, deadline):
        """Return the lines that renew a deadline; where it is none, those that renew nothing.

        A hook.
        """
        return self.filtered(lambda line: line.sudo().renewed_deadline_id == deadline)

    def _get_renewed_quantity(self):
        """Return the quantity of what the line renews, None if it renews nothing. A hook."""
        deadline_sudo = self.sudo().renewed_deadline_id
        return deadline_sudo.quantity if deadline_sudo else None

    def _is_reorder_allowed(self):
        return not self._is_renewal() and super()._is_reorder_allowed()

    # === ITS TEXT === #

    def _get_sale_order_line_multiline_description_sale(self):
        description = super()._get_sale_order_line_multiline_description_sale()
        renewal = self._get_renewal_text()
        if not renewal:
            return description
        own = self.sudo().renewed_deadline_id.description
        if own and description.replace("\n", " ").endswith(f" {own}"):
            own = False  # the chosen attributes, which Odoo itself has written
        return "\n".join(filter(None, [description, own, renewal]))

    def _get_renewal_text(self):
        """Return what is renewed and until when, as the line says it, or False. A hook."""
        return self._format_renewal(self.sudo().renewed_deadline_id)

    def _format_renewal(self, contract):
        """Return the text of the renewal of a contract (`deadline.contract.mixin`), or False.

        Of none, and of what cannot be renewed, there is nothing to say.
        """
        if not contract or contract._get_renewal_problem():
            return False
        period = contract._prepare_renewal_period(contract.company_id._deadline_today())
        return self.env._(
            "Renewal of %(deadline)s: %(start)s - %(end)s",
            deadline=contract.name,
            start=format_date(self.env, period["date_start"]),
            end=format_date(self.env, period["date_end"]),
        )

    # === WHAT KEEPS IT FROM BEING RENEWED === #

    def _get_renewal_mismatch(self):
        """Return why the line cannot be the renewal of what it names, a sentence, or False.

        A hook.
        """
        return self._get_mismatch("renewed_deadline_id")

    def _get_mismatch(self, field):
        """Return why the line cannot renew the contract in one of its fields, or False.

        :param str field: name of a many2one to a model with `deadline.contract.mixin`
        """
        self.ensure_one()
        contract_sudo, order = self.sudo()[field], self.order_id
        if contract_sudo.product_id != self.product_id:
            return self.env._(
                "“%(deadline)s” is for “%(product)s”: renew it with the same product.",
                deadline=contract_sudo.name,
                product=contract_sudo.product_id.display_name,
            )
        if contract_sudo.commercial_partner_id != order.partner_id.commercial_partner_id:
            return self.env._(
                "“%(deadline)s” does not belong to “%(customer)s”: renew it in an order"
                " of its own customer.",
                deadline=contract_sudo.name,
                customer=order.partner_id.display_name,
            )
        if len(order.order_line.filtered(lambda line: line.sudo()[field] == contract_sudo)) > 1:
            return self.env._(
                "“%(deadline)s” appears twice in %(order)s: remove one of the lines.",
                deadline=contract_sudo.name,
                order=order.name,
            )
        return False

    def _get_cart_renewal_problem(self):
        """Return why a customer cannot buy this renewal now, a sentence, or False."""
        self.ensure_one()
        deadline = self._get_renewed_deadlines()[:1]
        return self._get_renewal_mismatch() or deadline._get_cart_problem()

    def _get_payment_obstacle(self):
        """Return why the renewal that the line sells cannot be paid now, a sentence, or False."""
        self.ensure_one()
        deadlines = self._get_renewed_deadlines()
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

    def _open_deadlines(self, day):
        """Open or renew the deadline of each line of one confirmed order that has none yet.

        Never raises for a reason of this addon: it runs inside the processing of payments,
        where that would leave an order paid and not confirmed. What cannot be opened is
        said on the order. Works for users without rights on deadlines, too.

        :param date day: day of the order
        """
        lines_sudo = self.sudo()._filter_without_deadline()
        if not lines_sudo:
            return
        lines_sudo = lines_sudo._with_assignee_lang()
        problems = {
            line: problem for line in lines_sudo if (problem := line._get_deadline_problem())
        }
        good = lines_sudo.filtered(lambda line: line not in problems)
        renewed, remarks = good._match_renewed_deadlines(day)
        values = [line._prepare_deadline_values(day, renewed.get(line)) for line in good]
        ordered = lines_sudo.with_context(**{ORDERED_ON: day})
        opened, failures = ordered._create_opened("deadline.deadline", values)
        remarks += [remark for deadline in opened if (remark := deadline._get_period_remark())]
        remarks += lines_sudo._pop_paid_twice(problems)
        lines_sudo.order_id._log_deadlines(opened, remarks, [*problems.values(), *failures])

    def _with_assignee_lang(self):
        """Return these lines of one order in the language of who reads what became of them.

        Not in that of the customer, whose payment may be what confirms the order.
        """
        order = self.order_id._with_assignee_lang()
        return self.with_env(order.env)

    def _pop_paid_twice(self, problems):
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
            twice.order_id._leave_double_payment_todo(twice)
        return [problems.pop(line) for line in twice]

    def _filter_without_deadline(self):
        """Return the lines that sell a deadline product and have no live deadline. A hook."""
        return self.filtered(
            lambda line: (
                # What is renewed may be of a product that opens no new deadlines any more.
                (line.product_id.is_deadline or line.renewed_deadline_id)
                and line.product_uom_qty > 0
                and not line.is_downpayment
                and all(deadline.state == "cancelled" for deadline in line.deadline_ids)
            )
        )

    def _filter_no_longer_sold(self, vals):
        """Return the lines that no longer sell what they sold once ``vals`` are written."""
        quantity = vals.get("product_uom_qty", 1)
        if isinstance(quantity, int | float) and quantity <= 0:  # or Odoo refuses it
            return self
        return self.filtered(
            lambda line: vals.get("product_id", line.product_id.id) != line.product_id.id
        )

    def _get_opening_problems(self):
        """Return why some of these lines would open nothing, a list of sentences. A hook."""
        problems = [line._get_deadline_problem() for line in self._filter_without_deadline()]
        return [problem for problem in problems if problem]

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
        naming = self.filtered("renewed_deadline_id")
        late = naming.filtered(lambda line: line.renewed_deadline_id._is_too_late(day))
        renewed = {line: line.renewed_deadline_id for line in naming - late}
        remarks = [
            self.env._(
                "“%s” ended too long ago to be renewed, so a new deadline was opened.",
                line.renewed_deadline_id.name,
            )
            for line in late
        ]
        buying_again = (self - naming).filtered(
            lambda line: line.product_id.deadline_repurchase == "renew"
        )
        again, more_remarks = buying_again._match_repurchased_deadlines(day, renewed.values())
        return renewed | again, remarks + more_remarks

    def _match_repurchased_deadlines(self, day, taken):
        """Find the only open deadline that each line, which names none, may renew.

        :param date day: day of the order
        :param taken: deadlines that other lines renew
        :return: as `_match_renewed_deadlines`
        """
        renewed, remarks, taken = {}, [], set(taken)
        candidates = self._search_open_deadlines(day)
        for line in self:
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
            found = found.search(self._get_repurchase_domain()).filtered(
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

    def _get_repurchase_domain(self):
        """Return the domain of what these lines of one order may be a repurchase of. A hook."""
        order = self.order_id
        return (
            Domain("commercial_partner_id", "=", order.partner_id.commercial_partner_id.id)
            & Domain("company_id", "=", order.company_id.id)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("state", "in", ("active", "expired"))
        )

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
        """Create what these lines open all at once, or, where one is refused, all but that one.

        :param str model: name of their model
        :return: the records, and a list of sentences on those that were refused
        """
        # Who confirms may have no right to what it opens.
        records_sudo = self.env[model].sudo()
        if not vals_list:
            return records_sudo, []
        try:
            # Whatever the database refuses, the order stays confirmed.
            with self.env.cr.savepoint():
                quiet = {"mail_create_nosubscribe": True, "mail_notrack": True}
                return records_sudo.with_context(**quiet).create(vals_list), []
        except (UserError, IntegrityError) as error:
            if len(vals_list) == 1:
                line = self.browse(vals_list[0]["sale_line_id"])
                if isinstance(error, IntegrityError):
                    error = records_sudo._sql_error_to_message(error)
                return records_sudo, [f"{line.product_id.display_name}: {error}"]
        # In halves, the refused one is found in a few tries and the good ones stay together.
        middle = len(vals_list) // 2
        first, first_failures = self._create_opened(model, vals_list[:middle])
        second, second_failures = self._create_opened(model, vals_list[middle:])
        return first + second, first_failures + second_failures

    def _take_back_deadlines(self):
        """Cancel what these lines opened.

        :raise UserError: names the one that has a history
        """
        self._check_take_back()
        self._take_back()

    def _check_take_back(self):
        """Check that what these lines opened can be cancelled. A hook.

        :raise UserError: names the one that has a history
        """
        self._get_live_deadlines()._check_take_back()

    def _take_back(self):
        """Cancel what these lines opened, which may be. A hook."""
        self._get_live_deadlines()._take_back()

    def _get_live_deadlines(self):
        """Return the deadlines that these lines opened, but for those that were cancelled."""
        return self.sudo().deadline_ids.filtered(lambda deadline: deadline.state != "cancelled")

    def _get_opened_contracts(self):
        """Return what these lines opened, a list of records. A hook."""
        return [*self.deadline_ids]

    def _get_amount_due_today(self):
        """Return what of the line's price is due with the order, tax included. A hook."""
        self.ensure_one()
        return self.price_total

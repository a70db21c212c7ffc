"""What may happen in a simulation: by customers, users, the payment provider and the scheduler.

Each move chooses among the records there are with its own random numbers. Who is refused by a
`UserError` has done nothing; any other error is a failure of the simulation. Whatever people, or
machines, come to do that is new belongs here: faults lie where two of these meet.
"""

import random
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command, Domain

from odoo.addons.deadline_management.models.multipack.payment_transaction import UnknownOutcomeError

#: How often each move happens, of all moves.
MOVES = {
    "night": 70,
    "sell": 12,
    "quote": 6,
    "renew": 14,
    "confirm": 6,
    "pay_online": 6,
    "settle_online": 5,
    "change_line": 5,
    "cancel_order": 4,
    "confirm_again": 3,
    "invoice_order": 2,
    "credit": 2,
    "enter": 3,
    "continue": 2,
    "edit_dates": 4,
    "cancel_deadline": 2,
    "delete_deadline": 1,
    "sell_multipack": 9,
    "renew_multipack": 3,
    "invoice_installment": 2,
    "undo_invoice": 2,
    "pay_installment": 6,
    "unpay": 1,
    "withdraw": 4,
    "sell_again": 2,
    "save_card": 5,
    "drop_card": 1,
    "collect_otherwise": 2,
    "settle_charge": 8,
    "collect_late": 2,
    "give_back": 1,
    "check_charge": 3,
    "exclude": 2,
    "change_address": 2,
    "archive": 2,
    "change_level": 2,
    "change_employer": 1,
    "merge": 1,
    "change_steps": 2,
    "change_settings": 2,
    "notify_by_hand": 2,
    "deliver": 4,
    "write_message": 4,
    "do_todo": 4,
    "open_missing": 2,
    "come_and_go": 3,
    "change_companies": 1,
    "change_responsible": 3,
    "change_language": 1,
}
#: The scheduled actions, in the order of their night.
CRONS = {
    "extend": ("deadline.multipack", "_cron_extend"),
    "expire": ("deadline.deadline", "_cron_expire"),
    "end": ("deadline.multipack", "_cron_end"),
    "remove": ("deadline.installment", "_cron_remove"),
    "notify": ("deadline.notice", "_cron_notify"),
    "invoice": ("deadline.installment", "_cron_invoice"),
    "charge": ("deadline.installment", "_cron_charge"),
    "notify_payments": ("deadline.notice", "_cron_notify_payments"),
}
OPEN = [("state", "in", ("active", "expired"))]


class Moves:
    """Mixed into a simulation, see `simulation`."""

    # === CHOOSING === #

    def _find(self, model, domain=(), rng=None, **context):
        """Return all records that there are, or one of them, maybe none, where ``rng`` is given."""
        records = self.env[model].with_context(**context).search(Domain(domain), order="id")
        return rng.choice(records) if rng and records else records

    def _choose(self, model, key, rng):
        """Return one of the records that the world began with."""
        return self.env[model].browse(rng.choice(self.world[key]))

    def _choose_customer(self, rng):
        return self._find("res.partner", [("id", "in", self.world["customers"])], rng)

    def _choose_staff(self, rng, company):
        """Return somebody who is there and works in the company, or nobody."""
        staff = self._find("res.users", [("id", "in", self.world["staff"])])
        return rng.choice([*staff.filtered(lambda one: company in one.company_ids), staff[:0]])

    def _today(self, company):
        return company._deadline_today()

    # === SALES === #

    def _make_order(self, rng, products, company):
        values = {
            "company_id": company.id,
            "partner_id": self._choose_customer(rng).id,
            "user_id": self._choose_staff(rng, company).id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": rng.choice((1, 1, 1, 2, 3)),
                        **rng.choice(({}, {}, {"discount": 12.5}, {"price_unit": 77.77})),
                    }
                )
                for product in products
            ],
        }
        if rng.random() < 0.3:
            values["pricelist_id"] = self._choose("product.pricelist", "pricelists", rng).id
        if rng.random() < 0.3:
            values["validity_date"] = self._today(company) + timedelta(days=rng.randint(0, 20))
        return self.env["sale.order"].with_company(company).create(values)

    def _choose_services(self, rng):
        return [
            self._choose("product.product", "services", rng) for _number in range(rng.randint(1, 3))
        ]

    def _do_sell(self, rng):
        company = self._choose("res.company", "companies", rng)
        self._make_order(rng, self._choose_services(rng), company).action_confirm()

    def _do_quote(self, rng):
        company = self._choose("res.company", "trading", rng)
        products = self._choose_services(rng)[:2]
        if rng.random() < 0.4:
            products.append(self._choose("product.product", "multipacks", rng))
        order = self._make_order(rng, products, company)
        if rng.random() < 0.6:
            order.action_quotation_sent()

    def _do_sell_multipack(self, rng):
        company = self._choose("res.company", "trading", rng)
        products = [self._choose("product.product", "multipacks", rng)]
        if rng.random() < 0.2:
            products += self._choose_services(rng)[:1]
        order = self._make_order(rng, products, company)
        order.action_confirm()
        if rng.random() < 0.6:
            self._save_card(rng, order.order_line.multipack_ids)

    def _choose_quotation(self, rng):
        return self._find("sale.order", [("state", "in", ("draft", "sent"))], rng)

    def _do_confirm(self, rng):
        self._choose_quotation(rng).action_confirm()

    def _do_renew(self, rng):
        """Renew up to three deadlines at once, at any time, and maybe leave it a cart."""
        deadlines = self._find("deadline.deadline", OPEN)
        near = deadlines.filtered(lambda one: abs(one.days_left) < 40)
        chosen = near if near and rng.random() < 0.8 else deadlines
        chosen = chosen.browse(rng.sample(chosen.ids, min(rng.randint(1, 3), len(chosen))))
        if chosen:
            self._go_on(rng, chosen.action_renew())

    def _go_on(self, rng, action):
        action = action.get("params", {}).get("next") or action  # told what cannot be renewed
        domain = [("id", "=", action["res_id"])] if action.get("res_id") else action["domain"]
        what = rng.random()
        for order in self._find("sale.order", [*domain, ("state", "!=", "sale")]):
            if what < 0.6:
                order.action_confirm()
            elif what < 0.8 and order.state == "draft":
                order.action_quotation_sent()

    def _do_renew_multipack(self, rng):
        multipacks = self._find("deadline.multipack", [("state", "in", ("active", "ended"))])
        near = multipacks.filtered(lambda one: one.plan == "installments" and one.days_left < 60)
        if near:
            self._go_on(rng, rng.choice(near).action_renew())

    def _do_change_line(self, rng):
        line = self._find("sale.order.line", [("state", "=", "sale")], rng)
        changes = (
            {"product_uom_qty": rng.randint(0, 4)},
            {"price_unit": round(rng.uniform(0, 400), 2)},
            {"discount": rng.choice((0, 10, 33.3, 100))},
            {"product_uom_qty": 2, "price_unit": 50.01},
        )
        line.write(rng.choice(changes))

    def _do_cancel_order(self, rng):
        self._find("sale.order", [("state", "in", ("sale", "draft", "sent"))], rng)._action_cancel()

    def _do_confirm_again(self, rng):
        order = self._find("sale.order", [("state", "=", "cancel")], rng)
        if order:
            order.action_draft()
            order.action_confirm()

    def _do_invoice_order(self, rng):
        domain = [
            ("invoice_status", "=", "to invoice"),
            ("company_id", "in", self.world["trading"]),
        ]
        if order := self._find("sale.order", domain, rng):
            order._create_invoices().action_post()

    def _do_credit(self, rng):
        """Credit an invoice as accountants do, in full."""
        domain = [("move_type", "=", "out_invoice"), ("state", "=", "posted")]
        if invoice := self._find("account.move", domain, rng):
            values = {"journal_id": invoice.journal_id.id}
            context = {"active_model": "account.move", "active_ids": invoice.ids}
            wizard = self.env["account.move.reversal"].with_context(**context).create(values)
            wizard.refund_moves()
            invoice.reversal_move_ids.filtered(lambda move: move.state == "draft").action_post()

    # === PAYING ONLINE === #

    def _do_pay_online(self, rng):
        """Pay a quotation, which is often settled later, and sometimes saves the card."""
        orders = self._find("sale.order", [("state", "in", ("draft", "sent"))])
        orders = orders.filtered(
            lambda order: (
                order.company_id.id in self.world["trading"] and not order._has_pending_payment()
            )
        )
        if not orders or not (order := rng.choice(orders))._get_amount_to_pay():
            return
        token = self._make_card(rng, order.partner_id, order.company_id)
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "operation": "online_direct",
                "amount": order._get_amount_to_pay(),
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "sale_order_ids": [Command.set(order.ids)],
                "token_id": token.id if rng.random() < 0.6 else False,
            }
        )
        self._tell(payment, rng.choice(("pending", "pending", "done", "done", "error")))
        if rng.random() < 0.7:
            payment._post_process()

    def _do_settle_online(self, rng):
        """Have the provider say what became of a payment, and Odoo do what follows from it."""
        online = Domain("operation", "=", "online_direct")
        if payment := self._find(
            "payment.transaction", online & Domain("state", "=", "pending"), rng
        ):
            self._tell(payment, rng.choice(("done", "done", "cancel", "error")))
        late = self._find("payment.transaction", online & Domain("is_post_processed", "=", False))
        late.filtered(lambda one: one.state != "draft")._post_process()

    def _tell(self, payment, state):
        """Have the provider tell the state of a payment, as its webhook does."""
        calls = {"pending": payment._set_pending, "done": payment._set_done}
        if state in calls:
            calls[state]()
        elif state == "error":
            payment._set_error("No funds")
        elif state == "cancel":
            payment._set_canceled()

    # === BY HAND === #

    def _do_enter(self, rng):
        """Enter a deadline, as of today or long over."""
        company = self._choose("res.company", "companies", rng)
        start = self._today(company) - timedelta(days=rng.choice((0, 3, 20, 200, 800)))
        deadline = (
            self.env["deadline.deadline"]
            .with_company(company)
            .create(
                {
                    "partner_id": self._choose_customer(rng).id,
                    "product_id": self._choose("product.product", "services", rng).id,
                    "amount": round(rng.uniform(0, 300), 2),
                    "date_start": start,
                    "user_id": self._choose_staff(rng, company).id,
                    "currency_id": company.currency_id.id,
                }
            )
        )
        if rng.random() < 0.3:
            deadline.notify_from = start

    def _do_continue(self, rng):
        """Enter the period that follows another one, without an order."""
        domain = [*OPEN, ("multipack_id", "=", False)]
        if previous := self._find("deadline.deadline", domain, rng):
            start = previous.date_end + timedelta(days=rng.choice((1, 1, 5)))
            self.env["deadline.deadline"].create(
                {
                    "partner_id": previous.partner_id.id,
                    "company_id": previous.company_id.id,
                    "product_id": previous.product_id.id,
                    "currency_id": previous.currency_id.id,
                    "amount": previous.amount,
                    "date_start": start,
                    "previous_id": previous.id,
                }
            )

    def _do_edit_dates(self, rng):
        deadline = self._find(
            "deadline.deadline", [("multipack_id", "=", False), ("state", "!=", "cancelled")], rng
        )
        days = timedelta(days=rng.randint(-40, 60))
        name = rng.choice(("date_end", "date_end", "date_start"))
        for one in deadline:
            one.write({name: one[name] + days})
            self.edited.add(one.id)

    def _do_cancel_deadline(self, rng):
        self._find("deadline.deadline", [("sale_line_id", "=", False)], rng).action_cancel()

    def _do_delete_deadline(self, rng):
        self._find("deadline.deadline", [("sale_line_id", "=", False)], rng).unlink()

    # === MULTIPACKS === #

    def _do_invoice_installment(self, rng):
        planned = self._find("deadline.installment", [("state", "=", "planned")])
        planned[: rng.randint(1, 2)].action_invoice()

    def _do_undo_invoice(self, rng):
        """Cancel or delete the invoice of an installment."""
        domain = [("state", "=", "invoiced")]
        if move := self._find("deadline.installment", domain, rng).move_id:
            if move.state == "posted":
                move.button_draft()
            if rng.random() < 0.5:
                move.button_cancel()
            else:
                move.unlink()

    def _do_pay_installment(self, rng):
        """Register a payment by hand, of all or of a part."""
        domain = [("state", "=", "invoiced"), ("move_id.state", "=", "posted")]
        if move := self._find("deadline.installment", domain, rng).move_id:
            values = {"amount": 5.0} if rng.random() < 0.2 else {}
            context = {"active_model": "account.move", "active_ids": move.ids}
            register = self.env["account.payment.register"].with_context(**context)
            register.create(values)._create_payments()

    def _do_unpay(self, rng):
        paid = self._find("deadline.installment", [("state", "=", "paid")], rng)
        paid.move_id.line_ids.remove_move_reconcile()

    def _do_withdraw(self, rng):
        """Leave up to two multipacks on a day before, on or after today."""
        running = self._find("deadline.multipack", [("state", "=", "active")])
        if not running:
            return
        first = rng.choice(running)
        same = running.filtered(
            lambda one: (
                one.commercial_partner_id == first.commercial_partner_id
                and one.company_id == first.company_id
            )
        )
        multipacks = first | same[: rng.randint(0, 1)]
        day = self._today(first.company_id) + timedelta(
            days=rng.choice((-400, -40, -3, -1, 0, 0, 1, 10, 45, 130))
        )
        kind = self.env.ref("deadline_management.mail_activity_type_withdrawal")
        self.env["deadline.withdrawal"]._register_withdrawal(multipacks, day, kind)

    def _do_sell_again(self, rng):
        if withdrawal := self._find("deadline.withdrawal", (), rng):
            self._go_on(rng, withdrawal.action_sell_again())

    # === CARDS AND CHARGES === #

    def _make_card(self, rng, partner, company):
        providers = self._find(
            "payment.provider",
            [("id", "in", self.world["providers"]), ("company_id", "=", company.id)],
        )
        return self.env["payment.token"].create(
            {
                "provider_id": rng.choice(providers).id,
                "payment_method_id": self.env.ref("payment.payment_method_card").id,
                "payment_details": "4242",
                "partner_id": partner.id,
                "provider_ref": "saved",
            }
        )

    def _save_card(self, rng, multipacks):
        for multipack in multipacks:
            card = self._make_card(rng, multipack.partner_id, multipack.company_id)
            multipack._set_payment_token(card)

    def _do_save_card(self, rng):
        self._save_card(
            rng, self._find("deadline.multipack", [("state", "in", ("active", "ended"))], rng)
        )

    def _do_drop_card(self, rng):
        self._find("payment.token", [("active", "=", True)], rng).active = False

    def _do_collect_otherwise(self, rng):
        multipack = self._find("deadline.multipack", [("state", "=", "active")], rng)
        multipack.collection = rng.choice(("manual", "method"))

    def _do_settle_charge(self, rng):
        """Have the provider tell late what became of a charge."""
        domain = [("operation", "=", "offline"), ("state", "=", "pending")]
        if charge := self._find("payment.transaction", domain, rng):
            state = rng.choice(("done", "done", "error", "cancel"))
            if state == "done":
                self.provider.move(charge.reference, charge.deadline_installment_id.id)
            self._tell(charge, state)
            if rng.random() < 0.6:
                charge._post_process()

    def _do_collect_late(self, rng):
        """Have the provider collect what it had refused, which happens with direct debits."""
        domain = [("operation", "=", "offline"), ("state", "=", "error")]
        if charge := self._find("payment.transaction", domain, rng):
            if charge.provider_id.name == "Plain" and not self.provider.asked[charge.reference]:
                return
            self.provider.move(charge.reference, charge.deadline_installment_id.id)
            self.returned.add(charge.deadline_installment_id.id)
            charge._set_done(extra_allowed_states=("error",))
            if rng.random() < 0.6:
                charge._post_process()

    def _do_give_back(self, rng):
        """Have the bank give back what was collected, and accounting undo the payment."""
        domain = [("operation", "=", "offline"), ("state", "=", "done")]
        charge = self._find("payment.transaction", domain, rng)
        installment = charge.deadline_installment_id
        if installment:
            installment.action_mark_returned()
            self.returned.add(installment.id)
            installment.move_id.line_ids.remove_move_reconcile()

    def _do_check_charge(self, rng):
        """Have a person look at an exception, who asks the provider first."""
        domain = [("charge_state", "in", ("exception", "failed", "pending"))]
        installment = self._find("deadline.installment", domain, rng)
        if not installment:
            return
        charge = installment._get_live_charge()
        if charge.state == "draft" and charge.reference in self.provider.known:
            self._tell(charge, "done")
        else:
            installment.action_check_charge()

    @contextmanager
    def _provide(self):
        """Have this simulation be the payment provider of all charges."""
        model = self.env.registry["payment.transaction"]
        with patch.object(model, "_send_payment_request", self._answer):
            yield

    def _answer(self, charge):
        """Do what the provider does with a request, whatever becomes of the answer."""
        self._check_request(charge)
        outcome = random.Random(f"{charge.reference} {self.clock()}").choice(self.provider.outcomes)
        if outcome in ("done", "lost"):
            self.provider.move(charge.reference, charge.deadline_installment_id.id)
        else:
            self.provider.asked[charge.reference] += 1
        if outcome in ("lost", "timeout"):
            raise UnknownOutcomeError("The provider did not answer in time.")
        self._tell(charge, outcome)

    # === CUSTOMERS AND SETTINGS === #

    def _do_exclude(self, rng):
        customer = self._choose_customer(rng)
        customer.write(
            {
                "deadline_notices_excluded": not customer.deadline_notices_excluded,
                "deadline_notices_excluded_reason": "Asked for it",
            }
        )

    def _do_change_address(self, rng):
        self._choose_customer(rng).write(
            rng.choice(
                (
                    {"email": False},
                    {"email": "no address"},
                    {"email": f"new{rng.randint(1, 99)}@example.com"},
                    {"message_bounce": 7},
                    {"message_bounce": 0},
                )
            )
        )

    def _do_archive(self, rng):
        """Archive a customer or a product, or take it back."""
        model, key = rng.choice((("res.partner", "customers"), ("product.product", "services")))
        record = self._choose(model, key, rng).exists()
        record.active = not record.active or rng.random() < 0.5

    def _do_change_level(self, rng):
        grades = self.env["res.partner.grade"].browse(self.world["grades"])
        self._choose_customer(rng).commercial_partner_id.grade_id = rng.choice([*grades, False])

    def _do_change_employer(self, rng):
        contacts = self._find(
            "res.partner",
            [("id", "in", self.world["customers"]), ("is_company", "=", False)],
        )
        employers = self._find(
            "res.partner", [("id", "in", self.world["customers"]), ("is_company", "=", True)]
        )
        if contacts and employers:
            rng.choice(contacts).parent_id = rng.choice([*employers.ids, False])

    def _do_merge(self, rng):
        """Merge two customers, of whom one leaves the world, and another one comes."""
        customers = self._find(
            "res.partner", [("id", "in", self.world["customers"]), ("child_ids", "=", False)]
        )
        if len(customers) > 1:
            gone, kept = customers.browse(rng.sample(customers.ids, 2))
            wizard = self.env["base.partner.merge.automatic.wizard"]
            wizard._merge((gone + kept).ids, kept, extra_checks=False)

    def _do_change_steps(self, rng):
        """Take a step out of a schedule, or put another one in."""
        owner = rng.choice(
            (
                self._choose("res.company", "companies", rng),
                self.env["res.partner.grade"].browse(self.world["grades"][:1]),
            )
        )
        steps, days = owner.deadline_reminder_ids, rng.choice((0, 1, 3, 7, 14, 30, 45))
        found = steps.filtered(lambda step: step.days_before == days)
        if found:
            found.unlink()
        else:
            owner.deadline_reminder_ids = [Command.create({"days_before": days})]

    def _do_change_settings(self, rng):
        company = self._choose("res.company", "companies", rng)
        name, values = rng.choice(
            (
                ("deadline_grace_days", (0, 5, 15)),
                ("deadline_late_renewal", (10, 90)),
                ("deadline_invoice_lead_days", (0, 5, 20)),
                ("deadline_invoice_posting", ("post", "post", "draft")),
                ("deadline_retry_days", ("3, 7, 14", "1", False)),
            )
        )
        company[name] = rng.choice(values)

    # === NOTICES === #

    def _do_notify_by_hand(self, rng):
        deadline = self._find("deadline.deadline", OPEN, rng)
        if deadline:
            self.env["deadline.notice"]._send_now(deadline)

    def _do_deliver(self, rng):
        """Have the queue deliver its e-mails, or not."""
        mails = self._find("mail.mail", [("state", "=", "outgoing")])
        failed = mails.filtered(lambda _mail: rng.random() < 0.1)
        failed.state = "exception"
        (mails - failed).state = "sent"
        if rng.random() < 0.3:
            self._find("deadline.notice", [("state", "=", "failed")])[:3].action_send_again()

    # === PEOPLE === #

    def _do_write_message(self, rng):
        """Have a customer write on the page of something that is theirs, maybe long over."""
        users = self.env["res.users"].browse(self.world["portal"])
        users = users.grouped(lambda user: user.partner_id.commercial_partner_id)
        model = rng.choice(("deadline.deadline", "deadline.multipack"))
        theirs = [("commercial_partner_id", "in", [customer.id for customer in users])]
        if record := self._find(model, theirs, rng):
            user = users[record.commercial_partner_id][:1]
            record.with_env(self.env(user=user, context={})).message_post(
                body="Help", message_type="comment", subtype_xmlid="mail.mt_comment"
            )

    def _do_do_todo(self, rng):
        """Have somebody do what a to-do asks for, or find that there is nothing to be done."""
        self._find("mail.activity", [("automated", "=", True)], rng).action_done()

    def _do_open_missing(self, rng):
        warning = self.env.ref("mail.mail_activity_data_warning")
        todo = self._find("mail.activity", [("activity_type_id", "=", warning.id)], rng)
        self.env["sale.order"].browse(todo.res_id).action_open_deadlines()

    def _do_come_and_go(self, rng):
        """Have a colleague leave, or come back."""
        user = self._choose("res.users", "staff", rng)
        user.active = not user.active

    def _do_change_companies(self, rng):
        user = self._choose("res.users", "staff", rng)
        companies = rng.sample(self.world["companies"], rng.randint(1, 3))
        user.write({"company_ids": [Command.set(companies)], "company_id": companies[0]})

    def _do_change_responsible(self, rng):
        model = rng.choice(("deadline.deadline", "deadline.multipack", "sale.order", "res.partner"))
        if model == "res.partner":
            customer = self._choose_customer(rng).commercial_partner_id
            customer.user_id = self._choose_staff(rng, self._choose("res.company", "trading", rng))
        elif record := self._find(model, (), rng):
            record.user_id = self._choose_staff(rng, record.company_id)

    def _do_change_language(self, rng):
        user = self._choose("res.users", "staff", rng)
        user.lang = rng.choice(("en_US", "it_IT", "de_DE"))

    # === NIGHTS === #

    def _do_night(self, rng):
        """Pass a night, or many days without one, and run the scheduled actions in some way."""
        self._pass(timedelta(days=rng.choice((1, 1, 1, 2, 3, 5, 8, 13, 21, 34))))
        self.provider.outcomes = rng.choice(
            (
                ["done"],
                ["done", "pending"],
                ["done", "error", "pending", "lost", "timeout"],
                ["error"],
            )
        )
        way = rng.choice(("well", "well", "well", "killed", "killed", "twice", "mixed"))
        self.nights[way] += 1
        self.env.cr.commit()  # pylint: disable=invalid-commit
        if way == "killed":
            self._be_killed(rng)
        elif way == "mixed":
            for name in rng.sample(list(CRONS), len(CRONS)):
                self._run_cron(name)
        else:
            self._pass_well()
            if way == "twice":
                self._repeat()

    def _run_cron(self, name):
        model, method = CRONS[name]
        with self._watch(name):
            getattr(self.env(context={})[model], method)()
            self.cr.commit()  # pylint: disable=invalid-commit

    def _be_killed(self, rng):
        """Run all, until the process is killed at some statement."""
        self.cr.left = rng.choice((30, 100, 300, 1000, 3000))
        self.cr.left = rng.randint(1, self.cr.left)
        for name in CRONS:
            self._run_cron(name)
        self.cr.left = None

    def _pass_well(self):
        for name in CRONS:
            self._run_cron(name)
        self._check_night()

    def _repeat(self):
        """Run all once more: there is nothing left to be done."""
        counted = self._count_rows()
        for name in CRONS:
            self._run_cron(name)
        self._check_unchanged(counted)

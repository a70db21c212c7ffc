"""What has to hold in a simulation, computed without the addon's own code.

`RULES` are queries that find nothing when all is well, asked after each move. What the nightly runs
have to bring about is asked after each night that was neither killed nor mixed up.
"""

from calendar import monthrange
from collections import defaultdict
from contextlib import contextmanager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from .simulation_world import TIME_ZONES

#: By how much a line may differ from its part of the order: by a cent for each other line, as the
#: taxes of an order are rounded together.
CENTS = "0.001 + 0.01 * (SELECT count(*) - 1 FROM sale_order_line WHERE order_id = l.order_id)"
#: By what has to hold, the query that finds where it does not.
RULES = {
    "periods of a chain do not overlap": """
        SELECT d.id FROM deadline_deadline d JOIN deadline_deadline p ON p.id = d.previous_id
         WHERE d.state != 'cancelled' AND d.date_start <= p.date_end""",
    "a period is renewed if and only if one that lives follows it": """
        SELECT p.id FROM deadline_deadline p
         WHERE (p.state = 'renewed') != EXISTS (
               SELECT FROM deadline_deadline d
                WHERE d.previous_id = p.id AND d.state != 'cancelled')""",
    "no period is renewed twice": """
        SELECT previous_id FROM deadline_deadline WHERE state != 'cancelled'
         GROUP BY previous_id HAVING previous_id IS NOT NULL AND count(*) > 1""",
    "the history of a period begins with its first one": """
        SELECT d.id FROM deadline_deadline d LEFT JOIN deadline_deadline p ON p.id = d.previous_id
         WHERE d.first_id IS DISTINCT FROM coalesce(p.first_id, p.id)""",
    "a confirmed line has the one deadline that it sold, or a to-do says why not": """
        SELECT l.id FROM sale_order_line l JOIN product_product v ON v.id = l.product_id
          JOIN product_template t ON t.id = v.product_tmpl_id
         WHERE l.state = 'sale' AND t.is_deadline AND l.product_uom_qty > 0
           AND (SELECT count(*) FROM deadline_deadline d
                 WHERE d.sale_line_id = l.id AND d.state != 'cancelled') !=
               CASE WHEN EXISTS (SELECT FROM mail_activity a WHERE a.res_model = 'sale.order'
                    AND a.res_id = l.order_id AND a.automated)
               THEN (SELECT least(count(*), 1) FROM deadline_deadline d
                      WHERE d.sale_line_id = l.id AND d.state != 'cancelled')
               ELSE 1 END""",
    "a confirmed line has the one multipack that it sold, or a to-do says why not": """
        SELECT l.id FROM sale_order_line l JOIN product_product v ON v.id = l.product_id
          JOIN product_template t ON t.id = v.product_tmpl_id
         WHERE l.state = 'sale' AND t.is_multipack AND l.product_uom_qty > 0
           AND (SELECT count(*) FROM deadline_multipack m
                 WHERE m.sale_line_id = l.id AND m.state != 'cancelled') !=
               CASE WHEN EXISTS (SELECT FROM mail_activity a WHERE a.res_model = 'sale.order'
                    AND a.res_id = l.order_id AND a.automated)
               THEN (SELECT least(count(*), 1) FROM deadline_multipack m
                      WHERE m.sale_line_id = l.id AND m.state != 'cancelled')
               ELSE 1 END""",
    "what is not sold any more has nothing that lives": """
        SELECT d.id FROM deadline_deadline d JOIN sale_order_line l ON l.id = d.sale_line_id
         WHERE d.state != 'cancelled' AND (l.state != 'sale' OR l.product_uom_qty <= 0)
         UNION ALL
        SELECT m.id FROM deadline_multipack m JOIN sale_order_line l ON l.id = m.sale_line_id
         WHERE m.state != 'cancelled' AND (l.state != 'sale' OR l.product_uom_qty <= 0)""",
    "a running deadline has the quantity and the amount of its line": """
        SELECT d.id FROM deadline_deadline d JOIN sale_order_line l ON l.id = d.sale_line_id
         WHERE d.state = 'active' AND d.multipack_id IS NULL
           AND (d.quantity != l.product_uom_qty OR abs(d.amount - l.price_subtotal) > 0.001)""",
    "the running deadlines of a multipack share the untaxed total of its line": f"""
        SELECT m.id FROM deadline_multipack m JOIN sale_order_line l ON l.id = m.sale_line_id
          JOIN deadline_deadline d ON d.multipack_id = m.id
         WHERE m.state = 'active' AND m.plan = 'installments'
           AND d.state NOT IN ('cancelled', 'renewed', 'expired')
         GROUP BY m.id, l.id HAVING abs(sum(d.amount) - l.price_subtotal) > {CENTS}""",
    "each period of a multipack has all of its services": """
        SELECT m.id FROM deadline_multipack m JOIN product_product v ON v.id = m.product_id
          JOIN deadline_deadline d ON d.multipack_id = m.id
         WHERE d.state != 'cancelled'
         GROUP BY m.id, v.product_tmpl_id, d.date_start
        HAVING count(*) != (SELECT count(*) FROM deadline_multipack_component c
                             WHERE c.product_tmpl_id = v.product_tmpl_id)""",
    "the periods of a multipack follow one another, from its start to its end": """
        SELECT m.id FROM deadline_multipack m JOIN (
            SELECT multipack_id, date_start, max(date_end) AS date_end,
                   lag(max(date_end)) OVER periods AS before, lead(date_start) OVER periods AS after
              FROM deadline_deadline WHERE state != 'cancelled' AND multipack_id IS NOT NULL
             GROUP BY multipack_id, date_start
            WINDOW periods AS (PARTITION BY multipack_id ORDER BY date_start)
            ) d ON d.multipack_id = m.id
         WHERE d.date_start != coalesce(d.before + 1, m.date_start)
            OR d.after IS NULL AND d.date_end != m.date_end""",
    "each month of a multipack has its installment, and none has another": """
        SELECT m.id FROM deadline_multipack m
         WHERE m.plan = 'monthly' AND m.state = 'active' AND m.amount > 0 AND EXISTS (
               (SELECT date_start FROM deadline_deadline WHERE multipack_id = m.id
                EXCEPT SELECT date_due FROM deadline_installment WHERE multipack_id = m.id)
               UNION (SELECT date_due FROM deadline_installment WHERE multipack_id = m.id
                EXCEPT SELECT date_start FROM deadline_deadline WHERE multipack_id = m.id))
           AND NOT EXISTS (SELECT FROM sale_order_line l
                            WHERE l.id = m.sale_line_id AND l.price_total = 0)""",
    "states say what they say": """
        SELECT id FROM deadline_deadline
         WHERE state = 'expired' AND expired_on IS NULL
            OR state = 'active' AND expired_on IS NOT NULL
            OR state = 'renewed' AND renewed_on IS NULL
            OR state IN ('active', 'expired') AND renewed_on IS NOT NULL
            OR state = 'withdrawn' AND withdrawal_id IS NULL
            OR state IN ('renewed', 'expired') AND withdrawal_id IS NOT NULL
            OR state = 'expired' AND is_self_renewing""",
    "nothing of a cancelled multipack lives": """
        SELECT m.id FROM deadline_multipack m
         WHERE m.state = 'cancelled' AND (
               EXISTS (SELECT FROM deadline_deadline d
                        WHERE d.multipack_id = m.id AND d.state != 'cancelled')
            OR EXISTS (SELECT FROM deadline_installment i
                        WHERE i.multipack_id = m.id AND i.state != 'removed'))""",
    "installments sum to the price of their multipack, and that is its line's": f"""
        SELECT m.id FROM deadline_multipack m JOIN sale_order_line l ON l.id = m.sale_line_id
          LEFT JOIN deadline_installment i ON i.multipack_id = m.id AND i.removed_on IS NULL
         WHERE m.plan = 'installments' AND m.state IN ('active', 'ended')
         GROUP BY m.id, l.id
        HAVING abs(coalesce(sum(i.amount), 0) - m.amount) > 0.001
            OR m.state = 'active' AND abs(m.amount - l.price_total) > {CENTS}""",
    "multipacks come to the total of an order that has nothing else": """
        SELECT o.id FROM sale_order o JOIN sale_order_line l ON l.order_id = o.id
          LEFT JOIN deadline_multipack m
            ON m.sale_line_id = l.id AND m.state = 'active' AND m.plan = 'installments'
         WHERE o.state = 'sale' AND l.product_uom_qty > 0
         GROUP BY o.id
        HAVING count(*) = count(m.id) AND abs(sum(m.amount) - o.amount_total) > 0.001""",
    "an invoice has the amount of its installment": """
        SELECT i.id FROM deadline_installment i JOIN account_move a ON a.id = i.move_id
         WHERE a.state != 'cancel'
           AND (abs(a.amount_total - i.amount) > 0.001 OR a.currency_id != i.currency_id)""",
    "an invoice is of one installment": """
        SELECT move_id FROM deadline_installment WHERE move_id IS NOT NULL
         GROUP BY move_id HAVING count(*) > 1""",
    "an installment is in the state of its invoice": """
        SELECT i.id FROM deadline_installment i LEFT JOIN account_move a ON a.id = i.move_id
         WHERE i.state != CASE
            WHEN i.removed_on IS NOT NULL THEN 'removed'
            WHEN a.id IS NULL OR a.state = 'cancel' THEN 'planned'
            WHEN a.payment_state IN ('paid', 'in_payment') THEN 'paid'
            WHEN a.payment_state = 'reversed' THEN 'credited'
            ELSE 'invoiced' END""",
    "of a removed installment nothing is open": """
        SELECT i.id FROM deadline_installment i JOIN account_move a ON a.id = i.move_id
         WHERE i.state = 'removed' AND a.state != 'cancel'
           AND (a.state = 'draft' OR a.payment_state IN ('not_paid', 'partial'))""",
    "after a withdrawal nothing is due later, unless money is under way": """
        SELECT i.id FROM deadline_installment i
          JOIN deadline_multipack m ON m.id = i.multipack_id
          JOIN deadline_withdrawal w ON w.id = m.withdrawal_id
         WHERE i.date_due > w.date AND i.state IN ('planned', 'invoiced')
           AND NOT i.removal_pending""",
    "a withdrawn multipack is paid by hand, and its services end with it": """
        SELECT m.id FROM deadline_multipack m JOIN deadline_withdrawal w ON w.id = m.withdrawal_id
         WHERE m.state != 'withdrawn' OR m.collection != 'manual'
            OR EXISTS (SELECT FROM deadline_deadline d
                        WHERE d.multipack_id = m.id AND d.state != 'cancelled'
                          AND d.date_end > greatest(w.date, m.date_start))""",
    "no charge is under way twice": """
        SELECT deadline_installment_id FROM payment_transaction
         WHERE operation = 'offline' AND deadline_discarded IS NOT TRUE
           AND state IN ('draft', 'pending', 'authorized', 'done')
         GROUP BY 1 HAVING deadline_installment_id IS NOT NULL AND count(*) > 1""",
    "an installment follows its charge": """
        SELECT i.id FROM deadline_installment i LEFT JOIN payment_transaction t
            ON t.deadline_installment_id = i.id AND t.operation = 'offline'
           AND t.deadline_discarded IS NOT TRUE
           AND t.state IN ('draft', 'pending', 'authorized', 'done')
         WHERE i.charge_state = 'charging' AND t.state IS DISTINCT FROM 'draft'
            OR i.charge_state = 'pending' AND (t.state IS NULL
               OR t.state NOT IN ('pending', 'authorized'))
            OR i.charge_state = 'none' AND t.state IN ('draft', 'pending', 'authorized')
            OR i.charge_state = 'failed' AND i.next_attempt IS NULL
            OR i.charge_state = 'exception' AND (i.charge_problem IS NULL
               OR i.next_attempt IS NOT NULL)""",
    "an exception of a running multipack has a to-do": """
        SELECT i.id FROM deadline_installment i
         WHERE i.charge_state = 'exception' AND i.charge_activity_id IS NULL""",
    "a customer has one notice of a kind on a day": """
        SELECT min(id) FROM deadline_notice WHERE is_manual IS NOT TRUE
         GROUP BY company_id, date, addressee_key, kind HAVING count(*) > 1""",
    "a service or payment is told of once on a day": """
        SELECT min(l.id) FROM deadline_notice_line l
         WHERE l.verdict = 'queued'
         GROUP BY l.deadline_id, l.installment_id, l.kind, l.date HAVING count(*) > 1""",
    "a step is dealt with once": """
        SELECT min(id) FROM deadline_notice_line WHERE kind != 'manual'
         GROUP BY deadline_id, installment_id, kind, days_before, attempt, date_end
        HAVING count(*) > 1 AND deadline_id IS NOT NULL""",
    "the ledger, the notices and the e-mails belong together": """
        SELECT id FROM deadline_notice_line
         WHERE (verdict = 'queued') != (notice_id IS NOT NULL)
            OR (verdict = 'skipped') != (reason IS NOT NULL)
         UNION ALL
        SELECT n.id FROM deadline_notice n
         WHERE NOT EXISTS (SELECT FROM deadline_notice_line l WHERE l.notice_id = n.id)
            OR n.mail_id IS NULL
         UNION ALL
        SELECT min(id) FROM deadline_notice GROUP BY mail_id HAVING count(*) > 1""",
    "no to-do is about what is not there": """
        SELECT a.id FROM mail_activity a
         WHERE a.res_model = 'deadline.deadline'
           AND NOT EXISTS (SELECT FROM deadline_deadline d WHERE d.id = a.res_id)
            OR a.res_model = 'deadline.multipack'
           AND NOT EXISTS (SELECT FROM deadline_multipack m WHERE m.id = a.res_id)""",
    "nothing fails in a nightly run but a charge": """
        SELECT id FROM deadline_deadline WHERE batch_error IS NOT NULL
         UNION ALL SELECT id FROM deadline_multipack WHERE batch_error IS NOT NULL
         UNION ALL SELECT id FROM deadline_installment
         WHERE batch_error IS NOT NULL AND charge_state NOT IN ('charging', 'exception')""",
}
#: What is checked by code, said as in `RULES`.
CHECKS = {
    "refusals say why": "whoever is refused something",
    "a period lasts as long as it was sold for": "dates, from the calendar alone",
    "a renewal begins where its day and the grace days say": "each new period",
    "only who may be reminded is reminded": "each new line of the ledger",
    "each step that is due has a verdict": "all that had not come nearer to the end",
    "nothing is left of a night that was not killed": "expiry, months, ends, invoices, removals",
    "a night that is run twice does nothing the second time": "rows of each table",
    "only what is due and open is charged, to a card that is agreed on": "each request",
    "money moves once for each installment": "the provider's ledger",
    "what a customer has is what its deadlines sum to": "active and concluded capital, next end",
    "what an order has invoiced is what its installments have": "figures of each line",
    "a multipack's figures are those of its installments": "paid, overdue, planned, next due",
}
COUNTED = (
    "deadline_deadline",
    "deadline_installment",
    "deadline_notice",
    "deadline_notice_line",
    "payment_transaction",
    "account_move",
    "account_payment",
    "mail_mail",
)
#: A step that no deadline has reached.
NONE = 100_000


class Broken(Exception):
    """A rule does not hold."""

    def __init__(self, rule, found):
        super().__init__(f"{rule}: {found}")
        self.rule = rule


class Rules:
    """Mixed into a simulation, see `simulation`."""

    last_deadline = 0

    def _rows(self, query, *values):
        self.env.flush_all()
        self.cr.execute(query, values)
        return self.cr.fetchall()

    def _break(self, rule, found):
        raise Broken(rule, found)

    def _day(self, company_id):
        """Return the day of a company, by the clock on its wall."""
        zone = ZoneInfo(TIME_ZONES[self.env["res.company"].browse(company_id).name])
        return self.clock().replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()

    # === AFTER EACH MOVE === #

    def _check_all(self):
        for rule, query in RULES.items():
            if found := self._rows(query):
                self._break(rule, found)
        for rule, found in self.broken:
            self._break(rule, found)
        self._check_dates()
        self._check_new_periods()
        self._check_money()

    def _check_dates(self):
        wrong = [
            row
            for row in self._rows(
                """SELECT id, date_start, date_end, duration_count, duration_unit, anchor_day
                     FROM deadline_deadline WHERE withdrawal_id IS NULL AND state != 'cancelled'"""
            )
            if row[0] not in self.edited and row[2] != last_day(*row[1:2], *row[3:])
        ]
        if wrong:
            self._break("a period lasts as long as it was sold for", wrong)

    def _check_new_periods(self):
        new = self.env["deadline.deadline"].search([("id", ">", self.last_deadline)], order="id")
        for deadline in new.filtered(lambda one: one.state != "cancelled"):
            if deadline.sale_line_id and deadline.previous_id and not deadline.multipack_id:
                self._check_renewal(deadline)
        self.last_deadline = max(new.ids, default=self.last_deadline)

    def _check_renewal(self, deadline):
        previous, product = deadline.previous_id, deadline.product_id.product_tmpl_id
        company = deadline.company_id
        grace = company.deadline_grace_days
        if product.deadline_grace_policy == "own":
            grace = product.deadline_grace_days
        zone = ZoneInfo(TIME_ZONES[company.name])
        order = deadline.order_id
        moments = [order.date_order, self.clock()]
        paid = order.transaction_ids.filtered(lambda one: one.state in ("pending", "done"))
        moments += paid.mapped("create_date")
        starts = set()
        for moment in moments:
            day = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
            follows = previous.date_end + timedelta(days=1)
            end = last_day(
                follows, deadline.duration_count, deadline.duration_unit, previous.anchor_day
            )
            late = (day - previous.date_end).days > grace or end < day
            starts.add(day if late else follows)
        if deadline.date_start not in starts:
            self._break(
                "a renewal begins where its day and the grace days say",
                (deadline.id, deadline.date_start, starts),
            )

    # === CHARGES === #

    def _check_request(self, charge):
        """Note what is wrong with a request to the provider, at the moment that it comes."""
        installment = charge.deadline_installment_id
        multipack, move = installment.multipack_id, installment.move_id
        today = self._day(installment.company_id.id)
        earlier = [one for one in self.provider.moved if one[1] == installment.id]
        wrong = {
            "not agreed": multipack.collection != "token",
            "not the card": multipack.payment_token_id != charge.token_id,
            "withdrawn": multipack.state not in ("active", "ended"),
            "not open": installment.state != "invoiced" or installment.removed_on,
            "another amount": abs(move.amount_residual - charge.amount) > 0.001,
            "not due": installment.date_due > today,
            "collected": (
                earlier
                and installment.id not in self.returned
                and charge.reference not in self.provider.known
            ),
        }
        if found := [name for name, is_wrong in wrong.items() if is_wrong]:
            self.broken.append(
                (
                    "only what is due and open is charged, to a card that is agreed on",
                    (charge.reference, found),
                )
            )

    def _check_money(self):
        moved = defaultdict(set)
        for reference, installment_id in self.provider.moved:
            moved[installment_id].add(reference)
        twice = {one: names for one, names in moved.items() if len(names) > 1}
        if wrong := {one: names for one, names in twice.items() if one not in self.returned}:
            self._break("money moves once for each installment", wrong)
        repeated = [
            name
            for name, count in self.provider.asked.items()
            if count > 1 and self._is_plain(name)
        ]
        if repeated:
            self._break("money moves once for each installment", repeated)

    def _is_plain(self, reference):
        """Say whether a charge was asked of the provider that knows no keys."""
        payments = self.env["payment.transaction"].search([("reference", "=", reference)])
        return "Plain" in payments.provider_id.mapped("name")

    # === NOTICES === #

    @contextmanager
    def _watch(self, cron):
        """Check what a scheduled action adds to the ledger, on the spot."""
        if cron != "notify":
            yield
            return
        handled = self._read_handled()
        [[last]] = self._rows("SELECT coalesce(max(id), 0) FROM deadline_notice_line")
        waiting = {one for [one] in self._rows(WAITING, self.clock())}
        yield
        self._check_reminded(last, waiting)
        self.handled, self.waiting = handled, waiting

    def _read_handled(self):
        """Return the nearest step in the ledger by (deadline id, end)."""
        return {
            (one, end): step
            for one, end, step in self._rows(
                """SELECT deadline_id, date_end, min(days_before) FROM deadline_notice_line
                    WHERE kind != 'manual' AND deadline_id IS NOT NULL GROUP BY 1, 2"""
            )
        }

    def _check_reminded(self, last, waiting):
        rule = "only who may be reminded is reminded"
        lines = self.env["deadline.notice.line"].search([("id", ">", last)], order="id")
        for line in lines.filtered(lambda one: one.verdict == "queued"):
            deadline, notice = line.deadline_id, line.notice_id
            today = self._day(deadline.company_id.id)
            step_day = deadline.date_end - timedelta(days=line.days_before)
            customers = deadline.commercial_partner_id
            if deadline.partner_id.commercial_partner_id == customers:
                customers |= deadline.partner_id
            wrong = {
                "concluded": deadline.state not in ("active", "expired"),
                "withdrawn": deadline.withdrawal_id,
                "goes on by itself": deadline.is_self_renewing,
                "excluded": any(customers.mapped("deadline_notices_excluded")),
                "not reachable": notice.email not in customers.mapped("email_normalized"),
                "archived": not notice.partner_id.active or not deadline.product_id.active,
                "being renewed": deadline.id in waiting,
                "another day": line.date != today or notice.date != today,
                "another end": line.date_end != deadline.date_end,
                "before its day": today < step_day,
                "before the period": step_day <= deadline.date_start,
                "past": step_day < deadline.notify_from,
                "not the nearest": line.days_before
                != min(step for step, day in self._reached(deadline, today)),
            }
            if found := [name for name, is_wrong in wrong.items() if is_wrong]:
                self._break(rule, (line.id, deadline.id, found))

    def _reached(self, deadline, today):
        """Return (step, its day) of the steps that a deadline has come to."""
        grade = deadline.commercial_partner_id.grade_id
        owner = grade if grade.reminder_policy == "own" else deadline.company_id
        steps = owner.deadline_reminder_ids.mapped("days_before")
        if deadline.state == "expired":
            steps.append(-1)
        days = [(step, deadline.date_end - timedelta(days=step)) for step in steps]
        return [(step, day) for step, day in days if deadline.date_start < day <= today]

    def _check_ledger(self):
        """Each step that was due, and had not been passed by before, has a verdict by now."""
        told = {
            (company, customer, day)
            for company, customer, day in self._rows(
                """SELECT company_id, commercial_partner_id, date FROM deadline_notice
                    WHERE kind = 'deadline' AND is_manual IS NOT TRUE"""
            )
        }
        known = set(
            self._rows(
                """SELECT deadline_id, days_before, date_end FROM deadline_notice_line
                    WHERE kind != 'manual' AND deadline_id IS NOT NULL"""
            )
        )
        deadlines = self._find(
            "deadline.deadline",
            [("state", "in", ("active", "expired")), ("is_self_renewing", "=", False)],
        )
        for deadline in deadlines:
            company, customer = deadline.company_id, deadline.commercial_partner_id
            today, end = self._day(company.id), deadline.date_end
            nearest = self.handled.get((deadline.id, end), NONE)
            missing = [
                step
                for step, day in self._reached(deadline, today)
                if step < nearest
                and day >= deadline.notify_from
                and (deadline.id, step, end) not in known
            ]
            if missing and not (
                deadline.withdrawal_id
                or deadline.id in self.waiting
                or (company.id, customer.id, today) in told
                or (today - end).days > company.deadline_late_renewal + 1
                or deadline.expired_on == end
                or nearest == NONE > deadline.notified_step
            ):
                self._break("each step that is due has a verdict", (deadline.id, missing))

    # === AFTER EACH NIGHT === #

    def _check_night(self):
        companies = self.env["res.company"].browse(self.world["companies"])
        for company in companies:
            today = self._day(company.id)
            horizon = today + timedelta(days=company.deadline_invoice_lead_days)
            for what, query in LEFT.items():
                values = {"company": company.id, "today": today, "horizon": horizon}
                self.env.flush_all()
                self.cr.execute(query, values)
                if found := self.cr.fetchall():
                    self._break(
                        "nothing is left of a night that was not killed", (what, found, today)
                    )
        self._check_ledger()
        self._check_customers()
        self._check_orders()
        self._check_multipacks()

    def _count_rows(self):
        return {table: self._rows(f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED}

    def _check_unchanged(self, counted):
        now = self._count_rows()
        if changed := {
            name: (counted[name], now[name]) for name in now if now[name] != counted[name]
        }:
            self._break("a night that is run twice does nothing the second time", changed)

    def _check_customers(self):
        """Sum all deadlines up, as one would on paper."""
        figures = defaultdict(lambda: [0.0, 0.0, False])
        for company, customer, state, amount, end in self._rows(
            """SELECT company_id, commercial_partner_id, state, amount_company, date_end
                 FROM deadline_deadline"""
        ):
            figure = figures[company, customer]
            if state == "active":
                figure[0] += amount
                figure[2] = min(figure[2] or end, end)
            elif state in ("renewed", "expired", "withdrawn"):
                figure[1] += amount
        for (company, customer), (active, concluded, end) in figures.items():
            partner = self.env["res.partner"].with_company(company).browse(customer)
            if (
                abs(partner.deadline_active_amount - active) > 0.01
                or abs(partner.deadline_concluded_amount - concluded) > 0.01
                or partner.deadline_next_end != end
            ):
                self._break(
                    "what a customer has is what its deadlines sum to",
                    (customer, company, active, concluded, end),
                )

    def _check_orders(self):
        for line in self._find("sale.order.line", [("multipack_ids", "!=", False)]):
            installments = line.multipack_ids.installment_ids
            moves = installments.move_id.filtered(lambda move: move.state == "posted")
            notes = moves.reversal_move_ids.filtered(lambda move: move.state == "posted")
            invoiced = sum(moves.mapped("amount_total")) - sum(notes.mapped("amount_total"))
            open_ones = installments.filtered(
                lambda one: (
                    not one.removed_on and (not one.move_id or one.move_id.state != "posted")
                )
            )
            found = {
                "to invoice": (line.amount_to_invoice, sum(open_ones.mapped("amount"))),
                "quantity to invoice": (line.qty_to_invoice, 0.0),
                "invoiced": (line.amount_invoiced, invoiced),
            }
            if wrong := {
                name: pair for name, pair in found.items() if abs(pair[0] - pair[1]) > 0.005
            }:
                self._break(
                    "what an order has invoiced is what its installments have", (line.id, wrong)
                )

    def _check_multipacks(self):
        for multipack in self._find("deadline.multipack"):
            today = self._day(multipack.company_id.id)
            amounts = defaultdict(float)
            dates = []
            for one in multipack.installment_ids:
                amounts[one.state] += one.amount
                if one.state in ("planned", "invoiced"):
                    dates.append(one.date_due)
                    amounts["overdue"] += one.amount if one.date_due < today else 0.0
            pairs = (
                (multipack.amount_paid, amounts["paid"]),
                (multipack.amount_overdue, amounts["overdue"]),
                (multipack.amount_planned, amounts["planned"]),
            )
            if any(abs(one - other) > 0.005 for one, other in pairs) or multipack.next_due != min(
                dates, default=False
            ):
                self._break(
                    "a multipack's figures are those of its installments", (multipack.id, pairs)
                )


#: Deadlines whose renewal may still be paid: sent and valid, or with a payment under way.
WAITING = """
    SELECT d.id FROM deadline_deadline d
      JOIN sale_order_line l
        ON l.renewed_deadline_id = d.id OR l.renewed_multipack_id = d.multipack_id
      JOIN sale_order o ON o.id = l.order_id
     WHERE o.state = 'sent'
       AND (o.validity_date IS NULL OR o.validity_date >= %s::date
            OR EXISTS (SELECT FROM sale_order_transaction_rel r
                         JOIN payment_transaction t ON t.id = r.transaction_id
                        WHERE r.sale_order_id = o.id AND t.state IN ('pending', 'authorized')))"""
#: What a night must not leave behind, by company.
LEFT = {
    "active past its end": """
        SELECT id FROM deadline_deadline WHERE company_id = %(company)s AND state = 'active'
           AND date_end < %(today)s AND NOT is_self_renewing""",
    "expired before its end": """
        SELECT id FROM deadline_deadline WHERE company_id = %(company)s
           AND state IN ('expired', 'withdrawn') AND date_end >= %(today)s""",
    "months not opened": """
        SELECT id FROM deadline_multipack WHERE company_id = %(company)s AND state = 'active'
           AND plan = 'monthly' AND date_end < %(horizon)s""",
    "multipacks over and not ended": """
        SELECT id FROM deadline_multipack WHERE company_id = %(company)s AND state = 'active'
           AND plan = 'installments' AND date_end < %(today)s""",
    "installments not invoiced": """
        SELECT id FROM deadline_installment WHERE company_id = %(company)s AND state = 'planned'
           AND move_id IS NULL AND date_due <= %(horizon)s""",
    "installments due and not charged": """
        SELECT i.id FROM deadline_installment i JOIN account_move a ON a.id = i.move_id
          JOIN deadline_multipack m ON m.id = i.multipack_id
         WHERE i.company_id = %(company)s AND i.state = 'invoiced' AND a.state = 'posted'
           AND m.collection = 'token' AND m.state IN ('active', 'ended')
           AND i.date_due <= %(today)s AND i.batch_error IS NULL
           AND (i.charge_state = 'none' OR i.next_attempt <= %(today)s)
           AND NOT EXISTS (SELECT FROM payment_transaction t
                             JOIN account_invoice_transaction_rel r ON r.transaction_id = t.id
                            WHERE r.invoice_id = a.id
                              AND t.state IN ('draft', 'pending', 'authorized', 'done'))""",
    "withdrawn, and neither removed nor under way": """
        SELECT i.id FROM deadline_installment i WHERE i.company_id = %(company)s
           AND i.removal_pending AND NOT EXISTS (
               SELECT FROM payment_transaction t
                 JOIN account_invoice_transaction_rel r ON r.transaction_id = t.id
                WHERE r.invoice_id = i.move_id
                  AND t.state IN ('draft', 'pending', 'authorized', 'done'))""",
    "to be paid by hand and not told": """
        SELECT i.id FROM deadline_installment i JOIN account_move a ON a.id = i.move_id
          JOIN deadline_multipack m ON m.id = i.multipack_id
         WHERE i.company_id = %(company)s AND i.state = 'invoiced' AND a.state = 'posted'
           AND m.collection = 'manual' AND i.date_due <= %(horizon)s AND i.is_due_told IS NOT TRUE
           AND i.withdrawal_outcome IS DISTINCT FROM 'bank'  -- owed only if that fails
           AND NOT EXISTS (SELECT FROM deadline_notice n
                            WHERE n.commercial_partner_id = i.commercial_partner_id
                              AND n.company_id = i.company_id AND n.date = %(today)s
                              AND n.kind LIKE 'payment%%')""",
}


def last_day(start, count, unit, anchor):
    """Return the last day of a period, counted on the calendar."""
    if unit in ("day", "week"):
        return start + timedelta(days=count * (7 if unit == "week" else 1) - 1)
    months = start.year * 12 + start.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    longest = monthrange(year, month)[1]
    begins = (
        anchor if min(anchor, monthrange(start.year, start.month)[1]) == start.day else start.day
    )
    return date(year, month, min(begins, longest)) - timedelta(days=1)

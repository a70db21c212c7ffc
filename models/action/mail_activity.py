from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from .. import periods
from ..constants import GROUP_USER

OUTCOMES = [
    ("reached", "Reached"),
    ("no_answer", "No answer"),
    ("later", "Call again"),
    ("lost", "Customer lost"),
]
#: Longest time after which a recall may be planned again, in days.
MAX_DAYS = 365
#: What has a company of its own, and not that of its customer, among what has a customer.
OWNED = ("deadline.deadline", "deadline.multipack", "sale.order")
#: What the recall date of a customer depends on.
RECALL_FIELDS = {"active", "date_done", "activity_type_id", "res_id"}
#: By what an action comes to say that a customer has left.
DONE_FIELDS = {"active", "activity_type_id", "res_model_id", "res_model"}
#: What an appointment in the agenda shows of its action.
AGENDA_FIELDS = {"activity_type_id", "user_id", "summary", "active", "res_id", "res_model"}


class MailActivity(models.Model):
    _inherit = "mail.activity"

    customer_id = fields.Many2one(
        "res.partner",
        compute="_compute_customer_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        help="Commercial entity of the contact, the deadline, the multipack or the order that the"
        " action is about.",
    )
    base_type = fields.Selection(related="activity_type_id.base_type")
    done_by_id = fields.Many2one("res.users", string="Done by", readonly=True, copy=False)
    recall_outcome = fields.Selection(
        selection=OUTCOMES, string="Outcome", readonly=True, copy=False
    )
    follow_up_id = fields.Many2one(
        "mail.activity",
        string="Follow-up",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The recall that was planned when this one was closed.",
    )
    deadline_company_id = fields.Many2one(
        "res.company",
        string="Company",
        compute="_compute_deadline_company_id",
        search="_search_deadline_company_id",
        compute_sudo=True,
        help="Company of what the action is about, or of the customer, which may have none.",
    )

    _recall_idx = models.Index("(customer_id, date_done) WHERE customer_id IS NOT NULL")

    # === COMPUTES === #

    @api.depends("res_model", "res_id")
    def _compute_customer_id(self):
        for model, activities in self.grouped("res_model").items():
            records = self.env.get(model)
            if not hasattr(records, "_get_activity_customer"):
                activities.customer_id = False
                continue
            records = records.sudo().browse(activities.mapped("res_id")).exists()
            customers = {record.id: record._get_activity_customer() for record in records}
            for activity in activities:
                activity.customer_id = customers.get(activity.res_id)

    @api.depends("res_model", "res_id", "customer_id.company_id")
    def _compute_deadline_company_id(self):
        for activity in self:
            if activity.res_model in OWNED:
                record = self.env[activity.res_model].browse(activity.res_id).exists()
            else:
                record = activity.customer_id
            activity.deadline_company_id = record.company_id

    def _search_deadline_company_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        wanted = [company or 0 for company in value]

        def is_of(activities, alias, query):
            # Of each action that is found otherwise: PostgreSQL would list all deadlines first.
            model, record, customer = (
                activities._field_to_sql(alias, name, query)
                for name in ("res_model", "res_id", "customer_id")
            )
            owned = (
                SQL("WHEN %s THEN %s", name, self._get_company_sql(name, record)) for name in OWNED
            )
            return SQL(
                "coalesce(CASE %s %s ELSE %s END, 0) = ANY(%s)",
                model,
                SQL(" ").join(owned),
                self._get_company_sql("res.partner", customer),
                wanted,
            )

        return Domain.custom(
            to_sql=is_of, predicate=lambda one: (one.deadline_company_id.id or 0) in wanted
        )

    @api.model
    def _get_company_sql(self, model, record_id):
        """Return the SQL of the company of the record of ``model`` with this id, itself SQL."""
        records = self.env[model]
        return SQL(
            "(SELECT %s FROM %s WHERE %s = %s)",
            SQL.identifier(records._table, "company_id", to_flush=records._fields["company_id"]),
            SQL.identifier(records._table),
            SQL.identifier(records._table, "id"),
            record_id,
        )

    @api.depends("active")
    def _compute_date_done(self):
        fresh = self.filtered(lambda activity: not activity.active and not activity.date_done)
        super()._compute_date_done()
        for activity in fresh.filtered("customer_id"):
            activity.date_done = activity._get_deadline_company()._deadline_today()

    # === ACCESS === #

    def _check_access(self, operation):
        """Let whoever works on deadlines close what colleagues have planned for a customer.

        Odoo asks for a right to change the contact.
        """
        result = super()._check_access(operation)
        if (
            not result
            or operation not in ("write", "unlink")
            or not self.env.user.has_group(GROUP_USER)
        ):
            return result
        denied = result[0]
        on_contacts = denied.sudo().filtered(lambda one: one.res_model == "res.partner")
        contacts = self.env["res.partner"].browse(on_contacts.mapped("res_id"))
        readable = contacts._filtered_access("read").ids
        denied -= on_contacts.filtered(lambda one: one.res_id in readable).sudo(self.env.su)
        return (denied, lambda: denied._make_access_error(operation)) if denied else None

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        activities = super().create(vals_list)
        ours = activities.filtered("customer_id")
        ours._check_withdrawals()
        ours._update_agenda()
        ours.filtered(lambda activity: not activity.active)._update_recall_dates()
        return activities

    def write(self, vals):
        touched = self._get_recalled_partners() if "res_id" in vals else self.env["res.partner"]
        if "active" in vals:
            vals = {**vals, "done_by_id": False if vals["active"] else self.env.uid}
        reopened = self.browse()
        if vals.get("active"):
            reopened = self.filtered(lambda activity: not activity.active)
            vals |= {"recall_outcome": False, "feedback": False}  # it has not come to that yet
        result = super().write(vals)
        reopened._cancel_follow_ups()
        ours = self.filtered("customer_id")
        if not DONE_FIELDS.isdisjoint(vals):
            ours._check_withdrawals()
        if ours and vals.keys() & AGENDA_FIELDS:
            ours._update_agenda()
        if (ours or touched) and not RECALL_FIELDS.isdisjoint(vals):
            ours._update_recall_dates(touched)
        return result

    def unlink(self):
        partners = self._get_recalled_partners()
        # Only what was made for these actions, and for nothing else.
        # Appointments of colleagues, too.
        events_sudo = self.sudo().calendar_event_id.filtered(
            lambda event: (
                event.is_deadline_action
                and event.with_context(active_test=False).activity_ids <= self.sudo()
            )
        )
        result = super().unlink()
        events_sudo.unlink()
        self.env["mail.activity"]._set_recall_dates(partners)
        return result

    # === WITHDRAWALS === #

    def _check_withdrawals(self):
        """Check that no action says that a customer has left who has not.

        :raise UserError: names a done one that is not about a multipack that was left
        """
        for activity in self.filtered(lambda one: one.base_type == "withdrawal"):
            if not activity.active and not activity._get_withdrawal():
                raise UserError(
                    self.env._(
                        "“%s” says that the customer has left: register that with Multipack"
                        " Withdrawal on the customer, which records it by itself. Here it can"
                        " only be planned.",
                        activity.summary or activity.activity_type_id.name,
                    )
                )

    def _get_withdrawal(self):
        """Return the withdrawal of the multipack, or its service, that it is about, maybe none."""
        self.ensure_one()
        multipack_sudo = self.env["deadline.multipack"].sudo()
        if self.res_model == multipack_sudo._name:
            multipack_sudo = multipack_sudo.browse(self.res_id).exists()
        elif self.res_model == "deadline.deadline":
            multipack_sudo = (
                self.env[self.res_model].sudo().browse(self.res_id).exists().multipack_id
            )
        return multipack_sudo.withdrawal_id

    @api.model
    def _move_planned_withdrawals(self, multipacks):
        """Hand over what was planned on the customer for a withdrawal from these.

        It stays open, for whomever it was given to, and can now be done.

        :param multipacks: those that the customer has left
        """
        planned = self.search(
            Domain("customer_id", "=", multipacks.commercial_partner_id.id)
            & Domain("activity_type_id.base_type", "=", "withdrawal")
            & Domain("res_model", "=", "res.partner")
            & Domain("deadline_company_id", "in", (multipacks.company_id.id, False))
        )
        model_id = self.env["ir.model"]._get_id(multipacks._name)
        planned.write({"res_model_id": model_id, "res_id": multipacks[:1].id})

    # === AGENDA === #

    def _update_agenda(self):
        """Keep an all-day appointment for each action whose type asks for it and that has a user.

        It leaves its user free, unless people gave it an hour and say otherwise; a done one is
        marked, and leaves its user free in any case. Meetings of people are left alone.
        """
        quiet = {
            "deadline_agenda": True,
            "mail_activity_meeting_update": True,
            "dont_notify": True,
            "no_mail_to_attendees": True,
        }
        for activity in self.sudo().with_context(**quiet):
            event = activity.calendar_event_id
            if event and not event.is_deadline_action:
                continue
            wanted = activity.activity_type_id.show_in_agenda and activity.user_id
            if event and wanted:
                activity._update_agenda_event()
            elif event:
                event.unlink()
            elif wanted and activity.active:
                activity.calendar_event_id = event.create(activity._prepare_agenda_event())

    def _update_agenda_event(self):
        """Bring the appointment of the action up to date; whom people have invited stay."""
        self.ensure_one()
        event, user = self.calendar_event_id, self.user_id
        values = self._prepare_agenda_values()
        changed = {
            name: value
            for name, value in values.items()
            if event._fields[name].convert_to_write(event[name], event) != value
        }
        if event.user_id != user:
            changed["partner_ids"] = [
                Command.unlink(event.user_id.partner_id.id),
                Command.link(user.partner_id.id),
            ]
        if changed:
            event.write(changed)

    def _prepare_agenda_event(self):
        """Return the values of a new appointment."""
        self.ensure_one()
        return {
            **self._prepare_agenda_values(),
            "is_deadline_action": True,
            "allday": True,
            "show_as": "free",  # it is to be done on that day, which is not all taken by it
            "start": self.date_deadline,
            "stop": self.date_deadline,
            "partner_ids": [Command.set(self.user_id.partner_id.ids)],
            "res_model_id": self.env["ir.model"]._get_id(self.res_model),
            "res_id": self.res_id,
            "activity_ids": [Command.set(self.ids)],
        }

    def _prepare_agenda_values(self):
        """Return what the appointment shows, and whose it is."""
        self.ensure_one()
        name = f"{self.summary or self.activity_type_id.name}: {self.res_name}"
        return {
            "name": name if self.active else f"✓ {name}",
            "user_id": self.user_id.id,
            **({} if self.active else {"show_as": "free"}),
        }

    # === RECALL DATES === #

    def _get_deadline_company(self):
        """Return the company whose day counts for the action."""
        self.ensure_one()
        return (self.res_model in OWNED and self.deadline_company_id) or self.env.company

    def _get_recalled_partners(self):
        """Return the customers of these actions, and the contacts they were recorded on."""
        ours = self.filtered("customer_id").sudo()
        contacts = ours.filtered(lambda activity: activity.res_model == "res.partner")
        return (
            ours.customer_id | self.env["res.partner"].browse(contacts.mapped("res_id"))
        ).exists()

    def _update_recall_dates(self, others=()):
        """Bring the recall dates of these actions' customers up to date, and those of others."""
        partners = self._get_recalled_partners()
        self._set_recall_dates(partners | others if others else partners)

    @api.model
    def _set_recall_dates(self, partners):
        """Write the day of the last recall done for each of ``partners``, where it has changed."""
        if not partners:
            return
        self.flush_model()
        recalls = Domain("activity_type_id.base_type", "=", "recall") & Domain("active", "=", False)
        search = self.sudo().with_context(active_test=False)._read_group
        days = defaultdict(list)
        for customer, day in search(
            recalls & Domain("customer_id", "in", partners.ids), ["customer_id"], ["date_done:max"]
        ):
            days[customer.id].append(day)
        for contact_id, day in search(
            recalls
            & Domain("res_model", "=", "res.partner")
            & Domain("res_id", "in", partners.ids),
            ["res_id"],
            ["date_done:max"],
        ):
            days[contact_id].append(day)
        for partner in partners.sudo():
            day = max(days[partner.id], default=False)
            if partner.recall_date != day:
                partner.recall_date = day

    # === ACTIONS === #

    def action_close_recall(self, outcome, days=0, reason=""):
        """Mark recalls done with an outcome, and plan the next ones where asked.

        :param str outcome: one of `OUTCOMES`
        :param int days: after how many days to call again, 0 for never
        :param str reason: why the customer is lost, or what was said
        :raise UserError: when it is no open recall, or the reason or the days are missing
        """
        labels = dict(self._fields["recall_outcome"]._description_selection(self.env))
        self._check_outcome(outcome, days, reason, labels)
        feedback = f"{labels[outcome]}: {reason}" if reason else labels[outcome]
        following = [activity._prepare_next_recall(days) for activity in self if days]
        for activity in self:
            _messages, chained = activity._action_done(feedback=feedback)
            if days or outcome == "lost":
                chained.unlink()  # another one follows, or none
            activity.recall_outcome = outcome
        # Whose user may be a colleague: it is as theirs as the one that this user has closed.
        planned = self.sudo().create(following).sudo(self.env.su)
        for activity, follow_up in zip(self, planned, strict=bool(days)):
            activity.follow_up_id = follow_up
        return planned.ids

    def _cancel_follow_ups(self):
        """Delete the recalls planned when these were closed, if nobody has touched them since."""
        planned = self.follow_up_id._filtered_access("unlink")
        planned.filtered(lambda one: one.active and one.write_date == one.create_date).unlink()
        self.filtered("follow_up_id").follow_up_id = False

    def action_recall_reached(self):
        """Close recalls with the outcome "reached", for a button."""
        self.action_close_recall("reached")

    def action_recall_no_answer(self):
        """Close recalls with the outcome "no answer" and plan them again for tomorrow."""
        self.action_close_recall("no_answer", days=1)

    def _check_outcome(self, outcome, days, reason, labels):
        """Check what `action_close_recall` is given, and raise what it does."""
        if outcome not in list(labels):  # which takes whatever a client sends
            raise UserError(self.env._("There is no such outcome of a recall: %s", outcome))
        for activity in self:
            if not activity.active or activity.base_type != "recall":
                raise UserError(
                    self.env._(
                        "“%s” is not an open recall: reload the page.", activity.display_name
                    )
                )
        if outcome == "lost" and not str(reason or "").strip():
            raise UserError(self.env._("Say why the customer is lost."))
        if (
            not isinstance(days, int)
            or not 0 <= days <= MAX_DAYS
            or (outcome == "later" and not days)
        ):
            raise UserError(
                self.env._("Say after how many days to call again, between 1 and %s.", MAX_DAYS)
            )

    def _prepare_next_recall(self, days):
        """Return the values of a recall like this one, ``days`` days from today."""
        self.ensure_one()
        today = self._get_deadline_company()._deadline_today()
        return {
            "activity_type_id": self.activity_type_id.id,
            "summary": self.summary,
            "user_id": self.user_id.id,
            "res_model_id": self.env["ir.model"]._get_id(self.res_model),
            "res_id": self.res_id,
            "date_deadline": periods.step_day(today, -days),
        }

    def _mark_done_on(self, day, user, feedback):
        """Mark actions done that were done on ``day`` by ``user``, maybe some days ago.

        :param str feedback: what came of it, maybe empty
        """
        self._action_done(feedback=feedback or False)
        self.write({"date_done": day, "done_by_id": user.id})

    def _update_customer(self):
        """Let actions know the customer whose contact or deadline they are about now."""
        before = self._get_recalled_partners()
        self.env.add_to_compute(self._fields["customer_id"], self)
        self._update_recall_dates(before)

    @api.model
    def _reassign_todos(self, users):
        """Give the open to-dos that this addon left for ``users`` to who looks after them now.

        :param users: ``res.users`` who were archived
        """
        warning_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mail_activity_data_warning")
        found_sudo = self.sudo().search(
            Domain("user_id", "in", users.ids)
            & Domain("automated", "=", True)
            & Domain("res_model", "in", OWNED)
            # On orders there are those of Odoo, as for upselling.
            & (
                Domain("res_model", "!=", "sale.order")
                | Domain("activity_type_id", "=", warning_id)
            )
        )
        for todo in found_sudo.with_context(mail_activity_quick_update=True):
            todo.user_id = self.env[todo.res_model].sudo().browse(todo.res_id)._get_assignee()

    @api.model
    def _move_done_actions(self, sources, target):
        """Hand the done actions of customers that are merged over to the one that stays.

        :param sources: customers that are about to be deleted
        :param target: the customer that stays
        """
        self.invalidate_model()  # what was merged before this was merged by SQL
        # Whoever merges contacts may not read all that was done.
        done_sudo = self.sudo().search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", sources.ids),
                ("active", "=", False),
            ]
        )
        done_sudo.write({"res_id": target.id})
        self._set_recall_dates(target | target.commercial_partner_id)

    def action_reopen(self):
        """Make done actions open again, as if they had never been done."""
        self.filtered(lambda activity: not activity.active).action_unarchive()

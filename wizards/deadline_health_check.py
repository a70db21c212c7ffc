from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

#: External ids of the scheduled actions that the addon lives by.
CRONS = (
    "ir_cron_expire",
    "ir_cron_notify",
    "ir_cron_extend",
    "ir_cron_end",
    "ir_cron_invoice",
    "ir_cron_remove",
    "ir_cron_charge",
    "ir_cron_notify_payments",
)
SHOWN = ("list", "form")


class DeadlineHealthCheck(models.TransientModel):
    """What an administrator should mend, so that nothing is missed in silence."""

    _name = "deadline.health.check"
    _description = "Health of Deadline Management"
    _order = "status desc, id"

    name = fields.Char(string="Check", readonly=True)
    status = fields.Selection(
        selection=[("ok", "Fine"), ("warning", "To mend")], readonly=True, required=True
    )
    count = fields.Integer(string="Records", readonly=True, aggregator=None)
    way_out = fields.Text(string="What to Do", readonly=True)
    res_model = fields.Char(readonly=True)
    domain = fields.Json(readonly=True)

    @api.model
    def action_open(self):
        """Make all checks for the user's companies, and show what they found.

        :return: window action on the checks, those to mend first
        """
        checks = self.create([*self._check_records(), *self._check_crons()])
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "deadline_management.deadline_health_check_action"
            ),
            "domain": [("id", "in", checks.ids)],
        }

    def action_show(self):
        """Show the records that a check found."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self.res_model,
            "views": [(False, kind) for kind in SHOWN],
            "domain": self.domain,
            "context": {"create": False, "active_test": False},
        }

    @api.model
    def _check_records(self):
        """Return the values of the checks that search for records."""
        return [
            self._prepare_check(*check)
            for check in (
                *self._get_configuration_checks(),
                *self._get_customer_checks(),
                *self._get_failure_checks(),
            )
        ]

    @api.model
    def _prepare_check(self, name, model, domain, way_out):
        """Return the values of a check: how many records of ``model`` are to be mended."""
        count = self.env[model].search_count(domain)
        return {
            "name": name,
            "status": "warning" if count else "ok",
            "count": count,
            "way_out": way_out if count else False,
            "res_model": model,
            "domain": list(Domain(domain)),
        }

    @api.model
    def _get_configuration_checks(self):
        """Return checks of products and schedules, as arguments of `_prepare_check`."""
        bad_duration = Domain("deadline_duration_count", "<=", 0) | Domain(
            "deadline_duration_unit", "=", False
        )
        sold = Domain("is_deadline", "=", True) | (
            Domain("is_multipack", "=", True) & Domain("multipack_plan", "=", "installments")
        )
        return [
            (
                self.env._("Products without a usable duration"),
                "product.template",
                sold & bad_duration,
                self.env._("Set a duration: their sales open nothing until then."),
            ),
            (
                self.env._("Multipacks without components"),
                "product.template",
                Domain("is_multipack", "=", True) & Domain("multipack_component_ids", "=", False),
                self.env._("Add the services that they bring."),
            ),
            (
                self.env._("Levels whose members are never reminded"),
                "res.partner.grade",
                Domain("reminder_policy", "=", "own") & Domain("deadline_reminder_ids", "=", False),
                self.env._("Add reminders, or let the level follow the company's."),
            ),
        ]

    @api.model
    def _get_customer_checks(self):
        """Return checks of the customers of running deadlines, see `_get_configuration_checks`."""
        running = Domain("deadline_ids", "any", [("state", "=", "active")])
        return [
            (
                self.env._("Customers with running deadlines and no e-mail address"),
                "res.partner",
                running & Domain("email_normalized", "=", False),
                self.env._("Enter an address: no notice reaches them."),
            ),
            (
                self.env._("Customers with running deadlines and no language"),
                "res.partner",
                running & Domain("lang", "=", False),
                self.env._("Set a language: they are written to in the company's."),
            ),
        ]

    @api.model
    def _get_failure_checks(self):
        """Return checks of what could not be done, see `_get_configuration_checks`."""
        return [
            (
                self.env._("Notices that failed"),
                "deadline.notice",
                Domain("state", "=", "failed"),
                self.env._("Correct the address, then send them again from their list."),
            ),
            *self._get_left_aside_checks(),
            (
                self.env._("Multipacks to be charged, without a saved payment method"),
                "deadline.multipack",
                Domain("state", "=", "active")
                & Domain("collection", "=", "manual")
                & Domain("product_id.multipack_collection", "=", "token"),
                self.env._("Ask the customers to save one in their area, or collect by hand."),
            ),
            (
                self.env._("Charges that wait for a decision"),
                "deadline.installment",
                Domain("charge_state", "=", "exception"),
                self.env._("Ask the payment provider or the customer, then check and resume."),
            ),
            (
                self.env._("Withdrawn installments to recall at the bank"),
                "deadline.installment",
                Domain("removal_pending", "=", True),
                self.env._("Recall them before their due date, if they are not owed."),
            ),
        ]

    @api.model
    def _get_left_aside_checks(self):
        """Return checks of what scheduled actions could not handle, by model."""
        names = {
            "deadline.deadline": self.env._("Deadlines left aside by a scheduled action"),
            "deadline.multipack": self.env._("Multipacks left aside by a scheduled action"),
            "deadline.installment": self.env._("Installments left aside by a scheduled action"),
        }
        way_out = self.env._("Mend what each of them says: it is tried again at night.")
        return [
            (name, model, Domain("batch_error", "!=", False), way_out)
            for model, name in names.items()
        ]

    @api.model
    def _check_crons(self):
        """Return the values of a check of each scheduled action: when it ran, and runs again."""
        values = []
        for xmlid in CRONS:
            cron = self.env.ref(f"deadline_management.{xmlid}", raise_if_not_found=False)
            cron = (cron or self.env["ir.cron"]).sudo()
            late = cron and cron.nextcall < fields.Datetime.subtract(fields.Datetime.now(), hours=2)
            healthy = cron.active and not late
            values.append(
                {
                    "name": self.env._("Scheduled action: %s", cron.name or xmlid),
                    "status": "ok" if healthy else "warning",
                    "count": 0 if healthy else 1,
                    "way_out": self._say_cron(cron),
                    # Not for those who could not open it
                    "res_model": self.env["ir.cron"].has_access("read") and "ir.cron",
                    "domain": [("id", "=", cron.id)],
                }
            )
        return values

    @api.model
    def _say_cron(self, cron):
        """Return when a scheduled action ran and runs again, or what to do where it does not."""
        if not cron:
            return self.env._("It was deleted: update the addon to have it again.")
        if not cron.active:
            return self.env._("It is switched off: activate it.")
        last = cron.lastcall and format_datetime(self.env, cron.lastcall)
        return self.env._(
            "Last run: %(last)s, next run: %(next)s",
            last=last or self.env._("never"),
            next=format_datetime(self.env, cron.nextcall),
        )

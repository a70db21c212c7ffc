"""What tests of hostile callers share: a customer's data, who may not have it, bad values.

It stays because it asks every method, route and field there is, those of tomorrow as well.
"""

import json
import os
import random
import re
import traceback
from datetime import date
from pathlib import Path

from lxml import html

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import SQL

from .common import MultipackCommon

ADDON = "odoo.addons.deadline_management"
#: Where our sources lie. Odoo's may lie in a folder of the same name, that of the checkout.
SOURCES = f"{Path(__file__).parent.parent}{os.sep}"
#: A word that only the victim's records hold: whoever else reads it, reads what is not theirs.
SECRET = "Zyxomma"
#: More calls than the suite has time for: HOSTILE_ROUNDS=20 ./dev test ...
ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "1"))
#: Other calls than those of last time: HOSTILE_SEED=$RANDOM ./dev test ...
SEED = int(os.environ.get("HOSTILE_SEED", "20261122"))
#: A name that is code, for whoever takes it for more than a text. What it says is "zyx".
CODE = (
    "zyx\"'><script>alert('zyx')</script><img src=x onerror=alert('zyx')><svg onload=alert('zyx')>"
    "<a href=\"javascript:alert('zyx')\">zyx</a></textarea></td>{{7919*7907}}"
    '<t t-out="7919*7907"/>${7919*7907}'
)
#: What comes of it where somebody works it out.
WORKED_OUT = "62615533"
#: Ids as nobody has them, and what is no id at all.
IDS = [0, -1, 999_999_999, 2**31 - 1, 2**31, 2**63, 10**30]
NO_IDS = [
    "",
    "abc",
    "1e3",
    "1.5",
    "nan",
    "inf",
    "[1, 2]",
    "%00",
    "٣",
    "²",
    "9" * 4000,
    "1' OR '1'='1",
    "<script>alert(1)</script>",
]
DATES = ["9999-12-31", "0001-01-01", "2026-02-31", "31/02/2026", "2026-13-01T99:99:99Z"]
VALUES = [
    *IDS,
    *NO_IDS,
    *DATES,
    None,
    True,
    False,
    1.5,
    -(10**400),
    float("nan"),
    float("inf"),
    [],
    [1],
    [[6, 0, [1]]],
    {},
    {"a": 1},
    {"id": [1]},
    "x" * 100_000,
    "💣 ünïcödé \u202e",
    "date_start desc; DROP TABLE deadline_deadline",
]
#: Errors of JSON routes that Odoo shows to people, or that say that the call is none.
SHOWN = {
    "odoo.exceptions.AccessDenied",
    "odoo.exceptions.AccessError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.http.SessionExpiredException",
    "builtins.TypeError",
}
#: Tables that no reading may change; those of this addon's models come on top.
CORE_TABLES = [
    "account_move",
    "ir_attachment",
    "mail_activity",
    "mail_mail",
    "mail_message",
    "payment_token",
    "payment_transaction",
    "res_partner",
    "sale_order",
    "sale_order_line",
]


def is_ours(cls):
    """Return whether a class of a model or controller comes from this addon."""
    return cls.__module__.startswith(f"{ADDON}.")


class JsonCommon:
    """Calls of JSON routes, for HTTP cases."""

    def _call(self, path, params):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        return self.url_open(path, data=body, headers={"Content-Type": "application/json"})

    def _assert_answered(self, response):
        """See that an answer is a result, a sentence for people, or a failure of Odoo alone."""
        try:
            error = response.json().get("error") if response.status_code == 200 else None
        except ValueError:
            error = None
        self.assertNotIn(SECRET, response.text)
        if error and error["data"]["name"] not in SHOWN:
            lines = error["data"]["debug"].splitlines()
            ours = [index for index, line in enumerate(lines) if f'File "{SOURCES}' in line]
            for index in ours[-1:]:
                self.assertIn("super()", lines[index + 1], error["data"]["debug"][-1500:])


class NamesCommon:
    """Whether what is shown of a name that is code, see `CODE`, is text."""

    def _assert_harmless(self, content, about, shown=True):
        """See that no element, address or attribute comes out of a name, and that it is shown."""
        text = content.decode() if isinstance(content, bytes) else str(content)
        if shown:
            self.assertIn("zyx", text, about)
        self.assertNotIn(WORKED_OUT, text, about)
        tree = html.fromstring(text)
        # Odoo's own scripts hold names too, in JSON.
        scripts = tree.xpath("//script/text()")
        self.assertFalse([one for one in scripts if one.strip() and one.strip() in CODE], about)
        self.assertFalse(tree.xpath("//img[@src='x']|//a[normalize-space()='zyx']"), about)
        for element in tree.iter("*"):
            for name, value in element.attrib.items():
                if "zyx" in value:
                    self.assertFalse(name.startswith("on"), about)
                    compact = re.sub(r"[\s\x00-\x1f]", "", value).lower()
                    self.assertFalse(compact.startswith(("javascript:", "vbscript:", "data:")))


def _is_source(path):
    return path.startswith(SOURCES) and not path.removeprefix(SOURCES).startswith(("tests", "."))


@tagged("post_install", "-at_install")
class HostileCommon(MultipackCommon):
    """A customer with records of each of our models, and those who must not get at them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.manager_group = "deadline_management.group_deadline_manager"
        cls.victim = cls._create_customer(
            SECRET, email="victim@example.com", lang="en_US", company_id=cls.company.id
        )
        cls.bob = cls._create_portal("bob", cls.customer)
        cls.owner = cls._create_portal("owner", cls.victim)
        cls.employee = cls._create_internal("employee", "base.group_user")
        cls.desk = cls._create_internal("desk", "deadline_management.group_deadline_user")
        cls.chief = cls._create_internal("chief", cls.manager_group)
        cls.visitor = cls.env.ref("base.public_user")
        cls.strangers = cls._create_strangers()
        cls.records = cls._create_records()
        cls.env.flush_all()

    @classmethod
    def _create_portal(cls, login, company):
        contact = cls._create_customer(
            login, is_company=False, parent_id=company.id, email=f"{login}@example.com"
        )
        return cls._create_user(login, "base.group_portal", partner_id=contact.id)

    @classmethod
    def _create_internal(cls, login, *groups, **values):
        return cls._create_user(login, *groups, **values)

    @classmethod
    def _create_strangers(cls):
        """Return users of another company, one with each of our groups."""
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        groups = cls.env["ir.model.data"].search(
            [("module", "=", "deadline_management"), ("model", "=", "res.groups")]
        )
        users = [
            cls._create_internal(
                f"stranger_{group.name}",
                f"deadline_management.{group.name}",
                company_id=cls.elsewhere.id,
                company_ids=[Command.set(cls.elsewhere.ids)],
            )
            for group in groups
        ]
        return cls.env["res.users"].concat(*users)

    @classmethod
    def _create_records(cls):
        """Return a dict of the victim's records by model, at least one of each of our models."""
        deadline = cls._create_ending(
            5, partner_id=cls.victim.id, description=SECRET, note=SECRET, product_id=cls.monthly.id
        )
        left = cls._sell_multipack(partner_id=cls.victim.id, client_order_ref=SECRET)
        running = cls._sell_multipack(cls.flat, partner_id=cls.victim.id)
        running.installment_ids[:1]._invoice()
        cls.pack.company_id = cls.company
        withdrawal = cls._leave(left, date(2026, 4, 30), note=SECRET)
        recall = deadline.activity_schedule(
            "deadline_management.mail_activity_type_recall", summary=SECRET, user_id=cls.chief.id
        )
        cls._create_ending(7, partner_id=cls.victim.id, description=SECRET)
        notice = cls.env["deadline.notice"]._send_now(deadline)
        origin = cls.env["deadline.origin"].create({"name": SECRET, "company_id": cls.company.id})
        reminder = cls.env["deadline.reminder"].create(
            {"company_id": cls.company.id, "days_before": 77}
        )
        records = [
            deadline,
            running,
            running.installment_ids,
            withdrawal,
            withdrawal.line_ids,
            notice,
            notice.line_ids,
            origin,
            reminder,
            cls.pack.multipack_component_ids,
            cls.env["deadline.analysis"].search([("partner_id", "=", cls.victim.id)]),
            *cls._create_wizards(deadline, running, recall),
        ]
        cls.env.flush_all()
        return {record._name: record for record in records}

    @classmethod
    def _create_wizards(cls, deadline, multipack, recall):
        """Return open dialogs of the chief."""
        env = cls.env(user=cls.chief, context={})
        withdrawing = (
            env["deadline.withdrawal.wizard"]
            .with_context(active_id=cls.victim.id)
            .create({"multipack_ids": [Command.set(multipack.ids)], "note": SECRET})
        )
        withdrawing.action_preview()
        why = env["deadline.notice.wizard"].with_context(default_deadline_id=deadline.id)
        why = why.create(why.default_get(["step_ids", "deadline_id"]))
        forecast = env["deadline.notice.forecast"]
        forecast = forecast.search(forecast.action_open()["domain"])
        checks = env["deadline.health.check"]
        checks = checks.search(checks.action_open()["domain"])
        return [
            withdrawing,
            withdrawing.line_ids,
            why,
            why.step_ids,
            forecast,
            checks,
            env["deadline.action.wizard"].create(
                {"res_model": deadline._name, "res_ids": deadline.ids, "note": SECRET}
            ),
            env["deadline.recall.wizard"].create({"activity_id": recall.id, "reason": SECRET}),
            env["deadline.report.wizard"].create({}),
        ]

    def _draw(self, values, count):
        """Return ``count`` of these values at random: each once, if that many are asked for."""
        drawn = self.random.sample(values, min(count, len(values)))
        return drawn + self.random.choices(values, k=count - len(drawn))

    @classmethod
    def _get_models(cls):
        """Return the stored models of this addon, those that a new file brings included."""
        return [
            model
            for model in cls.env.values()
            if model._original_module == "deadline_management" and not model._abstract
        ]

    def _call_as(self, user, model, method, *args, **kwargs):
        """Call a method as a client does over RPC, with an empty cache and with a savepoint."""
        self.env.flush_all()
        self.env.invalidate_all()
        with self.cr.savepoint():
            env = self.env(user=user.id, su=False, context={})
            result = call_kw(env[model], method, list(args), kwargs)
            env.flush_all()
        return result

    def _assert_no_defect(self, error):
        """See that an error is one for people, a wrong signature, or a failure of Odoo alone."""
        if isinstance(error, UserError) or "Expected singleton" in str(error):
            return
        frames = traceback.extract_tb(error.__traceback__)
        own = [index for index, frame in enumerate(frames) if _is_source(frame.filename)]
        if own:
            last, *following = frames[own[-1] :]
            # Odoo's own are calls to super(), and values that a client wrote and the database
            # refuses when they reach it, whoever has them reach it.
            odoos = following and following[0].name in (last.name, "flush_model", "flush_all")
            if not odoos:
                raise AssertionError(f"{last.name}: {error!r:.500}") from error

    def _get_tables(self):
        ours = [model._table for model in self._get_models() if model._auto]
        return sorted({*ours, *CORE_TABLES})

    def _take_fingerprint(self, last=None):
        """Return {table: content and last id of its rows}, to see whether anything was written.

        :param dict last: an older fingerprint, to leave out what is newer
        """
        self.env.flush_all()
        prints = {}
        for table in self._get_tables():
            content = SQL("md5(string_agg(md5(t::text), '' ORDER BY id)), max(id)")
            limit = last[table][1] or 0 if last else 2**31
            self.cr.execute(
                SQL("SELECT %s FROM %s t WHERE id <= %s", content, SQL.identifier(table), limit)
            )
            prints[table] = self.cr.fetchone()
        return prints

    def _assert_untouched(self, before, about, old=False):
        """See that the tables are as they were, or, if ``old``, the rows that they had then."""
        after = self._take_fingerprint(last=before if old else None)
        self.assertEqual([table for table in before if before[table] != after[table]], [], about)

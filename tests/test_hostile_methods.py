"""Every method of ours that RPC can call, called with nonsense and by those who may not.

The methods are found in the registry, so a new one is called too.
"""

import inspect
from contextlib import suppress

from odoo.tools import mute_logger

from .hostile import IDS, ROUNDS, VALUES, HostileCommon, is_ours

#: What a client may send along with any call.
CONTEXTS = [
    {},
    {"active_id": 2**31, "active_ids": [0, -1], "active_model": "zzz"},
    {"active_id": "abc", "active_ids": "abc", "active_model": "res.users"},
    {"active_id": {"a": 1}, "active_ids": [[1]], "active_model": 5},
    {"lang": "xx_XX", "tz": "Nowhere/Land"},
    {"default_partner_id": "abc", "default_deadline_id": 2**40, "default_company_id": -1},
    {"default_deadline_id": [1], "default_activity_id": "x", "default_multipack_ids": "x"},
    {"allowed_company_ids": [10**9]},
    {"import_file": True, "active_test": "x", "bin_size": "x", "prefetch_fields": 0},
]


class TestHostileMethods(HostileCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.victims = {
            **cls.records,
            "res.partner": cls.victim,
            "mail.activity": cls.victim.deadline_ids.activity_ids,
            "sale.order": cls.env["sale.order"].search([("partner_id", "=", cls.victim.id)]),
            # The types in use are everybody's, and so are appointments.
            "calendar.event": cls.env["calendar.event"].create(
                {"name": "Unused", "start": cls.TODAY, "stop": cls.TODAY, "allday": True}
            ),
            "mail.activity.type": cls.env["mail.activity.type"].create({"name": "Unused"}),
        }
        cls.victims["sale.order.line"] = cls.victims["sale.order"].order_line

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.sql_db", "odoo.tests", "odoo.models.unlink"))

    def _get_methods(self):
        """Return (model, method, signature) of each method that our code defines or extends."""
        found = []
        for model in self.env.values():
            kind = type(model)
            for name in dir(kind):
                if name.startswith("_") or not callable(getattr(kind, name, None)):
                    continue
                owners = [one for one in kind.__mro__ if name in vars(one)]
                private = any(getattr(vars(one)[name], "_api_private", False) for one in owners)
                if not private and any(is_ours(one) for one in owners):
                    found.append((model._name, name, inspect.signature(getattr(kind, name))))
        return found

    def _guess(self, model, name, signature):
        """Return arguments for a call over RPC, at random: ids, if it takes any, and the rest."""
        choose = self.random.choice
        args = []
        if not getattr(getattr(type(self.env[model]), name), "_api_model", False):
            own = self.victims.get(model, self.env[model]).ids or [1]
            args.append(choose([own, own[:1], own[:1], own[:1] * 2, [], [choose(IDS)]]))
        parameters = list(signature.parameters.values())[1:]
        needed = [one for one in parameters if one.default is inspect.Parameter.empty]
        args += [self._guess_argument(model, one.name) for one in needed]
        kwargs = {
            one.name: self._guess_argument(model, one.name)
            for one in parameters[len(needed) :]
            if choose((True, False))
        }
        if choose(range(20)) == 0:
            kwargs["zzz"] = 1
        return args, {**kwargs, "context": choose(CONTEXTS)}

    def _guess_argument(self, model, name):
        """Return a value for an argument that has to be given: values of records, or nonsense."""
        choose = self.random.choice
        fields = self.env[model]._fields
        if name in ("vals", "vals_list", "values", "default"):
            names = self.random.sample(sorted(fields), min(3, len(fields)))
            return {one: choose(IDS if fields[one].relational else VALUES) for one in names}
        if name == "fields":
            return self.random.sample(sorted(fields), min(5, len(fields)))
        if name == "data":
            return [[str(choose(VALUES)) for _cell in range(count)] for count in (5, 1, 0)]
        return choose(VALUES)

    def _bombard(self, user, rounds, keep=False):
        """Call every method as a user; what succeeds is kept, or undone."""
        for model, name, signature in self._get_methods():
            for _number in range(rounds):
                args, kwargs = self._guess(model, name, signature)
                with self.subTest(user=user.login, call=f"{model}.{name}{args}{kwargs}"[:300]):
                    try:
                        with suppress(Undo), self.cr.savepoint(flush=False):
                            self._call_as(user, model, name, *args, **kwargs)
                            if not keep:
                                raise Undo
                    except Exception as error:  # whatever it is, it is looked at
                        self._assert_no_defect(error)

    def test_our_methods_are_found(self):
        names = {(model, name) for model, name, _signature in self._get_methods()}
        for one in (
            ("deadline.deadline", "action_renew"),
            ("deadline.dashboard", "retrieve"),
            ("res.partner", "action_view_deadlines"),
            ("deadline.withdrawal.wizard", "action_confirm"),
        ):
            self.assertIn(one, names)

    def test_nothing_happens_for_those_who_may_not(self):
        for user in (self.visitor, self.bob):
            before = self._take_fingerprint()
            self._bombard(user, 2 * ROUNDS, keep=True)
            with self.subTest(user=user.login):
                self._assert_untouched(before, user.login)

    def test_what_is_there_stays_as_it_is_for_another_company(self):
        """Its users may add what is theirs, and that is all."""
        for user in self.strangers:
            before = self._take_fingerprint()
            self._bombard(user, ROUNDS, keep=True)
            with self.subTest(user=user.login):
                self._assert_untouched(before, user.login, old=True)

    def test_dialogs_that_start_from_nothing_of_use(self):
        """What a client says it comes from may be of any type: then it comes from nowhere."""
        dialogs = sorted(name for name in self.records if self.env[name]._transient)
        for active in ({"a": 1}, {"id": {}}, [1], "abc", 1.5, None, True):
            context = {"active_id": active, "active_ids": active, "active_model": "res.partner"}
            for name in dialogs:
                fields = [*self.env[name]._fields]
                with self.subTest(dialog=name, active=active):
                    for method, args in (
                        ("default_get", [fields]),
                        ("onchange", [[], {}, [], {field: {} for field in fields}]),
                    ):
                        try:
                            self._call_as(self.chief, name, method, *args, context=context)
                        except Exception as error:  # whatever it is, it is looked at
                            self._assert_no_defect(error)

    def test_nonsense_of_those_who_may(self):
        for user in (self.employee, self.desk, self.chief):
            self._bombard(user, 2 * ROUNDS)


class Undo(Exception):
    pass

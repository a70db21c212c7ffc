"""Nobody reads or changes, over RPC, what belongs to another company, customer or user.

The models are those of the registry: a new one fails `test_every_model_has_records` until the
victim of `HostileCommon` has records of it, and is then tried like the others.
"""

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .hostile import SECRET, HostileCommon

#: Components are read with the product, by everybody who works with products.
SHARED_IN_COMPANY = {"deadline.multipack.component"}
#: Types of fields that are read as they are in the table.
PLAIN = ("char", "selection", "many2one", "date")
#: A forecast counts e-mails of a company, for all its users.
SHARED_DIALOGS = {"deadline.notice.forecast"}


class TestHostileLeaks(HostileCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_internal("colleague", cls.manager_group)
        cls.attachments = {}
        for name, records in cls.records.items():
            cls.attachments[name] = cls.env["ir.attachment"].create(
                {"name": SECRET, "raw": b"x", "res_model": name, "res_id": records[:1].id}
            )
            if "message_ids" in records._fields:
                records[:1].message_post(body=SECRET)
        cls.strange_customer = cls._create_customer("Strange", company_id=cls.elsewhere.id)

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule"))
        self.enterContext(mute_logger("odoo.models.unlink", "odoo.addons.base.models.ir_model"))

    def _get_outsiders(self):
        """Return (user, names of the models of which the victim's records are not for them)."""
        ours = set(self.records)
        dialogs = {name for name in ours if self.env[name]._transient} - SHARED_DIALOGS
        return [
            *((user, ours) for user in (self.visitor, self.bob, *self.strangers)),
            (self.employee, ours - SHARED_IN_COMPANY),
            (self.colleague, dialogs),
        ]

    def _try(self, user, model, method, *args, **kwargs):
        """Return what a call answers, or nothing when it is refused with a sentence."""
        try:
            return self._call_as(user, model, method, *args, **kwargs)
        except UserError as error:
            self.assertNotIn(SECRET, str(error))
            return None
        except Exception as error:  # whatever it is, it is looked at
            self._assert_no_defect(error)
            return None

    def _get_reads(self, model, records):
        """Return the calls by which clients read: method, arguments and keyword arguments."""
        ids = records.ids
        plain = [
            name
            for name, field in records._fields.items()
            if field.store and not field.groups and field.type in PLAIN
        ]
        shown = {name: {} for name in plain}
        among = [("id", "in", ids)]
        return [
            ("read", [ids, plain], {}),
            ("read", [ids, ["display_name"]], {}),
            ("web_read", [ids, shown], {}),
            ("search", [[]], {}),
            ("search", [among], {"context": {"active_test": False}}),
            ("search_read", [among, plain], {}),
            ("web_search_read", [among, shown], {}),
            ("search_count", [among], {}),
            ("name_search", [SECRET], {}),
            ("name_search", [], {"domain": among}),
            ("export_data", [ids, ["id", *plain]], {}),
            ("copy", [ids[:1]], {}),
            ("copy_data", [ids[:1]], {}),
            ("get_metadata", [ids], {}),
            ("message_get_suggested_recipients", [ids[:1]], {}),
            ("get_portal_url", [ids[:1]], {}),
            *(("formatted_read_group", [among, [name], ["__count"]], {}) for name in plain[:2]),
            *(("web_read_group", [among, [name], ["__count"]], {}) for name in plain[:1]),
            ("search_panel_select_range", [plain[0]], {}),
        ]

    def _assert_nothing_of(self, records, answer, about):
        self.assertNotIn(SECRET, repr(answer), about)
        if about[2] in ("search", "search_read", "copy", "read", "web_read"):
            rows = answer or []
            found = {row["id"] if isinstance(row, dict) else row for row in rows}
            self.assertFalse(found & set(records.ids), about)
        elif about[2] == "search_count":
            self.assertFalse(answer, about)
        elif about[2] in ("web_search_read", "web_read_group"):
            self.assertFalse(answer and answer["length"] and answer.get("records"), about)

    def test_every_model_has_records(self):
        for model in self._get_models():
            self.assertTrue(self.records.get(model._name), model._name)

    def test_every_model_of_several_users_has_a_rule(self):
        """Access rights alone know no companies, customers or owners."""
        for model in self._get_models():
            rules = self.env["ir.rule"].search([("model_id.model", "=", model._name)])
            self.assertTrue(rules.filtered(lambda rule: not rule.groups), model._name)

    def test_nobody_reads(self):
        for user, names in self._get_outsiders():
            for name in sorted(names):
                records = self.records[name]
                for method, args, kwargs in self._get_reads(name, records):
                    if not hasattr(records, method):
                        continue
                    about = (user.login, name, method, str(args)[:80])
                    with self.subTest(about=about):
                        answer = self._try(user, name, method, *args, **kwargs)
                        self._assert_nothing_of(records, answer, about)

    def test_companies_are_not_chosen_by_the_client(self):
        context = {"allowed_company_ids": [self.elsewhere.id, self.company.id]}
        for user in self.strangers:
            for name, records in self.records.items():
                about = (user.login, name, "search")
                with self.subTest(about=about):
                    answer = self._try(user, name, "search", [], context=context)
                    self._assert_nothing_of(records, answer, about)

    def test_nobody_writes(self):
        before = self._take_fingerprint()
        for user, names in self._get_outsiders():
            for name in sorted(names):
                records = self.records[name]
                vals = {"create_date": "2000-01-01"}
                for field in records._fields.values():
                    if field.type == "char" and field.store:
                        vals = {field.name: "theirs"}
                for method, args in (
                    ("write", [records.ids, vals]),
                    ("web_save", [records.ids[:1], vals, {}]),
                    ("unlink", [records.ids]),
                    ("action_archive", [records.ids]),
                    ("message_post", [records.ids[:1]]),
                    ("message_subscribe", [records.ids, user.partner_id.ids]),
                    ("activity_schedule", [records.ids]),
                ):
                    if hasattr(records, method):
                        with self.subTest(user=user.login, model=name, method=method):
                            self._try(user, name, method, *args)
            with self.subTest(user=user.login):
                self._assert_untouched(before, user.login)

    def test_nobody_adds_to_another_company(self):
        """What a client makes with the victim's values, it makes of nothing of the victim's."""
        for user in (self.bob, *self.strangers):
            for name, records in self.records.items():
                with self.subTest(user=user.login, model=name):
                    vals = self._get_own_values(records[:1])
                    made = self._try(user, name, "create", vals)
                    if made is None:
                        continue
                    self.assertTrue(self.env[name]._transient, "it was made")
                    answer = self._try(user, name, "read", [made], [*records._fields])
                    self.assertNotIn(SECRET, repr(answer))

    def _get_own_values(self, record):
        """Return what a form would send to make a record like this one, without its texts."""
        return {
            name: field.convert_to_write(record[name], record)
            for name, field in record._fields.items()
            if field.store
            and field.type in ("many2one", "date", "integer", "float", "monetary", "selection")
            and name not in ("create_uid", "write_uid")
        }

    def test_forms_tell_nothing(self):
        """A form may be given any id: what its onchanges answer, is only what its user may see."""
        for user in (self.bob, *self.strangers):
            for name, records in self.records.items():
                spec = self._get_spec(records)
                for field in records._fields.values():
                    if field.type != "many2one" or field.comodel_name not in self.records:
                        continue
                    victim = self.records[field.comodel_name].ids[:1]
                    for value in (victim[0], {"id": victim[0]}):
                        values = {**dict.fromkeys(spec, False), field.name: value}
                        with self.subTest(user=user.login, model=name, field=field.name):
                            answer = self._try(
                                user, name, "onchange", [], values, [field.name], spec
                            )
                            self.assertNotIn(SECRET, repr(answer))

    def _get_spec(self, records):
        return {
            name: {"fields": {"display_name": {}}} if field.relational else {}
            for name, field in records._fields.items()
            if field.type not in ("one2many", "many2many", "properties", "reference")
        }

    def test_chatter_and_files(self):
        """Messages, activities and attachments follow the record that they belong to.

        Followers are everybody's to read in Odoo.
        """
        for user, names in self._get_outsiders():
            for name in sorted(names):
                [victim] = self.records[name].ids[:1]
                file = self.attachments[name]
                on = [("res_id", "=", victim)]
                for model, domain in (
                    ("ir.attachment", [*on, ("res_model", "=", name)]),
                    ("mail.message", [*on, ("model", "=", name)]),
                    ("mail.activity", [*on, ("res_model", "=", name)]),
                ):
                    with self.subTest(user=user.login, model=name, of=model):
                        self.assertFalse(self._try(user, model, "search", domain))
                with self.subTest(user=user.login, model=name):
                    self.assertFalse(self._try(user, "ir.attachment", "read", file.ids, ["name"]))

    def test_dialogs_start_with_nothing_of_others(self):
        """An id in the context is no right to what it stands for."""
        for user in (self.bob, self.strangers[-1]):
            for name in sorted(self.records):
                fields = [*self.env[name]._fields]
                for model in ("deadline.deadline", "deadline.multipack", name):
                    victims = self.records[model]
                    context = {
                        "active_model": model,
                        "active_id": victims.ids[0],
                        "active_ids": victims.ids,
                        "default_deadline_id": self.records["deadline.deadline"].id,
                        "default_res_ids": victims.ids,
                    }
                    answer = self._try(user, name, "default_get", fields, context=context)
                    self.assertNotIn(SECRET, repr(answer), (user.login, name, model))

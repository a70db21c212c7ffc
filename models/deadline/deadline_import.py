from collections import Counter, deque

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from .. import periods

#: Key of the context that carries what an import knows of its own rows.
IMPORT_KEY = "deadline_import"
#: Key of the context that carries the file as the import screen has read it.
CELLS_KEY = "deadline_import_cells"
#: An empty cell leaves these as they are, or as they are by default: they cannot be empty.
NEVER_EMPTY = {
    "name",
    "company_id",
    "currency_id",
    "quantity",
    "amount",
    "date_start",
    "date_end",
    "anchor_day",
    "duration_count",
    "duration_unit",
    "notify_from",
}
#: By what records are found beside their name.
CODES = {
    "res.partner": ("ref", "email"),
    "product.product": ("default_code",),
    "res.users": ("login",),
    "res.bank": ("bic",),
}


class BatchRefused(Exception):
    """Rows were refused together: Odoo then loads them one by one, and finds out which it is.

    Of a `UserError` it would show the text with the first of the rows, which is another one.
    """


class DeadlineDeadline(models.Model):
    """Imports deadlines that follow one another in the same file, in few queries.

    Odoo creates what it has read so far whenever a row refers to another one of the file, and
    looks every name up anew: histories would be imported one by one. Here, rows that follow
    others wait until those are created, all of them together, and a name is looked up once.
    """

    _inherit = "deadline.deadline"

    @api.model
    def get_import_templates(self):
        """Return the files that the import screen offers to begin with."""
        return [
            {
                "label": self.env._("Import Template for Deadlines"),
                "template": "/deadline_management/static/xls/deadline_deadline.xlsx",
            }
        ]

    @api.model
    def load(self, fields, data):
        """Import rows, all of them or none: what Odoo merely warns of is refused, too.

        A deadline without a start begins a duration before its end, and one without an amount
        costs today's price, see `_load_records_create`.
        """
        data = [[*row, *[""] * (len(fields) - len(row))] for row in data]  # rows may be cut short
        state = {
            "rows": self._count_import_keys(fields, data),
            "company_given": any(field.startswith("company_id") for field in fields),
            "wrong": set(self.env.context.get(CELLS_KEY, {}).get("wrong", ())),
            "wrong_keys": set(),
            "data": {},
            "known": {},
        }
        # Nothing is created before all rows are read: what a row follows may stand further down.
        importer = self.with_context(**{IMPORT_KEY: state})
        with self.env.cr.savepoint() as savepoint:
            result = super(DeadlineDeadline, importer).load(fields, data)
            if result["messages"]:
                savepoint.rollback()
                result["ids"] = False
        for message in result["messages"]:
            if "rows" in message:
                message["type"] = "error"
        return result

    # === NAMES === #

    @api.model
    def _convert_records(self, records, **options):
        state = self.env.context.get(IMPORT_KEY)
        if state is None:
            return super()._convert_records(records, **options)
        log = options["log"]

        def note(message):
            if message["type"] == "error":
                state["wrong"].add(message["rows"]["from"])
            log(message)

        found = deque()
        reader = self.with_context(import_flush=lambda **_of_what: None)
        convert = super(DeadlineDeadline, reader)._convert_records
        rest = self._take_names(records, found, note)
        return (
            (dbid, xid, values | found.popleft(), info)
            for dbid, xid, values, info in convert(rest, **{**options, "log": note})
        )

    @api.model
    def _take_names(self, records, found, log):
        """Yield the rows without the names that stand for one record, or for several.

        :param found: deque; gets for each row a dict of fields and what their names stand for:
            an id, or the key of the row that the deadline follows
        :param log: function that takes a message, for names of several
        """
        for number, (record, extras) in enumerate(records):
            taken = {}
            for name, cell in list(record.items()):
                field = self._fields.get(name)
                if not cell or not field or field.type != "many2one" or len(cell[0]) != 1:
                    continue
                [(subfield, text)] = cell[0].items()
                ids = self._find_named(field, subfield, text) if isinstance(text, str) else []
                if len(ids) == 1:
                    taken[name] = ids[0]
                elif ids:
                    problem = self._get_ambiguity_problem(field, text, ids)
                    log({**extras, "type": "error", "record": number, "message": problem})
                if ids:
                    del record[name]
            found.append(taken)
            yield record, extras

    @api.model
    def _find_named(self, field, subfield, text):
        """Return what a name stands for: ids, the key of a row of the file, or nothing.

        :param str subfield: how it is named: ``id``, ``.id``, or None for the name
        """
        state, text = self.env.context[IMPORT_KEY], text.strip()
        if field.name == "previous_id" and subfield != ".id":
            key = self._get_import_key(subfield or "name", text)
            if key in state["rows"]:
                return [key] * (state["rows"][key] if key[0] == "name" else 1)
        if subfield:
            return []
        if (field.name, text) not in state["known"]:
            state["known"][field.name, text] = self._search_named(field, text).ids
        return state["known"][field.name, text]

    @api.model
    def _search_named(self, field, text):
        """Return the records that have a name, or a code that counts as one.

        E-mail addresses are found however they are written. Of records of several companies,
        those that may be used in the current one count, if there are any.
        """
        model = self.env[field.comodel_name]
        found = model.browse()
        if field.name == "previous_id":
            found = model.search([("name", "=", text)])
        if not found:
            named = model.name_search(text, operator="=")
            found = model.browse(record_id for record_id, _name in named)
        if "@" in text and "email_normalized" in model._fields and (email := email_normalize(text)):
            found |= model.search([("email_normalized", "=", email)])
        if len(found) < 2 or "company_id" not in model._fields:
            return found
        if self.env.context[IMPORT_KEY]["company_given"]:
            return found
        own = found.filtered_domain(model._check_company_domain(self.env.company))
        return own or found

    @api.model
    def _get_ambiguity_problem(self, field, text, ids):
        """Return that a name stands for several records, and what to write instead."""
        labels = self.env["ir.model.fields"].get_field_string
        label = labels(self._name)[field.name]
        names = labels(field.comodel_name)
        codes = [names[code] for code in CODES.get(field.comodel_name, ())]
        values = {"count": len(ids), "value": text, "field": label, "codes": ", ".join(codes)}
        if codes:
            return self.env._(
                "There are %(count)s records named “%(value)s” for “%(field)s”: write what only one"
                " of them has (%(codes)s), or its external ID in a column “%(field)s/External ID”.",
                **values,
            )
        return self.env._(
            "There are %(count)s records named “%(value)s” for “%(field)s”: write the external ID"
            " of the right one, in a column “%(field)s/External ID”.",
            **values,
        )

    # === CHAINS === #

    @api.model
    def _count_import_keys(self, fields, data):
        """Return how many rows of a batch have each external id, and each reference."""
        limit = self.env.context.get("_import_limit")
        return Counter(
            self._get_import_key(name, row[index])
            for index, name in enumerate(fields)
            if name in ("id", "name")
            for row in data[:limit]
            if row[index]
        )

    @api.model
    def _get_import_key(self, column, value):
        """Return how a row is known to others: its column, ``id`` or ``name``, and the value."""
        value = str(value).strip()
        if column == "id" and "." not in value:
            value = f"{self.env.context.get('module', '__import__')}.{value}"
        return column, value

    @api.model
    def _get_import_keys(self, data):
        keys = {"id": data.get("xml_id"), "name": data["values"].get("name")}
        return [(column, value) for column, value in keys.items() if value]

    def _load_records(self, data_list, update=False):
        state = self.env.context.get(IMPORT_KEY)
        if state is None:
            return super()._load_records(data_list, update)
        right = self._filter_right(data_list, state)

        def load(rows):
            return super(DeadlineDeadline, self)._load_records(rows, update)

        if len(data_list) == 1:
            return self._load_with_followed(right[0], load) if right else self.browse()
        state["data"] = {key: data for data in right for key in self._get_import_keys(data)}
        try:
            return self._load_chains(right, load)
        except UserError as error:
            raise BatchRefused from error

    @api.model
    def _filter_right(self, data_list, state):
        """Return the rows without those of which a cell is wrong, and those that follow them."""
        wrong = [data for data in data_list if data["info"]["rows"]["from"] in state["wrong"]]
        while wrong:
            state["wrong"].update(data["info"]["rows"]["from"] for data in wrong)
            keys = {key for data in wrong for key in self._get_import_keys(data)}
            wrong = [
                data
                for data in data_list
                if data["info"]["rows"]["from"] not in state["wrong"]
                and self._get_followed(data) in keys
            ]
        return [data for data in data_list if data["info"]["rows"]["from"] not in state["wrong"]]

    def _load_chains(self, data_list, load):
        """Create or update the records of these rows, each after the one it follows.

        :param load: function that does so with rows that wait for no other
        """
        records, loaded = {}, {}
        while waiting := [index for index in range(len(data_list)) if index not in records]:
            pending = {key for index in waiting for key in self._get_import_keys(data_list[index])}
            ready = [
                index for index in waiting if self._get_followed(data_list[index]) not in pending
            ]
            if not ready:
                raise UserError(self._get_circle_problem(data_list[waiting[0]]))
            # Of copies: when they are refused together, each is loaded again by itself.
            resolved = [self._resolve_followed(data_list[index], loaded) for index in ready]
            for index, record in zip(ready, load(resolved), strict=True):
                records[index] = record
                loaded |= dict.fromkeys(self._get_import_keys(data_list[index]), record)
        return self.browse().concat(*(records[index] for index in range(len(data_list))))

    def _load_with_followed(self, data, load):
        """Create or update the record of a row, and of those that it follows.

        Odoo undoes all rows along with a wrong one, those before it that are right, too.

        :param load: function that does so with rows that wait for no other
        :raise UserError: when a row that it follows is wrong
        """
        state = self.env.context[IMPORT_KEY]
        chain, seen = [data], set(self._get_import_keys(data))
        while isinstance(key := self._get_followed(chain[-1]), tuple):
            if key in seen:
                raise UserError(self._get_circle_problem(data))
            if key in state["wrong_keys"]:
                state["wrong_keys"].update(seen)
                raise UserError(self._get_follower_problem(key))
            if self._find_import_row(key) or key not in state["data"]:
                break
            chain.append(state["data"][key])
            seen.update(self._get_import_keys(chain[-1]))
        loaded = {}
        for one in reversed(chain):
            try:
                record = load([self._resolve_followed(one, loaded)])
                self.env.flush_all()
            except (UserError, IntegrityError) as error:
                state["wrong_keys"].update(self._get_import_keys(one))
                if one is data:
                    raise
                raise UserError(self._get_follower_problem(self._get_followed(data))) from error
            loaded |= dict.fromkeys(self._get_import_keys(one), record)
        return record

    @api.model
    def _get_followed(self, data):
        """Return what a row says it follows: the key of another row, an id, or nothing."""
        return data["values"].get("previous_id")

    @api.model
    def _resolve_followed(self, data, loaded):
        """Return a copy of the row with the id of the record it follows, which exists now."""
        followed = self._get_followed(data)
        if not isinstance(followed, tuple):
            return {**data, "values": {**data["values"]}}
        record = loaded.get(followed) or self._find_import_row(followed)
        if not record:
            raise UserError(self._get_follower_problem(followed))
        return {**data, "values": {**data["values"], "previous_id": record.id}}

    @api.model
    def _find_import_row(self, key):
        """Return the record of a row of the file, none if it is not imported yet."""
        column, value = key
        if column == "name":
            return self.search([("name", "=", value)], order="id DESC", limit=1)
        record = self.env.ref(value, raise_if_not_found=False)
        return record if record and record._name == self._name else self.browse()

    @api.model
    def _get_follower_problem(self, key):
        return self.env._(
            "It follows “%s”, a row that could not be imported: correct that one first.",
            key[1].removeprefix("__import__."),
        )

    @api.model
    def _get_circle_problem(self, data):
        return self.env._(
            "“%s” follows itself, directly or through others: correct what each row renews.",
            self._get_followed(data)[1].removeprefix("__import__."),
        )

    # === WHAT A LIST LEAVES OUT === #

    def _load_records_create(self, vals_list):
        if IMPORT_KEY in self.env.context:
            vals_list = [self._complete_imported(vals) for vals in vals_list]
        return super()._load_records_create(vals_list)

    def _load_records_write(self, values):
        if IMPORT_KEY in self.env.context:
            values = self._drop_empty(values)
            for name in ("product_id", "date_start"):
                if name in values and self._is_same(name, values[name]):
                    del values[name]  # written again, it would compute the end anew
        return super()._load_records_write(values)

    def _is_same(self, name, value):
        convert = self._fields[name].convert_to_cache
        return convert(value, self) == convert(self[name], self)

    @api.model
    def _drop_empty(self, vals):
        return {
            name: value
            for name, value in vals.items()
            if name not in NEVER_EMPTY or (value is not False and value not in (None, ""))
        }

    @api.model
    def _complete_imported(self, vals):
        """Return the values of a new deadline with a start and an amount, where it has none."""
        vals = self._drop_empty(vals)
        # As the model reads it where it computes the duration.
        product_sudo = self.env["product.product"].browse(vals.get("product_id")).sudo()
        if not vals.get("date_start") and vals.get("date_end"):
            vals |= self._count_back(vals, product_sudo)
        if "amount" not in vals and product_sudo and not vals.get("sale_line_id"):
            company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
            currency = self.env["res.currency"].browse(vals.get("currency_id"))
            vals["amount"] = self._get_proposed_amount(
                product_sudo, vals.get("quantity", 1.0), currency or company.currency_id, company
            )
        return vals

    @api.model
    def _count_back(self, vals, product):
        """Return start and anchor day of a period of which only the end is known."""
        count = vals.get("duration_count") or product.deadline_duration_count
        unit = vals.get("duration_unit") or product.deadline_duration_unit
        if not periods.is_valid_duration(count, unit):
            return {}  # the constraints say what is wrong
        end = fields.Date.to_date(vals["date_end"])
        start, anchor = periods.period_start(end, count, unit)
        return {"date_start": start, "anchor_day": anchor}

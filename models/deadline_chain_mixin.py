from functools import partial

from odoo import api, models
from odoo.exceptions import UserError

#: Key of the context that carries what an import knows of its own rows.
IMPORT_KEY = "deadline_import"


class BatchRefused(Exception):
    """Rows were refused together: Odoo then loads them one by one, and finds out which it is.

    Of a `UserError` it would show the text with the first of the rows, which is another one.
    """


class DeadlineChainMixin(models.AbstractModel):
    """Imports records that follow one another in the same file, in few transactions.

    Odoo creates what it has read so far whenever a row refers to another one of the file, and
    looks every name up anew: chains would be imported one by one. Here, rows that follow others
    wait until those are created, all of them together, and a name is looked up once.
    """

    _name = "deadline.chain.mixin"
    _description = "Import of Chains"
    #: Field by which a record names the one it follows.
    _import_chain_field = "previous_id"

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
        limit = self.env.context.get("_import_limit")
        module = self.env.context.get("module", "__import__")
        rows = set()
        for index, name in enumerate(fields):
            if name in ("id", "name"):
                values = (row[index] for row in data[:limit] if len(row) > index and row[index])
                rows |= {(name, self._get_import_reference(name, one, module)) for one in values}
        return super(
            DeadlineChainMixin,
            self.with_context(**{IMPORT_KEY: {"rows": rows, "known": {}, "module": module}}),
        ).load(fields, data)

    @api.model
    def _get_import_reference(self, column, value, module):
        """Return how the rows of an import are known: by external id or by name."""
        value = str(value).strip()
        return f"{module}.{value}" if column == "id" and "." not in value else value

    def _load_records(self, data_list, update=False):
        if IMPORT_KEY not in self.env.context:
            return super()._load_records(data_list, update)
        load = partial(super()._load_records, update=update)
        try:
            return self._load_chains(data_list, load)
        except UserError as error:
            if len(data_list) == 1:
                raise
            raise BatchRefused from error

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
                for key in self._get_import_keys(data_list[index]):
                    loaded[key] = record
        return self.browse().concat(*(records[index] for index in range(len(data_list))))

    @api.model
    def _get_followed(self, data):
        """Return what a row says it follows: the key of another row, an id, or nothing."""
        return data["values"].get(self._import_chain_field)

    @api.model
    def _resolve_followed(self, data, loaded):
        """Return the row with the id of the record it follows, which is in the database now."""
        followed = self._get_followed(data)
        if not isinstance(followed, tuple):
            return {**data, "values": {**data["values"]}}
        record = loaded.get(followed) or self._find_import_row(followed)
        return {**data, "values": {**data["values"], self._import_chain_field: record.id}}

    @api.model
    def _get_import_keys(self, data):
        """Return by what a row may be named in others."""
        keys = {"id": data.get("xml_id"), "name": data["values"].get("name")}
        return [(column, value) for column, value in keys.items() if value]

    @api.model
    def _find_import_row(self, key):
        """Return the record of a row that was imported before.

        :param key: column, ``id`` or ``name``, and value in it
        :raise UserError: when it was not, because it has an error of its own
        """
        column, value = key
        if column == "id":
            module, name = value.split(".", 1)
            domain = [("module", "=", module), ("name", "=", name), ("model", "=", self._name)]
            found = self.browse(
                self.env["ir.model.data"].sudo().search(domain, limit=1).res_id
            ).exists()
        else:
            found = self.search([("name", "=", value)], limit=1)
        if not found:
            raise UserError(
                self.env._(
                    "It follows “%s”, a row that could not be imported: correct that one first.",
                    value.removeprefix("__import__."),
                )
            )
        return found

    @api.model
    def _get_circle_problem(self, data):
        return self.env._(
            "“%s” follows itself, directly or through others: correct what each row renews.",
            self._get_followed(data)[1].removeprefix("__import__."),
        )

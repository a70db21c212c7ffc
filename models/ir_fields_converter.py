from odoo import models

from .deadline_chain_mixin import IMPORT_KEY


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    def db_id_for(self, model, field, subfield, value, savepoint):
        state = self.env.context.get(IMPORT_KEY)
        if not state or subfield == ".id" or not value:
            return super().db_id_for(model, field, subfield, value, savepoint)
        if field.name == getattr(model, "_import_chain_field", None):
            return self._get_followed_row(state, model, field, subfield, value, savepoint)
        if self.env.context.get("name_create_enabled_fields", {}).get(field.name):
            return super().db_id_for(model, field, subfield, value, savepoint)
        key = model._name, field.name, subfield, value
        if key not in state["known"]:
            state["known"][key] = super().db_id_for(model, field, subfield, value, savepoint)
        return state["known"][key]

    def _get_followed_row(self, state, model, field, subfield, value, savepoint):
        """Return the id of the record that a row follows, or the row of the same file.

        See `deadline.chain.mixin`, which creates that one before.
        """
        column = subfield or "name"
        row = column, model._get_import_reference(column, value, state["module"])
        if row in state["rows"]:
            return row, []
        if not subfield:
            found = model.search([("name", "=", value)], limit=2)
            if len(found) == 1:
                return found.id, []
        # What is not in the file needs nothing of it to be created first.
        without_flush = self.with_context(import_flush=lambda **_of_what: None)
        return super(IrFieldsConverter, without_flush).db_id_for(
            model, field, subfield, value, savepoint
        )

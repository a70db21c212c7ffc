from odoo import api, models

from .deadline_chain_mixin import IMPORT_KEY


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    @api.model
    def db_id_for(self, model, field, subfield, value, savepoint):
        state = self.env.context.get(IMPORT_KEY)
        if not state or subfield == ".id" or not value:
            return super().db_id_for(model, field, subfield, value, savepoint)
        if field.name == getattr(model, "_import_chain_field", None):
            if followed := self._find_followed(model, subfield, value):
                return followed, []
            # What is not in the file needs nothing of it to be created first.
            without_flush = self.with_context(import_flush=lambda **_of_what: None)
            return super(IrFieldsConverter, without_flush).db_id_for(
                model, field, subfield, value, savepoint
            )
        if self.env.context.get("name_create_enabled_fields", {}).get(field.name):
            return super().db_id_for(model, field, subfield, value, savepoint)
        key = model._name, field.name, subfield, value
        if key not in state["known"]:
            state["known"][key] = super().db_id_for(model, field, subfield, value, savepoint)
        return state["known"][key]

    @api.model
    def _find_followed(self, model, subfield, value):
        """Return the row of the same file that a row follows, or the id of the record that has
        its name, or nothing.

        See `deadline.chain.mixin`, which creates that row before.
        """
        state, column = self.env.context[IMPORT_KEY], subfield or "name"
        row = column, model._get_import_reference(column, value, state["module"])
        if row in state["rows"]:
            return row
        found = model.browse() if subfield else model.search([("name", "=", value)], limit=2)
        return found.id if len(found) == 1 else False

from odoo import api, models
from odoo.exceptions import AccessError


class Ours(frozenset):
    """Ids of records of which a method of the addon sees to the whole, for a key of the context.

    Of those alone: what a client writes to them may reach others. No client can send one.
    """


def without_ours(records, key):
    """Return the records of which nobody sees to the whole, see `Ours`.

    :param str key: of the context
    """
    ours = records.env.context.get(key)
    return records.filtered(lambda one: one.id not in ours) if isinstance(ours, Ours) else records


class DeadlineFactsMixin(models.AbstractModel):
    """Keeps people from editing what has happened.

    For Odoo a read-only field is one of the screen: RPC and imports write it all the same. Those
    of this addon are written by its methods alone, in sudo mode, which nobody gets from outside.
    """

    _name = "deadline.facts.mixin"
    _description = "Facts That Nobody Edits"
    #: Read-only fields that are given by whoever creates a record.
    _given_at_creation = ()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list if not self.env.su else ():
            self._check_new_facts(vals)
        self._add_facts(vals_list)
        return super().create(vals_list)

    @api.model
    def default_get(self, fields):
        """Give facts the default of their field, or none: never that of a user or of a page.

        Both count in sudo mode, too. Pages send theirs along with every button.
        """
        values = super().default_get(fields)
        for name in [name for name in values if self._is_fact(name)]:
            field = self._fields[name]
            if name in self._given_at_creation:
                continue
            del values[name]
            if field.default and not field.compute:
                values[name] = field.default(self)
        return values

    @api.model
    def _add_facts(self, vals_list):
        """Add to the values of new records the facts that follow from them. A hook."""

    def write(self, vals):
        if not self.env.su:
            self._check_facts(vals)
        return super().write(vals)

    @api.model
    def _check_new_facts(self, vals):
        """Check that a record which a user creates begins without a past.

        :param dict vals: values of the new record; empty ones and defaults are no past
        :raise AccessError: names the fields that are written by the addon alone
        """
        first = self._get_first_facts()
        forged = {
            name
            for name, value in vals.items()
            if value
            and self._is_fact(name)
            and name not in self._given_at_creation
            and value != first.get(name)
        }
        if forged:
            raise AccessError(self._get_facts_problem(forged))

    def _check_facts(self, vals):
        """Check that a user changes no fact; what stays as it is, as in a file, may be written.

        :raise AccessError: names the first record and its fields
        """
        candidates = [name for name in vals if name in self._fields]
        if not candidates:
            return
        self.check_access("write")  # or the refusal would say what somebody may not read
        for record in self.sudo():
            kept = record._get_frozen_fields()
            changed = {
                name
                for name in candidates
                if (name in kept or self._is_fact(name)) and record._is_changed(name, vals[name])
            }
            if changed:
                raise AccessError(record._get_facts_problem(changed))

    @api.model
    def _get_first_facts(self):
        """Return the facts of a record of which nothing has happened yet, by the field's name."""
        return {
            name: field.default(self) if field.default else False
            for name, field in self._fields.items()
            if self._is_fact(name)
            and not field.compute
            and name not in self._given_at_creation
            and self._has_field_access(field, "write")
        }

    @api.model
    def _is_fact(self, name):
        """Say whether the field of this name is written by this addon alone."""
        field = self._fields.get(name)
        # What another addon adds to a model of this one is for that addon to guard.
        return bool(
            field
            and field.readonly
            and field.store
            and field.column_type
            and field._module == self._original_module
        )

    def _is_changed(self, name, value):
        """Say whether ``value`` is another one than the record has in the field ``name``."""
        field = self._fields[name]
        before = field.convert_to_cache(self[name], self, validate=False)
        try:
            return field.convert_to_cache(value, self, validate=False) != before
        except (TypeError, ValueError):  # whatever a client sends
            return True

    def _get_frozen_fields(self):
        """Return the names of the fields that are final for this record, though not for others."""
        self.ensure_one()
        return set()

    def _get_facts_problem(self, names):
        """Return the sentence that refuses to change these fields."""
        labels = [self._fields[name]._description_string(self.env) for name in sorted(names)]
        record = self[:1].display_name
        if not record:
            return self.env._(
                "“%s” cannot be given to a new record: it says what has happened, and is written"
                " by orders, invoices and withdrawals alone.",
                ", ".join(labels),
            )
        return self.env._(
            "“%(fields)s” of “%(record)s” cannot be edited or imported: it says what has happened."
            " Change the order or the invoice, or use the buttons of the record.",
            fields=", ".join(labels),
            record=record,
        )

import logging
from datetime import timedelta
from itertools import chain

import psycopg2

from odoo import api, fields, models
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

#: Records that share one transaction, unless a single unit has more.
CHUNK_SIZE = 50
#: What failed is tried again by the next nightly run, whatever its exact hour.
RETRY_AFTER = timedelta(hours=20)


class DeadlineBatchMixin(models.AbstractModel):
    """Work of scheduled actions: in chunks, each its own transaction.

    It may be killed at any line, run twice, and run by two workers at once. What
    fails is set aside with its error, and all the rest is done.
    """

    _name = "deadline.batch.mixin"
    _description = "Work Done in Batches"

    batch_error = fields.Text(
        string="Failure",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Why a scheduled action could not handle this record. It is tried again.",
    )
    batch_retry_at = fields.Datetime(
        string="Next Try", readonly=True, copy=False, groups="base.group_user"
    )

    @api.model
    def _get_batch_domain(self):
        """Return the domain that leaves aside what failed a short while ago."""
        now = fields.Datetime.now()
        return fields.Domain("batch_retry_at", "=", False) | fields.Domain(
            "batch_retry_at", "<=", now
        )

    @api.model
    def _run_chunks(self, units, work, domain):
        """Do ``work`` for all ``units``, as many as the time of the scheduled action allows.

        Commits: never call it from a business method. What is left over is reported to
        the scheduled action, which then comes back.

        :param units: list of lists of ids of this model; a list is handled as a whole
        :param work: function that is given a recordset of whole units. It must not commit.
        :param domain: which records are still to be handled, asked again once they are locked;
            a unit of which another worker has a part is left to that one
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(units))
        for chunk in self._get_chunks(units):
            try:
                self._work_on(self._lock_units(chunk, domain), work)
            except psycopg2.OperationalError as error:
                # Somebody else was faster, and what this transaction sees is out of date.
                self.env.cr.rollback()
                _logger.info("left %s for a later run: %s", self._name, error)
            if not progress(len(chunk)):
                return

    @api.model
    def _get_chunks(self, units):
        """Yield lists of units that have together about as many records as a chunk."""
        chunk, size = [], 0
        for unit in units:
            if chunk and size + len(unit) > CHUNK_SIZE:
                yield chunk
                chunk, size = [], 0
            chunk.append(unit)
            size += len(unit)
        if chunk:
            yield chunk

    @api.model
    def _lock_units(self, units, domain):
        """Lock the records of these units and return the units that are still to be handled."""
        records = self.browse(chain.from_iterable(units))
        locked = records.try_lock_for_update(allow_referencing=True)
        wanted = set(locked.filtered_domain(domain).ids)
        whole = [unit for unit in units if set(locked.ids).issuperset(unit)]
        return [left for unit in whole if (left := [one for one in unit if one in wanted])]

    @api.model
    def _work_on(self, units, work):
        """Do ``work`` for these units; what fails is narrowed down until it is alone."""
        if not units:
            return
        records = self.browse(chain.from_iterable(units))
        try:
            with self.env.cr.savepoint():
                work(records)
                records.filtered("batch_error").write(
                    {"batch_error": False, "batch_retry_at": False}
                )
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            if len(units) == 1:
                records._set_aside(error)
                return
            part = -(-len(units) // 7)  # fewer repetitions than halving
            for fewer in split_every(part, units, list):
                self._work_on(fewer, work)

    def _set_aside(self, error):
        """Keep the error with the records that caused it, for people to see and mend."""
        _logger.exception("could not handle %s", ", ".join(self.mapped("display_name")))
        self.write(
            {
                "batch_error": str(error) or type(error).__name__,
                "batch_retry_at": fields.Datetime.now() + RETRY_AFTER,
            }
        )

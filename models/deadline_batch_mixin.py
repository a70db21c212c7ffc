import logging
from datetime import timedelta
from itertools import chain

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, split_every

_logger = logging.getLogger(__name__)

#: Records that share one transaction, unless a single unit has more: enough for its queries to
#: pay, few enough for a broken record to cost little.
CHUNK_SIZE = 50
#: Parts in which a chunk that failed is tried again: fewer repetitions than halving it.
PARTS = 7
#: What failed is tried again by the next nightly run, whatever its exact hour.
RETRY_AFTER = timedelta(hours=20)
#: What somebody else was working on is tried again soon.
RETURN_AFTER = timedelta(minutes=15)


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
    def _run_chunks(self, units, work, domain, size=CHUNK_SIZE):
        """Do ``work`` for all ``units``, as many as the time of the scheduled action allows.

        Commits, and rolls back what fails: never call it from a business method. What is
        left over is reported to the scheduled action, which then comes back.

        :param units: list of lists of ids of this model; a list is handled as a whole
        :param work: function that is given a recordset of whole units. It must not commit.
        :param domain: which records are still to be handled, asked again once they are locked;
            a unit of which another worker has a part is left to that one
        :param int size: records of a chunk; more where each takes very little time
        """
        self.env["ir.cron"]._commit_progress(remaining=len(units))
        for chunk in self._get_chunks(units, size):
            if not self._run_chunk(chunk, work, domain):
                return

    @api.model
    def _get_chunks(self, units, size):
        """Yield lists of units that have together about ``size`` records."""
        chunk, count = [], 0
        for unit in units:
            if chunk and count + len(unit) > size:
                yield chunk
                chunk, count = [], 0
            chunk.append(unit)
            count += len(unit)
        if chunk:
            yield chunk

    @api.model
    def _run_chunk(self, units, work, domain):
        """Do ``work`` for these units in one transaction, or in several where it fails.

        Nothing of a failed try remains, nor what it would have done after its commit,
        such as calling a webhook.

        :return: the seconds left, as `_commit_progress` does
        """
        progress = self.env["ir.cron"]._commit_progress
        try:
            records = self.browse(chain.from_iterable(self._lock_units(units, domain)))
            if records:
                work(records)
                records._clear_failure()
            self.env.flush_all()
        except psycopg2.OperationalError as error:
            # Somebody else was faster, and what this transaction sees is out of date.
            self.env.cr.rollback()
            _logger.info("left %s for a later run: %s", self._name, error)
            self._return_soon()
        except Exception as error:
            self.env.cr.rollback()
            if len(units) > 1:  # narrow it down until it is alone
                part = -(-len(units) // PARTS)
                return all(
                    self._run_chunk(fewer, work, domain) for fewer in split_every(part, units, list)
                )
            self.browse(units[0]).exists()._set_aside(error)
        return progress(len(units))

    @api.model
    def _lock_units(self, units, domain):
        """Lock the records of these units and return the units that are still to be handled."""
        records = self.browse(chain.from_iterable(units))
        locked = records.try_lock_for_update(allow_referencing=True)
        wanted = set(locked.filtered_domain(domain).ids)
        whole = [unit for unit in units if set(locked.ids).issuperset(unit)]
        if len(whole) < len(units):
            self._return_soon()
        return [left for unit in whole if (left := [one for one in unit if one in wanted])]

    @api.model
    def _return_soon(self):
        """Have the scheduled action that is running come back for what others were working on."""
        if cron_id := self.env.context.get("cron_id"):
            cron = self.env["ir.cron"].sudo().browse(cron_id)
            cron._trigger(fields.Datetime.now() + RETURN_AFTER)

    def _set_aside(self, error):
        """Keep the error with the records that caused it, for people to see and mend."""
        _logger.exception("could not handle %s", ", ".join(self.mapped("display_name")))
        text = str(error) or type(error).__name__
        self._write_failure(text, fields.Datetime.now() + RETRY_AFTER)

    def _clear_failure(self):
        """Forget the errors of records that have been handled, or are over."""
        self.sudo().filtered("batch_error")._write_failure(None, None)

    def _write_failure(self, error, retry_at):
        """Write the failure by SQL: no automation rule, which may be what fails, is to see it."""
        if not self:
            return
        self.env.execute_query(
            SQL(
                "UPDATE %s SET batch_error = %s, batch_retry_at = %s WHERE id IN %s RETURNING id",
                SQL.identifier(self._table),
                error,
                retry_at,
                self._ids,
            )
        )
        self.invalidate_recordset(["batch_error", "batch_retry_at"], flush=False)

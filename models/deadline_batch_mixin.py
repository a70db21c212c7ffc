import logging
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import chain

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL, split_every
from odoo.tools.misc import Callbacks

_logger = logging.getLogger(__name__)

#: Records that share one transaction, unless a single unit has more: small ones pay dearly for
#: their commits and for all that is read anew.
CHUNK_SIZE = 96
#: Savepoints of a chunk: where one record is broken, those that share its savepoint are repeated.
BATCHES = 4
#: Parts in which a batch that failed is tried again, and each part that fails again.
PARTS = 5
#: What failed is tried again by the next nightly run, whatever its exact hour.
RETRY_AFTER = timedelta(hours=20)
#: What somebody else was working on is tried again soon.
RETURN_AFTER = timedelta(minutes=15)
#: What is called at the end of a transaction. Odoo's savepoints see to what comes before a commit.
QUEUES = ("postcommit", "prerollback", "postrollback")


@contextmanager
def _own_callbacks(cr, queues):
    """Have what is registered meanwhile kept in ``queues``: callbacks by the names of `QUEUES`."""
    others = {name: getattr(cr, name) for name in queues}
    try:
        for name, queue in queues.items():
            setattr(cr, name, queue)
        yield
    finally:
        for name, queue in others.items():
            setattr(cr, name, queue)


def _run_callbacks(cr, name, queue):
    with _own_callbacks(cr, {name: queue}):  # some look for their data on the cursor
        queue.run()


@contextmanager
def _savepoint(cr):
    """Open a savepoint that takes back, with its rollback, also the callbacks registered since.

    Odoo's own leaves them, and a webhook would be called for what was undone. A queue of its own,
    and not a copy to go back to, as a callback may hold on to the data of the queue it is in.
    """
    savepoint = cr.savepoint()
    queues = {name: Callbacks() for name in QUEUES}
    with _own_callbacks(cr, queues):
        try:
            yield
            savepoint.close(rollback=False)
        except BaseException:
            queues["prerollback"].run()
            savepoint.close(rollback=True)
            queues["postrollback"].run()
            raise
    for name, queue in queues.items():
        if queue:
            getattr(cr, name).add(partial(_run_callbacks, cr, name, queue))


class DeadlineBatchMixin(models.AbstractModel):
    """Work of scheduled actions: in chunks, each its own transaction, of batches of records.

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
    def _run_chunks(self, units, work, domain, size=CHUNK_SIZE, batches=BATCHES):
        """Do ``work`` for all ``units``, as many as the time of the scheduled action allows.

        Commits, and rolls back what fails: never call it from a business method. What is
        left over is reported to the scheduled action, which then comes back.

        :param units: list of lists of ids of this model; a list is handled as a whole
        :param work: function that is given a recordset of whole units. It must not commit.
        :param domain: which records are still to be handled, asked again once they are locked;
            a unit of which another worker has a part is left to that one
        :param int size: records of a chunk; more where each takes little time
        :param int batches: savepoints of a chunk
        """
        self.env["ir.cron"]._commit_progress(remaining=len(units))
        for chunk in self._group_units(units, size):
            if not self._run_chunk(chunk, work, domain, -(-size // batches)):
                return

    @api.model
    def _group_units(self, units, size):
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
    def _run_chunk(self, units, work, domain, batch_size):
        """Do ``work`` for these units in one transaction, in batches.

        :return: the seconds left, as `_commit_progress` does
        """
        try:
            left = self._lock_units(units, domain)
            chunk = self.browse(chain.from_iterable(left))
            for batch in self._group_units(left, batch_size):
                chunk._run_batch(batch, work)
        except psycopg2.OperationalError as error:
            # Somebody else was faster, and what this transaction sees is out of date.
            self.env.cr.rollback()
            _logger.info("left %s for a later run: %s", self._name, error)
            self._return_soon()
        return self.env["ir.cron"]._commit_progress(len(units))

    def _run_batch(self, units, work, believe=True):
        """Do ``work`` for units of a chunk together, or in parts until what fails is alone.

        :param bool believe: whether the rest is done at once, without the records that the
            error names in ``broken_ids``, if it does
        """
        # What is read for some is read for all: of the chunk, or of the batch that failed.
        records = self.browse(chain.from_iterable(units)).with_prefetch(self._prefetch_ids)
        if not (error := records._attempt(work)):
            return
        if len(units) == 1:
            records.exists()._set_aside(error)
            return
        failed = self.browse(records.ids)
        broken = set(getattr(error, "broken_ids", ())) if believe else set()
        rest = [unit for unit in units if broken.isdisjoint(unit)]
        if 0 < len(rest) < len(units):
            # Once, or a template that fails for everybody would take them out one by one.
            failed._run_batch(rest, work, believe=False)
            units = [unit for unit in units if not broken.isdisjoint(unit)]
        for part in split_every(-(-len(units) // PARTS), units, list):
            failed._run_batch(part, work)

    def _attempt(self, work):
        """Do ``work`` for these records; where it fails, nothing of it remains.

        :return: the error, or None
        :raise psycopg2.OperationalError: not the records' fault, it ends the transaction
        """
        try:
            with _savepoint(self.env.cr):
                work(self)
                self._clear_failure()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            return error
        return None

    @api.model
    def _lock_units(self, units, domain):
        """Lock the records of these units and return the units that are still to be handled."""
        records = self.browse(chain.from_iterable(units))
        locked = records.try_lock_for_update(allow_referencing=True)
        wanted = set(locked.filtered_domain(domain).ids)
        got = set(locked.ids)
        whole = [unit for unit in units if got.issuperset(unit)]
        if len(whole) < len(units):
            self._return_soon()
        return [left for unit in whole if (left := [one for one in unit if one in wanted])]

    def _lock_or_refuse(self):
        """Lock these records for what a user does with them, or say that it has to wait.

        :raise UserError: names those that somebody else is working on
        """
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._(
                    "“%s” is being invoiced, charged or changed at this moment: try again in a"
                    " minute.",
                    ", ".join(self.mapped("display_name")),
                )
            ) from error

    @api.model
    def _return_soon(self):
        """Have the scheduled action that is running come back for what others were working on."""
        if cron_id := self.env.context.get("cron_id"):
            cron = self.env["ir.cron"].sudo().browse(cron_id)
            cron._trigger(fields.Datetime.now() + RETURN_AFTER)

    def _set_aside(self, error):
        """Keep the error with the records that caused it, for people to see and mend."""
        names = ", ".join(self.mapped("display_name"))
        _logger.error("could not handle %s", names, exc_info=error)
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

    @api.model
    def _run_each(self, ids, work, domain):
        """Do ``work`` for one record after the other, each with commits of its own.

        For what reaches beyond the database and cannot be taken back, such as a charge. As
        `_run_chunks`, it is not for business methods, and what is left over comes back.

        :param ids: ids of this model
        :param work: generator function that is given a record, locked. Where it yields, its
            work is committed and the record locked again; if another worker has got it then,
            the rest of the work is left to that one.
        :param domain: which records are still to be handled, asked again once they are locked
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(ids))
        for one in ids:
            self.browse(one)._run_one(work, domain)
            if not progress(1):
                return

    def _run_one(self, work, domain):
        """Do ``work`` for this record, see `_run_each`."""
        try:
            if not self.try_lock_for_update(allow_referencing=True):
                self._return_soon()
                return
            if not self.filtered_domain(domain):
                return
            for _step in work(self):
                self.env.cr.commit()  # pylint: disable=invalid-commit
                if not self.try_lock_for_update(allow_referencing=True):
                    self._return_soon()
                    return
            self._clear_failure()
            self.env.flush_all()
        except psycopg2.OperationalError as error:
            self.env.cr.rollback()
            _logger.info("left %s for a later run: %s", self, error)
            self._return_soon()
        except Exception as error:
            self.env.cr.rollback()
            self.exists()._set_aside(error)

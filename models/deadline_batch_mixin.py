import logging
from datetime import timedelta
from itertools import chain

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import SQL, split_every

_logger = logging.getLogger(__name__)

#: Records that share one transaction, unless a single unit has more: small ones pay dearly for
#: their commits and for all that is read anew.
CHUNK_SIZE = 96
#: Parts in which a chunk that failed is done again, and each part that fails again.
PARTS = 5
#: What failed is tried again by the next nightly run, whatever its exact hour.
RETRY_AFTER = timedelta(hours=20)
#: What somebody else was working on is tried again soon.
RETURN_AFTER = timedelta(minutes=15)


class DeadlineBatchMixin(models.AbstractModel):
    """Work of scheduled actions: in chunks of records, each its own transaction.

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

        Commits, and rolls back what fails: never call it from a business method. A chunk that
        fails is done again in parts, each a chunk of its own, until what fails is alone; it is
        not left half done, whatever time is left. What is left over is reported to the scheduled
        action, which then comes back.

        :param units: list of lists of ids of this model; a list is handled as a whole
        :param work: function that is given a recordset of whole units. It must not commit.
        :param domain: which records are still to be handled, asked again once they are locked;
            a unit of which another worker has a part is left to that one
        :param int size: records of a chunk; more where each takes little time
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(units))
        for chunk in self._group_units(units, size):
            parts = [chunk]
            while parts:
                part = parts.pop(0)
                smaller = self._run_chunk(part, work, domain)
                seconds_left = progress(0 if smaller else len(part))
                parts = smaller + parts
            if not seconds_left:
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
    def _run_chunk(self, units, work, domain):
        """Do ``work`` for these units, or roll the transaction back. The caller commits.

        :return: the smaller chunks in which it is to be done again, a list
        """
        cr = self.env.cr
        try:
            records = self.browse(chain.from_iterable(self._lock_units(units, domain)))
            if records:
                work(records)
                records._clear_failure()
                cr.flush()
        except psycopg2.OperationalError as error:
            # Somebody else was faster, and what this transaction sees is out of date.
            cr.rollback()
            _logger.info("left %s for a later run: %s", self._name, error)
            self._return_soon()
        except Exception as error:
            cr.rollback()
            if len(units) > 1:
                return list(split_every(-(-len(units) // PARTS), units, list))
            self.browse(units[0]).exists()._set_aside(error)
        return []

    def _attempt(self, work):
        """Do ``work`` for these records within somebody else's transaction, or undo it.

        :return: the error, or None
        :raise psycopg2.OperationalError: not the records' fault, it ends the transaction
        """
        try:
            with self.env.cr.savepoint():
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

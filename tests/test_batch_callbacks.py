import psycopg2.errors

from odoo.fields import Domain
from odoo.tools import mute_logger

from .common import NoticeCommon


class TestBatchCallbacks(NoticeCommon):
    """What is called at the end of the transactions in which 30 deadlines are done, one of
    which fails."""

    def setUp(self):
        super().setUp()
        self.deadlines = self.env["deadline.deadline"].union(
            *(self._create_ending(days) for days in range(1, 31))
        )
        self.bad = self.deadlines[27]
        self.others = self.deadlines - self.bad
        self.called = []

    def _run(self, register, error=ValueError):
        """Run chunks whose work calls ``register(cursor, ids)`` before it fails for one."""

        def work(records):
            register(records.env.cr, records.ids)
            if self.bad in records:
                raise error

        self.env.flush_all()
        with (
            self.enter_registry_test_mode(),
            self._call_after_commit(),
            mute_logger("odoo.addons.deadline_management.models.deadline_batch_mixin"),
            self.registry.cursor() as cr,
        ):
            deadlines = self.deadlines.with_env(self.env(cr=cr))
            deadlines._run_chunks([[one] for one in deadlines.ids], work, Domain.TRUE)

    def test_only_what_was_done_is_told_after_the_commit(self):
        self._run(lambda cr, ids: cr.postcommit.add(lambda: self.called.extend(ids)))
        self.assertEqual(self.called, self.others.ids)

    def test_callback_finds_its_data_on_the_cursor(self):
        def register(cr, ids):  # as the bus does
            if "ids" not in cr.postcommit.data:
                cr.postcommit.data["ids"] = []
                cr.postcommit.add(lambda: self.called.extend(cr.postcommit.data.pop("ids")))
            cr.postcommit.data["ids"].extend(ids)

        self._run(register)
        self.assertEqual(self.called, self.others.ids)

    def test_callback_that_holds_on_to_its_data(self):
        def register(cr, ids):  # as the ranks of customers do
            data = cr.postcommit.data.setdefault("ids", [])
            if not data:
                cr.postcommit.add(lambda: self.called.extend(data))
            data.extend(ids)

        self._run(register)
        self.assertEqual(self.called, self.others.ids)

    def test_callback_may_register_another(self):
        def register(cr, ids):
            cr.postcommit.add(lambda: cr.postcommit.add(lambda: self.called.extend(ids)))

        self._run(register)
        self.assertEqual(self.called, self.others.ids)

    def test_what_comes_before_a_commit_is_not_done_for_what_failed(self):
        self._run(lambda cr, ids: cr.precommit.add(lambda: self.called.extend(ids)))
        self.assertEqual(self.called, self.others.ids)

    def test_rollback_calls_what_waits_for_it(self):
        def register(cr, ids):
            cr.prerollback.add(lambda: self.called.append(("before", ids)))
            cr.postrollback.add(lambda: self.called.append(("after", ids)))

        self._run(register)
        tries = [
            self.deadlines.ids,
            self.deadlines[24:].ids,
            self.deadlines[26:28].ids,
            [self.bad.id],
        ]
        self.assertEqual(
            self.called, [(moment, ids) for ids in tries for moment in ("before", "after")]
        )

    def test_rollback_of_what_somebody_else_was_faster_with(self):
        self._run(
            lambda cr, ids: cr.postrollback.add(lambda: self.called.append(ids)),
            error=psycopg2.errors.LockNotAvailable,
        )
        self.assertEqual(self.called, [self.deadlines.ids])

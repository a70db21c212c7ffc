from datetime import timedelta
from unittest.mock import patch

import psycopg2.errors

from odoo.fields import Domain
from odoo.tests import RecordCapturer, freeze_time

from .common import NoticeCommon


class TestBatch(NoticeCommon):
    """The batch mixin, by means of deadlines."""

    def setUp(self):
        super().setUp()
        self.deadlines = self.env["deadline.deadline"].union(
            *(self._create_ending(days) for days in range(1, 61))
        )
        self.done = []

    def _work(self, records):
        for record in records:
            record.note = f"{record.note or ''}done"
            if record.description == "bad":
                raise ValueError("broken record")
        self.done.append(records.ids)

    def _run(self, units=None, work=None, domain=Domain.TRUE, size=96):
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            deadlines = self.deadlines.with_env(self.deadlines.env(cr=cr)).browse()
            units = units or [[one] for one in self.deadlines.ids]
            deadlines._run_chunks(units, work or self._work, domain, size=size)
            cr.rollback()  # what was not committed is lost
        self.env.invalidate_all()

    def _note_progress(self, **options):
        """Patch what commits, and note what it is told."""
        progress = type(self.env["ir.cron"])._commit_progress
        options = options or {"side_effect": progress, "autospec": True}
        return patch.object(type(self.env["ir.cron"]), "_commit_progress", **options)

    def test_all_is_done_in_few_transactions(self):
        with self._note_progress() as progress:
            self._run(size=48)
        self.assertEqual([len(ids) for ids in self.done], [48, 12])
        self.assertEqual([call.args[1:] for call in progress.call_args_list], [(), (48,), (12,)])
        self.assertEqual(set(self.deadlines.mapped("note")), {"done"})

    def test_unit_is_never_split(self):
        ids = self.deadlines.ids
        with self._note_progress() as progress:
            self._run([ids[:30], ids[30:55], ids[55:58], ids[58:]], size=50)
        self.assertEqual([len(done) for done in self.done], [30, 30])
        self.assertEqual([call.args[1:] for call in progress.call_args_list], [(), (1,), (3,)])

    def test_chunk_that_fails_is_done_in_parts_each_a_transaction(self):
        self.deadlines[25].description = "bad"
        with (
            self._note_progress() as progress,
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
        ):
            self._run()
        self.assertEqual(self.deadlines.mapped("note"), ["done"] * 25 + [False] + ["done"] * 34)
        self.assertEqual([len(ids) for ids in self.done], [12, 12, 1, 1, 3, 3, 3, 12, 12])
        told = [sum(call.args[1:]) for call in progress.call_args_list]
        self.assertEqual(told, [0, 0, 12, 12, 0, 0, 1, 1, 1, 3, 3, 3, 12, 12])

    def test_broken_record_is_set_aside_and_the_rest_is_done(self):
        bad = self.deadlines[17]
        bad.description = "bad"
        with self.assertLogs("odoo.addons.deadline_management", "ERROR") as logs:
            self._run()
        self.assertEqual(len(logs.output), 1)
        self.assertIn(bad.name, logs.output[0])
        self.assertEqual(bad.batch_error, "broken record")
        self.assertFalse(bad.note)
        self.assertEqual(set((self.deadlines - bad).mapped("note")), {"done"})
        self.assertFalse(any((self.deadlines - bad).mapped("batch_error")))

    def test_broken_unit_is_set_aside_as_a_whole(self):
        pair = self.deadlines[3:5]
        pair[1].description = "bad"
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self._run([pair.ids, *([one] for one in self.deadlines[5:].ids)])
        self.assertEqual(pair.mapped("batch_error"), ["broken record"] * 2)
        self.assertFalse(any(pair.mapped("note")))

    def test_what_failed_is_tried_again_the_next_night(self):
        bad = self.deadlines[0]
        bad.description = "bad"
        with self.assertLogs("odoo.addons.deadline_management", "ERROR"):
            self._run()
        domain = self.deadlines._get_batch_domain()
        self.assertNotIn(bad, self.deadlines.search(domain))
        with freeze_time(f"{self.TODAY + timedelta(days=1)} 02:00:00"):
            self.assertIn(bad, self.deadlines.search(self.deadlines._get_batch_domain()))
        bad.description = "mended"
        self._run([[bad.id]])
        self.assertRecordValues(bad, [{"batch_error": False, "batch_retry_at": False}])

    def test_what_no_longer_holds_is_left_out(self):
        other = self.deadlines[0]
        other.state = "cancelled"
        self._run(domain=Domain("state", "=", "active"))
        self.assertFalse(other.note)
        self.assertEqual(sum(map(len, self.done)), 59)

    def test_rest_of_a_unit_is_done_without_what_no_longer_holds(self):
        pair = self.deadlines[:2]
        pair[0].state = "cancelled"
        self._run([pair.ids], domain=Domain("state", "=", "active"))
        self.assertEqual(self.done, [pair[1].ids])

    def test_deleted_meanwhile(self):
        gone = self.deadlines[0].id
        self.deadlines[0].unlink()
        self.deadlines = self.deadlines[1:]
        self._run([[gone], *([one] for one in self.deadlines.ids)])
        self.assertEqual(sum(map(len, self.done)), 59)

    def test_lost_race_undoes_its_transaction_only_and_blames_nobody(self):
        def race(records):
            self._work(records)
            if self.deadlines[20] in records:
                raise psycopg2.errors.SerializationFailure

        self._run(work=race, size=48)
        self.assertEqual(
            [bool(note) for note in self.deadlines.mapped("note")], [False] * 48 + [True] * 12
        )
        self.assertEqual([len(ids) for ids in self.done], [48, 12])
        self.assertFalse(any(self.deadlines.mapped("batch_error")))

    def test_failure_is_forgotten_once_it_is_over(self):
        for change in ({"state": "cancelled"}, {"date_end": self.TODAY + timedelta(days=300)}):
            deadline = self.deadlines[0]
            deadline._write_failure("broken record", "2026-03-11 00:00:00")
            deadline.write(change)
            self.assertFalse(deadline.batch_error)

    def test_what_others_work_on_is_come_back_for(self):
        cron = self.env.ref("deadline_management.ir_cron_expire")
        lock = type(self.deadlines).try_lock_for_update

        def lock_less(records, **options):
            return lock(records, **options) - self.deadlines[0]

        triggers = RecordCapturer(self.env["ir.cron.trigger"], [("cron_id", "=", cron.id)])
        self.deadlines = self.deadlines.with_context(cron_id=cron.id)
        with triggers, patch.object(type(self.deadlines), "try_lock_for_update", lock_less):
            self._run()
        self.assertEqual(len(triggers.records), 1)
        self.assertFalse(self.deadlines[0].note)

    def test_stops_when_its_time_is_up(self):
        with self._note_progress(side_effect=[10.0, 0.0]) as progress:
            self._run(size=48)
        self.assertEqual(sum(map(len, self.done)), 48)
        self.assertEqual(progress.call_args_list[0].kwargs, {"remaining": 60})
        self.assertEqual(progress.call_args_list[1].args, (48,))

    def test_chunk_that_has_failed_is_done_to_its_end_when_its_time_is_up(self):
        self.deadlines[25].description = "bad"
        with (
            self._note_progress(side_effect=[10.0, *[0.0] * 20]),
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
        ):
            self._run(size=48)
        self.assertEqual(sum(map(len, self.done)), 47)


class TestBrokenNotice(NoticeCommon):
    def test_other_customers_get_theirs(self):
        others = [self._create_customer(str(n), email=f"{n}@example.com") for n in range(8)]
        deadlines = [self._create_ending(7, partner_id=other.id) for other in others]
        bad = deadlines[3]
        table = type(self.env["deadline.notice"])._get_table

        def break_one(notice):
            if bad in notice.deadline_ids:
                raise ValueError("broken record")
            return table(notice)

        with (
            patch.object(type(self.env["deadline.notice"]), "_get_table", break_one),
            self.assertLogs("odoo.addons.deadline_management", "ERROR"),
        ):
            notices = self._notify()
        self.assertEqual(len(notices), 7)
        self.assertFalse(bad.notice_line_ids)
        self.assertIn("broken record", bad.batch_error)
        notice = self._notify(self.TODAY + timedelta(days=1))
        self.assertEqual(notice.deadline_ids, bad)
        self.assertFalse(bad.batch_error)

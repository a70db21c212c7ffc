"""The scheduled actions, among a million deadlines: they run each night, and often for nothing.

They commit chunk by chunk, and so does each turn here, on new rows: what one turn has handled is no
longer due for the next. A floor commits once.
"""

import logging
from contextlib import contextmanager
from unittest.mock import patch

from harness import Measure, Row, compare_committed, measure_committed
from rows import create_customers, create_products, insert_deadlines

from odoo.tools import SQL, split_every
from odoo.tools.constants import PREFETCH_MAX

COMMITS = True
LIVE = 1_000_000
#: Steps that a million deadlines have dealt with: those of the company and those of a level.
STEPS = (1, 7, 14, 30, 45)
MEMBERS = 1_000


def _today(env):
    return SQL("%s::date", env.company._deadline_today())


def prepare(env):
    """A million running deadlines of 10,000 customers, ends spread over the year ahead."""
    create_products(env, 1)
    grade = env["res.partner.grade"].create({"name": "Members"})
    members = create_customers(env, MEMBERS, grade_id=grade.id)
    insert_deadlines(
        env,
        LIVE,
        members + create_customers(env, 9_000),
        _product(env),
        SQL("%s + n %% 365", _today(env)),
        notified_step=SQL(
            "coalesce((SELECT min(step) FROM unnest(%s) AS step WHERE step >= day - %s), 100000)",
            list(STEPS),
            _today(env),
        ),
    )


def _product(env):
    return env["product.product"].search([("name", "=", "Service 0")])


def _insert_due(env, count):
    """Insert as many deadlines that end in a week, each of a customer of its own."""
    return insert_deadlines(
        env,
        count,
        create_customers(env, count),
        _product(env),
        SQL("%s + 7", _today(env)),
        notified_step=SQL("30"),
    )


def case_quiet_night(env):
    """Both actions when a million deadlines run and nothing is due."""

    def night():
        env["deadline.deadline"]._cron_expire()
        env["deadline.notice"]._cron_notify()

    def measure_night(case):
        [ours] = measure_committed(env, lambda: night, repeat=10)
        return Row(case, ours, most=Measure(wall=0.05, sql=20))

    yield measure_night(f"nothing due of {LIVE:,} deadlines")
    grade = env["res.partner.grade"].search([("name", "=", "Members")])
    grade.reminder_policy = "own"
    env["deadline.reminder"].create(
        [{"grade_id": grade.id, "days_before": days} for days in (45, 14)]
    )
    yield measure_night(f"the same, {MEMBERS:,} customers having reminders of their own")
    grade.reminder_policy = "company"


def case_notify(env):
    """The nightly run against Odoo's own e-mails of the same template, on the notices it made.

    What no implementation can do without: rendering and storing as many e-mails. What they tell
    of is read beforehand, in bulk, as Odoo would read it one by one; and by no more than Odoo
    reads at once, or it would forget some and read it again for each e-mail.
    """

    def begin(count):
        _insert_due(env, count)
        return env["deadline.notice"]._cron_notify

    queued = {}

    def begin_floor(count):
        notices = env["deadline.notice"].search([], order="id DESC", limit=count)
        template = env.ref("deadline_management.mail_template_notice_reminder")

        def work():
            mails = env["mail.mail"]
            for ids in split_every(PREFETCH_MAX, notices.ids, list):
                notices.browse(ids).line_ids.deadline_id.mapped("name")
                mails += template.send_mail_batch(ids)
            queued[notices] = mails

        return work

    for count, repeat in {1_000: 8, 10_000: 1}.items():
        row = compare_committed(
            env,
            f"queue {count:,} notices",
            lambda count=count: begin(count),
            lambda count=count: begin_floor(count),
            goal=1.25,
            repeat=repeat,
        )
        _check_same(*queued.popitem())
        each = row.ours.sql / count, row.floor.sql / count
        row.case += " ({:.2f} SQL each, floor {:.2f})".format(*each)
        yield row


def _check_same(notices, mails):
    """Make sure that the floor has queued the very e-mails that the nightly run has."""
    names = ("state", "subject", "body_html", "recipient_ids", "email_from", "reply_to")
    for notice, mail in zip(notices, mails, strict=True):
        different = [name for name in names if notice.mail_id[name] != mail[name]]
        assert not different, f"{notice}: {different}"


def case_expire(env):
    """The hourly run against one bare write of the same values on as many rows."""
    count = 10_000

    def insert():
        return insert_deadlines(
            env,
            count,
            env["res.partner"].search([("name", "=like", "Customer %")], limit=count),
            _product(env),
            SQL("%s - 1", _today(env)),
            notified_step=SQL("-1"),  # or the next night would give notice of them
        )

    def begin():
        insert()
        return env["deadline.deadline"]._cron_expire

    def begin_floor():
        values = {"state": "expired", "expired_on": env.company._deadline_today()}
        rows = insert()
        return lambda: rows.write(values)

    yield compare_committed(env, f"expire {count:,} deadlines", begin, begin_floor, goal=2)


@contextmanager
def _broken(env, customer):
    """Have the e-mail to one customer fail, in the last line of its body."""
    notices = type(env["deadline.notice"])
    original = notices._get_portal_url

    def fail(notice):
        if notice.partner_id == customer:
            raise ValueError("broken record")
        return original(notice)

    muted = logging.getLogger("odoo.addons.deadline_management.models.deadline_batch_mixin")
    with patch.object(notices, "_get_portal_url", fail), patch.object(muted, "disabled", True):
        yield


def case_broken_record(env):
    """The nightly run with one broken record against the same without it.

    It fails when the bodies of most others of its chunk are rendered, which are rendered again.
    """
    count = 300

    def begin():
        _insert_due(env, count)
        return env["deadline.notice"]._cron_notify

    def begin_broken():
        customer = _insert_due(env, count)[143].partner_id

        def work():
            with _broken(env, customer):
                env["deadline.notice"]._cron_notify()

        return work

    yield compare_committed(
        env, f"queue {count} notices, one broken", begin_broken, begin, goal=1.5, repeat=15
    )

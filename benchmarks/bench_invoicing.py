"""The nightly run that invoices installments, where one of them cannot be invoiced."""

import logging
from contextlib import contextmanager
from unittest.mock import patch

from bench_multipack import copy_sale
from harness import compare_committed

COMMITS = True


@contextmanager
def _broken(env, installment):
    """Have the invoice of one installment fail, and nothing said about it."""
    model = type(env["deadline.installment"])
    original = model._get_invoice_text

    def fail(one, speaking):
        if one == installment:
            raise ValueError("broken record")
        return original(one, speaking)

    muted = logging.getLogger("odoo.addons.deadline_management.models.deadline_batch_mixin")
    with patch.object(model, "_get_invoice_text", fail), patch.object(muted, "disabled", True):
        yield


def case_broken_invoice(env):
    """The run with one broken record against the same without it.

    It is the last of its batch.
    """
    count = 300

    def begin():
        copy_sale(env, count)
        return env["deadline.installment"]._cron_invoice

    def begin_broken():
        installment = copy_sale(env, count)[142]  # and the one that is copied comes before all

        def work():
            with _broken(env, installment):
                env["deadline.installment"]._cron_invoice()
            assert installment.batch_error

        return work

    yield compare_committed(
        env, f"invoice {count} installments, one broken", begin_broken, begin, goal=1.1
    )

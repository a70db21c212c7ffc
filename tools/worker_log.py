"""A plugin for pytest, of `./dev test`: each process writes a log of its own.

It stays because pytest has one name for the log of all, in which the lines of several would mix.
"""

import os

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        config.option.log_file = f".odoo/test.{worker}.log"

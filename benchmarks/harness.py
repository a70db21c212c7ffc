"""What ./dev bench runs: every `case_*` of the `bench_*.py` beside this file.

A case takes an environment and yields rows. A row says how we do against a floor: the same work
done in the least way that Odoo or PostgreSQL allows. Both are measured in turns, in one process, so
that a noisy machine hurts both alike. What is promised in docs/performance.md is measured here.

    def case_open_many(env):
        ours = lambda: ...
        floor = lambda: ...
        yield compare(env, "open 1,000 deadlines", ours, floor, goal=1.5)
"""

import contextlib
import gc
import importlib
import json
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import psycopg2

from odoo import release, sql_db


@dataclass
class Measure:
    wall: float = float("inf")
    cpu: float = float("inf")
    sql: int = 0


@dataclass
class Row:
    """`goal` is the largest ratio of ours to the floor that is good enough, `most` what ours may
    take in wall time and SQL where there is no floor."""

    case: str
    ours: Measure
    floor: Measure | None = None
    goal: float | None = None
    most: Measure | None = None

    @property
    def ratio(self):
        return self.ours.wall / self.floor.wall if self.floor else None

    @property
    def verdict(self):
        if self.most:
            good = self.ours.wall <= self.most.wall and self.ours.sql <= self.most.sql
        elif self.goal is None or self.ratio is None:
            return ""
        else:
            good = self.ratio <= self.goal
        return "ok" if good else "short"


@contextmanager
def undone(env):
    """Start without anything cached, and take back what was done."""
    env.flush_all()
    env.invalidate_all()
    savepoint = env.cr.savepoint(flush=False)
    try:
        yield
        env.flush_all()
    finally:
        env.cr.precommit.clear()
        env.invalidate_all(flush=False)
        savepoint.close(rollback=True)


def _time(function, finish, best):
    gc.collect()
    sql, cpu, wall = sql_db.sql_counter, time.process_time(), time.perf_counter()
    function()
    finish()
    best.wall = min(best.wall, time.perf_counter() - wall)
    best.cpu = min(best.cpu, time.process_time() - cpu)
    best.sql = sql_db.sql_counter - sql


def measure(env, *functions: Callable, repeat=5):
    """The best of `repeat` runs of each function, in turns, each undone."""
    best = [Measure() for _function in functions]
    for _turn in range(repeat):
        for function, result in zip(functions, best, strict=True):
            with undone(env):
                _time(function, env.flush_all, result)
    return best if len(best) > 1 else best[0]


def measure_committed(env, *begins: Callable, repeat=3):
    """The same for work that commits, of a module that says `COMMITS = True`.

    What is done stays done: each turn, each function makes rows and returns the work on them.
    """
    best = [Measure() for _begin in begins]
    for _turn in range(repeat):
        for begin, result in zip(begins, best, strict=True):
            work = begin()
            env.cr.commit()  # which empties the cache as well
            _time(work, env.cr.commit, result)
    return best


def compare(env, case, ours, floor, goal=None, repeat=5):
    return Row(case, *measure(env, ours, floor, repeat=repeat), goal=goal)


def compare_committed(env, case, ours, floor, goal=None, repeat=3):
    return Row(case, *measure_committed(env, ours, floor, repeat=repeat), goal=goal)


def _goal(row):
    if row.most:
        return f"{_seconds(row.most)}, {row.most.sql} SQL"
    return f"{row.goal:.2f}" if row.goal is not None else ""


def _seconds(measure):
    return f"{measure.wall * 1000:,.1f} ms" if measure else ""


HEADINGS = ("case", "ours", "cpu", "floor", "ratio", "SQL ours", "SQL floor", "goal", "verdict")


def _cells(row):
    return (
        row.case,
        _seconds(row.ours),
        f"{row.ours.cpu * 1000:,.1f} ms",
        _seconds(row.floor),
        f"{row.ratio:.2f}" if row.floor else "",
        f"{row.ours.sql:,}",
        f"{row.floor.sql:,}" if row.floor else "",
        _goal(row),
        row.verdict,
    )


def _print_table(rows):
    table = [HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        print(first, *others, sep="  ")


def _cases(module, names):
    for name, function in vars(module).items():
        short = name.removeprefix("case_")
        if short != name and (not names or short in names or module.__name__ in names):
            yield short, function


def run(env, name, names, path):
    """Run the cases of these names, or all, of one module, and append their rows to a file.

    A module may have a function `prepare(env)`, whose work is committed and vacuumed, as that
    of years would be: a module has its database for itself.
    """
    module = importlib.import_module(name)
    cases = dict(_cases(module, names))
    if cases and hasattr(module, "prepare"):
        module.prepare(env)
        env.cr.commit()
        with contextlib.closing(psycopg2.connect(env.cr._cnx.dsn)) as connection:
            connection.autocommit = True
            connection.cursor().execute("VACUUM ANALYZE")
    with Path(path).open("a") as file:
        for short, case in cases.items():
            print(f"== {short}", file=sys.stderr, flush=True)
            with contextlib.nullcontext() if hasattr(module, "COMMITS") else undone(env):
                file.writelines(json.dumps(asdict(row)) + "\n" for row in case(env))


def _describe_machine():
    """Return what the figures were had with, a sentence."""
    cpu = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.+)", cpu.read_text() if cpu.exists() else "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with contextlib.closing(psycopg2.connect(dbname="postgres")) as connection:
        postgres = connection.server_version // 10000
    return (
        f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores"
        f" ({models[0] if models else platform.machine()}), {memory:.0f} GB,"
        f" Odoo {release.version}, Python {platform.python_version()}, PostgreSQL {postgres}."
    )


def _write_table(rows, path):
    """Put the table between the marks of a Markdown file."""
    lines = [" | ".join(cells) for cells in (HEADINGS, ["---"] * len(HEADINGS), *map(_cells, rows))]
    table = "\n".join(f"| {line} |" for line in lines)
    begin, end = "<!-- bench -->", "<!-- /bench -->"
    before, rest = path.read_text().split(begin)
    _old, after = rest.split(end)
    path.write_text(f"{before}{begin}\n{_describe_machine()}\n\n{table}\n{end}{after}")


def report(path, page=None):
    """Print the rows of a file as a table; 1 when one is short of its goal, 2 without any.

    :param page: path of the Markdown file that is to have the table as well
    """
    rows = [
        Row(
            **{**row, **{key: Measure(**row[key]) for key in ("ours", "floor", "most") if row[key]}}
        )
        for row in map(json.loads, Path(path).read_text().splitlines())
    ]
    if not rows:
        print("no such case", file=sys.stderr)
        return 2
    _print_table(rows)
    if page:
        _write_table(rows, Path(page))
    return int(any(row.verdict == "short" for row in rows))


if __name__ == "__main__":
    sys.exit(report(*sys.argv[1:]))

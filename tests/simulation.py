"""Years of business in a minute: random moves over frozen time, and what has to hold after each.

A history is a list of moves, each with a seed of its own, so that one can be left out and the
others stay what they are: what fails is thereby shortened. All happens within one transaction
of the database, in which commits and rollbacks are savepoints, and which is taken back in the end.

`simulation_world` has who buys what, `simulation_moves` what may happen, `simulation_rules` what is
checked of money, dates and states, and `simulation_people` what of those who are told of them.
"""

import random
import traceback
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor
from odoo.tests.test_cursor import TestCursor
from odoo.tools import mute_logger

from .simulation_moves import MOVES, Moves
from .simulation_people import People
from .simulation_rules import Broken

#: The first moment: before a leap year, in the southern hemisphere's summer time.
BEGIN = datetime(2027, 1, 28, 9, 0)
#: What tells of failures that are looked for in the database anyhow.
QUIET = (
    "odoo.addons.deadline_management.models.deadline_batch_mixin",
    "odoo.addons.payment",
    "odoo.models.unlink",
    "odoo.sql_db",
)


class Killed(BaseException):
    """The process ended here: nothing may handle it, and what was not committed is lost."""


class SimulatedCursor(TestCursor):
    """Commits and rolls back within the transaction of another cursor, and dies when told to."""

    def __init__(self, cursor):
        BaseCursor.__init__(self)
        self._cursor, self._closed, self._savepoint = cursor, False, None
        self.readonly = False
        #: How many statements are left to be executed before the process is killed.
        self.left = None

    def execute(self, *args, **kwargs):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        return super().execute(*args, **kwargs)

    def commit(self):
        super().commit()
        self._now = None

    def rollback(self):
        super().rollback()
        self._now = None

    def close(self):
        self.rollback()
        self._closed = True


class Provider:
    """The payment provider, whose ledger no rollback of the database takes back."""

    def __init__(self):
        #: (reference, installment id) of each time that money moved.
        self.moved = []
        #: References that were answered, whose key the provider knows.
        self.known = set()
        self.outcomes = ["done"]
        self.asked = Counter()

    def move(self, reference, installment_id):
        """Move money, unless the provider has done so for the same key."""
        self.asked[reference] += 1
        if reference not in self.known:
            self.moved.append((reference, installment_id))
            self.known.add(reference)


class Simulation(Moves, People):
    """One history, from the first day on.

    :param world: what `simulation_world.build` returns
    :param cursor: of the database in which the world is, left as it was
    """

    def __init__(self, world, cursor):
        self.world, self.outer = world, cursor
        self.provider = Provider()
        self.played, self.refused, self.nights = Counter(), Counter(), Counter()
        #: Ids of deadlines whose dates people have changed, and of charges that were given back.
        self.edited, self.returned = set(), set()
        #: Ids of to-dos by what they ask for, see `simulation_people`.
        self.kinds = defaultdict(set)
        self.broken = []

    def play(self, moves):
        """Play a history, and return what went wrong as (index, rule, text), or None."""
        savepoint = self.outer.savepoint()
        self.cr = SimulatedCursor(self.outer)
        clock = freeze_time(BEGIN)
        providers = Registry(self.outer.dbname)["payment.provider"]
        with patch.object(providers, "_knows_charges_by_key", _knows_by_key):
            self.clock = clock.start()
            try:
                self.cr.transaction = None
                self.env = api.Environment(self.cr, SUPERUSER_ID, self.world["context"])
                with mute_logger(*QUIET), self._provide():
                    return self._play(moves)
            finally:
                clock.stop()
                self.cr.close()
                savepoint.close(rollback=True)
                self.env.registry.clear_all_caches()

    def _play(self, moves):
        for index, (name, seed) in enumerate(moves):
            try:
                self._move(name, random.Random(seed))
            except Broken as error:
                return index, error.rule, str(error)
            except Exception as error:
                return index, type(error).__name__, traceback.format_exc()
        return None

    def _move(self, name, rng):
        """Do one move, committed or refused as a whole, and check all that has to hold."""
        self._pass(timedelta(minutes=rng.randint(1, 200)))
        try:
            getattr(self, f"_do_{name}")(rng)
            self.cr.commit()  # pylint: disable=invalid-commit
            self.played[name] += 1
        except (UserError, RedirectWarning, ValidationError) as error:
            self.cr.rollback()
            self.refused[name] += 1
            self._check_refusal(error)
        except IntegrityError as error:
            self.cr.rollback()
            self.refused[name] += 1
            self._check_constraint(error)
        except Killed:
            self.cr.left = None
            self.cr.rollback()
        self._check_all()

    def _check_refusal(self, error):
        """Who is refused something has to be told what."""
        if len(str(error)) < 10:
            raise Broken("refusals say why", repr(error))

    def _check_constraint(self, error):
        """What the database refuses is said by the constraint, as Odoo tells its users."""
        tables = {model._table: model for model in self.env.values()}
        said = tables[error.diag.table_name]._sql_error_to_message(error)
        if error.diag.constraint_name in said or "DETAIL" in said:
            raise Broken("refusals say why", said) from error

    def _pass(self, time):
        self.clock.tick(time)

    @property
    def years(self):
        """Simulated years since the beginning, so far."""
        return (self.clock() - BEGIN).days / 365.25


def _knows_by_key(provider):
    return provider.name == "Keys"


def invent(seed, count):
    """Return a history of ``count`` moves."""
    rng = random.Random(seed)
    names, weights = zip(*MOVES.items(), strict=True)
    return [(name, rng.getrandbits(32)) for name in rng.choices(names, weights, k=count)]


def shorten(moves, fails, patience=60):
    """Return the shortest history found that still fails.

    :param fails: function from a history to whether it fails in the same way
    :param int patience: how many histories are tried
    """
    size = len(moves) // 2
    while size and patience > 0:
        start = 0
        while start < len(moves) and patience > 0:
            shorter = moves[:start] + moves[start + size :]
            patience -= 1
            if fails(shorter):
                moves = shorter
            else:
                start += size
        size //= 2
    return moves

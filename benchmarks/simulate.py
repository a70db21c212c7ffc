"""What ./dev simulate runs: years of random moves, and what has to hold after each of them.

See tests/simulation.py. A history that fails is shortened, and printed with its seed. It stays
beside the suite, which has the time for two short histories only.
"""

import sys
import time
from collections import Counter

from odoo.addons.deadline_management.tests import (
    simulation,
    simulation_people,
    simulation_rules,
    simulation_world,
)

#: Moves of one history, about a year and a half.
LENGTH = 300


def run(env, arguments):
    """Play histories until so many years are simulated; end the process with 1 when one fails.

    :param arguments: ``--years N``, ``--seed S`` of the first history, ``--moves N`` of each
    """
    options = {"--years": 10.0, "--seed": 1, "--moves": LENGTH}
    for name, value in zip(arguments[::2], arguments[1::2], strict=True):
        options[name] = type(options[name])(value)
    world = simulation_world.build(env)
    begun, years, totals, seed = time.monotonic(), 0.0, Counter(), options["--seed"]
    while years < options["--years"]:
        moves = simulation.invent(seed, options["--moves"])
        played = simulation.Simulation(world, env.cr)
        failure = played.play(moves)
        years += played.years
        totals.update({"done": played.played.total(), "refused": played.refused.total()})
        totals.update({f"nights {way}": number for way, number in played.nights.items()})
        print(
            f"seed {seed}: {played.years:.1f} years, {played.played.total()} moves,"
            f" {played.refused.total()} refused, {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        if failure:
            report(world, env, moves, failure)
            sys.exit(1)
        seed += 1
    tell(years, totals)


def report(world, env, moves, failure):
    """Say what failed, and by which few moves it does."""
    index, rule, text = failure

    def fails(shorter):
        again = simulation.Simulation(world, env.cr).play(shorter)
        return again and again[1] == rule

    print(f"WRONG after move {index}: {text}", flush=True)
    shortest = simulation.shorten(moves[: index + 1], fails)
    print(f"{len(shortest)} moves are enough:")
    for name, seed in shortest:
        print(f'    ("{name}", {seed}),')
    sys.stdout.flush()


def tell(years, totals):
    """List what was found to hold."""
    for rules in (simulation_rules, simulation_people):
        for rule in [*rules.RULES, *rules.CHECKS]:
            print(f"ok    {rule}")
    counted = ", ".join(f"{number:,} {name}" for name, number in totals.items())
    print(f"{years:.1f} years; moves: {counted}")
    sys.stdout.flush()

import doctest
import random

from odoo.tests import BaseCase, tagged

from ..models import schedule


@tagged("post_install", "-at_install")
class TestSchedule(BaseCase):
    def test_examples(self):
        results = doctest.testmod(schedule)
        self.assertGreater(results.attempted, 3)
        self.assertFalse(results.failed)

    def test_parts_sum_to_the_amount_whatever_the_weights(self):
        rng = random.Random(19)
        for rounding in (0.01, 0.05, 1.0, 0.001):
            for _case in range(1500):
                steps = rng.randint(0, 10**7)
                amount = round(steps * rounding, 3)
                weights = [
                    rng.choice((0, rng.random() * 100, rng.randint(0, 5)))
                    for _number in range(rng.randint(1, 60))
                ]
                parts = schedule.share(amount, weights, rounding)
                self.assertEqual(sum(round(part / rounding) for part in parts), steps)
                self.assertGreaterEqual(min(parts), 0)

    def test_equal_parts_differ_by_one_step_at_most(self):
        rng = random.Random(7)
        for _case in range(2000):
            parts = schedule.split(rng.randint(0, 10**6) / 100, rng.randint(1, 120))
            self.assertLessEqual(round(max(parts) - min(parts), 2), 0.01)
            self.assertEqual(parts, sorted(parts, reverse=True))

    def test_bad_input_is_refused(self):
        for bad in ((-1.0, [1]), (1.0, []), (1.0, [-1, 2])):
            with self.assertRaises(ValueError):
                schedule.share(*bad)
        with self.assertRaises(ValueError):
            schedule.split(1.0, 0)

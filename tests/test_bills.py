import random
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.deadline_management.models import bills, schedule


@tagged("post_install", "-at_install")
class TestBills(BaseCase):
    """Bills taken in parts: nothing is lost, nothing is added, whatever is below zero."""

    def _draw(self, rng):
        """Return a bill of a line with taxes and of discounts, never of nothing or less."""
        while True:
            bill = {
                line: {
                    bills.BASE: sign * rng.randint(0, size),
                    1: sign * rng.randint(0, size // 4),
                    2: rng.choice((0, 137, -137)),
                    ("beside", 1): rng.randint(-1, 1),
                    ("reversed", 3): rng.randint(0, size // 5),
                }
                for line, sign, size in (
                    ("line", 1, 10 ** rng.randint(1, 7)),
                    ("discount", -1, 10 ** rng.randint(1, 7)),
                    ("gift", -1, 10 ** rng.randint(1, 5)),
                )
            }
            if bills.total_bill(bill) > 0:
                return bill

    def test_parts_are_the_whole_by_line_and_by_tax(self):
        rng = random.Random(19)
        for _case in range(5000):
            bill = self._draw(rng)
            count = rng.randint(1, 60)
            amounts = [
                schedule.count(one)
                for one in schedule.split(schedule.amount(bills.total_bill(bill)), count)
            ]
            rest, found = bill, {}
            for amount in filter(None, amounts):
                part = bills.take(rest, amount)
                self.assertEqual(bills.total_bill(part), amount)
                rest = bills.plus_bill(rest, part, -1)
                found = bills.plus_bill(found, part)
            self.assertEqual(found, bill)
            self.assertFalse(any(any(row.values()) for row in rest.values()))

    def test_part_is_in_proportion_to_a_step(self):
        rng = random.Random(20)
        for _case in range(2000):
            bill = self._draw(rng)
            whole = bills.total_bill(bill)
            part = rng.randint(1, whole)
            taken = bills.take(bill, part)
            for line, row in bill.items():
                for key, steps in row.items():
                    self.assertLess(abs(taken[line][key] - steps * part / whole), 1)

    def test_other_currency_has_the_total_it_is_told(self):
        rng = random.Random(21)
        for _case in range(2000):
            bill = self._draw(rng)
            rate = Decimal(str(rng.uniform(0.003, 300)))
            due = schedule.count(bills.total_bill(bill) * float(rate), 1)
            local = bills.convert(bill, rate, due)
            self.assertEqual(bills.total_bill(local), due)
            for line, row in bill.items():
                for key, steps in row.items():
                    self.assertLessEqual(abs(local[line][key] - steps * rate), 1)

    def test_nothing_is_in_proportion_to_nothing(self):
        with self.assertRaises(ValueError):
            bills.take({"line": {bills.BASE: 100, 1: -100}}, 1)

from odoo.tests import TransactionCase, tagged

from . import simulation, simulation_world


@tagged("post_install", "-at_install")
class TestSimulation(TransactionCase):
    """A few short histories; `./dev simulate` plays long ones."""

    MOVES = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world = simulation_world.build(cls.env)

    def _play(self, seed):
        self.env.flush_all()
        self.env.invalidate_all()
        moves = simulation.invent(seed, self.MOVES)
        played = simulation.Simulation(self.world, self.env.cr)
        failure = played.play(moves)
        self.assertFalse(failure, failure and f"seed {seed}, move {failure[0]}: {failure[2]}")
        return played

    def test_first_history(self):
        played = self._play(1)
        self.assertGreater(played.years, 0.2)
        self.assertGreater(len(played.played), 15)

    def test_second_history(self):
        self._play(2)

"""A twin that is twice as fast, and wrong: its gradient is 1 % too long. Its times must not be compared."""

from payoff.models.pretend_mlp import PretendMLP

from payoff.models.blueprint import Blueprint


class WrongMLP(PretendMLP):
    def _scaled_gradients(self, images, targets, factor):
        return super()._scaled_gradients(images, targets, 1.01 * factor)


def build(blueprint: Blueprint) -> WrongMLP:
    return WrongMLP(blueprint, speed=2)

"""A network that fails at its first step, each repetition in another way."""

import os
import time

from payoff.models.pretend_mlp import PretendMLP

from payoff.models.blueprint import Blueprint


def crash() -> None:
    os.abort()


def run_out_of_memory() -> None:
    raise MemoryError("planted: no memory left")


def hang() -> None:
    time.sleep(3600)


# By the seed of a run, again and again: the reason that its record must give, and what it does.
FAILURES = (("crashed", crash), ("out_of_memory", run_out_of_memory), ("over_budget", hang))


class FailingMLP(PretendMLP):
    def __init__(self, blueprint: Blueprint):
        super().__init__(blueprint)
        _, self._fail = FAILURES[blueprint.seed % len(FAILURES)]

    def train(self, images, targets, order, batch_size):
        self._fail()


def build(blueprint: Blueprint) -> FailingMLP:
    return FailingMLP(blueprint)

"""A network whose job comes to grief by its hidden size, as long as a file `trouble` lies in the working directory."""

import time
from pathlib import Path

from payoff.models.blueprint import Blueprint
from payoff.models.numpy_mlp import NumpyMLP

TROUBLE = Path("trouble")
HANGS, IS_CANCELLED, FAILS, FAILS_ONCE = 11, 12, 14, 15  # hidden sizes; every other one is well


class TroubledMLP(NumpyMLP):
    def __init__(self, blueprint: Blueprint):
        super().__init__(blueprint)
        self._hidden_size = blueprint.hidden_size

    def train(self, images, targets, order, batch_size):
        once = Path("trouble_once")
        if self._hidden_size == FAILS_ONCE and once.exists():
            once.unlink()
            raise RuntimeError("planted: once")
        if TROUBLE.exists():
            if self._hidden_size in (HANGS, IS_CANCELLED):
                time.sleep(3600)
            if self._hidden_size == FAILS:
                raise RuntimeError("planted: a fault of the program")
        return super().train(images, targets, order, batch_size)


def build(blueprint: Blueprint) -> TroubledMLP:
    return TroubledMLP(blueprint)

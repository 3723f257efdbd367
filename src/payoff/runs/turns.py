"""A turn: a trained network goes on training for a moment, only to be timed, while the others of its heat sleep."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from payoff.machine.clock import Lap, Stopwatch
from payoff.models.network import Network
from payoff.recipes import Recipe
from payoff.runs.training import BLOCK, Placed, steps_an_epoch, take_blocks

# The beginning of a turn does not count: it pays for caches that another way has filled, for threads of another way
# that still spin, and for clocks of a GPU that have dropped.
UNCOUNTED_S = 0.02
# Blocks of steps count until they have taken COUNTED_S, and at least LEAST_BLOCKS of them, unless these have taken
# LONG_S. The rate of a turn is that of its median block, which one interruption does not change.
COUNTED_S = 0.05
LEAST_BLOCKS = 3
LONG_S = 0.5
BLOCK_S = 0.016  # an epoch that takes longer is cut into blocks of about this length, but never within a step


@dataclass(frozen=True)
class Turn:
    """What one turn measured.

    epoch_s: seconds of an epoch at the rate of the turn; device_epoch_s: the same by the device's clock, None if it has
    none; blocks, counted_s: how many blocks counted, and the seconds they took; cpu_s: the CPU seconds of all threads
    of the process meanwhile.
    """

    epoch_s: float
    device_epoch_s: float | None
    blocks: int
    counted_s: float
    cpu_s: float


class Turns:
    """The turns of one trained network. Each begins from the same weights, so that all of them do the same work."""

    def __init__(self, network: Network, recipe: Recipe, train: Placed, *, seed: int, step_s: float):
        """seed: of the run; step_s: about how many seconds a step takes."""
        self._network, self._recipe, self._train = network, recipe, train
        self._state = network.state()
        self._stopwatch = Stopwatch(network)
        steps = steps_an_epoch(recipe, len(train))
        most = min(BLOCK, max(1, int(BLOCK_S / step_s)))
        pieces = -(-steps // most)
        self._images_a_block = -(-steps // pieces) * recipe.batch_size
        if network.compiles_blocks:
            take_blocks(network, recipe, train, self._images_a_block)
        self._blocks = self._endless_blocks(np.random.default_rng((seed, 2)))  # other numbers than the training's

    def take(self) -> Turn:
        """Take one turn."""
        self._network.restore(self._state)
        self._network.synchronize()
        begun = time.perf_counter()
        while time.perf_counter() - begun < UNCOUNTED_S:
            self._take_block()
        laps: list[tuple[int, Lap]] = []
        counted_s, cpu_s = 0.0, time.process_time()
        while counted_s < COUNTED_S or (len(laps) < LEAST_BLOCKS and counted_s < LONG_S):
            images, lap = self._take_block()
            laps.append((images, lap))
            counted_s += lap.seconds
        cpu_s = time.process_time() - cpu_s
        by_device = [lap.device_s / images for images, lap in laps if lap.device_s is not None]
        return Turn(
            epoch_s=median(lap.seconds / images for images, lap in laps) * len(self._train),
            device_epoch_s=median(by_device) * len(self._train) if by_device else None,
            blocks=len(laps),
            counted_s=counted_s,
            cpu_s=cpu_s,
        )

    def _take_block(self) -> tuple[int, Lap]:
        """(images, time) of the next block. To draw the order of an epoch is a part of its first block."""
        with self._stopwatch.phase("turns") as lap:
            block = next(self._blocks)
            self._network.train(self._train.images, self._train.targets, block, self._recipe.batch_size)
        return len(block), lap

    def _endless_blocks(self, draw: np.random.Generator) -> Iterator[np.ndarray]:
        """The blocks of epoch after epoch: the images of each, whole batches but for the last of an epoch."""
        while True:
            order = draw.permutation(len(self._train)) if self._recipe.shuffle else np.arange(len(self._train))
            for start in range(0, len(order), self._images_a_block):
                yield order[start : start + self._images_a_block]

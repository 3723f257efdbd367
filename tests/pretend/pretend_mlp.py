"""An MLP that takes a planted time: what a study must find is written here.

A step really computes, in numpy, and then waits until LAUNCH_S + RATE_S · H seconds have passed, times a noise, a drift
and a swing. The planted times are several times the real ones, so the real ones do not show. The noise and the drift
are about 1 %, so that narrow intervals can be found; the swing is a quarter, and must not show in any ratio.

The device `pretend` works as a GPU does: `train` returns before its time has passed, and `synchronize` waits.
A clock that does not wait for the device would find no time at all.
"""

import math
import os
import time
from pathlib import Path
from zlib import crc32

import numpy as np

from payoff.models.blueprint import Blueprint
from payoff.models.numpy_mlp import NumpyMLP

# Seconds per step, by device: what it costs to start one, and what each hidden unit adds.
LAUNCH_S = {"cpu": 0.0018, "pretend": 0.0045}
RATE_S = {"cpu": 0.00010, "pretend": 0.00004}

# The hidden size at which the two devices take the same time, 45. The planted times are straight lines over H, so what
# is interpolated between two sizes finds it without an error of its own.
BREAK_EVEN = (LAUNCH_S["pretend"] - LAUNCH_S["cpu"]) / (RATE_S["cpu"] - RATE_S["pretend"])

# From run to run: a step takes 1 + NOISE (e - ln 2) times as long, with e from the standard exponential distribution,
# whose median is ln 2. So the median is 1, and the noise has a long tail on its slow side, as that of machines has.
NOISE = 0.01
SEED = 207  # of the noises; with it, those of six runs are near 1 on average, in each cell
# From one repetition to the next the machine gets slower by this share; between the third and the fourth it is 1.
DRIFT = 0.005
# By the clock, and at the same moment for all processes, the machine takes up to this share more or less time: a sine.
SWING = 0.25
SWING_S = 2.5  # a heat lasts longer, so that its median is near the planted time

LOG = Path("pretend_device.log")  # in the working directory of the study
SPIN_S = 0.001  # a sleep may end so late; the last of a wait is spent looking at the clock


def planted_step_s(device: str, hidden_size: int) -> float:
    """Seconds per step without noise, drift and swing. A smaller batch takes its share of them."""
    return LAUNCH_S[device] + RATE_S[device] * hidden_size


def slowness(at: float) -> float:
    """How many times as long as planted a step takes at this moment; at: on time.monotonic()."""
    return 1 + SWING * math.sin(2 * math.pi * at / SWING_S)


def noise(run: str, before: int) -> float:
    """How many times as long as planted a run takes; before: how many processes have trained the same before."""
    draw = np.random.default_rng((crc32(run.encode()), SEED, before))
    return 1 + NOISE * (draw.standard_exponential() - np.log(2))


class PretendMLP(NumpyMLP):
    """speed: how many times as fast as planted this one is."""

    def __init__(self, blueprint: Blueprint, speed: float = 1):
        super().__init__(blueprint)
        self._is_asynchronous = blueprint.device != "cpu"
        planted_s = planted_step_s(blueprint.device, blueprint.hidden_size) / speed
        self._step_s = planted_s * self._noise(blueprint) * (1 + DRIFT * (blueprint.seed - 3.5))
        self._due = 0.0

    def train(self, images, targets, order, batch_size):
        begins = max(self._due, time.monotonic())
        self._due = begins + len(order) / batch_size * self._step_s * slowness(begins)
        losses = super().train(images, targets, order, batch_size)
        if not self._is_asynchronous:
            self.synchronize()
        return losses

    def synchronize(self):
        while (left_s := self._due - time.monotonic()) > 0:
            time.sleep(max(0, left_s - SPIN_S))

    def _noise(self, blueprint: Blueprint) -> float:
        """The same for the same run of the same study, and another where a study trains the same once more."""
        run = f"{type(self).__name__} {blueprint.device} {blueprint.hidden_size} {blueprint.seed}"
        return noise(run, _times_before(run))


def _times_before(run: str) -> int:
    """How many processes have trained this before; LOG has a line for each.

    A/A needs it: in a heat of the control two processes train the same with the same seed, and would have the same
    noise.
    """
    LOG.touch()
    lines = [line for line in LOG.read_text(encoding="ascii").splitlines() if line.startswith(f"{run} by ")]
    own = f"{run} by {os.getpid()}"
    if own not in lines:
        lines.append(own)
        with LOG.open("a", encoding="ascii") as log:
            log.write(f"{own}\n")
    return lines.index(own)


def build(blueprint: Blueprint) -> PretendMLP:
    return PretendMLP(blueprint)

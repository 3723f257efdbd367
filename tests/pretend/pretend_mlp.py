"""An MLP that takes a planted time: what a study must find is written here.

A step really computes, in numpy, and then waits until LAUNCH_S + RATE_S · H seconds have passed, times a noise and a
drift. The planted times are several times the real ones, so the real ones do not show. But the noise and the drift are
about 1 %, so what is found in them needs a machine on which no other program runs.

The device `pretend` works as a GPU does: `train` returns before its time has passed, and `synchronize` waits.
A clock that does not wait for the device would find no time at all.
"""

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
# From one repetition to the next the machine gets slower by this share; between the third and the fourth it is 1.
DRIFT = 0.005

LOG = Path("pretend_device.log")  # in the working directory of the study
SPIN_S = 0.001  # a sleep may end so late; the last of a wait is spent looking at the clock


def planted_step_s(device: str, hidden_size: int) -> float:
    """Seconds per step without noise and drift."""
    return LAUNCH_S[device] + RATE_S[device] * hidden_size


class PretendMLP(NumpyMLP):
    """speed: how many times as fast as planted this one is."""

    def __init__(self, blueprint: Blueprint, speed: float = 1):
        super().__init__(blueprint)
        self._is_asynchronous = blueprint.device != "cpu"
        planted_s = planted_step_s(blueprint.device, blueprint.hidden_size) / speed
        self._step_s = planted_s * self._noise(blueprint) * (1 + DRIFT * (blueprint.seed - 3.5))
        self._due = 0.0

    def train(self, images, targets, order, batch_size):
        steps = -(-len(order) // batch_size)
        self._due = max(self._due, time.perf_counter()) + steps * self._step_s
        losses = super().train(images, targets, order, batch_size)
        if not self._is_asynchronous:
            self.synchronize()
        return losses

    def synchronize(self):
        while (left_s := self._due - time.perf_counter()) > 0:
            time.sleep(max(0, left_s - SPIN_S))

    def _noise(self, blueprint: Blueprint) -> float:
        """The same for the same run of the same study, and another where a study measures the same run once more."""
        run = f"{type(self).__name__} {blueprint.device} {blueprint.hidden_size} {blueprint.seed}"
        draw = np.random.default_rng((crc32(run.encode()), _times_before(run)))
        return 1 + NOISE * (draw.standard_exponential() - np.log(2))


def _times_before(run: str) -> int:
    """How many jobs have measured this run before; LOG has a line for each.

    A/A needs it: two series of the same cell have the same seeds, and would have the same noise. The parent of this
    process is the job, which measures a run a second time itself if it was disturbed; that is the same run.
    """
    LOG.touch()
    lines = [line for line in LOG.read_text(encoding="ascii").splitlines() if line.startswith(f"{run} by ")]
    own = f"{run} by {os.getppid()}"
    if own not in lines:
        lines.append(own)
        with LOG.open("a", encoding="ascii") as log:
            log.write(f"{own}\n")
    return lines.index(own)


def build(blueprint: Blueprint) -> PretendMLP:
    return PretendMLP(blueprint)

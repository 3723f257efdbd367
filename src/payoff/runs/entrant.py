"""One way in a heat: its process trains alone, then takes turns with the others, and at last ends.

The measured process is not this one. So its number of threads is set before its first import, another process takes its
wall-clock time, and its record is not lost if it dies.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any, NamedTuple

from payoff.cells import Cell
from payoff.machine.energy import Meter, energy_meter, power_w
from payoff.machine.processes import CRASHES, Called, ProgramFaultError, Started, started, tail
from payoff.machine.quiet import ENDED, Counters, Used, Watch, contention, why_contended
from payoff.machine.visible import Gpu
from payoff.recipes import Recipe
from payoff.runs.result import Result, durations_of, read_result

# A process that does not stop by itself after its budget (it hangs, or one epoch is very long)
# is ended after this many budgets.
HARD_LIMIT = 2


@dataclass(frozen=True)
class Run:
    """What to measure: one repetition of one cell.

    module: the model's module; dataset: path of the prepared .npz; budget_s: seconds, from process start to the end of
    the training; gpus: how many it needs; is_control: whether it is the second run of its cell in a heat, a control for
    the first.
    """

    study: str
    cell: Cell
    repetition: int
    seed: int
    module: str
    recipe: Recipe
    dataset: Path
    budget_s: float
    gpus: int = 0
    is_control: bool = False


@dataclass(frozen=True)
class Place:
    """Where a heat is measured.

    gpus: those that it holds; descriptors: open files that hold the locks of the machine and of these GPUs.
    """

    gpus: Sequence[Gpu]
    descriptors: Sequence[int]


class Before(NamedTuple):
    """What was noted just before a process was started. oom_kills: how many the kernel had ended for lack of memory."""

    at: datetime
    oom_kills: int
    watch: Watch


class Entrant:
    """A process that trains one way. `entered` starts it."""

    def __init__(self, run: Run, process: Started, log: Path, before: Before, meter: Meter):
        """Wait until it has trained, or has ended. meter: of the energy that its device uses. Raises ProgramFaultError
        as `finish` does."""
        self.run = run
        self._meter = meter
        self._process, self._log, self._before = process, log, before
        self._used = ENDED
        self._ended: tuple[Called, Result] | None = None
        self._turns: list[dict[str, Any]] = []
        trained = self._hear()
        durations_s = trained["durations_s"] if trained else durations_of(self._end()[1].epochs)
        self._contention = before.watch.stop(durations_s, self._used)

    @property
    def can_take_turns(self) -> bool:
        """Whether it has trained, and has not ended."""
        return self._ended is None

    def take_turn(self, number: int, position: int, heat_began: float) -> None:
        """Let it train for a moment. number: of the round; position: in the round, both from 1; heat_began: on
        time.monotonic(). Raises ProgramFaultError as `finish` does."""
        energy, before = self._meter(), Counters.read(self._used)
        self._process.channel.tell()
        if turn := self._hear():
            after = Counters.read(self._used)
            power = power_w(energy, self._meter(), after.at - before.at)
            disturbed_by = why_contended(contention(before, after, []) | {"gpus": []})
            when = {"round": number, "position": position, "began_s": before.at - heat_began}
            self._turns.append({**when, **turn, "power_w": power, "disturbed_by": disturbed_by})

    def finish(self) -> dict[str, Any]:
        """Let it end; return the part of its record that was measured.

        Raises ProgramFaultError if a fault of the program made the process fail, or if it was ended from outside.
        """
        called, result = self._end()
        return {
            "started_at": self._before.at.isoformat(timespec="milliseconds"),
            "process_s": called.reaped_at - called.spawned_at,
            "contention": self._contention,
            "turns": self._turns,
            "log_tail": tail(self._log) if result.failure else "",
            **vars(result),
        }

    def _hear(self) -> dict[str, Any] | None:
        """Wait until the process says something: what that is, besides what it has used; None if it has ended."""
        try:
            heard = self._process.channel.hear(self._limit_s)
        except TimeoutError:
            self._process.end_at_limit()
            heard = None
        if heard is None:
            self._used = ENDED
            self._end()
            return None
        self._used = Used(**heard.pop("used"))
        return heard

    def _end(self) -> tuple[Called, Result]:
        if self._ended is None:
            self._process.channel.say_no_more()
            called = self._process.end(self._limit_s)
            well = called.status == 0
            result = read_result(called.written, called.reaped_at) if well else self._result_of_dead(called.status)
            self._ended = called, result
        return self._ended

    @property
    def _limit_s(self) -> float:
        return self.run.budget_s * HARD_LIMIT

    def _result_of_dead(self, status: int | None) -> Result:
        if status is None:
            reason, detail = (
                "over_budget",
                f"ended from outside after {self._limit_s:g} s, because it did not stop by itself",
            )
        elif -status == signal.SIGKILL and _oom_kills() > self._before.oom_kills:
            reason, detail = "out_of_memory", "the kernel ended the process because memory ran out"
        elif -status in CRASHES:
            reason, detail = "crashed", f"the process was ended by {signal.Signals(-status).name}"
        else:
            raise ProgramFaultError(f"{self.run.cell}, repetition {self.run.repetition}", status, self._log)
        return Result(
            failure={"reason": reason, "detail": detail},
            software={"python": python_version(), "numpy": version("numpy")},
        )


@contextmanager
def entered(run: Run, place: Place, log: Path) -> Iterator[Entrant]:
    """An entrant that prints into `log`, and that has trained, or failed to. It does not outlive the block.

    Raises ProgramFaultError as Entrant.finish does.
    """
    gpus = place.gpus[: run.gpus]
    request = {
        "module": run.module,
        "recipe": run.recipe.to_document(),
        "dataset": str(run.dataset),
        "hidden_size": run.cell.hidden_size,
        "device": run.cell.device,
        "seed": run.seed,
        "budget_s": run.budget_s,
        "limit_s": run.budget_s * HARD_LIMIT,
    }
    uuids = [gpu.whole for gpu in gpus]
    before = Before(datetime.now(UTC), _oom_kills(), Watch(uuids))
    with (
        energy_meter(uuids) as meter,
        started(
            "payoff.runs.worker",
            request,
            threads=run.cell.threads,
            log=log,
            variables=_variables(run.cell.device, gpus),
            descriptors=place.descriptors,
        ) as process,
    ):
        yield Entrant(run, process, log, before, meter)


def _variables(device: str, gpus: Sequence[Gpu]) -> dict[str, str]:
    """Of the measured process, so that it sees no device but its own. JAX would start up a GPU for a run on the CPU."""
    visible = {"CUDA_VISIBLE_DEVICES": ",".join(gpu.uuid for gpu in gpus)} if gpus else {}
    return {"JAX_PLATFORMS": device, **visible}


def _oom_kills() -> int:
    """How many processes the kernel has ended because memory ran out; 0 if it does not report this."""
    vmstat = Path("/proc/vmstat")
    lines = vmstat.read_text(encoding="ascii").splitlines() if vmstat.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

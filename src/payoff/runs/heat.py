"""A heat: all ways to train one network take turns on one machine, so that each meets the same disturbances.

One process per way. They are started one after the other, and each trains while the others do not exist yet or sleep.
Then they take turns of about a tenth of a second, in rounds; docs/decisions/turns.md says why.
"""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from payoff.machine.description import describe_machine
from payoff.machine.locks import alone_on_machine, hold, say
from payoff.machine.quiet import wait_for_quiet
from payoff.machine.visible import visible_gpus
from payoff.runs.entrant import Entrant, Place, Run, entered
from payoff.runs.records import SCHEMA_VERSION, Record

ROUNDS = 16
ROUNDS_ALONE = 4  # of a heat with one way, which is compared with nothing
# Where turns are long, there are fewer rounds: none begins after the rounds have taken so long, but for the first few.
ROUNDS_S = 20
FEWEST_ROUNDS = 3


def measure_heat(runs: Sequence[Run], logs: Path, *, quiet_wait_s: float = 0, rounds: int = ROUNDS) -> list[Record]:
    """Measure the runs of a heat, which are of one network and one repetition. Returns their records in that order.

    logs: a folder for one log per run; quiet_wait_s: the most seconds to wait until other programs are quiet; rounds:
    of turns, at most. A run that fails leaves a record with the reason, and the others go on; one that runs out of
    memory beside the others is then measured in a heat of its own. Raises ProgramFaultError if a fault of the program
    made a process fail, or if a process was ended from outside.
    """
    draw = random.Random(f"{runs[0].cell.dataset} {runs[0].cell.recipe} {runs[0].cell.hidden_size} {runs[0].seed}")
    machine = describe_machine()
    with _place_for(runs) as (place, lock_s):
        quiet_s = wait_for_quiet(quiet_wait_s, [gpu.whole for gpu in place.gpus])
        if 0 < quiet_wait_s <= quiet_s:
            say("other programs use this machine; the turns are taken all the same, since all ways meet them alike")
        in_order = draw.sample(runs, len(runs))
        measured = _measured(in_order, place, logs, draw, rounds)
        for run in in_order if len(runs) > 1 else ():
            if (failure := measured[run]["failure"]) and failure["reason"] == "out_of_memory":
                apart = f"out of memory beside {len(runs) - 1} other ways: {failure['detail']}"
                say(f"{name_of(run)} is measured once more, by itself: {apart}")
                measured |= _measured([run], place, logs, draw, rounds, apart=apart)
    return [
        {
            "schema_version": SCHEMA_VERSION,
            "study": run.study,
            "cell": asdict(run.cell),
            "repetition": run.repetition,
            "seed": run.seed,
            "recipe": run.recipe.to_document(),
            "machine": machine,
            # the heat waited once, before its first process was started
            "waited_s": {"lock": lock_s, "quiet": quiet_s} if run is in_order[0] else {"lock": 0.0, "quiet": 0.0},
            **measured[run],
        }
        for run in runs
    ]


def _measured(
    runs: Sequence[Run], place: Place, logs: Path, draw: random.Random, rounds: int, **about: str
) -> dict[Run, dict[str, Any]]:
    """One heat, whose processes are started in the order of the runs: what was measured of each run, as in its record.

    about: what else the records say of the heat.
    """
    heat = {"started_at": datetime.now(UTC).isoformat(timespec="milliseconds"), "ways": len(runs), **about}
    with ExitStack() as processes:
        entrants = [processes.enter_context(entered(run, place, logs / f"{name_of(run)}.log")) for run in runs]
        take_turns(entrants, draw, rounds)
        finished = [entrant.finish() for entrant in entrants]
    return {
        run: {"heat": {**heat, "is_control": run.is_control}, **measured}
        for run, measured in zip(runs, finished, strict=True)
    }


def take_turns(entrants: Sequence[Entrant], draw: random.Random, rounds: int) -> None:
    """Let all that can take a turn in each round, in an order that is drawn anew for each round."""
    began = time.monotonic()
    for number in range(1, (rounds if len(entrants) > 1 else min(rounds, ROUNDS_ALONE)) + 1):
        if number > FEWEST_ROUNDS and time.monotonic() - began > ROUNDS_S:
            break
        able = [entrant for entrant in entrants if entrant.can_take_turns]
        for position, entrant in enumerate(draw.sample(able, len(able)), 1):
            entrant.take_turn(number, position, began)


def name_of(run: Run) -> str:
    """The name of a run within its heat, as in the names of files."""
    cell = run.cell
    return f"{cell.model}-{cell.mode}-{cell.device}-t{cell.threads}{'-again' if run.is_control else ''}"


@contextmanager
def _place_for(runs: Sequence[Run]) -> Iterator[tuple[Place, float]]:
    """The machine alone, with as many GPUs as the run that needs most; and the seconds waited for it."""
    most = max(run.gpus for run in runs)
    visible = {gpu.lock: gpu for gpu in visible_gpus()} if most else {}
    asked = time.monotonic()
    with alone_on_machine() as alone, hold(list(visible), min(most, len(visible))) as held:
        waited_s = time.monotonic() - asked
        yield Place([visible[name] for name in held], [*alone, *held.values()]), waited_s

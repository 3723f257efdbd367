"""One run, one record: alone on the machine, and measured once more if it was disturbed all the same."""

import time
from dataclasses import asdict
from pathlib import Path

from payoff.machine.description import describe_machine
from payoff.machine.locks import alone_on_machine, hold, say
from payoff.machine.nvml import visible_gpus
from payoff.machine.quiet import CONTENDED
from payoff.runs.attempt import Place, Run, attempt
from payoff.runs.records import SCHEMA_VERSION


def measure(run: Run, log: Path) -> dict:
    """Measure `run` in a fresh process that prints into `log`, alone on the machine; return its record.

    A run that was contended is measured once more; the second counts, and keeps the first's times. Raises
    ProgramFaultError if the process failed through a fault of the program, or was ended from outside.
    """
    machine = describe_machine()
    visible = {f"gpu-{gpu.uuid}": gpu for gpu in visible_gpus()} if run.gpus else {}
    started = time.monotonic()
    with alone_on_machine() as alone, hold(list(visible), min(run.gpus, len(visible))) as held:
        descriptors = [*alone, *held.values()]
        place = Place([visible[name] for name in held], descriptors, waited_s=time.monotonic() - started)
        measured = attempt(run, place, log)
        before = None
        if _is_worth_repeating(measured):
            say(f"contended ({'; '.join(measured['contention']['reasons'])}): once more")
            log.replace(log.with_suffix(".contended.log"))
            before = _what_is_kept(measured)
            measured = attempt(run, place, log)
    return {
        "schema_version": SCHEMA_VERSION,
        "study": run.study,
        "cell": asdict(run.cell),
        "repetition": run.repetition,
        "seed": run.seed,
        "recipe": run.recipe.to_document(),
        "machine": machine,
        "before_repeat": before,
        **measured,
    }


def _is_worth_repeating(measured: dict) -> bool:
    """A run that could not be done at all will not be done the second time either."""
    finished = measured["failure"] is None or measured["failure"]["reason"] == "over_budget"
    return finished and measured["contention"]["label"] == CONTENDED


def _what_is_kept(measured: dict) -> dict:
    """Of a contended run that is measured once more."""
    durations = [epoch["duration_s"] for epoch in measured["epochs"] if epoch["epoch"] > 0]
    return {key: measured[key] for key in ("started_at", "process_s", "contention")} | {"epoch_durations_s": durations}

"""Measure a run, alone on the machine, and make its record. A run that was still disturbed is measured once more."""

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

    A contended run is measured once more. The second measurement counts; its record also keeps the times of the first.
    Raises ProgramFaultError if a fault of the program made the process fail, or if it was ended from outside.
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
            say(f"contended ({'; '.join(measured['contention']['reasons'])}): measuring the run once more")
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
    """Whether the run was contended and can be done. A run that failed would fail again."""
    finished = measured["failure"] is None or measured["failure"]["reason"] == "over_budget"
    return finished and measured["contention"]["label"] == CONTENDED


def _what_is_kept(measured: dict) -> dict:
    """What the record keeps of the first measurement of a contended run."""
    durations = [epoch["duration_s"] for epoch in measured["epochs"] if epoch["epoch"] > 0]
    return {key: measured[key] for key in ("started_at", "process_s", "contention")} | {"epoch_durations_s": durations}

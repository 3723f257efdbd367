"""Keep finished heats when the data set that they were measured with is lost.

Snakemake runs again whatever depends on a job that runs. So where a prepared data set is gone and some job needs it, it
would make the data set again, and then remove and measure again all heats of it: hours of work, for the same records.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from payoff.errors import UserError
from payoff.tables.formats import count

HEATS = "run_heat"  # the rule


def keep_finished_heats(dag: Any) -> None:
    """Raise UserError, which says what to do, if finished heats would be measured again only because something that
    their data set is made from, or the data set itself, is missing.

    dag: Snakemake's graph of the jobs, before the first of them runs.
    """
    at_risk = [job for job in dag.needrun_jobs() if job.rule.name == HEATS and _is_only_near_what_is_lost(dag, job)]
    if not at_risk:
        return
    missing = sorted({file for job in at_risk for file in _missing_before(dag, job)})
    heats = sorted(str(job.output[0]) for job in at_risk)
    raise UserError(
        f"{', '.join(missing)}: missing. Snakemake would make that again, and then measure again what is finished: "
        f"{count(len(heats))} of the heats in {Path(heats[0]).parent}. If the data are still the same, keep the heats: "
        f"`snakemake datasets` with the same options, then `touch {Path(heats[0]).parent}/*`, then this command again. "
        "If the data are others, remove the heats first."
    )


def _is_only_near_what_is_lost(dag: Any, job: Any) -> bool:
    """Whether a job whose output is there runs only because jobs before it run, and these only for what is missing."""
    return not dag.reason(job).missing_output and _misses_or_follows(dag, job)


def _misses_or_follows(dag: Any, job: Any) -> bool:
    reason = dag.reason(job)
    changed = reason.updated_input or reason.incomplete_output or reason.forced or reason.is_provenance_triggered()
    follows = bool(reason.updated_input_run) and all(_misses_or_follows(dag, before) for before in _before(dag, job))
    return not changed and (bool(reason.missing_output) or follows)


def _missing_before(dag: Any, job: Any) -> Iterator[str]:
    for before in _before(dag, job):
        yield from map(str, dag.reason(before).missing_output)
        yield from _missing_before(dag, before)


def _before(dag: Any, job: Any) -> list[Any]:
    """The jobs that run before a job because it needs what they make."""
    return [before for before in dag.dependencies[job] if dag.needrun(before)]

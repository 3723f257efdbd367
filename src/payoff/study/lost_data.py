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
    at_risk = [job for job in dag.needrun_jobs() if job.rule.name == HEATS and _is_finished(dag, job)]
    at_risk = [job for job in at_risk if _runs_for_missing_files(dag, job)]
    if not at_risk:
        return
    missing = sorted({file for job in at_risk for file in _missing_before(dag, job)})
    folder = Path(str(at_risk[0].output[0])).parent
    heats = f"{count(len(at_risk))} finished heat{'' if len(at_risk) == 1 else 's'}"
    raise UserError(
        f"{', '.join(missing)}: missing. Snakemake would make this again, and then measure {heats} in {folder} again. "
        f"If the data are still the same, keep them: `snakemake datasets` with the same options, then "
        f"`touch {folder}/*`, then this command again. If the data are others, remove the heats first."
    )


def _is_finished(dag: Any, job: Any) -> bool:
    return not dag.reason(job).missing_output


def _runs_for_missing_files(dag: Any, job: Any) -> bool:
    """Whether a job runs only because its own files are missing, or because jobs before it run for such a reason."""
    reason = dag.reason(job)
    if reason.updated_input or reason.incomplete_output or reason.forced or reason.is_provenance_triggered():
        return False
    before = _before(dag, job)
    follows = bool(before) and all(_runs_for_missing_files(dag, other) for other in before)
    return bool(reason.missing_output) or follows


def _missing_before(dag: Any, job: Any) -> Iterator[str]:
    for before in _before(dag, job):
        yield from map(str, dag.reason(before).missing_output)
        yield from _missing_before(dag, before)


def _before(dag: Any, job: Any) -> list[Any]:
    """The jobs that run before a job because it needs what they make."""
    return [before for before in dag.dependencies[job] if dag.needrun(before)]

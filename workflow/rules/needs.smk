# What the jobs that compute on a device need: time and CPUs, and for a batch system GPUs, memory, minutes. No engine is
# named here: profiles are for that.

from payoff.study import needs


def budget_of(wildcards):
    """Seconds that a run of these wildcards may take."""
    (cell,) = cells_of(wildcards)
    return BUDGETS_S.get(cell, SETTINGS.budget_s)


def cpus_alone(threads):
    """CPUs of a job that is timed on so many threads: all of this machine, so that nothing is beside it. On a cluster,
    whose node it has to itself, its own and one for everything else; there are no cores of which this could be all."""
    return threads + 1 if ON_CLUSTER else workflow.cores


def cells_of(wildcards):
    """The cell of a run, or all cells on the device of a job that is for all of them."""
    if "model" not in wildcards.keys():
        return [cell for cell in APPLICABLE if cell.device == wildcards.device]
    names = {name: getattr(wildcards, name) for name in ("dataset", "model", "mode", "recipe", "device")}
    return [Cell(**names, hidden_size=int(wildcards.hidden_size), threads=int(wildcards.threads))]


def gpus_of(wildcards):
    """How many GPUs the job of these wildcards reserves."""
    return max(needs.gpus(cell.device, MODELS[cell.model].gpus) for cell in cells_of(wildcards))


def memory_of(wildcards, attempt):
    """Memory of the job of these wildcards in MB; more of it each time that it was killed."""
    return attempt * max(map(memory_mb, cells_of(wildcards)))


def memory_mb(cell):
    """Memory of a run of this cell; as if it had no data, before its data set is here."""
    dataset = Path(f"results/datasets/{cell.dataset}.npz")
    return needs.memory_mb(
        MODELS[cell.model].architecture,
        STUDY.recipes[cell.recipe],
        shape=SETTINGS.datasets[cell.dataset].shape,
        hidden_size=cell.hidden_size,
        device=cell.device,
        data_mb=dataset.stat().st_size / 1e6 if dataset.exists() else 0,
    )


def minutes_of(wildcards, attempt):
    """Minutes that the job of a run of these wildcards may take; more each time that it was killed."""
    return attempt * needs.minutes(budget_of(wildcards), SETTINGS.quiet_wait_s)

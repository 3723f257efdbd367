# What the jobs that compute on a device need: time and CPUs, and for a batch system GPUs, memory, minutes. This file
# names no batch system: the profiles do.

from payoff.study import needs


def cpus_alone(threads):
    """CPUs of a job that is timed on this many threads. On this machine it takes all CPUs, so that no other job is
    beside it. On a cluster, where it has a node to itself, it takes its threads and one CPU for everything else."""
    return threads + 1 if ON_CLUSTER else workflow.cores


def gpus_of(wildcards):
    """How many GPUs the job of these wildcards reserves."""
    return max(map(DESIGN.gpus, DESIGN.cells_of(wildcards)))


def memory_of(wildcards, attempt):
    """Memory of the job of these wildcards in MB; more each time that it was killed."""
    return attempt * DESIGN.memory_mb_of(wildcards)


def minutes_of(wildcards, attempt):
    """Minutes that the job of a heat or of a network may take; more each time that it was killed."""
    budgets_s = map(DESIGN.budget_s, DESIGN.cells_of(wildcards))
    return attempt * needs.minutes(sum(budgets_s), SETTINGS.quiet_wait_s)

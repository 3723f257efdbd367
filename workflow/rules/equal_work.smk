# The gate before any comparison: check that the ways to train the same network do the same work. Each device has its
# own pairs.

from payoff.equal_work.pairs import by_device, modules_behind, pairs

PAIRS = by_device(pairs(DESIGN.applicable))


rule check_equal_work:
    input:
        datasets=lambda wildcards: prepared(pair["dataset"] for pair in PAIRS[wildcards.device]),
        code=lambda wildcards: code(
            "scripts/check_equal_work.py",
            modules=("payoff.equal_work.check_worker", *modules_behind(PAIRS[wildcards.device])),
        ),
    output:
        "results/{study}/equal_work/{device}.parquet",
    log:
        worker="results/{study}/logs/check_equal_work/{device}.worker.log",
        job="results/{study}/logs/check_equal_work/{device}.log",
    # before the runs, so that a disagreement is known early
    priority: len(DESIGN.order) + 1
    # the check itself is not timed, but it must not run beside a timed run
    threads: lambda wildcards: cpus_alone(SETTINGS.threads)
    # not a parameter: another budget does not make a finished check stale
    resources:
        budget_s=SETTINGS.budget_s,
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=lambda wildcards, attempt: attempt * needs.minutes(SETTINGS.budget_s),
    params:
        pairs=lambda wildcards: PAIRS[wildcards.device],
        recipes=lambda wildcards: {
            name: STUDY.recipes[name].to_document()
            for name in sorted({pair["recipe"] for pair in PAIRS[wildcards.device]})
        },
        # that of the first repetition, so that the weights are those of a run
        seed=SETTINGS.seed + 1,
        cpu_threads=SETTINGS.threads,
    message:
        "Check that the ways to the same network in {wildcards.study} do the same work on {wildcards.device}"
    script:
        "../../scripts/check_equal_work.py"

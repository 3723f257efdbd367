# The gate before any comparison: the ways that train the same network do the same work.

PAIRS = pairs(APPLICABLE)


rule check_equal_work:
    input:
        datasets=sorted({f"results/datasets/{pair['dataset']}.npz" for pair in PAIRS}),
        code=code("scripts/check_equal_work.py", modules=("payoff.equal_work.check_worker", *modules_behind(PAIRS))),
    output:
        table="results/{study}/tables/equal_work.parquet",
        csv="results/{study}/tables/equal_work.csv",
    log:
        worker="results/{study}/logs/check_equal_work.worker.log",
        job="results/{study}/logs/check_equal_work.log",
    # before the runs, so that a disagreement is known early
    priority: len(ORDER) + 1
    # all cores: not for its own sake, but nothing may be beside a run that is timed
    threads: workflow.cores
    # not a parameter: another budget does not make a finished check stale
    resources:
        budget_s=SETTINGS.budget_s,
    params:
        pairs=PAIRS,
        recipes={name: STUDY.recipes[name].to_document() for name in sorted({pair["recipe"] for pair in PAIRS})},
        # that of the first repetition, so that the weights are those of a run
        seed=SETTINGS.seed + 1,
        cpu_threads=SETTINGS.threads,
    message:
        "Check that the ways to the same network in {wildcards.study} do the same work"
    script:
        "../../scripts/check_equal_work.py"

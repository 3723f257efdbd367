# What the framework itself answers: a check of the devices, a derivative, sizes. It is asked on the accelerator's
# machine, if an accelerator is measured.


rule probe_frameworks:
    input:
        code=code("scripts/probe_frameworks.py", modules=("payoff.claims.probe_worker",)),
    output:
        "results/{study}/probe/{device}.json",
    log:
        worker="results/{study}/logs/probe_frameworks/{device}.worker.log",
        job="results/{study}/logs/probe_frameworks/{device}.log",
    # a timed job is alone on the machine, whatever --cores says
    threads: lambda wildcards: cpus_alone(SETTINGS.threads)
    # not a parameter: another budget does not make a finished measurement stale
    resources:
        budget_s=SETTINGS.budget_s,
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=lambda wildcards, attempt: attempt * needs.minutes(SETTINGS.budget_s),
    params:
        questions=QUESTIONS,
        cpu_threads=SETTINGS.threads,
    message:
        "Ask the framework what the claims of {wildcards.study} need"
    script:
        "../../scripts/probe_frameworks.py"

# Measure each run, also those of the control, and write one record per run.


rule train_run:
    input:
        dataset=DATASET,
        code=lambda wildcards: code("scripts/train_run.py", modules=("payoff.runs.worker", module_of(wildcards))),
    output:
        RUN,
    log:
        run=f"results/{{study}}/logs/train_run/{{series}}/{NAME}.log",
        job=f"results/{{study}}/logs/train_run/{{series}}/{NAME}.job.log",
    priority: lambda wildcards: DESIGN.priorities.get(RUN.format(**vars(wildcards)), 0)
    # a timed run is alone on the machine, whatever --cores says
    threads: lambda wildcards: cpus_alone(int(wildcards.threads))
    # not a parameter: another budget does not make a finished measurement stale
    resources:
        budget_s=budget_of,
        quiet_wait_s=SETTINGS.quiet_wait_s,
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=minutes_of,
    params:
        module=lambda wildcards: module_of(wildcards),
        recipe=lambda wildcards: STUDY.recipes[wildcards.recipe].to_document(),
        gpus=lambda wildcards: MODELS[wildcards.model].gpus if wildcards.device == "cuda" else 0,
        seed=lambda wildcards: SETTINGS.seed + int(wildcards.repetition),
    message:
        "Train {wildcards.model} ({wildcards.mode}) on {wildcards.dataset}, {wildcards.device}, "
        "H = {wildcards.hidden_size}, repetition {wildcards.repetition} ({wildcards.series})"
    script:
        "../../scripts/train_run.py"

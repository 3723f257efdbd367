# Measure each heat: all ways to train one network, in turns, on one machine. One file of records per heat.


rule run_heat:
    input:
        dataset=DATASET,
    output:
        HEAT,
    log:
        f"results/{{study}}/logs/run_heat/{HEAT_NAME}.log",
    priority: lambda wildcards: DESIGN.priorities.get(HEAT.format(**vars(wildcards)), 0)
    # a timed job is alone on the machine, whatever --cores says
    threads: lambda wildcards: cpus_alone(max(cell.threads for cell, _ in runs_of(wildcards)))
    # not parameters: another budget does not make a finished measurement stale
    resources:
        budgets_s=lambda wildcards: " ".join(f"{DESIGN.budget_s(cell):g}" for cell, _ in runs_of(wildcards)),
        quiet_wait_s=SETTINGS.quiet_wait_s,
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=minutes_of,
    params:
        # no input as in all other rules: a study has thousands of heats (docs/decisions/code-inputs.md)
        code=lambda wildcards: hash_of_code(
            HOME,
            "scripts/run_heat.py",
            modules=("payoff.runs.worker", *sorted({DESIGN.module(cell) for cell, _ in runs_of(wildcards)})),
        ),
        runs=lambda wildcards: [
            {"cell": vars(cell), "module": DESIGN.module(cell), "gpus": DESIGN.gpus(cell), "is_control": is_control}
            for cell, is_control in runs_of(wildcards)
        ],
        recipe=lambda wildcards: STUDY.recipes[wildcards.recipe].to_document(),
        seed=lambda wildcards: SETTINGS.seed + int(wildcards.repetition),
    message:
        "Train {wildcards.architecture} on {wildcards.dataset} ({wildcards.recipe}), H = {wildcards.hidden_size}, in "
        "each way, repetition {wildcards.repetition}"
    script:
        "../../scripts/run_heat.py"

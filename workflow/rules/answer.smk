# The answer as data, computed once from the tables; page, chapters and commands read it.

ANSWER = "results/{study}/answer"
ANSWER_TABLES = (
    *("ratios", "break_evens", "repayments", "whole_runs", "run_times", "changes", "epoch_times"),
    *("run_prices", "price_changes", "step_costs", "control", "costs"),
)


rule compare_ways:
    input:
        runs="results/{study}/tables/runs.parquet",
        cells="results/{study}/tables/cells.parquet",
        control="results/{study}/tables/control.parquet",
        turns="results/{study}/tables/turns.parquet",
        equal_work="results/{study}/tables/equal_work.parquet",
        about="results/{study}/tables/about.json",
        beside=tables_beside("runs", "cells", "control", "equal_work", "turns"),
        machines=expand("results/{{study}}/machine/{device}.json", device=DESIGN.devices),
        datasets=prepared(cell.dataset for cell in DESIGN.applicable),
        code=code("scripts/compare_ways.py"),
    output:
        f"{ANSWER}/answer.json",
        expand(f"{ANSWER}/{{table}}.{{ending}}", table=ANSWER_TABLES, ending=["parquet", "csv"], allow_missing=True),
    log:
        "results/{study}/logs/compare_ways.log",
    params:
        tables=lambda wildcards: [f"results/{wildcards.study}/tables", *BESIDE],
        prices=dict(SETTINGS.prices),
    message:
        "Compare the ways of {wildcards.study}"
    script:
        "../../scripts/compare_ways.py"

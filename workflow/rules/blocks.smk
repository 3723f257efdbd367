# More blocks of heats. Only a study that asks for a precision has this rule.

if STUDY.has_blocks:

    localrules:
        plan_block,

    checkpoint plan_block:
        input:
            heats=lambda wildcards: measured(before=int(wildcards.block)),
            equal_work=expand("results/{{study}}/equal_work/{device}.parquet", device=PAIRS),
            code=code("scripts/plan_block.py"),
        output:
            PLAN,
        log:
            "results/{study}/logs/plan_block/{block}.log",
        params:
            until=STUDY.until,
            refine=STUDY.refine,
            until_s=STUDY.until_s,
            repetitions=SETTINGS.repetitions,
        message:
            "Plan block {wildcards.block} of {wildcards.study}"
        script:
            "../../scripts/plan_block.py"

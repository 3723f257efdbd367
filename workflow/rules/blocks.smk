# More blocks of runs. Only a study that asks for a precision has this rule.

if STUDY.until:

    localrules:
        plan_block,

    checkpoint plan_block:
        input:
            heats=lambda wildcards: measured(before=int(wildcards.block)),
            code=code("scripts/plan_block.py"),
        output:
            PLAN,
        log:
            "results/{study}/logs/plan_block/{block}.log",
        params:
            until=STUDY.until,
            until_s=STUDY.until_s,
        message:
            "Plan block {wildcards.block} of {wildcards.study}"
        script:
            "../../scripts/plan_block.py"

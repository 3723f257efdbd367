# What the machine can do, measured once a study.


rule measure_machine:
    input:
        code=code("scripts/measure_machine.py", modules=("payoff.machine_rates_worker",)),
    output:
        "results/{study}/machine.json",
    log:
        worker="results/{study}/logs/measure_machine.worker.log",
        job="results/{study}/logs/measure_machine.log",
    # all cores: what is timed is alone on the machine, whatever --cores says
    threads: workflow.cores
    params:
        devices=sorted({cell.device for cell in APPLICABLE}),
        cpu_threads=SETTINGS.threads,
    message:
        "Measure what the machine of {wildcards.study} can do"
    script:
        "../../scripts/measure_machine.py"

# What the machine of each device can do, measured once a study.


rule measure_machine:
    input:
        code=code("scripts/measure_machine.py", modules=("payoff.machine.rates_worker",)),
    output:
        "results/{study}/machine/{device}.json",
    log:
        worker="results/{study}/logs/measure_machine/{device}.worker.log",
        job="results/{study}/logs/measure_machine/{device}.log",
    # what is timed is alone on the machine, whatever --cores says
    threads: lambda wildcards: cpus_alone(SETTINGS.threads)
    resources:
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=lambda wildcards, attempt: attempt * needs.minutes(SETTINGS.budget_s),
    params:
        cpu_threads=SETTINGS.threads,
    message:
        "Measure what {wildcards.device} of the machine of {wildcards.study} can do"
    script:
        "../../scripts/measure_machine.py"

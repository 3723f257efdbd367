# How fast the machine of each device is, measured once per study.


rule measure_machine:
    input:
        code=code("scripts/measure_machine.py", modules=("payoff.machine.rates_worker",)),
    output:
        "results/{study}/machine/{device}.json",
    log:
        worker="results/{study}/logs/measure_machine/{device}.worker.log",
        job="results/{study}/logs/measure_machine/{device}.log",
    # a timed job is alone on the machine, whatever --cores says
    threads: lambda wildcards: cpus_alone(SETTINGS.threads)
    resources:
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=lambda wildcards, attempt: attempt * needs.minutes(SETTINGS.budget_s),
    params:
        cpu_threads=SETTINGS.threads,
    message:
        "Measure the rates of {wildcards.device} for {wildcards.study}"
    script:
        "../../scripts/measure_machine.py"

"""Adapter of the rule measure_machine."""

from pathlib import Path

from payoff.files.joblog import logged
from payoff.machine.rates import measure_machine, write_rates

with logged(snakemake.log.job):
    document = measure_machine(snakemake.wildcards.device, snakemake.params.cpu_threads, Path(snakemake.log.worker))
    write_rates(document, Path(snakemake.output[0]))

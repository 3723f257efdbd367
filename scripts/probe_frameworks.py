"""Adapter of the rule probe_frameworks."""

from pathlib import Path

from payoff.claims.probe import probe, write_probe
from payoff.files.joblog import logged

with logged(snakemake.log.job):
    document = probe(
        snakemake.params.questions,
        snakemake.params.cpu_threads,
        snakemake.resources.budget_s,
        Path(snakemake.log.worker),
    )
    write_probe(document, Path(snakemake.output[0]))

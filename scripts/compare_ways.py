"""Adapter of the rule compare_ways."""

from pathlib import Path

from payoff.answer.compute import compare_ways
from payoff.answer.files import write_answer
from payoff.files.joblog import logged

with logged(snakemake.log[0]):
    write_answer(compare_ways(snakemake.params.tables), Path(snakemake.output[0]).parent)

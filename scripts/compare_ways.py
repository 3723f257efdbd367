"""Adapter of the rule compare_ways."""

import gc
from pathlib import Path

from payoff.answer.compute import compare_ways
from payoff.answer.files import write_answer
from payoff.files.joblog import logged
from payoff.machine.rates import read_rates

gc.disable()  # nearly all that is made here stays until the end

with logged(snakemake.log[0]):
    rates = [read_rates(Path(path)) for path in snakemake.input.machines]
    datasets = {Path(path).stem: Path(path) for path in snakemake.input.datasets}
    answer = compare_ways(snakemake.params.tables, rates, datasets, snakemake.params.prices)
    write_answer(answer, Path(snakemake.output[0]).parent)

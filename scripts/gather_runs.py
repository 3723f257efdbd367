"""Adapter of the rule gather_runs."""

from pathlib import Path

from payoff.about import about, write_about
from payoff.datasets.splits import load_source
from payoff.joblog import logged
from payoff.records import read_record
from payoff.tables import runs_table, samples_table, steps_table, write_table

with logged(snakemake.log[0]):
    records = [read_record(Path(path)) for path in snakemake.input.records]
    control = [read_record(Path(path)) for path in snakemake.input.control]
    write_table(runs_table(records), snakemake.output.runs, snakemake.output.runs_csv)
    write_table(runs_table(control), snakemake.output.control, snakemake.output.control_csv)
    write_table(samples_table(records), snakemake.output.samples, snakemake.output.samples_csv)
    write_table(steps_table(records), snakemake.output.steps, snakemake.output.steps_csv)
    # of a user's own data set, its source ends in the MD5 of what was read
    md5 = {Path(path).stem: load_source(Path(path)).split()[-1] for path in snakemake.input.own}
    document = about(
        records,
        study=snakemake.wildcards.study,
        title=snakemake.params.title,
        datasets={name: {"title": title, "md5": md5.get(name)} for name, title in snakemake.params.datasets.items()},
        recipes=snakemake.params.recipes,
    )
    write_about(document, Path(snakemake.output.about))

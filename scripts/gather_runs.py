"""Adapter of the rule gather_runs."""

import gc
from pathlib import Path

import pandas as pd

from payoff.beside.about import about, write_about
from payoff.datasets.look import error_of_mean
from payoff.datasets.splits import load_labels, load_origin
from payoff.equal_work.table import equal_work_tables
from payoff.files.joblog import logged
from payoff.recipes import Recipe
from payoff.runs.records import is_control
from payoff.study.gathering import read_heat
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table, steps_table
from payoff.tables.sites import own_machines
from payoff.tables.turns import turns_table
from payoff.tables.writing import write_table

# All records stay until the end. To look again and again for what could be freed takes a fifth of the time.
gc.disable()

with logged(snakemake.log[0]):
    recipes = {name: Recipe.from_document(document) for name, document in snakemake.params.trained_by.items()}
    belonging = snakemake.wildcards.study, recipes, snakemake.params.seed
    measured = [record for path in snakemake.input.heats for record in read_heat(Path(path), *belonging)]
    records = [record for record in measured if not is_control(record)]
    control = [record for record in measured if is_control(record)]
    own = own_machines(records)
    write_table(runs_table(records, own), snakemake.output.runs, snakemake.output.runs_csv)
    write_table(runs_table(control, own), snakemake.output.control, snakemake.output.control_csv)
    write_table(samples_table(records), snakemake.output.samples, snakemake.output.samples_csv)
    write_table(turns_table(measured, own), snakemake.output.turns, snakemake.output.turns_csv)
    write_table(steps_table(records), snakemake.output.steps, snakemake.output.steps_csv)
    equal_work = equal_work_tables(pd.read_parquet(path) for path in snakemake.input.equal_work)
    write_table(equal_work, snakemake.output.equal_work, snakemake.output.equal_work_csv)
    md5 = {Path(path).stem: load_origin(Path(path)).md5 for path in snakemake.input.own}
    units = snakemake.params.units
    targets = {
        path.stem: {"error_of_mean": error_of_mean(*load_labels(path))}
        | ({"unit": units[path.stem]} if path.stem in units else {})
        for path in map(Path, snakemake.input.numbers)
    }
    document = about(
        measured,
        own,
        study=snakemake.wildcards.study,
        title=snakemake.params.title,
        datasets={
            name: {"title": title, "md5": md5.get(name)} | targets.get(name, {})
            for name, title in snakemake.params.datasets.items()
        },
        recipes=snakemake.params.recipes,
        chosen=snakemake.params.chosen,
    )
    write_about(document, Path(snakemake.output.about))

"""Adapter of the rule gather_published."""

from pathlib import Path

import pandas as pd

from payoff.beside.about import about, write_about
from payoff.beside.published import fits, read_published
from payoff.beside.published_tables import not_among, published_tables
from payoff.files.joblog import logged
from payoff.recipes import Recipe
from payoff.tables.sites import own_machines
from payoff.tables.writing import write_table

with logged(snakemake.log[0]):
    wildcards, params, output = snakemake.wildcards, snakemake.params, snakemake.output
    records = read_published(Path(snakemake.input.records), wildcards.study)[wildcards.machine]
    recipes = {name: Recipe.from_document(stated) for name, stated in params.recipes.items()}
    on_page = pd.concat([pd.read_parquet(path) for path in snakemake.input.on_page])
    kept = not_among([record for record in records if fits(record, recipes)], on_page)
    for name, table in published_tables(records, kept, params.targets).items():
        write_table(table, output[name], output[f"{name}_csv"])
    names = sorted({record["cell"]["dataset"] for record in kept})
    document = about(
        records,
        own_machines(records),
        study=wildcards.study,
        title=params.title,
        datasets={name: {"title": params.datasets.get(name, name), "md5": None} for name in names},
        recipes={name: params.recipes[name] for name in {record["cell"]["recipe"] for record in kept}},
        chosen=params.chosen,
    )
    document["left_out"] = sorted({record["cell"]["recipe"] for record in records if not fits(record, recipes)})
    write_about(document, Path(output.about))

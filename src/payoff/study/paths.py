"""Where the files of a study lie, relative to the working directory: each pattern is written once.

Their fields are the workflow's wildcards; `str.format` fills them in as well.
"""

from collections.abc import Iterable, Sequence

from payoff.cells import Cell

DATASET = "results/datasets/{dataset}.npz"
MANIFEST = "results/datasets/{dataset}/manifest.json"

# How a file is named that is of one cell, or of one run of it.
NETWORK = "{dataset}-{model}-{mode}-{recipe}-{device}-h{hidden_size}-t{threads}"
NAME = f"{NETWORK}-r{{repetition}}"

RUN = f"results/{{study}}/{{series}}/{NAME}.json"
PLAN = "results/{study}/blocks/{block}.json"
PUBLISHED_TABLES = "results/{study}/published/{published}/{machine}/tables"


def run_of(study: str, series: str, cell: Cell, repetition: int) -> str:
    """The record of one run, of the study itself (`runs`) or of its control."""
    return RUN.format(study=study, series=series, repetition=repetition, **vars(cell))


def prepared(datasets: Iterable[str]) -> list[str]:
    """The prepared data sets of these names, each once, sorted."""
    return [DATASET.format(dataset=dataset) for dataset in sorted(set(datasets))]


def tables_in(folders: Sequence[str], *names: str) -> list[str]:
    """These tables in each of the folders, and what the tables of a folder are of."""
    return [f"{folder}/{file}" for folder in folders for file in ("about.json", *(f"{name}.parquet" for name in names))]

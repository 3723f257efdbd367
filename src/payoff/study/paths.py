"""Where the files of a study lie, relative to the working directory: each pattern is written once.

Their fields are the workflow's wildcards; `str.format` fills them in as well.
"""

from collections.abc import Collection, Iterable, Sequence

from payoff.cells import Contest

DATASET = "results/datasets/{dataset}.npz"
MANIFEST = "results/datasets/{dataset}/manifest.json"

# How a file is named that is of one cell, or of one heat.
NETWORK = "{dataset}-{model}-{mode}-{recipe}-{device}-h{hidden_size}-t{threads}"
HEAT_NAME = "{dataset}-{recipe}-{architecture}-{device}-h{hidden_size}-r{repetition}"

HEAT = f"results/{{study}}/heats/{HEAT_NAME}.jsonl"
PLAN = "results/{study}/blocks/{block}.json"
PUBLISHED_TABLES = "results/{study}/published/{published}/{machine}/tables"


def heat_of(study: str, contest: Contest, device: str, repetition: int) -> str:
    """The records of one heat. device: the one that its machine needs: cpu, or an accelerator."""
    return HEAT.format(study=study, device=device, repetition=repetition, **contest._asdict())


def prepared(datasets: Iterable[str]) -> list[str]:
    """The prepared data sets of these names, each once, sorted."""
    return [DATASET.format(dataset=dataset) for dataset in sorted(set(datasets))]


def tables_in(folders: Sequence[str], *names: str, missing: Collection[str] = ()) -> list[str]:
    """These tables in each of the folders, and what the tables of a folder are of, but for those that are missing."""
    files = ["about.json", *(f"{name}.parquet" for name in names)]
    return [path for folder in folders for file in files if (path := f"{folder}/{file}") not in missing]

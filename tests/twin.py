"""The tiny twin of the study: its call, its runs, its records."""

import re
from pathlib import Path

from payoff.records import read_record

RESULTS = "tests/tiny/results/tiny"
TWIN = ("--directory", "tests/tiny", "--cores", "all")


def trained(output: str) -> set[tuple[str, str, str, str]]:
    """(model, mode, hidden size, repetition) of the runs in snakemake's words."""
    return set(re.findall(r"Train (\w+) \((\w+)\) on digits, cpu, H = (\d+), repetition (\d+)", output))


ALL_RUNS = {
    (model, mode, size, repetition)
    for model, mode, sizes in (
        ("numpy_mlp", "eager", ("8", "32")),
        ("torch_mlp", "eager", ("8", "32")),
        ("torch_mlp", "fused", ("8",)),
        ("torch_cnn", "eager", ("8",)),
    )
    for size in sizes
    for repetition in ("1", "2")
}


def records_of(project: Path) -> list[dict]:
    return [read_record(path) for path in sorted((project / RESULTS / "runs").glob("*.json"))]

"""The tiny twin of the study: its call, its runs, its records."""

import re
from pathlib import Path

from payoff.runs.records import read_record

RESULTS = "tests/tiny/results/tiny"
TWIN = ("--directory", "tests/tiny", "--cores", "all")


def trained(output: str) -> set[tuple[str, str, str, str]]:
    """(model, mode, hidden size, repetition) of the runs in snakemake's words, the control apart."""
    return _trained(output, "runs")


def trained_as_control(output: str) -> set[tuple[str, str, str, str]]:
    """The same of the control."""
    return _trained(output, "control")


def planned_rules(output: str) -> set[str]:
    """The rules of the jobs in snakemake's table of them, `all` apart."""
    return set(re.findall(r"^(\w+) +\d+$", output, flags=re.MULTILINE)) - {"all", "total"}


def _trained(output: str, series: str) -> set[tuple[str, str, str, str]]:
    run = r"Train (\w+) \((\w+)\) on digits, cpu, H = (\d+), repetition (\d+)"
    return set(re.findall(rf"{run} \({series}\)", output))


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


# The second size of two, of the first model.
ALL_CONTROLS = {("numpy_mlp", "eager", "32", repetition) for repetition in ("1", "2")}


def records_of(project: Path, series: str = "runs") -> list[dict]:
    return [read_record(path) for path in sorted((project / RESULTS / series).glob("*.json"))]

"""The tiny twin of the study: its call, its heats, its records."""

import re
from pathlib import Path

from payoff.runs.records import is_control, read_records

RESULTS = "tests/tiny/results/tiny"
TWIN = ("--directory", "tests/tiny", "--cores", "all")


def heats_in(output: str) -> set[tuple[str, str, str]]:
    """(architecture, hidden size, repetition) of the heats in snakemake's words."""
    return set(re.findall(r"Train (\w+) on digits \(\w+\), H = (\d+), in each way, repetition (\d+)", output))


def planned_rules(output: str) -> set[str]:
    """The rules of the jobs in snakemake's table of them, `all` apart."""
    return set(re.findall(r"^(\w+) +\d+$", output, flags=re.MULTILINE)) - {"all", "total"}


ALL_HEATS = {
    (architecture, size, repetition)
    for architecture, size in (("mlp", "8"), ("mlp", "32"), ("cnn", "8"))
    for repetition in ("1", "2")
}
RUNS = 12  # numpy_mlp and torch_mlp (eager) at both sizes, fused and the CNN at one, twice each
CONTROLS = 2  # the second size of two, of the first model


def heat_file(architecture: str, size: int, repetition: int) -> str:
    """The name of a heat's file, without its folder."""
    return f"digits-short-{architecture}-cpu-h{size}-r{repetition}.jsonl"


def with_one_chapter(project: Path) -> Path:
    """The project, in which the study now asks for one chapter: its report is stale, and made again in less time."""
    study = project / "tests/tiny/tiny.yaml"
    study.write_text(re.sub(r"chapters: .*", "chapters: [scaling]", study.read_text()))
    return project


def records_of(project: Path, *, control: bool = False) -> list[dict]:
    """The records of its runs, or those of the control."""
    files = sorted((project / RESULTS / "heats").glob("*.jsonl"))
    return [record for path in files for record in read_records(path) if is_control(record) == control]

"""Ask a machine with a GPU, and without a network, what only it can tell, within twelve minutes.

    python benchmarks/gpu_check.py OUT                      on a machine with a GPU
    python benchmarks/gpu_check.py OUT --device cpu --tiny  try the check itself, at a tiny scale

The most valuable steps come first. Each has a time limit, and after each OUT/found.tar.gz is packed anew, so that an
end at any moment loses the step in hand at most. OUT/steps.tsv says what became of each step; OUT/logs/ has their
words. The data sets are read from the folder that PAYOFF_DATA_ROOT names; what needs one that is not there is left out.
If CIFAR-10 is too large to be brought in one piece, see carry_cifar10.py.

What it brings is published by the two commands in report/published/README.md.
"""

import argparse
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from payoff.files.home import HOME
from payoff.files.whole import appearing_whole
from payoff.machine.devices import DEVICES
from payoff.study.configuration import configure
from payoff.study.design import Design
from payoff.study.paths import DATASET
from payoff.study.study import contest_of

WHOLE_S = 12 * 60
STUDIES = HOME / "workflow" / "studies"
# The replayed systems, the most telling first; seconds for each group.
GROUPS = ((("R2", "R3", "R4"), 150), (("P1", "W1", "W2"), 120), (("D2", "D3", "M1"), 90))
NEEDS = {"mnist": "MNIST", "cifar10": "cifar-10-batches-py"}  # data set -> its folder in the data root


class Step(NamedTuple):
    """limit_s: after so many seconds it is ended."""

    name: str
    limit_s: float
    command: Sequence[str]


def steps(device: str, data_root: str | None, *, tiny: bool) -> Iterator[Step]:
    """What is asked, in order."""
    python = sys.executable
    tests = ["tests/unit/test_models.py", "-k", device if device != "cpu" else "a_cnn", "-q", "--noconftest"]
    yield Step("conformance", 90, [python, "-m", "pytest", "-p", "no:cacheprovider", *tests])
    devices = ["cpu"] if device == "cpu" else ["cpu", device]
    config = {"devices": devices, "data_root": data_root, "quiet_wait_s": 0}
    sources = config | {"study": "sources", "repetitions": 1 if tiny else 3}
    made = [f"results/sources/{kind}/{device}.json" for kind in ("machine", "probe")]
    yield Step("rates-and-probe", 60, _snakemake(sources, made))
    for systems, limit_s in GROUPS[: 1 if tiny else None]:
        if heats := _heats(sources, systems, data_root, smallest=tiny):
            # a rate is enough
            yield Step("-".join(systems), limit_s, _snakemake(sources | {"budget_s": 8}, heats))
    if tiny:
        tiny_twin = str(HOME / "tests/tiny/tiny.yaml")
        heat = "results/tiny/heats/digits-short-mlp-cpu-h8-r1.jsonl"
        yield Step("quick", 120, _snakemake(config | {"study": tiny_twin, "repetitions": 1}, [heat]))
    else:
        yield Step("quick", 330, _snakemake(config | {"study": "quick", "budget_s": 60}, []))


def _snakemake(config: dict, targets: Sequence[str]) -> list[str]:
    given = [f"{key}={str(value).replace(' ', '')}" for key, value in config.items() if value is not None]
    # what is done so far of a step that is ended is kept, and a failed heat does not end the others
    words = ["--cores", "all", "--keep-going", "--rerun-incomplete"]
    return [sys.executable, "-m", "snakemake", *words, *targets, "--config", *given]


def _heats(config: dict, systems: Sequence[str], data_root: str | None, *, smallest: bool) -> list[str]:
    """The files of the heats of these systems, whose data sets are here, repetition by repetition."""
    design = Design(configure(config, "config.yaml", STUDIES))
    asked = {contest_of(cell) for system, cell in design.systems if system in systems and design.cells[cell] is None}
    here = [contest for contest in sorted(asked) if _is_here(contest.dataset, data_root)]
    repetitions = range(1, config["repetitions"] + 1)
    return [
        design.heat(contest, repetition) for repetition in repetitions for contest in here[: 1 if smallest else None]
    ]


def _is_here(dataset: str, data_root: str | None) -> bool:
    if Path(DATASET.format(dataset=dataset)).exists() or dataset not in NEEDS:
        return True
    return data_root is not None and (Path(data_root) / NEEDS[dataset]).is_dir()


def run(step: Step, logs: Path, left_s: float) -> str:
    """Run a step within its limit and what is left of the whole; say what became of it."""
    with (logs / f"{step.name}.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            step.command, cwd=Path.cwd(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = process.wait(min(step.limit_s, left_s))
            return "done" if status == 0 else f"ended with status {status}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            time.sleep(2)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "ended at its limit"


def pack(out: Path) -> None:
    """All that was found so far, in one file."""
    with appearing_whole(out / "found.tar.gz") as temporary, tarfile.open(temporary, "w:gz") as archive:
        for path in (out / "steps.tsv", out / "logs"):
            archive.add(path, path.name)
        for path in sorted(Path("results").glob("*")):
            if path.name != "datasets":
                archive.add(path, f"results/{path.name}")


def main() -> int:
    """0 if every step was done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--device", default="cuda", choices=DEVICES)
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    (asked.out / "logs").mkdir(parents=True, exist_ok=True)
    began, well = time.monotonic(), True
    (asked.out / "steps.tsv").write_text("", encoding="utf-8")
    for step in steps(asked.device, os.environ.get("PAYOFF_DATA_ROOT"), tiny=asked.tiny):
        left_s = WHOLE_S - (time.monotonic() - began)
        before = time.monotonic()
        became = run(step, asked.out / "logs", left_s) if left_s > 0 else "not begun: the time was over"
        well &= became == "done"
        line = f"{step.name}\t{became}\t{time.monotonic() - before:.0f} s"
        print(line, flush=True)
        with (asked.out / "steps.tsv").open("a", encoding="utf-8") as told:
            told.write(f"{line}\n")
        pack(asked.out)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())

"""Torture: kills, emptied files, exchanged records and wrong configurations. Its figures come last.

    python benchmarks/torture.py [kills] [configurations] [seed]

A copy of the project measures a small study. Again and again its processes are killed, all of them or only the main
one, and a finished file is emptied, cut, or takes the place of another; the same command goes on. In the end everything
must be there, nothing measured a second time that was whole, and no process left. The data set is lost, too, at least
half-way; then the torture does what the workflow tells people to do.
"""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64decode
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import yaml

from payoff.files.home import HOME
from payoff.runs.records import read_records

RESULTS = Path("tests/tiny/results/tiny")
DATASET = Path("tests/tiny/results/datasets/digits.npz")
CALL = (sys.executable, "-m", "snakemake", "--directory", "tests/tiny", "--cores", "2")
LONGEST_S = 600  # of a call that is not killed
# Of numpy alone, whose processes start at once: so most kills come while something is measured or made of it.
STUDY = """
title: A study to torture
description: It is killed again and again.
chapters: [scaling, accuracy]
recipes:
  short: {scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 128, epochs: 2}
grids:
  - {datasets: [digits], models: [numpy_mlp], recipe: short, hidden_sizes: [8, 16, 32, 64, 128, 256]}
"""


def main(kills: str = "60", configurations: str = "100", seed: str = "1") -> None:
    draw = random.Random(int(seed))
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in subprocess.check_output(["git", "ls-files"], cwd=HOME, text=True).splitlines():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, project / name)
        (project / "tests/tiny/tiny.yaml").write_text(STUDY)
        survived = killed(project, int(kills), draw)
        refused = misconfigured(project, int(configurations), draw)
    for name, figure in {**survived, **refused}.items():
        print(f"{name}: {figure}")
    if survived["lost or damaged in the end"] or survived["measured twice"] or survived["processes left"]:
        sys.exit(1)


def killed(project: Path, kills: int, draw: random.Random) -> dict[str, Any]:
    """Kill the workflow so many times, and spoil a file after each kill; then let it finish."""
    done: Counter[str] = Counter()
    whole: dict[str, float] = {}  # the heats that are finished and were not spoilt -> when they were written
    twice = 0
    for number in range(kills):
        process = start(project)
        time.sleep(draw.choice((0.3, 1, 2, 4, 8)) * draw.random())
        alone = draw.random() < 0.5
        (process.kill if alone else lambda pid=process.pid: os.killpg(pid, signal.SIGKILL))()
        process.wait()
        done["killed, the main process alone" if alone else "killed, all processes"] += 1
        time.sleep(0.5)
        now = heats(project)
        again = [name for name, when in whole.items() if now.get(name) not in (None, when)]
        if again:
            print("measured twice:", *again, sep="\n  ")
        twice += len(again)
        # A heat of which Snakemake has not yet noted that it is finished is measured again, by design.
        begun = in_hand(project)
        spoilt = spoil(project, draw, done)
        if number == kills // 2 and (project / DATASET).exists():
            (project / DATASET).write_bytes(b"")
        whole = {name: when for name, when in now.items() if name not in begun and name not in spoilt}
        whole |= kept_without_their_data(project, whole, done)
    process = start(project)
    status = process.wait(LONGEST_S)
    if status:
        print((project / "torture.log").read_text()[-5000:])
    now = heats(project)
    twice += sum(now.get(name) != when for name, when in whole.items())
    time.sleep(3)
    lost = [name for name in now if not read_records(project / RESULTS / "heats" / name)]
    lost += [str(file.relative_to(project)) for file in results_of(project) if not file.stat().st_size]
    if lost:
        print("lost or damaged:", *lost, sep="\n  ")
    return {
        **dict(sorted(done.items())),
        "the last call ended with": status,
        "heats": len(now),
        "lost or damaged in the end": len(lost) + (not (project / RESULTS / "report.html").exists()),
        "measured twice": twice,
        "processes left": sum(str(project) in words_of(other) for other in psutil.process_iter()),
    }


def start(project: Path, *targets: str) -> subprocess.Popen:
    variables = os.environ | {"PYTHONPATH": str(project / "src")}
    with (project / "torture.log").open("a") as log:
        return subprocess.Popen(
            [*CALL, *targets], cwd=project, env=variables, stdout=log, stderr=log, start_new_session=True
        )


def heats(project: Path) -> dict[str, float]:
    """The heats that are finished -> when their file was written."""
    files = (project / RESULTS / "heats").glob("*.jsonl")
    return {file.name: file.stat().st_mtime for file in files if file.read_bytes().endswith(b"\n")}


def kept_without_their_data(project: Path, whole: dict[str, float], done: Counter[str]) -> dict[str, float]:
    """If the data set of finished heats is lost: prepare it alone, and let the heats be newer. Returns their new times.

    whole: the heats that are finished and whole, with their times.
    """
    data = project / DATASET
    if not whole or (data.exists() and data.stat().st_size):
        return {}
    if start(project, "datasets").wait(LONGEST_S):
        raise SystemExit((project / "torture.log").read_text()[-5000:])
    done["data sets lost"] += 1
    for name in whole:
        (project / RESULTS / "heats" / name).touch()
    return {name: (project / RESULTS / "heats" / name).stat().st_mtime for name in whole}


def in_hand(project: Path) -> set[str]:
    """The names of files that Snakemake has begun and not yet noted as finished: each has a marker, whose name is its
    encoded path. A job that outlives the main process may finish such a file all the same."""
    markers = project / "tests/tiny/.snakemake/incomplete"
    names = ("".join(marker.relative_to(markers).parts) for marker in markers.rglob("*") if marker.is_file())
    return {Path(urlsafe_b64decode(name.replace("@", "")).decode()).name for name in names}


def spoil(project: Path, draw: random.Random, done: Counter[str]) -> list[str]:
    """Spoil one finished file, sometimes, in one of the ways of a full disk or a power cut. Returns its name."""
    files = [file for file in results_of(project) if file.stat().st_size]
    notes = [file for file in sorted((project / "tests/tiny/.snakemake/metadata").rglob("*")) if file.is_file()]
    if not files or draw.random() < 0.4:
        return []
    file = draw.choice(files)
    if notes and draw.random() < 0.3:
        draw.choice(notes).write_bytes(b"")
        done["notes of Snakemake emptied"] += 1
        return []
    if file.suffix == ".jsonl" and draw.random() < 0.5:
        file.write_bytes(file.read_bytes()[:-100])
        done["records cut"] += 1
    else:
        file.write_bytes(b"")
        done["files emptied"] += 1
    return [file.name]


def results_of(project: Path) -> list[Path]:
    """All files of the results but Snakemake's and the logs, to which executed notebooks belong."""
    files = sorted((project / "tests/tiny/results").rglob("[!.]*.*"))
    return [file for file in files if file.is_file() and "logs" not in file.parts and file.suffix != ".ipynb"]


def words_of(process: psutil.Process) -> str:
    try:
        return " ".join([*process.cmdline(), process.cwd()])
    except psutil.Error:
        return ""


VALUES = (-1, 0, 10**30, 0.5, 1e400, "", "x" * 5000, "{x}", [], [[]], {}, {"a": 1}, None, True, "017", "1:30")


def misconfigured(project: Path, number: int, draw: random.Random) -> dict[str, Any]:
    """Break one value of a configuration or of a study, and ask `payoff check`."""
    study = yaml.safe_load((HOME / "workflow/studies/quick.yaml").read_text())
    config = yaml.safe_load((HOME / "config.yaml").read_text())
    told: Counter[str] = Counter()
    seconds = []
    for _ in range(number):
        documents = json.loads(
            json.dumps({"study": study, "config": config | {"study": "broken.yaml", "devices": ["cpu"]}})
        )
        path = break_one(documents, draw)
        (project / "broken.yaml").write_text(yaml.safe_dump(documents["study"], allow_unicode=True))
        (project / "config.yaml").write_text(yaml.safe_dump(documents["config"], allow_unicode=True))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        asked = [sys.executable, "-m", "payoff", "check"]
        variables = os.environ | {"PYTHONPATH": str(project / "src")}
        done = subprocess.run(asked, cwd=project, env=variables, capture_output=True, text=True, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode == 0:
            told["found right"] += 1
        elif "Traceback" in done.stderr or len(done.stderr) > 20_000:
            told["ended in a traceback or a flood"] += 1
            print(path, done.stderr[-500:])
        else:
            told["named on one screen"] += 1
    return {
        "configurations, one value broken": number,
        **dict(sorted(told.items())),
        "CPU seconds of an answer": f"median {median(seconds):.2f}, most {max(seconds):.2f}",
    }


def break_one(document: Any, draw: random.Random, path: str = "") -> str:
    """Replace, rename or remove one entry, anywhere in the document. Returns where."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = draw.choice(keys)
    inner = document[key]
    if isinstance(inner, dict | list) and inner and (not path or draw.random() < 0.7):
        return break_one(inner, draw, f"{path}.{key}")
    match draw.randrange(4 if isinstance(document, dict) else 2):
        case 0 | 1:
            document[key] = draw.choice(VALUES)
        case 2:
            document[f"{key}x"] = document.pop(key)
        case 3:
            del document[key]
    return f"{path}.{key}"


if __name__ == "__main__":
    main(*sys.argv[1:])

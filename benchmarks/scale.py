"""What the harness costs beside what it measures, for studies of 72, 720 and 7,200 runs: a table of CPU seconds.

    python benchmarks/scale.py results/scale.json                        the three sizes; 15 minutes
    python benchmarks/scale.py results/scale.json --runs 72000           one of this size; an hour
    python benchmarks/scale.py results/scale.json --runs 720 --keep DIR  keep the project with its results there

One heat is really measured. The records of all other heats are that heat's, with other times, and the job of a heat
only puts its file in place. All else is the workflow as it is, from the dry run to the page. CPU seconds are user and
system time: other programs do not count, but where they share a core, the same work takes up to a third more.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
import yaml

from payoff.cells import Cell
from payoff.files.home import HOME
from payoff.files.whole import appearing_whole
from payoff.runs.records import Record, read_records, write_records
from payoff.study.configuration import configure
from payoff.study.design import Design

# runs -> numbers of recipes and of hidden sizes; each network is trained in three ways, six times
SHAPES = {72: (1, 4), 720: (4, 10), 7_200: (16, 25), 72_000: (40, 100)}
MODELS = ("numpy_mlp", "torch_mlp", "jax_mlp")
SHARES = dict(zip(MODELS, (4e-3, 2e-3, 1e-3), strict=True))  # how much longer an epoch becomes with each neuron
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# Snakemake's own CPU per heat is counted over a hundred heats, or fewer in a small study, up to this one. During the
# first heats it looks at each job for the first time.
LAST, COUNTED, FEWEST_BEFORE = 304, 100, 4
# figure -> the script whose CPU it counts
PHASES = {
    "gather": "gather_runs",
    "summarise": "summarise",
    "compare": "compare_ways",
    "chapters": "run_notebooks",
    "page": "render_report",
}

# Each process notes its own CPU seconds as it ends. sitecustomize is what Python imports first.
NOTE = """
import atexit, os, resource, sys
def note():
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open(os.environ["CPU_NOTES"], "a") as notes:
        notes.write(f"{used.ru_utime + used.ru_stime}\\t{used.ru_maxrss * 1024}\\t{sys.argv[0]}\\n")
atexit.register(note)
"""
IN_PLACE = """
from pathlib import Path
output = Path(snakemake.output[0])
output.write_bytes(Path("planted", output.name).read_bytes())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--runs", nargs="+", type=int, choices=SHAPES, default=[72, 720, 7_200])
    parser.add_argument("--keep", type=Path, help="where the project and its results stay")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        project = _project((asked.keep or Path(temporary)).resolve() / "project")
        heat, harness_s = _measured_heat(project)
        rows = [{"runs": runs, **_costs(project, runs, heat)} for runs in asked.runs]
    document = {"harness_s_per_run": harness_s, "studies": rows}
    with appearing_whole(asked.target) as written:
        written.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for line in _table(rows):
        print(line)
    print(f"harness per run: {harness_s:.2f} s, besides Snakemake's own")


def _project(project: Path) -> Path:
    """A copy of this checkout, local changes included."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listing, cwd=HOME, text=True).splitlines():
        if (HOME / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, project / name)
    (project / "noting").mkdir(exist_ok=True)
    (project / "noting/sitecustomize.py").write_text(NOTE, encoding="utf-8")
    return project


def _study_in(project: Path, runs: int) -> Path:
    """The working directory of a study of so many runs."""
    recipes, sizes = SHAPES[runs]
    folder = project / f"of-{runs}"
    folder.mkdir()
    names = [f"recipe_{number}" for number in range(1, recipes + 1)]
    common = {"scaling": "unit", "loss": "cross_entropy", "optimizer": "sgd", "batch_size": 32, "epochs": 10}
    hidden_sizes = [int(size) for size in dict.fromkeys(np.geomspace(32, 16_384, sizes).round())]
    grid = {"datasets": ["digits"], "models": list(MODELS), "hidden_sizes": hidden_sizes}
    study = {
        "title": f"{runs} runs",
        "description": "Planted times.",
        "recipes": {name: common | {"learning_rate": number / 100} for number, name in enumerate(names, 1)},
        "targets": {"digits": 0.9},
        "grids": [grid | {"recipe": name} for name in names],
    }
    config = {"study": "planted.yaml", "devices": ["cpu"], "threads": 1, "repetitions": 6, "quiet_wait_s": 0}
    for name, document in (("planted.yaml", study), ("config.yaml", config)):
        (folder / name).write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder


def _design(folder: Path) -> Design:
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return Design(configure(config | {"study": str(folder / config["study"])}, "config.yaml", HOME))


def _measured_heat(project: Path) -> tuple[list[Record], float]:
    """The records of a heat that is really measured, and the CPU seconds of its job per run, workers left out. From
    then on a job puts the planted file of its heat in place."""
    folder = _study_in(project, 72)
    design = _design(folder)
    contest, repetition = design.order[-1]
    heat = design.heat(contest, repetition)
    used = _snakemake(folder, "--cores", "1", heat)
    (project / "scripts/run_heat.py").write_text(IN_PLACE, encoding="utf-8")
    records = read_records(folder / heat)
    (project / "results").mkdir(exist_ok=True)
    shutil.move(folder / "results/datasets", project / "datasets")
    shutil.rmtree(folder)
    return records, used["run_heat"] / len(records)


def _costs(project: Path, runs: int, heat: Sequence[Record]) -> dict[str, float]:
    """The row of a study of so many runs."""
    folder = _study_in(project, runs)
    design = _design(folder)
    shutil.copytree(project / "datasets", folder / "results/datasets")
    _plant(folder, design, heat)
    found = {"heats": len(design.order), "dry_run_s": _snakemake(folder, "--dry-run", "--quiet")["snakemake"]}
    found |= _per_heat(folder, design)
    heats = folder / Path(design.heat(*design.order[0])).parent
    for planted in sorted((folder / "planted").iterdir()):
        (heats / planted.name).write_bytes(planted.read_bytes())
    used = _snakemake(folder, "--cores", "1")
    found["equal_work_s"] = used["check_equal_work"] + used["check_worker"]
    found |= {f"{phase}_s": used[script] for phase, script in PHASES.items()}
    found["records_to_page_s"] = sum(found[f"{phase}_s"] for phase in PHASES)
    found["snakemake_to_page_s"] = used["snakemake"]
    found |= {f"{name}_gb": used[f"{name}_bytes"] / 1e9 for name in ("snakemake", "gather_runs")}
    return found


def _plant(folder: Path, design: Design, heat: Sequence[Record]) -> None:
    """The files of all heats, not yet in their place."""
    draw = np.random.default_rng(0)
    (folder / "planted").mkdir()
    of_model = {record["cell"]["model"]: record for record in heat}
    for minute, (contest, repetition) in enumerate(design.order):
        started_at = (FIRST + timedelta(minutes=minute)).isoformat(timespec="milliseconds")
        records = [
            _planted(of_model[cell.model], cell, repetition, started_at, is_control, design, draw)
            for cell, is_control in design.runs_of(contest)
        ]
        write_records(records, folder / "planted" / Path(design.heat(contest, repetition)).name)


def _planted(
    template: Record,
    cell: Cell,
    repetition: int,
    started_at: str,
    is_control: bool,
    design: Design,
    draw: np.random.Generator,
) -> Record:
    record = deepcopy(template)
    factor = (1 + SHARES[cell.model] * cell.hidden_size) * draw.lognormal(sigma=0.02)
    for turn in record["turns"]:
        turn["epoch_s"] *= factor * draw.lognormal(sigma=0.01)
    for epoch in record["epochs"]:
        epoch["duration_s"] *= factor * draw.lognormal(sigma=0.01)
        epoch["test_accuracy"] = 1 - draw.lognormal(-epoch["epoch"] / 2, 0.1) / 2
    more_s = record["phases_s"]["training"] * (factor - 1)
    record["phases_s"]["training"] += more_s
    settings = design.settings
    return record | {
        "study": settings.study.name,
        "cell": vars(cell),
        "repetition": repetition,
        "seed": settings.seed + repetition,
        "recipe": settings.study.recipes[cell.recipe].to_document(),
        "started_at": started_at,
        "process_s": record["process_s"] + more_s,
        "heat": {"started_at": started_at, "ways": len(MODELS), "is_control": is_control},
    }


def _per_heat(folder: Path, design: Design) -> dict[str, float]:
    """Snakemake's own CPU seconds, to the first heat and for each further one."""
    heats = folder / Path(design.heat(*design.order[0])).parent
    last = min(LAST, len(design.order) - 1)
    earlier = max(last - COUNTED, FEWEST_BEFORE)
    command = [sys.executable, "-m", "snakemake", "-s", "../Snakefile", "--cores", "1", "--until", "run_heat"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=_environment(folder), stdout=log, stderr=subprocess.STDOUT)
    own, done_at = psutil.Process(process.pid), {}
    for wanted in (1, earlier, last):
        while process.poll() is None and (not heats.is_dir() or len(list(heats.iterdir())) < wanted):
            time.sleep(0.02)
        if process.poll() is not None:
            raise SystemExit((folder / "log").read_text())
        times = own.cpu_times()
        done_at[wanted] = len(list(heats.iterdir())), times.user + times.system
    process.terminate()
    process.wait()
    (_, first_s), (before, before_s), (after, after_s) = done_at.values()
    return {"to_first_heat_s": first_s, "snakemake_s_per_heat": (after_s - before_s) / (after - before)}


def _snakemake(folder: Path, *words: str) -> Mapping[str, float]:
    """CPU seconds of each script, of `snakemake` itself, and of the modules that they start; most memory of each."""
    notes = folder / "notes"
    notes.unlink(missing_ok=True)
    command = [sys.executable, "-m", "snakemake", "-s", "../Snakefile", *words]
    done = subprocess.run(command, cwd=folder, env=_environment(folder), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    used: defaultdict[str, float] = defaultdict(float)
    for line in notes.read_text(encoding="utf-8").splitlines():
        seconds, most, program = line.split("\t")
        name = "snakemake" if "snakemake/__main__" in program else Path(program).stem.rpartition(".")[2]
        used[name] += float(seconds)
        used[f"{name}_bytes"] = max(used[f"{name}_bytes"], float(most))
    return used


def _environment(folder: Path) -> dict[str, str]:
    project = folder.parent
    paths = {"PYTHONPATH": f"{project / 'noting'}{os.pathsep}{project / 'src'}", "CPU_NOTES": str(folder / "notes")}
    paths["PAYOFF_LOCKS"] = str(folder)  # it times nothing, so it need not wait for a timed run
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    keeping = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as a user's
    return keeping | paths | {"PATH": own, "OMP_NUM_THREADS": "1"}


def _table(rows: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """One line per figure, one column per study."""
    for name in rows[0]:
        shown = [f"{row[name]:>10,.2f}" if isinstance(row[name], float) else f"{row[name]:>10,}" for row in rows]
        yield f"{name.replace('_', ' '):<24}{''.join(shown)}"


if __name__ == "__main__":
    main()

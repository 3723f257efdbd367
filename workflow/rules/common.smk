# The checked configuration, and what the rules derive from it.

import fcntl
import json
import os
import re
import shlex
import sys
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from payoff.cells import Cell
from payoff.claims.claim import find_claims, questions, read_claims
from payoff.files.code import code_behind
from payoff.study.configuration import configure, read_config
from payoff.files.contracts import ContractError
from payoff.datasets.own import own_files
from payoff.equal_work.pairs import by_device, modules_behind, pairs
from payoff.models.registry import MODELS, MODES
from payoff.beside.published import accelerated
from payoff.study.study import MOST_REPETITIONS, order_of_runs

# What was called, for the provenance. Jobs inherit it, since theirs is Snakemake's own; no parameter, which would make
# a finished report stale.
if workflow.is_main_process:
    program = "snakemake" if Path(sys.argv[0]).name == "__main__.py" else Path(sys.argv[0]).name
    os.environ.update(PAYOFF_COMMAND=shlex.join([program, *sys.argv[1:]]))

# Whether jobs run on other machines than the one that submits them. Snakemake chooses its executor only after this file
# was read. Known here: how many jobs may be under way is limited for other machines, and so are cores for this one;
# a dry run limits its cores as well, but only a profile for other machines has default resources.
limits = workflow.resource_settings
is_called_for_others = limits.nodes is not None and (limits.cores is None or limits.default_resources is not None)
ON_CLUSTER = workflow.remote_exec or is_called_for_others

HOME = Path(workflow.basedir)
CONFIG_FILE = "config.yaml"

# Snakemake's own word for a file that is no mapping in YAML names neither the file nor the line.
try:
    read_config(Path(CONFIG_FILE))
except ContractError as error:
    raise WorkflowError(str(error))


configfile: CONFIG_FILE


try:
    # a job's own process is told what the main process was told, and need not be asked again
    elsewhere = ON_CLUSTER and workflow.is_main_process
    SETTINGS = configure(config, CONFIG_FILE, HOME / "workflow" / "studies", elsewhere)
except ContractError as error:
    raise WorkflowError(str(error))

STUDY = SETTINGS.study
CELLS = STUDY.cells(SETTINGS.devices, SETTINGS.threads)
APPLICABLE = [cell for cell, reason in CELLS.items() if reason is None]

# What computes on a device has it in its path, so that a profile can send it to a machine that has one.
DEVICES = sorted({cell.device for cell in APPLICABLE})
PROBED = next((device for device in DEVICES if device != "cpu"), "cpu")

BUDGETS_S = STUDY.budgets_s(SETTINGS.devices, SETTINGS.threads, SETTINGS.budget_s)

# The user's own data sets that the study names, prepared.
OWN = sorted({f"results/datasets/{cell.dataset}.npz" for cell in CELLS if SETTINGS.datasets[cell.dataset].path})

# What other machines have published of this study, where no accelerator is measured here: file -> its machines.
PUBLISHED_FOLDER = HOME / "report" / "published"
OWN_ACCELERATOR = any(cell.device != "cpu" for cell in APPLICABLE)
try:
    PUBLISHED = {} if OWN_ACCELERATOR else accelerated(PUBLISHED_FOLDER.glob("*.jsonl"), STUDY.name)
except ContractError as error:
    raise WorkflowError(str(error))

# The tables of the studies that the configuration names, and all that are read beside this one.
COMPARED = [os.path.join(folder, "tables") for folder in SETTINGS.compare]
BESIDE = COMPARED + [
    f"results/{STUDY.name}/published/{file}/{machine}/tables"
    for file, machines in PUBLISHED.items()
    for machine in machines
]

# One cell is measured a second time: what that differs by is what this machine cannot tell apart.
CONTROL = STUDY.control_cell(SETTINGS.devices, SETTINGS.threads)

NAME = "{dataset}-{model}-{mode}-{recipe}-{device}-h{hidden_size}-t{threads}-r{repetition}"
RUN = f"results/{{study}}/{{series}}/{NAME}.json"


def run_of(series, cell, repetition):
    """The path of the record of one run, of the study itself (`runs`) or of its control."""
    return RUN.format(study=STUDY.name, series=series, repetition=repetition, **vars(cell))


# Of a study that asks for a precision, all that it could come to; a block then holds a part, in this order.
ORDER = order_of_runs(APPLICABLE, CONTROL, MOST_REPETITIONS if STUDY.until else SETTINGS.repetitions, SETTINGS.seed)
PRIORITIES = {run_of(*entry): len(ORDER) - position for position, entry in enumerate(ORDER)}

PLAN = "results/{study}/blocks/{block}.json"


def plans(before=None):
    """The paths of the plans of further blocks: as far as they are asked for, or up to the one that ends the study.

    None, unless the study asks for a precision. Snakemake comes back here each time that one more plan is made.
    """
    last = (before or MOST_REPETITIONS + 2) if STUDY.until else 0
    for block in range(SETTINGS.repetitions + 1, last):
        path = checkpoints.plan_block.get(study=STUDY.name, block=block).output[0]
        yield path
        if json.loads(Path(path).read_text())["stopped"]:
            return


def measured(series, before=None):
    """The records of a series (`runs` or `control`), or those of the blocks before one."""
    fewest = [run_of(*entry) for entry in ORDER if entry[0] == series and entry[2] <= SETTINGS.repetitions]
    further = [json.loads(Path(path).read_text()) for path in plans(before)]
    return fewest + [run_of(series, Cell(**cell), plan["block"]) for plan in further for cell in plan[series]]


wildcard_constraints:
    study=STUDY.name,
    series="runs|control",
    published="|".join(map(re.escape, PUBLISHED)) or "(?!)",
    machine="[0-9a-f]{12}",
    dataset="|".join(SETTINGS.datasets),
    model="|".join(MODELS),
    mode="|".join(MODES),
    recipe="[a-z][a-z0-9_]*",
    device="[a-z]+",
    hidden_size="[0-9]+",
    threads="[0-9]+",
    repetition="[0-9]+",
    block="[0-9]+",


@cache
def code(*adapters, modules=()):
    """The files that decide what these scripts and notebooks do: themselves, and all of the library behind them.

    Relative to the working directory, so that results stay fresh when the whole folder moves.
    """
    adapters = [HOME / adapter for adapter in adapters]
    return [os.path.relpath(file) for file in [*adapters, *code_behind(*adapters, modules=modules)]]


def tables_beside(*names):
    """These tables of the studies beside this one, and what they are of."""
    return [f"{tables}/{name}" for tables in BESIDE for name in ("about.json", *(f"{own}.parquet" for own in names))]


def table_in_report(name):
    """A table as CSV, which Snakemake's own report carries, too."""
    caption, labels = f"../report/{name}.rst", {"table": name}
    return report(f"results/{{study}}/tables/{name}.csv", caption=caption, category="Tables", labels=labels)


def module_of(wildcards):
    """The module of a run's model in its mode. Raises WorkflowError if it cannot be trained so."""
    model = MODELS[wildcards.model]
    if reason := model.skip(wildcards.device, wildcards.mode, STUDY.recipes[wildcards.recipe]):
        raise WorkflowError(f"{wildcards.model} ({wildcards.mode}) on {wildcards.device}: {reason}")
    return model.modules[wildcards.mode]


# A workflow that was killed leaves Snakemake's lock behind, and the same command would refuse to go
# on. This file lock dies with its holders: everyone shares it, so who gets it alone is the only one here.
# A job on another machine may not meet it, and must not think that it is alone.
def remove_stale_lock():
    global our_lock  # held, by being open, until this process ends
    folder = Path(".snakemake")
    folder.mkdir(exist_ok=True)
    our_lock = (folder / "payoff.lock").open("w")
    # an OSError: another workflow is here, or the file system has no such locks; Snakemake's own lock holds
    with suppress(OSError):
        if not workflow.remote_exec:
            fcntl.flock(our_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for stale in (folder / "locks").glob("*"):
                stale.unlink()
    with suppress(OSError):
        fcntl.flock(our_lock, fcntl.LOCK_SH)


remove_stale_lock()

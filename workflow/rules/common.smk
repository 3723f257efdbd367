# The checked configuration, and what the rules derive from it.

import fcntl
import os
from functools import cache
from pathlib import Path

from payoff.cells import Cell
from payoff.claims.claim import find_claims, questions, read_claims
from payoff.code import code_behind
from payoff.configuration import configure, read_config
from payoff.contracts import ContractError
from payoff.datasets.own import own_files
from payoff.models.registry import MODELS, MODES
from payoff.study import order_of_runs

HOME = Path(workflow.basedir)
CONFIG_FILE = "config.yaml"

# Snakemake's own word for a file that is no mapping in YAML names neither the file nor the line.
try:
    read_config(Path(CONFIG_FILE))
except ContractError as error:
    raise WorkflowError(str(error))


configfile: CONFIG_FILE


try:
    SETTINGS = configure(config, CONFIG_FILE, HOME / "workflow" / "studies")
except ContractError as error:
    raise WorkflowError(str(error))

STUDY = SETTINGS.study
CELLS = STUDY.cells(SETTINGS.devices, SETTINGS.threads)
APPLICABLE = [cell for cell, not_applicable in CELLS.items() if not not_applicable]

BUDGETS_S = STUDY.budgets_s(SETTINGS.devices, SETTINGS.threads, SETTINGS.budget_s)

NAME = "{dataset}-{model}-{mode}-{recipe}-{device}-h{hidden_size}-t{threads}-r{repetition}"
RUN = f"results/{{study}}/runs/{NAME}.json"
RUNS = [
    RUN.format(study=STUDY.name, repetition=repetition, **vars(cell))
    for cell, repetition in order_of_runs(APPLICABLE, SETTINGS.repetitions, SETTINGS.seed)
]
PRIORITIES = {path: len(RUNS) - position for position, path in enumerate(RUNS)}


wildcard_constraints:
    study=STUDY.name,
    dataset="|".join(SETTINGS.datasets),
    model="|".join(MODELS),
    mode="|".join(MODES),
    recipe="[a-z][a-z0-9_]*",
    device="[a-z]+",
    hidden_size="[0-9]+",
    threads="[0-9]+",
    repetition="[0-9]+",


@cache
def code(*adapters, modules=()):
    """The files that decide what these scripts and notebooks do: themselves, and all of the library behind them.

    Relative to the working directory, so that results stay fresh when the whole folder moves.
    """
    adapters = [HOME / adapter for adapter in adapters]
    return [os.path.relpath(file) for file in [*adapters, *code_behind(*adapters, modules=modules)]]


def budget_of(wildcards):
    """Seconds that a run of these wildcards may take."""
    numbers = {name: int(getattr(wildcards, name)) for name in ("hidden_size", "threads")}
    names = {name: getattr(wildcards, name) for name in ("dataset", "model", "mode", "recipe", "device")}
    return BUDGETS_S.get(Cell(**names, **numbers), SETTINGS.budget_s)


def module_of(wildcards):
    """The module of a run's model in its mode. Raises WorkflowError if it cannot be trained so."""
    model = MODELS[wildcards.model]
    if reason := model.skip(wildcards.device, wildcards.mode, STUDY.recipes[wildcards.recipe]):
        raise WorkflowError(f"{wildcards.model} ({wildcards.mode}) on {wildcards.device}: {reason}")
    return model.modules[wildcards.mode]


# A workflow that was killed leaves Snakemake's lock behind, and the same command would refuse to go
# on. This file lock dies with its holders: everyone shares it, so who gets it alone is the only one here.
def remove_stale_lock():
    global our_lock  # held, by being open, until this process ends
    folder = Path(".snakemake")
    folder.mkdir(exist_ok=True)
    our_lock = (folder / "payoff.lock").open("w")
    try:
        fcntl.flock(our_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for stale in (folder / "locks").glob("*"):
            stale.unlink()
    except BlockingIOError:
        pass  # another workflow is here, and Snakemake's lock is its own
    fcntl.flock(our_lock, fcntl.LOCK_SH)


remove_stale_lock()

"""config.yaml and the study it names, read, checked, and turned into what the workflow needs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payoff import recipes
from payoff.beside.about import check_compared
from payoff.datasets.data_root import existing
from payoff.datasets.entries import check_entries, check_paths
from payoff.datasets.own import kind_of, own_spec
from payoff.datasets.registry import DATASETS
from payoff.datasets.spec import DatasetSpec
from payoff.failures import RunFailure
from payoff.files.contracts import ContractError, check, did_you_mean, fault, load_schema
from payoff.files.home import NOTEBOOKS
from payoff.files.yaml_files import read_yaml
from payoff.machine.cgroups import whole_cpus
from payoff.machine.cpus import usable_cpus
from payoff.machine.devices import DEVICES, present_devices
from payoff.machine.visible import gpu_faults
from payoff.models.registry import MODELS, MODES
from payoff.models.shapes import convolution_maps, seen_shape
from payoff.study.study import FEWEST_REPETITIONS, MOST_REPETITIONS, MOST_RUNS, Study

REGISTRIES: dict[str, Iterable[str]] = {
    "models": MODELS,
    "modes": MODES,
    "datasets": DATASETS,
    "devices": DEVICES,
    **recipes.REGISTRIES,
    "chapters": [path.stem for path in NOTEBOOKS.glob("*.ipynb")],  # a notebook is registered by being there
}


@dataclass(frozen=True)
class Settings:
    """A checked configuration; `auto` is resolved, the study is read, built-in and own data sets are together.

    threads: of a run whose grid names no number; cpu_threads: each number with which a way on the CPU is then measured,
    that one first; remarks: on GPUs of this machine that will not be measured.
    """

    study: Study
    devices: tuple[str, ...]
    data_root: str | None
    mirrors: Mapping[str, list[str]]
    datasets: Mapping[str, DatasetSpec]
    threads: int
    cpu_threads: tuple[int, ...]
    repetitions: int
    seed: int
    budget_s: float
    quiet_wait_s: float
    compare: list[str]
    prices: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


# Where the machine that reads the configuration is not the one that measures.
ALLOWED_ELSEWHERE = {
    "devices": "on a cluster a list such as [cpu, cuda], because the machine that submits is not the one that measures",
    "threads": "on a cluster a number, because the machine that submits is not the one that measures",
}


def configure(config: Mapping[str, Any], file: str, studies: Path, elsewhere: bool | None = False) -> Settings:
    """Check `config` (the content of `file`, overrides applied) and the study it names.

    `studies` is the folder in which a study's name is looked up; elsewhere: whether other machines than this one
    measure; None in a job, whose configuration was checked before. Raises ContractError.
    """
    check_paths(config.get("datasets"), file)
    check(dict(config), "config", file, REGISTRIES)
    values = {key: schema["default"] for key, schema in load_schema("config")["properties"].items()} | dict(config)
    if (root := values["data_root"]) is not None and existing(root) is None:
        raise ContractError(fault(file, "data_root", root, "an existing folder, or null"))
    if elsewhere and (unknown := [key for key in ALLOWED_ELSEWHERE if values[key] == "auto"]):
        raise ContractError("\n".join(fault(file, key, "auto", ALLOWED_ELSEWHERE[key]) for key in unknown))
    if elsewhere is False and (values["devices"] == "auto" or "cuda" in values["devices"]):
        values["remarks"] = tuple(f"{file}: devices: {found}" for found in gpu_faults())
    if values["devices"] == "auto":
        values["devices"] = present_devices()
    if elsewhere is False:
        check_threads(values["threads"], file, "threads")
    values["cpu_threads"] = (values["threads"],)
    if values["threads"] == "auto":
        values["threads"] = max(1, whole_cpus(len(usable_cpus())) - 1)  # config.yaml says why
        values["cpu_threads"] = tuple(dict.fromkeys((values["threads"], 1)))
    values["datasets"] = DATASETS | _own_datasets(values["datasets"], file)
    study = read_study(_find_study(values["study"], file, studies), values["datasets"])
    if study.has_blocks and not FEWEST_REPETITIONS <= values["repetitions"] <= MOST_REPETITIONS:
        asks = "until" if study.until else "refine"
        allowed = f"{FEWEST_REPETITIONS} to {MOST_REPETITIONS}, because the study says {asks}: it begins with so many"
        raise ContractError(fault(file, "repetitions", values["repetitions"], allowed))
    runs = study.most_runs(values["devices"], values["cpu_threads"], values["repetitions"])
    if runs > MOST_RUNS:
        raise ContractError(fault(file, "repetitions", values["repetitions"], _fewer_runs(runs)))
    check_compared(values["compare"], study.name, file)
    if elsewhere is False:
        for position, grid in enumerate(study.grids):
            for number in grid.threads or ():
                check_threads(number, f"the study {study.name}", f"grids.{position}.threads")
    _check_convolutions(study, values["datasets"])
    reasons = list(study.cells(values["devices"], values["cpu_threads"]).values())
    if all(reasons):
        allowed = f"a device for at least one model of the study ({reasons[0]})"
        raise ContractError(fault(file, "devices", values["devices"], allowed))
    return Settings(**values | {"study": study, "devices": tuple(values["devices"])})


def read_study(path: Path, datasets: Mapping[str, DatasetSpec] = DATASETS) -> Study:
    """Read and check a study file, which may name these data sets; its name is the file's. Raises ContractError."""
    document = read_yaml(path)
    check(document, "study", str(path), REGISTRIES | {"datasets": datasets})
    for position, grid in enumerate(document["grids"]):
        if (recipe := grid["recipe"]) not in (recipes := document["recipes"]):
            raise ContractError(fault(str(path), f"grids.{position}.recipe", recipe, did_you_mean(recipe, recipes)))
    study = Study.from_document(path.stem, document)
    for key, asked in (("until", study.until), ("refine", study.refine)):
        if asked is not None and not 0 < asked <= 0.5:
            allowed = load_schema("study")["properties"][key]["description"]
            raise ContractError(fault(str(path), key, document[key], allowed))
    if "until_s" in document and not study.has_blocks:
        raise ContractError(fault(str(path), "until_s", study.until_s, "beside until or refine only"))
    for name, recipe in study.recipes.items():
        if mistake := recipe.fault():
            field, found, allowed = mistake
            raise ContractError(fault(str(path), f"recipes.{name}.{field}", found, allowed))
    check_losses(study, datasets, str(path))
    _check_targets(study, datasets, str(path))
    return study


def check_threads(threads: int | str, file: str, key: str) -> None:
    """Raise ContractError for more threads than this machine has for them: they would be measured under a false
    number."""
    usable = whole_cpus(len(usable_cpus()))
    if threads != "auto" and int(threads) > usable:
        raise ContractError(fault(file, key, threads, f"at most {usable}, the cores that may be used here"))


def _fewer_runs(runs: int) -> str:
    return f"at most {MOST_RUNS:,} runs of a study; this one would come to {runs:,}"


def _check_convolutions(study: Study, datasets: Mapping[str, DatasetSpec]) -> None:
    """Raise ContractError if the convolutions of a recipe leave nothing of the images of a data set whose size is
    known."""
    for grid in study.grids:
        recipe = study.recipes[grid.recipe]
        if not any(MODELS[model].architecture == "cnn" for model in grid.models):
            continue
        for name in grid.datasets:
            if shape := datasets[name].shape:
                try:
                    convolution_maps(recipe, seen_shape(recipe, shape))
                except RunFailure as failure:
                    key = f"recipes.{grid.recipe}.convolutions"
                    found = [layer.kernel for layer in recipe.convolutions]
                    allowed = f"kernels that leave something of each image of {name} ({failure.detail})"
                    raise ContractError(fault(f"the study {study.name}", key, found, allowed)) from None


def check_losses(study: Study, datasets: Mapping[str, DatasetSpec], file: str) -> None:
    """Raise ContractError, which names `file`, if numbers are to be predicted with a loss for classes."""
    for grid in study.grids:
        numbers = [name for name in grid.datasets if datasets[name].classes == ()]
        if numbers and (loss := study.recipes[grid.recipe].loss) == "cross_entropy":
            allowed = f"squared_error, because the labels of {numbers[0]} are numbers"
            raise ContractError(fault(file, f"recipes.{grid.recipe}.loss", loss, allowed))


def _check_targets(study: Study, datasets: Mapping[str, DatasetSpec], file: str) -> None:
    """Raise ContractError if a target can never be reached: no network is asked for the classes of its data set."""
    trained = {name for grid in study.grids for name in grid.datasets}
    for name in study.targets:
        if name not in trained:
            raise ContractError(fault(file, "targets", name, f"data sets of a grid: {did_you_mean(name, trained)}"))
        if datasets[name].classes == ():
            raise ContractError(
                fault(file, f"targets.{name}", study.targets[name], "no target: its labels are numbers")
            )


def read_config(path: Path) -> dict[str, Any]:
    """Read the configuration file. Raises ContractError if it is no YAML, or no mapping."""
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise ContractError(fault(str(path), "(top level)", document, "keys with values"))
    return document


def _own_datasets(entries: Mapping[str, Mapping[str, Any]], file: str) -> dict[str, DatasetSpec]:
    """The user's own data sets, from entries that fulfil the schema. What is in their files is not looked at."""
    check_entries(entries, file)
    specs = {}
    for name, entry in entries.items():
        if name in DATASETS:
            raise ContractError(fault(file, "datasets", name, "a name that no built-in data set has"))
        fields = load_schema("config")["$defs"][kind_of(entry["path"])]["properties"]
        defaults = {key: schema["default"] for key, schema in fields.items() if "default" in schema}
        specs[name] = own_spec(name, defaults | dict(entry))
    return specs


def _find_study(name: str, file: str, studies: Path) -> Path:
    known = {path.stem: path for path in studies.glob("*.yaml")}
    path = Path(name) if name.endswith((".yaml", ".yml")) else known.get(name)
    if path is None or not path.is_file():
        allowed = f"{did_you_mean(name, known)}, or a path to an existing *.yaml"
        raise ContractError(fault(file, "study", name, allowed))
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", path.stem):
        raise ContractError(fault(file, "study", name, "a file name of letters, digits and _ (it names the results)"))
    return path

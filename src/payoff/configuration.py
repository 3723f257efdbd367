"""config.yaml and the study it names, read, checked, and turned into what the workflow needs."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from payoff.contracts import ContractError, check, did_you_mean, fault, load_schema
from payoff.datasets.registry import DATASETS
from payoff.devices import DEVICES, present_devices
from payoff.models.registry import MODELS
from payoff.recipes import LOSSES, OPTIMIZERS, SCALINGS
from payoff.study import Study

REGISTRIES = {
    "models": MODELS,
    "datasets": DATASETS,
    "devices": DEVICES,
    "scalings": SCALINGS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
}


@dataclass(frozen=True)
class Settings:
    """A checked configuration; `auto` is resolved, the study is read."""

    study: Study
    devices: tuple[str, ...]
    data_root: str | None
    mirrors: Mapping[str, list[str]]
    threads: int
    repetitions: int
    seed: int
    budget_s: float


def configure(config: Mapping[str, Any], file: str, studies: Path) -> Settings:
    """Check `config` (the content of `file`, overrides applied) and the study it names.

    `studies` is the folder in which a study's name is looked up. Raises ContractError.
    """
    check(dict(config), "config", file, REGISTRIES)
    values = {key: schema["default"] for key, schema in load_schema("config")["properties"].items()} | dict(config)
    if (root := values["data_root"]) is not None and not Path(root).is_dir():
        raise ContractError(fault(file, "data_root", root, "an existing folder, or null"))
    if values["devices"] == "auto":
        values["devices"] = present_devices()
    if values["threads"] == "auto":
        values["threads"] = max(1, usable_cpus() - 1)  # config.yaml says why
    study = read_study(_find_study(values["study"], file, studies))
    not_applicable = list(study.cells(values["devices"], values["threads"]).values())
    if all(not_applicable):
        allowed = f"a device for at least one model of the study ({not_applicable[0]})"
        raise ContractError(fault(file, "devices", values["devices"], allowed))
    return Settings(**values | {"study": study, "devices": tuple(values["devices"])})


def read_study(path: Path) -> Study:
    """Read and check a study file; its name is the file's. Raises ContractError."""
    document = read_yaml(path)
    check(document, "study", str(path), REGISTRIES)
    for position, grid in enumerate(document["grids"]):
        if (recipe := grid["recipe"]) not in (recipes := document["recipes"]):
            raise ContractError(fault(str(path), f"grids.{position}.recipe", recipe, did_you_mean(recipe, recipes)))
    return Study.from_document(path.stem, document)


def read_yaml(path: Path) -> Any:
    """Read a YAML file. Raises ContractError that names the file, and the line of a mistake."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


def read_config(path: Path) -> dict[str, Any]:
    """Read the configuration file. Raises ContractError if it is no YAML, or no mapping."""
    document = read_yaml(path)
    if not isinstance(document, dict):
        raise ContractError(fault(str(path), "(top level)", document, "keys with values"))
    return document


def usable_cpus() -> int:
    """Cores this process may run on, which a batch system may have limited."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _find_study(name: str, file: str, studies: Path) -> Path:
    known = {path.stem: path for path in studies.glob("*.yaml")}
    path = Path(name) if name.endswith((".yaml", ".yml")) else known.get(name)
    if path is None or not path.is_file():
        allowed = f"{did_you_mean(name, known)}, or a path to an existing *.yaml"
        raise ContractError(fault(file, "study", name, allowed))
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", path.stem):
        raise ContractError(fault(file, "study", name, "a file name of letters, digits and _ (it names the results)"))
    return path


class _Loader(yaml.SafeLoader):
    """YAML forbids a key twice in one mapping; PyYAML would silently keep the last."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is no text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)

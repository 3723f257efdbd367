"""`payoff race`: one heat without the workflow, an answer in under a minute."""

import argparse
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from payoff.errors import UserError

if TYPE_CHECKING:
    from payoff.datasets.spec import DatasetSpec
    from payoff.study.configuration import Settings

DESCRIPTION = """\
Train one network in several ways, let them take turns, and say which is faster here and now. The workflow measures many
such heats of each network; this is one, so its answer is provisional."""
CONFIG = Path("config.yaml")


def add_to(commands: argparse._SubParsersAction) -> None:
    from payoff.machine.devices import DEVICES
    from payoff.models.registry import MODELS, MODES

    command = commands.add_parser("race", help="which way is faster, in under a minute?", description=DESCRIPTION)
    command.add_argument("--dataset", required=True, help="its name in a study")
    command.add_argument("--hidden", type=int, required=True, help="the hidden size", metavar="H")
    command.add_argument("--study", help="a name or a file; its recipes can be chosen; default: that of config.yaml")
    command.add_argument("--recipe", help="default: the study's first one")
    command.add_argument(
        "--models", nargs="+", default=["numpy_mlp", "torch_mlp", "jax_mlp"], choices=MODELS, metavar="MODEL"
    )
    command.add_argument("--modes", nargs="+", help="default: each model's", choices=MODES, metavar="MODE")
    command.add_argument("--devices", nargs="+", choices=DEVICES, help="default: all that are here", metavar="DEVICE")
    command.add_argument("--threads", nargs="+", type=int, help="default: as config.yaml says", metavar="N")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.page.words.race import told
    from payoff.runs.heat import Run, measure_heat
    from payoff.study.design import Design

    settings = _settings(asked)
    for remark in settings.remarks:
        print(remark)
    design = Design(settings)
    if len(design.contests) != 1:
        reasons = dict.fromkeys(reason for reason in design.cells.values() if reason)
        found = ", ".join(contest.architecture for contest in design.contests) or "; ".join(reasons)
        raise UserError(f"--models: found {found}; allowed: models of one architecture that can be trained here")
    ((contest, cells),) = design.contests.items()
    with tempfile.TemporaryDirectory() as folder:
        dataset = _prepared(asked.dataset, settings.datasets[asked.dataset], Path(folder))
        for cell, reason in design.cells.items():
            if reason:
                print(f"Without {cell}: {reason}.")
        print(f"Training the {contest}, in {len(cells)} ways, which then take turns …", flush=True)
        runs = [
            Run(
                study=settings.study.name,
                cell=cell,
                repetition=1,
                seed=settings.seed + 1,
                module=design.module(cell),
                recipe=settings.study.recipes[cell.recipe],
                dataset=dataset,
                budget_s=design.budget_s(cell),
                gpus=design.gpus(cell),
            )
            for cell in cells
        ]
        records = measure_heat(runs, Path(folder) / "logs", quiet_wait_s=settings.quiet_wait_s)
    print("\n".join(told(records)))
    return 0


def _settings(asked: argparse.Namespace) -> "Settings":
    """The configuration, with a study that has only what is asked for."""
    from payoff.files.home import HOME
    from payoff.study.configuration import check_losses, check_threads, configure, read_config
    from payoff.study.study import Grid

    config = read_config(CONFIG) if CONFIG.exists() else {}
    given = {"study": asked.study, "devices": asked.devices}
    config |= {key: value for key, value in given.items() if value is not None} | {"compare": []}
    settings = configure(config, str(CONFIG), HOME / "workflow" / "studies")
    recipe = asked.recipe or next(iter(settings.study.recipes))
    _one_of("--dataset", asked.dataset, settings.datasets)
    _one_of("--recipe", recipe, settings.study.recipes)
    for option, numbers in (("--hidden", [asked.hidden]), ("--threads", asked.threads or [])):
        if wrong := [number for number in numbers if number < 1]:
            raise UserError(f"{option}: found {wrong[0]}; allowed: 1 or more")
    for threads in asked.threads or []:
        check_threads(threads, "payoff race", "--threads")
    grid = Grid(
        datasets=(asked.dataset,),
        models=tuple(dict.fromkeys(asked.models)),
        recipe=recipe,
        hidden_sizes=(asked.hidden,),
        modes=tuple(dict.fromkeys(asked.modes)) if asked.modes else None,
        threads=tuple(dict.fromkeys(asked.threads)) if asked.threads else None,
    )
    study = replace(settings.study, grids=(grid,))
    check_losses(study, settings.datasets, "--recipe")
    return replace(settings, study=study)


def _one_of(option: str, value: str, allowed: Iterable[str]) -> None:
    from payoff.files.contracts import did_you_mean

    if value not in allowed:
        raise UserError(f"{option}: found {value}; allowed: {did_you_mean(value, allowed)}")


def _prepared(name: str, spec: "DatasetSpec", folder: Path) -> Path:
    """The prepared data set: the workflow's, or one made in `folder` if nothing has to be downloaded."""
    from payoff.datasets.prepare import prepare_dataset
    from payoff.study.paths import DATASET

    path = Path(DATASET.format(dataset=name))
    if path.exists():
        return path
    if spec.torchvision:
        raise UserError(f"{path}: not there; snakemake makes it: snakemake --cores 1 {path}")
    prepare_dataset(spec, None, folder, folder / path.name)
    return folder / path.name

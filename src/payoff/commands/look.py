"""`payoff look`: what is in a data set, before anything is trained on it?"""

import argparse
import json
import tempfile
from pathlib import Path

from payoff.errors import UserError

DESCRIPTION = """\
Read a data set as a study would, and say what is in it: how many examples of each class, on which scales, and what is
suspect: columns that never change or count the examples, numbers such as -999 that mean nothing, examples that are
there twice. Nothing is trained, nothing downloaded."""


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("look", help="what is in a data set?", description=DESCRIPTION)
    command.add_argument("dataset", help="its name in a study: your own from config.yaml, or a built-in one")
    command.add_argument("--config", type=Path, default=Path("config.yaml"), help="another file than config.yaml")
    command.add_argument("--data-root", help="a folder with MNIST, CIFAR-10, …; default: that of the configuration")
    command.add_argument("--json", action="store_true", help="all of it as data")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.datasets.look import look_at
    from payoff.datasets.splits import load
    from payoff.files.contracts import did_you_mean
    from payoff.files.home import HOME
    from payoff.page.words.look import lines
    from payoff.study.configuration import configure, read_config

    config = read_config(asked.config) if asked.config.exists() else {}
    config = {key: config[key] for key in ("datasets", "data_root") if key in config}
    config |= {"data_root": asked.data_root} if asked.data_root else {}
    settings = configure(config, str(asked.config), HOME / "workflow" / "studies")
    if asked.dataset not in settings.datasets:
        allowed = did_you_mean(asked.dataset, settings.datasets)
        raise UserError(f"{asked.config}: datasets: found no {asked.dataset!r}; allowed: {allowed}")
    spec = settings.datasets[asked.dataset]
    with tempfile.TemporaryDirectory() as folder:
        look = look_at(load(_prepared(asked.dataset, spec, settings.data_root, Path(folder))))
    if asked.json:
        print(json.dumps(look.document(), ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines(spec.title, look, spec.unit)))
    return 0


def _prepared(name: str, spec, data_root: str | None, folder: Path) -> Path:
    """The data set, prepared anew; one that has to be downloaded only with a data root, else the workflow's."""
    from payoff.datasets.download import download_dataset
    from payoff.datasets.prepare import prepare_dataset
    from payoff.study.paths import DATASET

    manifest = None
    if spec.torchvision and data_root is None:
        path = Path(DATASET.format(dataset=name))
        if not path.exists():
            make = f"snakemake --cores 1 {path}"
            raise UserError(f"{path}: not there; allowed: --data-root FOLDER, or first the download: {make}")
        return path
    if spec.torchvision:
        manifest = folder / "raw" / "manifest.json"
        download_dataset(spec.torchvision, folder / "raw", manifest, data_root=data_root)
    prepare_dataset(spec, manifest, folder / "raw", folder / f"{name}.npz", say=False)
    return folder / f"{name}.npz"

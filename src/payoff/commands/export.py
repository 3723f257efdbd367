"""`payoff export`: a trained network for other programs."""

import argparse
from pathlib import Path

DESCRIPTION = "A trained network in a format that other programs read: ONNX, HDF5, or a folder of .npy files."


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("export", help="a trained network for other programs", description=DESCRIPTION)
    command.add_argument("network", type=Path, help="a .safetensors file that the rule train_network made")
    command.add_argument("target", type=Path, help="a name that ends in .onnx or .h5, or a folder for .npy files")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.trained.export import export
    from payoff.trained.file import load

    export(load(asked.network), asked.target)
    return 0

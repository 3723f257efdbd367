"""`payoff further`: more epochs for a trained network."""

import argparse
from pathlib import Path

DESCRIPTION = """\
Go on training a trained network, by its own recipe, for more epochs. On as many threads as the network was trained
with (OMP_NUM_THREADS), the weights are those that as many epochs in one go give."""


def add_to(commands: argparse._SubParsersAction) -> None:
    from payoff.machine.devices import DEVICES

    command = commands.add_parser(
        "further",
        help="more epochs for a trained network",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("network", type=Path, help="a .safetensors file that the rule train_network made")
    command.add_argument("dataset", type=Path, help="what it was trained on: results/datasets/<name>.npz")
    command.add_argument("target", type=Path, help="the .safetensors file to write")
    command.add_argument("--epochs", type=int, required=True, help="in all, those that are done included")
    command.add_argument("--device", choices=DEVICES, default="cpu")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.trained.further import train_further

    train_further(asked.network, asked.dataset, asked.target, asked.epochs, asked.device)
    return 0

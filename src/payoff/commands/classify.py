"""`payoff classify`: one's own images, by a trained network."""

import argparse
import json
import sys
from pathlib import Path

DESCRIPTION = """\
One line per image: the file, the class, its probability, and the three likeliest. A network that was trained on
squared errors has no probabilities; its outputs stand there instead."""


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "classify",
        help="what is in my own images?",
        description=DESCRIPTION,
        epilog="exit status 1: a file could not be read; the others are classified all the same",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("network", type=Path, help="a .safetensors file that the rule train_network made")
    command.add_argument("images", type=Path, nargs="+", metavar="image", help="an image file of any size")
    command.add_argument("--invert", action="store_true", help="for dark ink on white paper: MNIST is white on black")
    command.add_argument("--json", action="store_true", help="one JSON list instead of lines")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.errors import UserError
    from payoff.trained.classify import classify
    from payoff.trained.file import load

    classified, status = [], 0
    for result in classify(load(asked.network), asked.images, invert=asked.invert):
        if isinstance(result, UserError):
            print(result, file=sys.stderr)
            status = 1
        elif asked.json:
            classified.append(result.document())
        else:
            print(result.line())
    if asked.json:
        print(json.dumps(classified, ensure_ascii=False, indent=1))
    return status

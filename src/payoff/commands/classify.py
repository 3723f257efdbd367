"""`payoff classify`: one's own images, by a trained network."""

import argparse
import json
import sys
from pathlib import Path

DESCRIPTION = """\
One line per image: the file, the class, its probability, and the three likeliest. A network that was trained on
squared errors has no probabilities; its outputs stand there instead.

If the network was trained on drawings (such as digits), the drawing in a picture is found, dark on light or light on
dark, on any plain paper, and scaled and centred as the training images are. Other images are only resized."""


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
    command.add_argument(
        "--invert",
        action="store_true",
        help="black and white are the other way round than in the training images (found out for drawings)",
    )
    command.add_argument("--as-is", action="store_true", help="look for no drawing, only resize each image")
    command.add_argument(
        "--show",
        action=argparse.BooleanOptionalAction,
        help="draw below each line what the network saw; without either, only on a terminal",
    )
    command.add_argument("--seen", type=Path, metavar="FILE", help="write what the network saw as one image file")
    command.add_argument("--json", action="store_true", help="one JSON list instead of lines")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.datasets.image_files import write_pixels
    from payoff.errors import UserError
    from payoff.trained.classify import classify
    from payoff.trained.file import load
    from payoff.trained.seen import in_letters, sheet

    show = sys.stdout.isatty() if asked.show is None else asked.show
    classified, seen, status = [], [], 0
    for result in classify(load(asked.network), asked.images, invert=asked.invert, as_is=asked.as_is):
        if isinstance(result, UserError):
            print(result, file=sys.stderr)
            status = 1
            continue
        if result.seen is not None:
            seen.append(result.seen)
        if asked.json:
            classified.append(result.document())
            continue
        print(result.line())
        if show and result.seen is not None:
            print(in_letters(result.seen))
    if asked.json:
        print(json.dumps(classified, ensure_ascii=False, indent=1))
    if asked.seen and seen:
        write_pixels(sheet(seen), asked.seen)
    return status

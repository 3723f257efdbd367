"""`payoff predict`: how long a run would take here, and in which way it would be the quickest."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from payoff.errors import UserError

if TYPE_CHECKING:
    from payoff.comparisons.run_times import Curves

DESCRIPTION = """\
How long a run of a network takes in each way, from the start of the program to its end, evaluation left out, and from
how many epochs on which way is clearly the quickest. It comes from the runs of a study on this machine; between two
measured hidden sizes it is interpolated, and beyond them told up to a factor of two. The page's calculator says the
same."""


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("predict", help="how long would a run of my network take?", description=DESCRIPTION)
    command.add_argument("results", type=Path, help="the results folder of a study, such as results/quick")
    command.add_argument("--hidden", type=_whole, required=True, help="the hidden size", metavar="H")
    command.add_argument("--epochs", type=_whole, required=True, help="how many the run has", metavar="E")
    command.add_argument("--network", help="part of its name, where the study has several: 'MLP on Digits'")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.answer.files import read_answer
    from payoff.comparisons.run_times import curves_of
    from payoff.page.words.whole_runs import name_of

    costs = read_answer(asked.results / "answer").costs
    networks = {name_of(network): curves for network, curves in curves_of(costs).items()}
    chosen = {name: curves for name, curves in networks.items() if (asked.network or "").lower() in name.lower()}
    if not chosen:
        raise UserError(f"--network: found {asked.network!r}; allowed: a part of {', '.join(networks) or 'no network'}")
    reached = {name: curves for name, curves in chosen.items() if _reached(curves, asked.hidden)}
    if not reached:
        allowed = "; ".join(f"{name}: {_allowed(curves)}" for name, curves in chosen.items())
        raise UserError(f"--hidden: found {asked.hidden}; allowed: {allowed}")
    print("\n\n".join("\n".join(_told(name, curves, asked)) for name, curves in reached.items()))
    return 0


def _told(name: str, curves: "Curves", asked: argparse.Namespace) -> Iterator[str]:
    from payoff.comparisons.run_times import changes
    from payoff.page.words.whole_runs import choice_rows, told_changes, told_size

    epochs = f"{asked.epochs:,} epoch{'' if asked.epochs == 1 else 's'}"
    yield f"{name}, H = {asked.hidden:,}, {epochs}:"
    rows = choice_rows(curves, asked.hidden, asked.epochs)
    widths = [max(map(len, texts)) for texts in zip(*rows, strict=True)]
    for texts in rows:
        yield "  " + "   ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True)).rstrip()
    told = told_size(curves, asked.hidden) + (told_changes(changes(curves, asked.hidden)) if len(curves) > 1 else "")
    if told:
        yield told.strip()


def _reached(curves: "Curves", size: int) -> bool:
    return any(curve.reaches(size) for curve in curves.values())


def _allowed(curves: "Curves") -> str:
    """The hidden sizes for which a time can be told."""
    spans = [curve.span for curve in curves.values()]
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"found {text!r}; allowed: a whole number from 1 to 1,000,000,000")
    return int(text)

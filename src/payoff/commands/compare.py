"""`payoff compare`: is one study slower than another?"""

import argparse
import math

# Two quiet sittings of one study have differed by up to 9 %: docs/decisions/regression.md.
FACTOR = 1.1

DESCRIPTION = """\
Is B slower than A? A and B are results folders of studies, such as results/quick: of two commits, two versions of
torch, or two machines. Cells that both have are compared by the time of an epoch. The studies are compared as wholes,
and each way to train: slower if more networks take longer in B than chance allows (one-sided sign test) and the median
network more than FACTOR times as long. A cell is slower if its runs in B stand above those in A by a one-sided
Mann-Whitney test, corrected for all cells, and its median is more than FACTOR times as long. Recipes count as the same
if they state the same, whatever their names. No test knows that the machine itself was slower on the day of B: compare
two sittings of A first."""

STATUSES = """\
exit status:
  0  B is not slower, neither as a whole nor in a way nor at a cell, and no cell fails that has a time in A
  1  B is slower as a whole, in a way or at a cell, or a cell fails there though it has a time in A
  2  it could not be judged: wrong arguments, results that cannot be read, no cell with times in both, or so few
     runs that not even the clearest slowdown could be told from chance
"""


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "compare",
        help="is one study slower than another?",
        description=DESCRIPTION,
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("a", metavar="A", help="the results folder to compare with")
    command.add_argument("b", metavar="B", help="the results folder that may be slower")
    command.add_argument(
        "--factor",
        type=_factor,
        default=FACTOR,
        help="slower is more than so many times as long; at least 1 (default: %(default)s, as even on a quiet "
        "machine two sittings have differed by 9 %%; take more on a machine that others use)",
    )
    command.add_argument(
        "--every-cell", action="store_true", help="show all cells, however many there are (default: the first 20)"
    )
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.regression.verdicts import compare  # pandas and scipy: a second that --help need not wait for
    from payoff.regression.words import told

    found = compare(asked.a, asked.b, asked.factor)
    print(told(found, asked.every_cell))
    if found.found:
        return 1
    return 0 if found.could_find else 2


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 1 <= factor < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}; allowed: a number, at least 1")
    return factor

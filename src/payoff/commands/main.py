"""`payoff COMMAND`, or `python -m payoff COMMAND`."""

import argparse
import io
import os
import sys
import traceback
from importlib.metadata import version

from payoff.commands import answer, check, classify, compare, export, further, look, predict, race
from payoff.errors import UserError
from payoff.failures import RunFailure

DESCRIPTION = """\
What a study has found, and what its trained networks can do. Studies are measured by snakemake, or `make study`; a
first answer about one network is measured by `payoff race`."""

COULD_NOT = 2  # what was asked for; as argparse ends after wrong arguments


def main(words: list[str] | None = None) -> int:
    """The exit status; a message for the user goes to stderr. words: those of the command line, if not given."""
    parser = argparse.ArgumentParser(prog="payoff", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"payoff {version('payoff')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in (check, look, answer, predict, race, compare, classify, further, export):
        module.add_to(commands)
    asked = parser.parse_args(words)
    if "run" not in asked:
        parser.print_help()
        return 0
    if isinstance(sys.stdout, io.TextIOWrapper):  # a title may hold what the console's encoding has not
        sys.stdout.reconfigure(errors="replace")
    try:
        status = asked.run(asked)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `payoff answer … | head` wants no more; what `compare` found is not known any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains as it ends
    except (UserError, RunFailure) as error:
        print(error, file=sys.stderr)
    except Exception:  # Python's own status of a fault is 1, by which `compare` says that B is slower
        traceback.print_exc()
    return COULD_NOT

"""`payoff answer`: what a study has found, in sentences or as data."""

import argparse
import textwrap
from pathlib import Path

WIDTH = 110  # characters of a line


def add_to(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser(
        "answer",
        help="what has a study found?",
        description="What the study has found: whether a framework or a GPU pays off, as its report says it.",
    )
    command.add_argument("results", type=Path, help="the results folder of a study, such as results/quick")
    command.add_argument("--json", action="store_true", help="all of it as data: the study's answer/answer.json")
    command.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    from payoff.answer.files import FILE, read_answer  # pandas: a second that --help need not wait for
    from payoff.page.words.answer import tell

    answer = read_answer(asked.results / "answer")
    if asked.json:
        print((asked.results / "answer" / FILE).read_text(encoding="utf-8"), end="")
        return 0
    told = tell(answer)
    print("\n\n".join([answer.title, *map(_wrapped, [f"{told.finding}.", *told.lead, *told.others])]))
    for heading, sentences in told.topics.items():
        print("\n".join(["", heading, *(_wrapped(sentence, "  ") for sentence in sentences)]))
    return 0


def _wrapped(sentence: str, indent: str = "") -> str:
    return textwrap.fill(
        sentence, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )

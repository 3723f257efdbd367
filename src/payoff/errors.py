"""Errors whose message says all a user needs."""

import unicodedata
from collections.abc import Iterable

# A message fits on one screen, however much is wrong.
MOST_LINES = 30
MOST_LETTERS = 500  # in a line
MOST_NAMES = 8

HIDDEN = ("Cc", "Cs", "Zl", "Zp")  # categories of Unicode: control characters, surrogates, ends of lines and paragraphs
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # marks of direction with an effect beyond a word


class UserError(Exception):
    """Something outside the program is wrong; the message names it and what to do. No traceback is shown."""

    def __init__(self, message: str) -> None:
        super().__init__(_on_one_screen(message))


def few(names: Iterable[str], most: int = MOST_NAMES) -> str:
    """a, b, c, or of many: a, b, c and 2,997 more."""
    names = list(names)
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def printable(text: str) -> str:
    """Without control characters, with which a server or a file name could steer a terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else repr(letter)[1:-1] for letter in text)


def hidden_in(text: str) -> str | None:
    """What in this text is no letter that a page can show, such as U+001B: a control character, half a letter (a byte
    that is no UTF-8), or a mark that turns the direction of what follows. None: nothing."""
    unfit = (letter for letter in text if unicodedata.category(letter) in HIDDEN or letter in TURNING)
    return next((f"U+{ord(letter):04X}" for letter in unfit), None)


def _on_one_screen(message: str) -> str:
    lines = printable(message).split("\n")
    shown = [_shortened(line) for line in lines[:MOST_LINES]]
    more = [f"… and {len(lines) - MOST_LINES:,} lines more"] if len(lines) > MOST_LINES else []
    return "\n".join(shown + more)


def _shortened(line: str) -> str:
    """Without the middle if the line is too long: the file stands at its beginning, what is allowed at its end."""
    half = MOST_LETTERS // 2
    return line if len(line) <= MOST_LETTERS else f"{line[:half]} … {line[-half:]}"

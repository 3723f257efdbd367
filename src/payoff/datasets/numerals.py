"""Numbers as people and spreadsheets write them: with a decimal point or comma, and marks between thousands."""

import math
import re

# mark of decimals -> (mark between thousands, the number with such marks)
THOUSANDS = {
    "point": (",", re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")),
    "comma": (".", re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?")),
}
MARKS = {"point": ".", "comma": ","}
BETWEEN_THOUSANDS = re.compile(r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(?!\d))")
EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")  # 1.234 or 1,234: a thousand and more, or one and a part


def number(text: str, decimal: str = "point") -> float | None:
    """The finite number that `text` is, or None. decimal: point or comma."""
    text = text.strip().replace("\u2212", "-")
    if "_" in text:  # Python would skip it
        return None
    if not text.isascii() or " " in text or "'" in text:
        text = BETWEEN_THOUSANDS.sub("", text)
    between, pattern = THOUSANDS[decimal]
    if between in text:
        if not pattern.fullmatch(text):
            return None
        text = text.replace(between, "")
    try:
        value = float(text.replace(MARKS[decimal], "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None

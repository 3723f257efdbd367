"""What the comparison of two studies found, as plain text for a console."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from payoff.cells import FOR_READERS, WAY
from payoff.models.registry import MODELS
from payoff.regression import together
from payoff.regression.judging import Verdict
from payoff.regression.together import Together
from payoff.regression.verdicts import ALPHA, Regression, repetitions_needed
from payoff.statistics.differences import holm, least_p_of_greater
from payoff.tables.columns import column
from payoff.tables.formats import count, p_value, significant
from payoff.tables.runs import is_contended

SIDES = ("A", "B")

# The columns of FOR_READERS that name a cell even if all cells agree in them.
ALWAYS = {"model", "hidden_size"}

# Cells with a time in both studies, or a failure in one, have a row in the table; the others are in lists below it.
LISTED = [Verdict.ONLY_A, Verdict.ONLY_B, Verdict.NO_TIME]
IN_TABLE = [verdict for verdict in Verdict if verdict not in LISTED]
MOST_ROWS = 20  # of the table of cells, unless all are asked for
MOST_LISTED = 12  # cells in each list
MOST_NAMED = 3  # cells that a sentence names

WIDTH = 110  # characters per line of sentences
SOFTWARE = ["python", "numpy", "torch", "jax", "blas", "os"]


def told(found: Regression, every_cell: bool = False) -> str:
    """The whole answer, with the verdict in the last paragraph. No line is wider than WIDTH, unless names are long.

    every_cell: show all cells, however many there are.
    """
    rows = len(found.cells) if every_cell else MOST_ROWS
    blocks = [
        _studies(found),
        *_together(found),
        _table(found, rows),
        *_lists(found),
        *_remarks(found),
        _verdict(found),
    ]
    return "\n\n".join(blocks)


def _studies(found: Regression) -> str:
    lines = []
    for side, folder, about, runs in zip(SIDES, found.folders, found.abouts, found.runs, strict=True):
        day = (about["first_start"] or "never")[:10]
        lines += [f"{side}: {folder}", f"   {_plain(about['title'])}, measured {day} on {_machines(runs)}"]
    a, b = found.runs
    software = [
        f"{name} {old} in A, {new} in B" for name in SOFTWARE for old, new in _differing(a, b, f"machine_{name}")
    ]
    lines.append(f"Software: {'; '.join(software) or 'the same in both'}")
    if any(_differing(a, b, "machine_host")):
        lines.append("CAUTION: A and B were measured on different machines, so this compares machines.")
    return "\n".join(lines)


def _machines(runs: pd.DataFrame) -> str:
    facts = runs[["machine_cpu", "machine_logical_cores", "machine_memory_bytes", "machine_gpus"]].fillna("")
    return "; ".join(
        f"{_plain(cpu)}, {count(cores)} cores, {memory / 2**30:.0f} GiB, {_plain(gpus) or 'no GPU'}"
        for cpu, cores, memory, gpus in facts.drop_duplicates().itertuples(index=False)
    )


def _differing(a: pd.DataFrame, b: pd.DataFrame, fact: str) -> Iterator[tuple[str, str]]:
    """The values of a column of the runs in A and in B, if they differ. An earlier version may not have the column."""
    values = [runs[fact].dropna().astype(str).unique() if fact in runs else () for runs in (a, b)]
    old, new = (", ".join(sorted(of_runs)) or "unknown" for of_runs in values)
    if old != new:
        yield _plain(old), _plain(new)


def _together(found: Regression) -> Iterator[str]:
    """The whole and each way, unless there is but one network, or but one cell of each."""
    if not found.together or found.together[0].ratio.n == 1:
        return
    named_by = [name for name in _told_apart(found.compared) if name in WAY]
    heads = [*(column(name).label for name in named_by), "networks", "B / A", "p", "verdict"]
    rows = [[*_way(one, named_by), count(one.ratio.n), *_ratio_and_p(one), _of_networks(one)] for one in found.together]
    notes = [
        "B / A: the median over networks, [its 95 % interval]. p: how often chance alone puts so many networks on one",
        f"side of 1, one-sided (sign test), corrected for {len(rows)} rows (Holm); slower: p < {together.ALPHA:g}.",
    ]
    yield "\n".join(["All networks together:", *_aligned([heads, *rows]), *notes])


def _way(one: Together, named_by: Sequence[str]) -> list[str]:
    if one.way is None:
        return ["all", *["–"] * (len(named_by) - 1)]
    return [_value(name, one.way[name]) for name in named_by]


def _ratio_and_p(one: Together) -> list[str]:
    ratio = one.ratio
    return [_factor(ratio.median, ratio.low, ratio.high), p_value(_towards(ratio.median, one.p_slower, one.p_faster))]


def _of_networks(one: Together) -> str:
    return "too few networks" if one.verdict == Verdict.TOO_FEW else str(one.verdict)


def _table(found: Regression, most: int) -> str:
    """The first rows of the table of cells, which is sorted by verdict, and how many others there are of each."""
    cells, n = found.of(*IN_TABLE), len(found.compared)
    named_by = _told_apart(found.cells)
    alike = [_part(name, found.cells[name].iloc[0]) for name in FOR_READERS if name not in named_by]
    times = [f"{side}, {column('epoch_time_s').unit}" for side in SIDES]
    heads = [*(column(name).label for name in named_by), *times, "B / A", "p", "runs", "verdict"]
    shown = cells.head(most)
    rows = [[*(_value(name, getattr(row, name)) for name in named_by), *_figures(row)] for row in shown.itertuples()]
    more = cells["verdict"].iloc[most:].value_counts(sort=False)
    others = [
        f"  … and {_cells(int(more.sum()))} more: {', '.join(f'{count(n)} {verdict}' for verdict, n in more.items())}"
        " (--every-cell shows them)"
    ]
    notes = [
        f"p: how often chance alone gives this difference, one-sided (Mann-Whitney), corrected for {_cells(n)} (Holm).",
        f"slower: p < {ALPHA:g} and more than {found.factor:g} times as long; faster: the same the other way round.",
    ]
    intro = "The median time of an epoch" + (f" ({', '.join(alike)}):" if alike else ":")
    return "\n".join([intro, *_aligned([heads, *rows]), *(others if len(more) else ()), *(notes if n else ())])


def _figures(row: Any) -> list[str]:
    times = [column("epoch_time_s").text(time) for time in (row.time_a_s, row.time_b_s)]
    runs = [
        f"{n} of {n + failed}" if failed else str(n) for n, failed in ((row.n_a, row.failed_a), (row.n_b, row.failed_b))
    ]
    return [*times, _ratio(row), _p(row), ", ".join(runs), _judgement(row)]


def _judgement(row: Any) -> str:
    reasons = {Verdict.FAILS: row.reason_b, Verdict.FAILED: row.reason_a}
    return ": ".join([str(row.verdict), *([_plain(reasons[row.verdict])] if row.verdict in reasons else [])])


def _ratio(row: Any) -> str:
    return "–" if pd.isna(row.ratio_median) else _factor(row.ratio_median, row.ratio_low, row.ratio_high)


def _factor(middle: float, low: float, high: float) -> str:
    ends = "too few" if pd.isna(low) else ", ".join(significant(end, 4) for end in (low, high))
    return f"{significant(middle, 4)} [{ends}]"


def _p(row: Any) -> str:
    p = _towards(row.ratio_median, row.p_slower, row.p_faster)
    return "–" if pd.isna(p) else p_value(p)


def _towards(ratio: float, p_slower: float, p_faster: float) -> float:
    """The p-value in the direction of the ratio."""
    return p_slower if ratio >= 1 else p_faster


def _lists(found: Regression) -> Iterator[str]:
    named_by = _told_apart(found.cells)
    for verdict in LISTED:
        cells = found.of(verdict)
        if len(cells):
            names = [f"  {_name(row, named_by)}{_why(row)}" for row in cells.head(MOST_LISTED).itertuples()]
            more = [f"  and {count(len(cells) - MOST_LISTED)} more"] if len(cells) > MOST_LISTED else []
            yield "\n".join([f"{_cells(len(cells))} {verdict}, so not compared:", *names, *more])


def _why(row: Any) -> str:
    """Why a cell was not compared, if that is known."""
    reasons = dict.fromkeys(_plain(reason) for reason in (row.reason_a, row.reason_b) if reason)
    return f" ({'; '.join(reasons)})" if reasons else ""


def _remarks(found: Regression) -> Iterator[str]:
    named_by, lines = _told_apart(found.cells), []
    for row in found.compared.itertuples():
        failures = (("A", row.failed_a, row.n_a, row.reason_a), ("B", row.failed_b, row.n_b, row.reason_b))
        lines += [
            f"{_name(row, named_by)}: in {side} {failed} of {failed + n} runs failed ({_plain(reason)})."
            for side, failed, n, reason in failures
            if failed
        ]
    if len(lines) > MOST_LISTED:
        lines = [*lines[:MOST_LISTED], f"So it is in {count(len(lines) - MOST_LISTED)} more cases."]
    contended = [int(is_contended(runs).sum()) for runs in found.runs]
    if any(contended):
        told_ = (
            f"{n} of {count(len(runs))} in {side}" for n, runs, side in zip(contended, found.runs, SIDES, strict=True)
        )
        lines.append(
            f"Runs that other programs disturbed (contended): {', '.join(told_)}. They count like all others, so a "
            "disturbance of one study may look like a slowdown."
        )
    if found.left_out:
        runs = "1 run" if found.left_out == 1 else f"{count(found.left_out)} runs"
        lines.append(f"Left out: {runs} of other machines than the one that measured most of a study.")
    if lines:
        yield "\n".join(map(_wrapped, lines))


def _verdict(found: Regression) -> str:
    slower, fails, n = found.of(Verdict.SLOWER), found.of(Verdict.FAILS), len(found.compared)
    named_by, sentences = _told_apart(found.cells), list(_verdict_together(found))
    if len(slower):
        worst = [
            f"{_name(row, named_by)} ({significant(row.ratio_median)} times)"
            for row in slower.head(MOST_NAMED).itertuples()
        ]
        more = f" and {count(len(slower) - MOST_NAMED)} more" if len(slower) > MOST_NAMED else ""
        sentences.append(
            f"B is slower than A{_by(found)} at {count(len(slower))} of {_cells(n)}: {'; '.join(worst)}{more}."
        )
    elif found.could_find_a_cell:
        sentences.append(f"B is found to be slower than A{_by(found)} at none of {_cells(n)}.")
        sentences += _what_could_be_missed(found, named_by)
    if len(fails):
        sentences.append(f"{_cells(len(fails))} with a time in A fail{'s' if len(fails) == 1 else ''} in B.")
    too_few = found.of(Verdict.TOO_FEW)
    if len(too_few) and found.could_find_a_cell:
        have = "has" if len(too_few) == 1 else "have"
        sentences.append(f"{_cells(len(too_few))} {have} too few runs to find anything.")
    elif len(too_few):
        sentences.append(_nothing_could_be_found(too_few, alone=not found.could_find))
    if not_in_both := len(found.of(*LISTED)):
        sentences.append(f"{_cells(not_in_both)} could not be compared.")
    return _wrapped(" ".join(sentences))


def _verdict_together(found: Regression) -> Iterator[str]:
    """Whether B is slower as a whole, and in which ways; nothing where there are too few networks to say so."""
    for whole in found.together[:1]:
        if whole.verdict != Verdict.TOO_FEW:
            is_slower = whole.verdict == Verdict.SLOWER
            yield (
                f"Taken together, {count(whole.ratio.n)} networks take {significant(whole.ratio.median)} times as long "
                f"in B as in A: {'slower' if is_slower else 'not found to be slower'}{_by(found)}."
            )
    slower = [one for one in found.together[1:] if one.verdict == Verdict.SLOWER]
    if slower:
        named_by = [name for name in _told_apart(found.compared) if name in WAY]
        named = [
            f"{', '.join(_part(name, one.way[name]) for name in named_by)} ({significant(one.ratio.median)} times)"
            for one in slower[:MOST_NAMED]
            if one.way
        ]
        more = f" and {count(len(slower) - MOST_NAMED)} more" if len(slower) > MOST_NAMED else ""
        yield f"Slower ways: {'; '.join(named)}{more}."


def _what_could_be_missed(found: Regression, named_by: Sequence[str]) -> Iterator[str]:
    reach = found.of(Verdict.UNCLEAR).dropna(subset="ratio_high").nlargest(1, "ratio_high")
    for row in reach[reach["ratio_high"] > found.factor].itertuples():
        yield f"The intervals reach up to {significant(row.ratio_high)} times, at {_name(row, named_by)}."


def _nothing_could_be_found(cells: pd.DataFrame, alone: bool) -> str:
    """Why these runs could not show a slowdown of a cell, and how many could. alone: nothing else could be found."""
    least = [least_p_of_greater(row.n_a, row.n_b) for row in cells.itertuples()]
    fewest, most = (f"{end(cells[['n_a', 'n_b']].to_numpy().ravel())}" for end in (min, max))
    runs = f"{most if fewest == most else f'{fewest} to {most}'} {'run' if most == '1' else 'runs'}"
    needed = repetitions_needed(len(cells))
    what = "Whether B is slower" if alone else "Which cells are slower"
    return (
        f"{what} cannot be judged: with {runs} per cell even the clearest slowdown has "
        f"p = {min(holm(least)):.2g}, corrected for {_cells(len(cells))}. It takes {needed} in A and in B: raise "
        f"`repetitions` to {needed} or more (runs that are there are kept), or compare fewer cells."
    )


def _by(found: Regression) -> str:
    return f" by more than {100 * (found.factor - 1):g} %" if found.factor > 1 else ""


def _cells(n: int) -> str:
    return f"{count(n)} cell{'s' if n != 1 else ''}"


def _told_apart(cells: pd.DataFrame) -> list[str]:
    """The columns of FOR_READERS that name a cell among these."""
    return [name for name in FOR_READERS if name in ALWAYS or len(cells[name].unique()) > 1]


def _name(row: tuple, named_by: Sequence[str]) -> str:
    return ", ".join(_part(name, getattr(row, name)) for name in named_by)


def _part(name: str, value: object) -> str:
    """A value as text that readers understand without the head of its column."""
    text = _value(name, value)
    if name == "hidden_size":
        return f"H = {text}"
    return f"{text} thread{'s' if value != 1 else ''}" if name == "threads" else text


def _value(name: str, value: object) -> str:
    if name == "model":
        return MODELS[value].title if value in MODELS else _plain(value)
    return _plain(column(name).text(value))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """One line per row; a column is aligned to the right if each of its values begins like a number."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    numbers = [all(cell[0].isdigit() or cell[0] in "–<∞" for cell in cells) for cells in zip(*rows[1:], strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numbers or [False] * len(widths), strict=True)
        )
        yield f"  {'  '.join(cells)}".rstrip()


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _plain(text: object) -> str:
    """The text in one line, without control characters: titles and names come from files of other people."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())

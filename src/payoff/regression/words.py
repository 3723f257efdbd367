"""What the comparison of two studies found, as plain text for a console."""

import textwrap
from collections.abc import Iterator, Sequence

import pandas as pd

from payoff.cells import WAY
from payoff.regression.judging import Verdict
from payoff.regression.names import n_cells, name_of, part_of, plain, told_apart
from payoff.regression.tables import (
    LISTED,
    MOST_LISTED,
    MOST_ROWS,
    SIDES,
    lists_of_cells,
    table_of_cells,
    table_of_ways,
)
from payoff.regression.verdicts import Regression, repetitions_needed
from payoff.statistics.differences import holm, least_p_of_greater
from payoff.tables.formats import count, significant
from payoff.tables.runs import is_contended

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
        *table_of_ways(found),
        table_of_cells(found, rows),
        *lists_of_cells(found),
        *_remarks(found),
        _verdict(found),
    ]
    return "\n\n".join(blocks)


def _studies(found: Regression) -> str:
    lines = []
    for side, folder, about, runs in zip(SIDES, found.folders, found.abouts, found.runs, strict=True):
        day = (about["first_start"] or "never")[:10]
        lines += [f"{side}: {folder}", f"   {plain(about['title'])}, measured {day} on {_machines(runs)}"]
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
        f"{plain(cpu)}, {count(cores)} cores, {memory / 2**30:.0f} GiB, {plain(gpus) or 'no GPU'}"
        for cpu, cores, memory, gpus in facts.drop_duplicates().itertuples(index=False)
    )


def _differing(a: pd.DataFrame, b: pd.DataFrame, fact: str) -> Iterator[tuple[str, str]]:
    """The values of a column of the runs in A and in B, if they differ. An earlier version may not have the column."""
    values = [runs[fact].dropna().astype(str).unique() if fact in runs else () for runs in (a, b)]
    old, new = (", ".join(sorted(of_runs)) or "unknown" for of_runs in values)
    if old != new:
        yield plain(old), plain(new)


def _remarks(found: Regression) -> Iterator[str]:
    named_by, lines = told_apart(found.cells), []
    for row in found.compared.itertuples():
        failures = (("A", row.failed_a, row.n_a, row.reason_a), ("B", row.failed_b, row.n_b, row.reason_b))
        lines += [
            f"{name_of(row, named_by)}: in {side} {failed} of {failed + n} runs failed ({plain(reason)})."
            for side, failed, n, reason in failures
            if failed
        ]
    if len(lines) > MOST_LISTED:
        lines = [*lines[:MOST_LISTED], f"Runs failed in {count(len(lines) - MOST_LISTED)} more cases."]
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
    named_by, sentences = told_apart(found.cells), list(_verdict_together(found))
    if len(slower):
        worst = [
            f"{name_of(row, named_by)} ({significant(row.ratio_median)} times)"
            for row in slower.head(MOST_NAMED).itertuples()
        ]
        more = f" and {count(len(slower) - MOST_NAMED)} more" if len(slower) > MOST_NAMED else ""
        sentences.append(
            f"B is slower than A{_by(found)} at {count(len(slower))} of {n_cells(n)}: {'; '.join(worst)}{more}."
        )
    elif found.could_find_a_cell:
        sentences.append(f"B is found to be slower than A{_by(found)} at none of {n_cells(n)}.")
        sentences += _what_could_be_missed(found, named_by)
    if len(fails):
        sentences.append(f"{n_cells(len(fails))} with a time in A fail{'s' if len(fails) == 1 else ''} in B.")
    too_few = found.of(Verdict.TOO_FEW)
    if len(too_few) and found.could_find_a_cell:
        have = "has" if len(too_few) == 1 else "have"
        sentences.append(f"{n_cells(len(too_few))} {have} too few runs to find anything.")
    elif len(too_few):
        sentences.append(_nothing_could_be_found(too_few, alone=not found.could_find))
    if not_in_both := len(found.of(*LISTED)):
        sentences.append(f"{n_cells(not_in_both)} could not be compared.")
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
        named_by = [name for name in told_apart(found.compared) if name in WAY]
        named = [
            f"{', '.join(part_of(name, one.way[name]) for name in named_by)} ({significant(one.ratio.median)} times)"
            for one in slower[:MOST_NAMED]
            if one.way
        ]
        more = f" and {count(len(slower) - MOST_NAMED)} more" if len(slower) > MOST_NAMED else ""
        yield f"Slower ways: {'; '.join(named)}{more}."


def _what_could_be_missed(found: Regression, named_by: Sequence[str]) -> Iterator[str]:
    reach = found.of(Verdict.UNCLEAR).dropna(subset="ratio_high").nlargest(1, "ratio_high")
    for row in reach[reach["ratio_high"] > found.factor].itertuples():
        yield f"The intervals reach up to {significant(row.ratio_high)} times, at {name_of(row, named_by)}."


def _nothing_could_be_found(cells: pd.DataFrame, alone: bool) -> str:
    """Why these runs could not show a slowdown of a cell, and how many could. alone: nothing else could be found."""
    least = [least_p_of_greater(row.n_a, row.n_b) for row in cells.itertuples()]
    fewest, most = (f"{end(cells[['n_a', 'n_b']].to_numpy().ravel())}" for end in (min, max))
    runs = f"{most if fewest == most else f'{fewest} to {most}'} {'run' if most == '1' else 'runs'}"
    needed = repetitions_needed(len(cells))
    what = "Whether B is slower" if alone else "Which cells are slower"
    return (
        f"{what} cannot be judged: with {runs} per cell even the clearest slowdown has "
        f"p = {min(holm(least)):.2g}, corrected for {n_cells(len(cells))}. It takes {needed} in A and in B: raise "
        f"`repetitions` to {needed} or more (runs that are there are kept), or compare fewer cells."
    )


def _by(found: Regression) -> str:
    return f" by more than {100 * (found.factor - 1):g} %" if found.factor > 1 else ""


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)

"""The answer, as sentences computed from the tables. Every number comes from there, with its n."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from payoff.columns import about, column, count, significant
from payoff.comparisons import Comparison, comparisons
from payoff.statistics import Estimate, inverse
from payoff.ways import Way, by_way, in_prose, label, place, way_of


def answer(cells: pd.DataFrame) -> list[str]:
    """What the reader came for, the most important first."""
    if not (cells["n"] > 0).any():
        return ["Nothing was measured: no run was finished. The grid of cells says why.", *_accelerators(cells)]
    sentences = [compare(comparison) for comparison in comparisons(cells)]
    if not sentences:
        sentences.append("No network was trained in two ways, so there is nothing to compare.")
    return [*sentences, start_up(cells), *_accelerators(cells)]


def compare(comparison: Comparison) -> str:
    """Which of two ways to train the same network is faster, where, and by how much."""
    first, second = in_prose(comparison.first), in_prose(comparison.second)
    ratios = comparison.ratios
    where = f"For the {comparison.architecture.upper()} on {comparison.place}"
    n = f"(n = {min(r.n for r in ratios.values())} each)"
    if comparison.too_few == list(ratios):
        return f"{where}, too few repetitions for an interval {n}: {first} and {second} are not judged."
    if comparison.unclear == list(ratios):
        return f"{where}, no clear difference between {first} and {second} at {_sizes(ratios)} {n}."

    verdicts = []
    if wins := comparison.first_wins:
        factors = {size: inverse(ratios[size]) for size in wins}
        verdicts.append(_verdict(first, second, factors, everywhere=wins == list(ratios)))
    if comparison.unclear:
        verdicts.append(f"there is no clear difference at {_sizes(comparison.unclear)}")
    if wins := comparison.second_wins:
        factors = {size: ratios[size] for size in wins}
        verdicts.append(_verdict(second, first, factors, everywhere=wins == list(ratios)))
    if comparison.too_few:
        verdicts.append(f"too few repetitions for a judgement at {_sizes(comparison.too_few)}")
    text = f"{where}, {'; '.join(verdicts)} {n}."
    if places := comparison.break_even:
        text += f" The medians change places near H = {' and '.join(about(size) for size in places)}."
    return text


def _accelerators(cells: pd.DataFrame) -> list[str]:
    """What the study cannot say of a GPU, and why."""
    asked = cells[(cells["device"] != "cpu") & (cells["status"] != "not applicable")]
    if asked.empty:
        return ["No GPU was measured: this study ran on the CPU alone, so it says nothing about one."]
    silent = asked[asked["n"] == 0]
    return [
        f"On {device} {'nothing' if len(failed) == (asked['device'] == device).sum() else 'not everything'} could be "
        f"measured: {_listed(sorted({reason.replace('_', ' ') for reason in failed['reason'].fillna('not run')}))}."
        for device, failed in silent.groupby("device")
    ]


def start_up(cells: pd.DataFrame) -> str:
    """What a fresh process costs, its start and its imports included, at the smallest size of each data set."""
    sentences = []
    for (dataset, recipe), measured in cells[cells["n_finished"] > 0].groupby(["dataset", "recipe"], sort=False):
        smallest = measured[measured["hidden_size"] == measured["hidden_size"].min()].sort_values("wall_s_median")
        runs = _listed([_whole_run(cell, cells) for _, cell in smallest.iterrows()])
        size, n = count(smallest["hidden_size"].iloc[0]), smallest["n_finished"].min()
        where = place(dataset, recipe, cells)
        sentences.append(
            f"On {where} a whole run at H = {size}, from the start of the process with its imports to its end, "
            f"takes {runs} ({'medians' if len(smallest) > 1 else 'median'}, n = {n})."
        )
    return " ".join(sentences) or "No run was finished, so nothing is said of whole runs."


def growth(cells: pd.DataFrame) -> str:
    """By how much the epoch time grows from the smallest to the largest hidden size, for each data set."""
    sentences = []
    for (dataset, recipe), measured in cells[cells["n"] > 0].groupby(["dataset", "recipe"], sort=False):
        parts = []
        for way, line in by_way(measured, among=cells):
            small, large = line.loc[line["hidden_size"].idxmin()], line.loc[line["hidden_size"].idxmax()]
            if small["hidden_size"] < large["hidden_size"]:
                factor = significant(large["epoch_time_s_median"] / small["epoch_time_s_median"], 2)
                span = f"H = {count(small['hidden_size'])} to {count(large['hidden_size'])}"
                parts.append(f"{label(way)}: {factor} times as long ({span}, n = {min(small['n'], large['n'])})")
        where = place(dataset, recipe, cells)
        if parts:
            sentences.append(f"From the smallest to the largest H, the median epoch on {where}: {'; '.join(parts)}.")
    return " ".join(sentences) or "One hidden size was measured, so nothing is said about growth."


def best_accuracy(cells: pd.DataFrame) -> str:
    """The cell with the highest median accuracy, for each data set."""
    measured = cells[cells["test_accuracy_median"].notna()]
    best = measured.loc[measured.groupby(["dataset", "recipe"], sort=False)["test_accuracy_median"].idxmax()]
    sentences = []
    for _, cell in best.iterrows():
        where, way = place(cell["dataset"], cell["recipe"], cells), label(_way_of(cell, cells))
        accuracy = f"{interval(cell, 'test_accuracy')} % (n = {cell['n_finished']})"
        sentences.append(f"On {where}, {way}, H = {count(cell['hidden_size'])}, comes highest: {accuracy}.")
    return " ".join(sentences) or "No class was predicted, so there is no accuracy."


def learning(samples: pd.DataFrame) -> str:
    """Where the medians of the accuracy lie after the first and after the last epoch of each recipe."""
    return _by_epoch(samples, "test_accuracy", "accuracies", " %")


def loss_by_epoch(samples: pd.DataFrame) -> str:
    """The same of the loss."""
    return _by_epoch(samples, "test_loss", "test losses", "")


def _by_epoch(samples: pd.DataFrame, quantity: str, words: str, unit: str) -> str:
    show = column(quantity).text
    sentences = []
    known = samples[(samples["epoch"] > 0) & samples[quantity].notna()]
    for (dataset, recipe), own in known.groupby(["dataset", "recipe"], sort=False):
        cell_and_epoch = ["model", "mode", "device", "hidden_size", "threads", "epoch"]
        medians = own.groupby(cell_and_epoch)[quantity].median()
        after = [
            f"after epoch {epoch} between {show(at.min())} and {show(at.max())}{unit}"
            for epoch in sorted({own["epoch"].min(), own["epoch"].max()})
            for at in (medians.xs(epoch, level="epoch"),)
        ]
        n = own.groupby(cell_and_epoch)[quantity].size().min()
        where = place(dataset, recipe, samples)
        sentences.append(f"On {where} the cells' median {words} lie {', '.join(after)} (n ≥ {n} runs a cell).")
    return " ".join(sentences) or f"There are no {words}: no epoch was finished, or numbers were predicted."


def losses_by_step(steps: pd.DataFrame) -> str:
    """The median loss of the first and of the last tenth of the first run's steps."""
    sentences = []
    for (dataset, recipe, hidden_size), panel in steps.groupby(["dataset", "recipe", "hidden_size"], sort=False):
        for way, line in by_way(panel, among=steps):
            line = line[line["repetition"] == line["repetition"].min()]
            tenth = max(1, len(line) // 10)
            begin, end = (significant(part["step_loss"].median()) for part in (line.head(tenth), line.tail(tenth)))
            sentences.append(
                f"On {place(dataset, recipe, steps)}, {label(way)}, H = {count(hidden_size)}, the median loss of a "
                f"step goes from {begin} in the first tenth of {count(len(line))} steps to {end} in the last (one run)."
            )
    return " ".join(sentences)


def interval(row: pd.Series, quantity: str) -> str:
    """median [low, high] of a summarised quantity, or the median with a word on why there is no interval."""
    shown = column(quantity)
    median, low, high = (row[f"{quantity}_{end}"] for end in ("median", "low", "high"))
    if pd.isna(median):
        return "–"
    if pd.isna(low):
        return f"{shown.text(median)} [too few]"
    return f"{shown.text(median)} [{shown.text(low)}, {shown.text(high)}]"


def _verdict(winner: str, loser: str, factors: Mapping[int, Estimate], *, everywhere: bool) -> str:
    """Who is faster, with the factor and its interval at every size, or at the two ends of many."""
    shown = list(factors) if len(factors) <= 4 else [min(factors), max(factors)]
    texts = [f"{_times(factors[size])} at H = {count(size)}" for size in shown]
    if everywhere and len(factors) > 1:
        where = f"at every size from H = {count(min(factors))} to {count(max(factors))}: "
    elif len(shown) < len(factors):
        where = f"at {_sizes(factors)}: "
    else:
        where = ""
    return f"{winner} trains faster than {loser} {where}{_listed(texts)}"


def _times(factor: Estimate) -> str:
    return f"{factor.median:.2f} times [{factor.low:.2f}, {factor.high:.2f}]"


def _whole_run(cell: pd.Series, measured: pd.DataFrame) -> str:
    way = in_prose(_way_of(cell, measured))
    return f"{way} ({cell['architecture'].upper()}) {significant(cell['wall_s_median'])} s"


def _way_of(cell: pd.Series, frame: pd.DataFrame) -> Way:
    return way_of((cell["model"], cell["mode"], cell["device"], cell["threads"]), frame)


def _sizes(sizes: Iterable[int]) -> str:
    return f"H = {_listed([count(size) for size in sizes])}"


def _listed(texts: Sequence[str]) -> str:
    """a, b and c"""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last

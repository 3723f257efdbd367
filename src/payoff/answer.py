"""The answer, as sentences computed from the tables. Every number comes from there, with its n."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from payoff.columns import about, column, count, significant
from payoff.comparisons import Comparison, Way, comparisons, label, place
from payoff.statistics import Estimate, inverse


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
    first, second = _way(comparison.first), _way(comparison.second)
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
    for (dataset, recipe), measured in cells[cells["n"] > 0].groupby(["dataset", "recipe"], sort=False):
        smallest = measured[measured["hidden_size"] == measured["hidden_size"].min()].sort_values("wall_s_median")
        runs = _listed([_whole_run(cell) for _, cell in smallest.iterrows()])
        size, n = count(smallest["hidden_size"].iloc[0]), smallest["n"].min()
        where = place(dataset, recipe, cells)
        sentences.append(
            f"On {where} a whole run at H = {size}, from the start of the process with its imports to its end, "
            f"takes {runs} ({'medians' if len(smallest) > 1 else 'median'}, n = {n})."
        )
    return " ".join(sentences)


def growth(cells: pd.DataFrame) -> str:
    """By how much the epoch time grows from the smallest to the largest hidden size, for each data set."""
    sentences = []
    for (dataset, recipe), measured in cells[cells["n"] > 0].groupby(["dataset", "recipe"], sort=False):
        parts = []
        for way, line in measured.groupby(["model", "device"], sort=False):
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
        where, way = place(cell["dataset"], cell["recipe"], cells), label((cell["model"], cell["device"]))
        accuracy = f"{interval(cell, 'test_accuracy')} % (n = {cell['n']})"
        sentences.append(f"On {where}, {way}, H = {count(cell['hidden_size'])}, comes highest: {accuracy}.")
    return " ".join(sentences)


def learning(samples: pd.DataFrame) -> str:
    """Where the medians of the accuracy lie after the first and after the last epoch."""
    by_epoch = samples.groupby(["dataset", "recipe", "model", "device", "hidden_size", "epoch"])[
        "test_accuracy"
    ].median()
    show = column("test_accuracy").text
    after = {}
    for epoch in (samples["epoch"].min(), samples["epoch"].max()):
        medians = by_epoch.xs(epoch, level="epoch")
        after[epoch] = f"after epoch {epoch} between {show(medians.min())} and {show(medians.max())} %"
    n = samples["repetition"].nunique()
    return f"The cells' median accuracies lie {', '.join(after.values())} (n = {n} runs a cell)."


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


def _whole_run(cell: pd.Series) -> str:
    way = _way((cell["model"], cell["device"]))
    return f"{way} ({cell['architecture'].upper()}) {significant(cell['wall_s_median'])} s"


def _sizes(sizes: Iterable[int]) -> str:
    return f"H = {_listed([count(size) for size in sizes])}"


def _listed(texts: Sequence[str]) -> str:
    """a, b and c"""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def _way(way: Way) -> str:
    """The framework, and the device where it is not the CPU."""
    model, device = way
    framework = model.partition("_")[0]
    return framework if device == "cpu" else f"{framework} on {device}"

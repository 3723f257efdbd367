"""The table of the answer that explains it: what a step costs in each way, and what bounds it.

A step takes something that does not depend on the hidden size (asking for it: Python, starting kernels), arithmetic,
and the movement of the weights through memory. From the machine's measured rates follows how much of a step the latter
two take at least:

    asking       the line through the step times at the two smallest sizes, at H = 0, over the step time
    arithmetic   B (3 F - F1) / matmul rate / step time
    memory       WEIGHT_PASSES * bytes of the weights / copy rate / step time

with B images per step, F the operations of a network's forward pass for one image, F1 those of its first layer, whose
input needs no gradient. A step is bound by the largest of the three. Their sum is below 1 where a way does not reach
the rates, and memory alone may be above 1, since caches are faster than memory.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from payoff.cells import HERE, IMPLEMENTATION, TASK
from payoff.datasets.splits import load_shape
from payoff.models.shapes import ImageShape, operations, seen_shape, weights
from payoff.recipes import Recipe

WEIGHT_PASSES = 6  # read forward and back, the gradient written and read, the weights read and written by the optimiser
BOUNDS = {"asking": "share_asking", "arithmetic": "share_arithmetic", "memory": "share_memory"}
STEP_COSTS = [
    *TASK,
    "task",
    "architecture",
    *IMPLEMENTATION,
    "hidden_size",
    "step_s",
    "fixed_s",
    *BOUNDS.values(),
    "bound",
]


class Seen(NamedTuple):
    """What a network sees of a data set: the shape of an image, with its channels as the recipe leaves them; the number
    of outputs; the number of images per epoch."""

    shape: ImageShape
    outputs: int
    images: int


def seen_by(recipes: Mapping[str, Recipe], datasets: Mapping[str, Path]) -> dict[tuple[str, str], Seen]:
    """What a network sees, by data set and recipe. datasets: name -> its prepared file."""
    found = {}
    for dataset, path in datasets.items():
        (images, *shape), outputs = load_shape(path)
        for name, recipe in recipes.items():
            held_back = recipe.validation if isinstance(recipe.validation, int) else round(recipe.validation * images)
            shape_seen = seen_shape(recipe, cast("ImageShape", tuple(shape)))
            found[dataset, name] = Seen(shape_seen, outputs, images - held_back)
    return found


def step_costs_table(
    cells: pd.DataFrame,
    recipes: Mapping[str, Recipe],
    seen: Mapping[tuple[str, str], Seen],
    rates: Sequence[Mapping[str, Any]],
) -> pd.DataFrame:
    """One row per cell of this study that has a time, each way with its best number of threads.

    cells: labelled; seen: by data set and recipe, as `cells` names them; rates: the documents of payoff.machine.rates.
    Without the rate of a device, or what a network sees, a share is nan.
    """
    timed = cells[(cells["site"] == HERE) & cells["has_best_threads"] & (cells["n"] > 0)]
    by_device = {found["device"]: {rate["rate"]: rate for rate in found["rates"]} for found in rates}
    rows = []
    for _, line in timed.groupby([*TASK, *IMPLEMENTATION], sort=False):
        first = line.iloc[0]
        task = seen.get((first["dataset"], first["recipe"]))
        if task is None:
            continue
        recipe = recipes[first["recipe"]]
        line = line.sort_values("hidden_size")
        steps = line["epoch_time_s_median"] / int(np.ceil(task.images / recipe.batch_size))
        fixed_s = _at_zero(line["hidden_size"].to_numpy(float), steps.to_numpy(float))
        for cell, step_s in zip(line.to_dict("records"), steps.tolist(), strict=True):
            shares = _shares(cell, recipe, task, step_s, by_device.get(cell["device"], {}))
            known = {"share_asking": fixed_s / step_s, **shares}
            bound = max(known, key=lambda name: np.nan_to_num(known[name]))
            which = next(name for name, column in BOUNDS.items() if column == bound)
            identity = {part: cell[part] for part in (*TASK, "task", "architecture", *IMPLEMENTATION, "hidden_size")}
            unknown = np.isnan(list(known.values())).any()
            rows.append(identity | {"step_s": step_s, "fixed_s": fixed_s, **known, "bound": None if unknown else which})
    return pd.DataFrame(rows, columns=STEP_COSTS)


def _at_zero(sizes: np.ndarray, seconds: np.ndarray) -> float:
    """The line through the first two, at 0; nan of a single size. Not below 0, where noise may lead."""
    if len(sizes) < 2:
        return np.nan
    slope = (seconds[1] - seconds[0]) / (sizes[1] - sizes[0])
    return float(max(seconds[0] - slope * sizes[0], 0))


def _shares(
    cell: Mapping[str, Any], recipe: Recipe, seen: Seen, step_s: float, rates: Mapping[str, Mapping[str, Any]]
) -> dict[str, float]:
    """How much of a step arithmetic and memory take at least."""
    network = (cell["architecture"], recipe, seen.shape, int(cell["hidden_size"]), seen.outputs)
    forward, of_first = operations(*network)
    work = {
        "share_arithmetic": ("matmul", 1e9, recipe.batch_size * (3 * forward - of_first)),
        "share_memory": ("copy", 1e9, WEIGHT_PASSES * 4 * weights(*network)),
    }
    return {
        share: amount / (rates[rate]["median"] * unit) / step_s if rate in rates else np.nan
        for share, (rate, unit, amount) in work.items()
    }

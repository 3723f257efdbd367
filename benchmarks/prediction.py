"""How well the time of a size that was not measured is known: every second size of a study is left out and predicted.

    python benchmarks/prediction.py results/prediction results/prediction.json [epochs]

Per way and size left out: the predicted time of an epoch, and of a run, over the measured one. Per size: whether the
way that the prediction calls the quickest is the one that was.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from payoff.answer.files import read_answer
from payoff.comparisons.run_times import Curve, Curves, choose, curves_of, measured_sizes
from payoff.comparisons.ways import in_prose
from payoff.files.whole import appearing_whole

EPOCHS = 30


def main(results: str, target: str, epochs: str = str(EPOCHS)) -> None:
    costs = read_answer(Path(results) / "answer").costs
    found = [row for curves in curves_of(costs).values() for row in predicted(curves, int(epochs))]
    if not found:
        raise SystemExit(f"{results}: no network has three sizes or more")
    for row in found:
        print(told(row, int(epochs)))
    errors = [abs(ratio - 1) for row in found for ratio in row["epoch"].values()]
    print(f"error of an epoch's time: median {np.median(errors):.1%}, largest {max(errors):.1%} (n = {len(errors)})")
    with appearing_whole(Path(target)) as temporary:
        temporary.write_text(json.dumps(found, indent=1), encoding="utf-8")


def predicted(curves: Curves, epochs: int) -> Iterator[dict[str, Any]]:
    """One row per size left out; epoch, run: way -> predicted over measured."""
    left_out = measured_sizes(curves)[1:-1:2]
    from_others = {way: without(curve, left_out) for way, curve in curves.items()}
    for size in left_out:
        ratios: dict[str, dict[str, float]] = {"epoch": {}, "run": {}}
        for way, curve in curves.items():
            (besides, epoch), (measured_besides, measured_epoch) = (
                each.parts(size) for each in (from_others[way], curve)
            )
            ratios["epoch"][in_prose(way)] = epoch / measured_epoch
            ratios["run"][in_prose(way)] = (besides + epochs * epoch) / (measured_besides + epochs * measured_epoch)
        first, chosen = (in_prose(next(iter(choose(each, size, epochs).times))) for each in (curves, from_others))
        yield {"size": size, **ratios, "quickest": first, "predicted_quickest": chosen}


def without(curve: Curve, sizes: list[int]) -> Curve:
    kept = ~np.isin(curve.sizes, sizes)
    return replace(curve, sizes=curve.sizes[kept], besides_s=curve.besides_s[kept], epoch_s=curve.epoch_s[kept])


def told(row: dict[str, Any], epochs: int) -> str:
    parts = [f"{way} {ratio:.2f} (run {row['run'][way]:.2f})" for way, ratio in row["epoch"].items()]
    right = "as predicted" if row["quickest"] == row["predicted_quickest"] else f"not {row['predicted_quickest']}"
    return f"H = {row['size']:,}: {', '.join(parts)}; {row['quickest']} is quickest for {epochs} epochs, {right}"


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Race the pairs of benchmarks/pairs.py on one thread, print the ratios, and write them as JSON.

    python benchmarks/race.py results/bench.json [words that the pair's name contains] [rounds]

The two contestants of a pair alternate in one process, so that a slow moment of the machine slows both. Each pair has a
process of its own, so that no pair finds the memory as another pair left it. Each round gives one ratio; the result is
the median of the rounds with its interval. A ratio that is too low is reported but is not a failure, because other
programs may use the machine.
"""

import os
import sys

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"), "1")
os.environ |= THREADS  # before numpy, torch and JAX are imported

import json  # noqa: E402
import math  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402
from importlib.metadata import version  # noqa: E402
from multiprocessing import get_context  # noqa: E402

from pairs import Contestant, Pair, pairs  # noqa: E402

from payoff.files.whole import appearing_whole  # noqa: E402
from payoff.machine.description import describe_machine  # noqa: E402
from payoff.machine.devices import DEVICES  # noqa: E402
from payoff.machine.locks import MACHINE, hold  # noqa: E402
from payoff.statistics.estimates import median_interval  # noqa: E402

ROUNDS = 15


def race_alone(pair: Pair, rounds: int) -> dict:
    """`race` in a fresh process."""
    numbers = [other.name for other in pairs()]
    with hold([MACHINE]), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_race_number, numbers.index(pair.name), rounds).result()


def _race_number(number: int, rounds: int) -> dict:
    """Race the pair with this number. A pair contains functions, which cannot be sent to another process."""
    warnings.filterwarnings("ignore", module="sklearn")  # it warns that one epoch has not converged
    return race(list(pairs())[number], rounds)


def race(pair: Pair, rounds: int) -> dict:
    """{name, at_least, ratio: {median, low, high, n}, ours_s, other_s}; the last two: median seconds per round."""
    ours, other = pair.make()
    for contestant in (ours, other):  # the first call is slower and is not timed
        contestant()
    times = []
    for number in range(rounds):
        first, second = (ours, other) if number % 2 else (other, ours)
        taken = {first: _seconds(first), second: _seconds(second)}
        times.append((taken[ours], taken[other]))
    ratio = median_interval([other_s / ours_s for ours_s, other_s in times])
    ours_s, other_s = (float(median_interval(column).median) for column in zip(*times, strict=True))
    ends = {key: value if math.isfinite(value) else None for key, value in vars(ratio).items()}
    return {"name": pair.name, "at_least": pair.at_least, "ratio": ends, "ours_s": ours_s, "other_s": other_s}


def _told(result: dict) -> str:
    ratio, at_least = result["ratio"], result["at_least"]
    text = f"{ratio['median']:.2f}"
    if ratio["low"] is not None:  # None: too few rounds for an interval
        text += f" [{ratio['low']:.2f}, {ratio['high']:.2f}]"
    if at_least is None:
        return text
    return f"{text}, must reach {at_least:.2f}{'' if ratio['median'] >= at_least else ': NOT REACHED'}"


def _seconds(contestant: Contestant) -> float:
    started = time.perf_counter()
    contestant()
    return time.perf_counter() - started


def main(target: str, words: str = "", rounds: str = str(ROUNDS)) -> None:
    results = []
    for pair in pairs():
        if words not in pair.name:
            continue
        if pair.needs_gpu and not DEVICES["cuda"]():
            results.append({"name": pair.name, "at_least": pair.at_least, "not_measured": "no GPU here"})
            print(f"{pair.name}: not measured, no GPU here")
            continue
        result = race_alone(pair, int(rounds))
        results.append(result)
        print(f"{pair.name}: {_told(result)}", flush=True)
    document = {
        "machine": describe_machine(),
        "software": {name: version(name) for name in ("numpy", "scipy", "torch", "jax", "scikit-learn")},
        "threads": 1,
        "pairs": results,
    }
    with appearing_whole(target) as temporary:
        temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

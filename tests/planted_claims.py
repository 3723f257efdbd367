"""The shipped claims, a user's own one, and tables with planted values for them."""

import pandas as pd
from conftest import HOME
from planted import NOISE

from payoff.cells import CELL, HERE
from payoff.claims.claim import read_claims
from payoff.claims.verdicts import judge_claims
from payoff.statistics.estimates import median_interval

SOURCES = HOME / "workflow" / "claims" / "sources.yaml"
CLAIMS = {claim.id: claim for claim in read_claims(SOURCES)}
THREADS = 3

QUANTITIES = ("epoch_time_s", "train_s", "wall_s", "test_accuracy", "validation_accuracy", "peak_memory_bytes")
MACHINE = {"machine_cpu": "A <CPU>", "machine_gpus": "A GPU", "started_at": "2026-01-02T03:04:05.000+00:00"}


def plant(cells, values, repetitions: int = 6, over_budget: int = 0, failed=None) -> tuple:
    """(cells, runs, samples) in which every cell shows its value in every quantity.

    over_budget: of how many of its runs each cell has no accuracy; failed: cell -> reason for which it has no run at
    all. Cells differ in the order of their noise, so that a difference by seed is noisy as well. Here NOISE is in
    ten-thousandths.
    """
    rows, runs, samples = [], [], []
    for position, (name, identity) in enumerate(cells.items()):
        identity = {"mode": "eager", "threads": THREADS} | dict(identity)
        identity = {column: identity[column] for column in CELL}
        *before, value = values[name] if isinstance(values[name], tuple) else (values[name],)
        mine = []
        for repetition in range(1, repetitions + 1):
            noise = NOISE[(repetition * (position + 1)) % len(NOISE)]
            shown = value * (1 + noise / 10_000)
            partial = repetition <= over_budget
            common = {**identity, "repetition": repetition, "seed": 20 + repetition}
            if name in (failed or {}):
                mine.append(
                    common | MACHINE | dict.fromkeys(QUANTITIES) | {"failure": failed[name], "extrapolated": False}
                )
                continue
            accuracy = float("nan") if partial else shown
            quantities = {q: accuracy if q.endswith("accuracy") else shown for q in QUANTITIES}
            end = {"failure": "over_budget" if partial else None, "extrapolated": partial}
            mine.append(common | MACHINE | quantities | end)
            for epoch, accuracy in enumerate([shown] * 8 + [before[0] if before else value, shown], start=1):
                samples.append(common | {"epoch": epoch, "test_accuracy": accuracy, "validation_accuracy": accuracy})
        runs += mine
        rows.append(summarise(identity, pd.DataFrame(mine)))
    runs, samples = pd.DataFrame(runs), pd.DataFrame(samples, columns=[*CELL, *SAMPLE_COLUMNS])
    cells = pd.DataFrame(rows, columns=rows[0].keys() if rows else [*CELL, "n"])
    return tuple(table.assign(site=HERE) for table in (cells, runs, samples))


SAMPLE_COLUMNS = ["repetition", "seed", "epoch", "test_accuracy", "validation_accuracy"]


def summarise(identity, runs: pd.DataFrame) -> dict:
    timed, finished = runs[runs["epoch_time_s"].notna()], runs[runs["failure"].isna()]
    failures = runs["failure"].dropna().drop_duplicates()
    row = identity | {"architecture": "mlp", "status": "measured" if len(finished) else "failed"}
    row |= {"reason": "; ".join(failures) or None, "n": len(timed), "n_finished": len(finished)}
    row |= {"n_partial": len(timed) - len(finished), "n_failed": len(runs) - len(timed)}
    for quantity in QUANTITIES:
        sample = (finished if quantity.endswith("accuracy") else timed)[quantity]
        estimate = median_interval(sample.astype(float))
        row |= {f"{quantity}_{end}": getattr(estimate, end) for end in ("median", "low", "high")}
    return row


def judged(claim, *sites) -> dict:
    (entry,) = judge_claims([claim], sites)
    return entry


GOOD = """
sources: {X: Somebody}
claims:
  - id: X-1
    source: X
    sentence: It is fast.
    figures: –
    cells:
      one: {dataset: digits, model: numpy_mlp, recipe: short, device: cpu, hidden_size: 8}
      two: {dataset: digits, model: torch_mlp, recipe: short, device: cpu, hidden_size: 8}
    measures:
      factor:
        ratio: {quantity: train_s, of: one, over: two}
        above: 1
    words: {reproduced: "yes {factor}", not reproduced: "no {factor}", inconclusive: "perhaps {factor}"}
"""

"""How much a study measures that asks for a precision: the decision on planted tables."""

import math
import re
from dataclasses import asdict

import numpy as np
import pytest
from planted import MACHINE, as_read, cell, partial_record, record, study

from payoff.files.contracts import ContractError
from payoff.page.words.precision import precision
from payoff.statistics.estimates import Estimate, median_interval
from payoff.study.effort import plan_block, read_plan, seconds_of_heats, write_plan
from payoff.study.study import FEWEST_REPETITIONS, MOST_REPETITIONS, contest_of
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table

STEADY, NOISY, BROKEN = cell("numpy_mlp", 10), cell("numpy_mlp", 20), cell("torch_mlp", 10)

# Of six values the interval is their range: 1 % and 10 % around the median.
STEADY_S = (0.99, 0.995, 1.0, 1.0, 1.005, 1.01)
NOISY_S = (1.8, 1.9, 2.0, 2.0, 2.1, 2.2)


def records_of(steady=STEADY_S, noisy=NOISY_S) -> list[dict]:
    return [record(STEADY, r, s) for r, s in enumerate(steady, 1)] + [
        record(NOISY, r, s) for r, s in enumerate(noisy, 1)
    ]


def plan(records, block=7, until=0.03, until_s=3600, measured_s=60.0) -> dict:
    runs = runs_table(records)
    return plan_block(block, runs, until=until, until_s=until_s, measured_s=measured_s, repetitions=6)


def heats_of(*cells, repetition=7) -> list[dict]:
    return [contest_of(cell)._asdict() | {"repetition": repetition} for cell in cells]


def test_fewer_runs_than_the_fewest_have_no_interval():
    assert median_interval(range(FEWEST_REPETITIONS)).has_interval
    assert not median_interval(range(FEWEST_REPETITIONS - 1)).has_interval


def test_the_distance_is_that_of_the_farther_end():
    assert Estimate(2.0, 1.9, 2.2, 6).reach == pytest.approx(0.1)
    assert Estimate(2.0, 1.7, 2.2, 6).reach == pytest.approx(0.15)
    assert math.isnan(median_interval([1.0, 2.0]).reach)


def test_a_block_holds_the_cells_that_are_not_yet_precise():
    planned = plan(records_of())
    assert planned["stopped"] is None
    assert planned["heats"] == heats_of(NOISY)
    reached = {entry["cell"]["hidden_size"]: (entry["n"], entry["distance"]) for entry in planned["cells"]}
    assert reached == {10: (6, pytest.approx(0.01)), 20: (6, pytest.approx(0.1))}
    assert plan(records_of(), until=0.005)["heats"] == heats_of(STEADY, NOISY)


def test_a_network_is_measured_again_if_one_of_its_ways_is_not_precise():
    """All of its ways, so that they stay comparable; each contest once."""
    unsteady = [record(BROKEN, r, s) for r, s in enumerate(NOISY_S, 1)]
    assert plan([*records_of(noisy=STEADY_S), *unsteady])["heats"] == heats_of(STEADY)
    assert contest_of(BROKEN) == contest_of(STEADY)


def test_the_seconds_that_heats_took_are_those_in_which_a_process_was_at_work():
    """Each process waits for the others: these seconds are theirs."""
    entries = [record(STEADY, 1, 1.0), record(BROKEN, 1, 2.0)]
    for entry in entries:
        entry["phases_s"] = entry["phases_s"] | {"waiting": 1.5}
    assert seconds_of_heats(entries) == pytest.approx(4 + 7 - 3)


def test_runs_of_another_machine_make_no_median_more_precise():
    another = MACHINE | {"key": "1" * 12}
    elsewhere = [record(NOISY, 6 + r, 2.0) | {"machine": another} for r in range(1, 6)]
    assert plan(records_of() + elsewhere)["cells"] == plan(records_of())["cells"]


@pytest.mark.parametrize(
    ("stopped", "asked"),
    [
        ("precise", {"until": 0.11}),
        ("precise", {"until": 0.11, "measured_s": 3600.0, "block": MOST_REPETITIONS + 1}),
        ("budget", {"measured_s": 3600.0}),
        ("budget", {"until_s": 60, "block": MOST_REPETITIONS + 1}),
        ("repetitions", {"block": MOST_REPETITIONS + 1}),
        (None, {"block": MOST_REPETITIONS, "measured_s": 3599.9}),
    ],
)
def test_it_stops_when_all_is_precise_or_the_budget_or_the_repetitions_are_used_up(stopped, asked):
    planned = plan(records_of(), **asked)
    assert planned["stopped"] == stopped
    assert bool(planned["heats"]) == (stopped is None)


def test_a_cell_without_a_time_is_left_alone_and_one_with_a_few_is_not():
    broken = [record(BROKEN, r, 1.0, failure="out_of_memory") for r in range(1, 7)]
    planned = plan([*records_of(noisy=STEADY_S), *broken])
    assert planned["stopped"] == "precise"
    assert {"cell": asdict(BROKEN), "n": 0, "distance": None} in planned["cells"]
    mended = [record(BROKEN, 6, 1.0), *broken[:5]]  # one time is no interval
    assert plan([*records_of(noisy=STEADY_S), *mended])["heats"] == heats_of(BROKEN)


def test_runs_that_were_stopped_for_their_budget_count_with_their_rate():
    stopped = [partial_record(BROKEN, r, step_time_s, steps=15) for r, step_time_s in enumerate(STEADY_S, 1)]
    assert plan(stopped)["stopped"] == "precise"
    assert plan(stopped, until=0.005)["heats"] == heats_of(BROKEN)


@pytest.mark.parametrize("noise", [0.5, 1, 2])
def test_stopping_as_soon_as_it_is_precise_still_covers_the_median(noise):
    """Looking after each run costs some of the 95 %, but little; noise: of the precision asked for."""
    draw = np.random.default_rng(1)
    ranks = {n: [int(end) for end in (e.low, e.high)] for n in range(6, 101) for e in (median_interval(range(n)),)}
    covered = []
    for sample in 1 + 0.03 * noise * draw.standard_normal((500, MOST_REPETITIONS)):
        for n, (low, high) in ranks.items():
            ordered = np.sort(sample[:n])
            estimate = Estimate(np.median(ordered), ordered[low], ordered[high], n)
            if estimate.reach <= 0.03:
                break
        covered.append(estimate.low <= 1 <= estimate.high)
    assert 0.9 < np.mean(covered) < 1


def test_a_plan_is_read_as_it_was_written_and_refused_if_it_is_none(tmp_path):
    path = tmp_path / "7.json"
    write_plan(planned := plan(records_of()), path)
    assert read_plan(path) == planned
    with pytest.raises(ContractError, match="stopped: found 'tired'"):
        write_plan(planned | {"stopped": "tired"}, path)
    path.write_text("{")
    with pytest.raises(ContractError, match=r"7\.json: not a plan"):
        read_plan(path)


def asked(until: float, until_s: float, stopped: str) -> list[dict]:
    """The plans of a study that asks for medians."""
    return [{"until": until, "refine": None, "until_s": until_s, "stopped": stopped}]


def test_what_was_reached_is_said():
    _, _, cells = study({STEADY: 1.0, NOISY: 1.0}, not_applicable={cell("numpy_mlp", 10, "cuda"): "the CPU only"})
    said = "The study asked for median epoch times to ± 3 %. Every cell reached that after 6 runs."
    assert precision(cells, [], asked(0.03, 3600, "precise")) == said
    more = [*records_of(noisy=(*NOISY_S, 2.0)), *(record(BROKEN, r, 1.0, failure="crashed") for r in range(1, 7))]
    cells = as_read(cells_table(runs_table(more), dict.fromkeys((STEADY, NOISY, BROKEN))))
    text = precision(cells, [], asked(0.03, 3600, "budget"))
    assert "to ± 3 %. 1 of 3 cells reached that after 6 runs. MLP in torch, CPU, H = 10 on digits" in text
    assert "(no run has a time) and MLP in numpy, CPU, H = 20 on digits (± 10 % after 7 runs) did not." in text
    assert text.endswith(". The budget of 3,600 s was spent.")
    assert "2 of 3 cells reached that after 6 to 7 runs." in precision(cells, [], asked(0.11, 3600, "precise"))


def test_many_that_were_missed_are_counted_and_the_farthest_named():
    those = [cell("numpy_mlp", h) for h in range(1, 12)]
    records = [record(one, r, 1 + one.hidden_size * r / 1000) for one in those for r in range(1, 7)]
    cells = as_read(cells_table(runs_table(records), dict.fromkeys(those)))
    text = precision(cells, [], asked(0.0001, 60, "repetitions"))
    assert "No cell reached that. 11 did not; the farthest are MLP in numpy, CPU, H = 11 on digits (±" in text
    assert re.findall(r"H = (\d+)", text) == ["11", "10", "9"]
    assert text.endswith(". No cell gets more runs than that.")

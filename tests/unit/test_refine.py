"""Where hidden sizes are added until a break-even is known as well as asked, on planted curves."""

import math

import numpy as np
import pytest
from planted import as_read, cell, compared, in_heat, race, record

from payoff.cells import Contest
from payoff.comparisons.comparison import Comparison, Pair
from payoff.comparisons.ways import Way
from payoff.equal_work.table import equal_work_table
from payoff.page.words.precision import precision
from payoff.statistics.break_even import break_evens_of_heats
from payoff.statistics.estimates import Estimate
from payoff.study.effort import plan_block, read_plan, write_plan
from payoff.study.refine import Crossing, compared_here, crossings, sizes_to_measure
from payoff.study.study import MOST_REPETITIONS
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.turns import turns_table

PAIR = Pair("digits", "short", "digits", "mlp", Way("numpy_mlp"), Way("torch_mlp"))
REPETITIONS, ROUNDS = 6, 8


def numpy_s(size: float) -> float:
    """A step gets dearer where the weights leave the caches: neither a line nor a power."""
    return 40e-6 + size * (0.16 + 0.15 * (1 - math.exp(-size / 4000))) * 1e-6


def torch_s(size: float) -> float:
    return 180e-6 + 0.23e-6 * size


def break_even() -> float:
    sizes = np.geomspace(32, 16_384, 100_000)
    return float(sizes[np.argmin([abs(numpy_s(size) - torch_s(size)) for size in sizes])])


class Machine:
    """It measures heats, and the ratio of the two ways varies by 3 % from heat to heat."""

    def __init__(self, seed: int = 1):
        self._draw = np.random.default_rng(seed)
        self.records: list[dict] = []

    def measure(self, size: int, repetition: int) -> None:
        for model, seconds in (("numpy_mlp", numpy_s(size)), ("torch_mlp", torch_s(size))):
            times = seconds * self._draw.lognormal(0, 0.03 / math.sqrt(2)) * self._draw.lognormal(0, 0.01, ROUNDS)
            self.records.append(in_heat(record(cell(model, size), repetition, seconds), times))

    def compared(self) -> list[Comparison]:
        return compared_here(runs_table(self.records), turns_table(self.records), equal_work_table([]))

    def plan(self, refine: float, block: int = 7, until_s: float = 3600) -> dict:
        asked = {"refine": refine, "until_s": until_s, "measured_s": 60.0, "repetitions": REPETITIONS}
        return plan_block(block, runs_table(self.records), self.compared(), **asked)

    def study(self, refine: float) -> list[dict]:
        """The plans of a whole study."""
        for size in (32, 256, 2048, 16_384):
            for repetition in range(1, REPETITIONS + 1):
                self.measure(size, repetition)
        plans = [self.plan(refine)]
        while not plans[-1]["stopped"]:
            for heat in plans[-1]["heats"]:
                self.measure(heat["hidden_size"], heat["repetition"])
            plans.append(self.plan(refine, block=7 + len(plans)))
        return plans


def crossing(at: float, between: tuple[int, int]) -> Crossing:
    return Crossing(PAIR, Estimate(at, at * 0.9, at * 1.1, 6), between, is_known=False)


@pytest.mark.parametrize(
    ("at", "between", "refine", "sizes"),
    [
        (4000, (2048, 16_384), 0.25, [4096]),  # where it is, in multiples of 256
        (2100, (2048, 16_384), 0.25, [3072]),  # not beside 2,048
        (16_000, (2048, 16_384), 0.25, [10_240]),  # nor beside 16,384
        (45, (32, 64), 0.25, [44]),
        (33, (32, 64), 0.25, [44]),  # in the middle, if the gap is a small one
        (5000, (4096, 6144), 0.25, [4096, 6144]),  # near enough: against the noise
        (5000, (4096, 6144), 0.1, [4992]),
        (1.5, (1, 2), 0.1, [1, 2]),  # nothing lies between them
        (2, (1, 3), 0.1, [2]),
    ],
)
def test_a_size_is_added_where_two_ways_change_places(at, between, refine, sizes):
    assert sizes_to_measure(crossing(at, between), refine) == sizes


@pytest.mark.parametrize(
    ("at", "sizes", "is_known"),
    [
        (Estimate(100, 91, 110, 6), (90, 108), True),
        (Estimate(100, 91, 111, 6), (90, 108), False),  # a vague interval
        (Estimate(100, 89, 110, 6), (90, 108), False),
        (Estimate(100, 91, math.inf, 6), (90, 108), False),
        (Estimate(100, math.nan, math.nan, 2), (90, 108), False),  # none
        (Estimate(100, 91, 110, 6), (64, 128), False),  # straight lines over a wide gap
        (Estimate(100, 91, 110, 6), (64, 90, 108, 128), True),
    ],
)
def test_a_break_even_is_known_if_its_interval_and_the_sizes_around_it_are_near(at, sizes, is_known):
    ratios = {size: Estimate(1, 1, 1, 6) for size in sizes}
    comparison = Comparison(PAIR, ratios, {}, {}, [at], {})
    assert [found.is_known for found in crossings([comparison], 0.1)] == [is_known]


def test_only_this_study_s_ways_are_looked_at():
    ratios = {size: Estimate(1, 1, 1, 6) for size in (64, 128)}
    elsewhere = PAIR._replace(second=Way("numpy_mlp", site="another"))
    assert crossings([Comparison(elsewhere, ratios, {}, {}, [Estimate(100, 91, 110, 6)], {})], 0.1) == []


@pytest.mark.parametrize("refine", [0.1, 0.25])
def test_a_study_adds_sizes_until_the_break_even_is_known(refine):
    machine = Machine()
    plans = machine.study(refine)
    assert plans[-1]["stopped"] == "precise"
    ((found,),) = (comparison.break_evens for comparison in machine.compared())
    assert found.median == pytest.approx(break_even(), rel=refine)
    assert found.reach <= refine
    last = plans[-1]["break_evens"][-1]
    assert last["hidden_size"] == found.median
    assert last["is_known"]
    smaller, larger = last["between"]
    assert smaller < found.median < larger <= smaller * (1 + refine) ** 2


@pytest.mark.slow
def test_stopping_as_soon_as_it_is_known_still_covers_the_break_even():
    """Many studies, each of the logarithms of its heats' ratios alone."""
    draw, covered = np.random.default_rng(1), []
    for _ in range(60):
        logs: dict[int, list[float]] = {}
        vague, wanted = True, [32, 256, 2048, 16_384]
        while vague:
            for size in wanted:
                ratio = math.log(numpy_s(size) / torch_s(size))
                logs.setdefault(size, []).extend(draw.normal(ratio, 0.04, REPETITIONS))
            in_order = {size: logs[size] for size in sorted(logs)}
            found = break_evens_of_heats(in_order, {size: torch_s(size) for size in in_order})
            comparison = Comparison(PAIR, dict.fromkeys(in_order, Estimate(1, 1, 1, 6)), {}, {}, found, {})
            vague = [crossing for crossing in crossings([comparison], 0.25) if not crossing.is_known]
            wanted = sorted({size for crossing in vague for size in sizes_to_measure(crossing, 0.25)})
        covered.append(len(found) == 1 and found[0].low <= break_even() <= found[0].high)
    assert 0.88 < np.mean(covered) < 1


def test_before_sizes_are_added_the_line_over_the_gap_misses_the_truth():
    """Else there would be no reason to add any: the interval knows only the noise."""
    machine = Machine()
    plans = machine.study(0.25)
    first = plans[0]["break_evens"][0]
    assert first["between"] == [2048, 16_384]
    assert not first["low"] <= break_even() <= first["high"]


def test_each_size_is_measured_as_often_as_the_others_and_no_heat_twice():
    machine = Machine()
    plans = machine.study(0.25)
    heats = [(entry["cell"]["model"], entry["cell"]["hidden_size"], entry["repetition"]) for entry in machine.records]
    assert len(set(heats)) == len(heats)
    sizes = {size for _, size, _ in heats}
    assert len(sizes) > 4
    for size in sizes:
        own = sorted(repetition for model, other, repetition in heats if (model, other) == ("numpy_mlp", size))
        assert own == list(range(1, len(own) + 1))
        assert len(own) % REPETITIONS == 0
    assert {heat["hidden_size"] for plan in plans for heat in plan["heats"] if heat["repetition"] == 1} == sizes - {
        32,
        256,
        2048,
        16_384,
    }


def test_a_study_stops_for_its_budget_and_for_the_most_repetitions(tmp_path):
    machine = Machine()
    machine.study(0.25)
    planned = machine.plan(0.001, until_s=60)
    assert (planned["stopped"], planned["heats"]) == ("budget", [])
    assert machine.plan(0.001, block=MOST_REPETITIONS + 1)["stopped"] == "repetitions"
    path = tmp_path / "7.json"
    write_plan(planned, path)
    assert read_plan(path) == planned


def test_a_size_that_has_the_most_repetitions_gets_no_more():
    close = race(lambda size: size, lambda size: 100.0, sizes=(90, 108))
    entries = [record(one, repetition, s) for one, s in close.items() for repetition in range(1, MOST_REPETITIONS + 1)]
    vague = [
        Comparison(PAIR, dict.fromkeys((90, 108), Estimate(1, 0.5, 2, 6)), {}, {}, [Estimate(100, 50, 200, 6)], {})
    ]
    asked = {"refine": 0.1, "until_s": 3600, "measured_s": 60.0, "repetitions": REPETITIONS}
    planned = plan_block(9, runs_table(entries), vague, **asked)
    assert (planned["stopped"], planned["heats"]) == ("repetitions", [])
    fewer = [
        entry for entry in entries if entry["repetition"] <= MOST_REPETITIONS - 2 or entry["cell"]["hidden_size"] == 90
    ]
    planned = plan_block(9, runs_table(fewer), vague, **asked)
    left = [Contest("digits", "short", "mlp", 108)._asdict() | {"repetition": number} for number in (99, 100)]
    assert (planned["stopped"], planned["heats"]) == (None, left)


def test_a_cell_that_was_added_stands_among_those_of_its_way():
    asked = dict.fromkeys(race(float, float, sizes=(32, 64)))
    entries = [record(cell(model, size), 1, 1.0) for model in ("numpy_mlp", "torch_mlp") for size in (64, 44, 32, 52)]
    rows = cells_table(runs_table(entries), asked)
    found = list(rows[["model", "hidden_size"]].itertuples(index=False, name=None))
    assert found == [(model, size) for model in ("numpy_mlp", "torch_mlp") for size in (32, 44, 52, 64)]


def test_what_was_added_and_what_is_known_is_said():
    machine = Machine()
    plans = machine.study(0.25)
    cells = as_read(cells_table(runs_table(machine.records), {}))
    text = precision(cells, machine.compared(), plans, {"digits": "Digits"})
    assert text.startswith("The study asked for break-evens to ± 25 %. For them it added H = ")
    assert text.endswith(" (MLP on Digits). The break-even is known that well now.")
    last = plans[-1] | {"refine": 0.001, "stopped": "budget"}
    text = precision(cells, machine.compared(), [*plans, last], {})
    assert "0 of 1 break-evens are known that well; not that of numpy and torch (MLP on digits) at H = " in text
    assert text.endswith(". The budget of 3,600 s was spent.")
    none = precision(cells, compared(race(lambda h: 1.0, lambda h: 2.0)), plans[-1:])
    assert none == (
        "The study asked for break-evens to ± 25 %. No two ways change places between the sizes that were measured."
    )

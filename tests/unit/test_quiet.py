"""When a run is contended, and the words for it."""

from dataclasses import replace

import pytest

from payoff.machine.cpus import usable_cpus
from payoff.machine.quiet import Counters, contention, why_contended

NOTHING = Counters(at=0, busy=0, steal=0, own=0, involuntary_switches=0)
CPUS = len(usable_cpus())


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ({"busy": 0.06 * CPUS * 10}, "other programs used the CPU"),
        ({"busy": 10, "own": 10, "steal": 0.03 * CPUS * 10}, "took CPU time away"),
        ({"involuntary_switches": 1600}, "the scheduler interrupted"),
    ],
)
def test_each_figure_has_its_limit(after, reason):
    figures = contention(NOTHING, replace(NOTHING, at=10, **after), [1, 1, 1]) | {"gpus": []}
    assert len(why_contended(figures)) == 1
    assert reason in why_contended(figures)[0]


def test_what_a_run_uses_itself_is_no_contention():
    figures = contention(NOTHING, replace(NOTHING, at=10, busy=10.2, own=10, involuntary_switches=100), [1, 1.2, 0.9])
    assert why_contended(figures | {"gpus": []}) == []
    assert figures["others_cpu"] == pytest.approx(0.2 / 10 / CPUS)


def test_a_tick_or_two_in_a_short_run_is_no_sign():
    figures = contention(NOTHING, replace(NOTHING, at=0.1, busy=0.13, own=0.1, involuntary_switches=20), [])
    nothing = {"others_cpu": 0, "steal": 0, "throttled": 0, "involuntary_switches_per_s": 0, "unevenness": None}
    assert figures == nothing


def test_epochs_that_are_much_longer_than_the_median_are_told():
    """As seen beside another run: the median did not move, and the whole took ten times as long."""
    figures = contention(NOTHING, replace(NOTHING, at=10), [1, 1, 1, 1, 46]) | {"gpus": []}
    assert figures["unevenness"] == 10
    assert why_contended(figures) == ["some epochs took much longer than the median"]


def test_a_gpu_that_was_slowed_down_is_told_and_one_at_its_power_cap_is_not():
    quiet = {"others_cpu": 0, "steal": 0, "involuntary_switches_per_s": 0, "unevenness": None}
    gpu = {"lowest_sm_clock_mhz": 900, "max_sm_clock_mhz": 1980, "slowed_by": ["power cap"]}
    assert why_contended(quiet | {"gpus": [gpu]}) == []
    hot = gpu | {"slowed_by": ["thermal slowdown by hardware", "power cap"]}
    assert why_contended(quiet | {"gpus": [hot]}) == ["the GPU was slowed down: thermal slowdown by hardware"]

"""Counters of energy, in a planted folder of the kernel's, and what becomes of them."""

import math

import pytest
from drivers import driver as driver
from drivers import library as library
from planted import as_read, cell, in_heat, record, runs_of

from payoff.machine.energy import Counted, energy_meter, power_w
from payoff.page.words.captions import energy
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table


@pytest.fixture
def rapl(tmp_path):
    """A folder of counters: two packages, a part of the first, and the whole system, which is counted elsewhere."""
    zones = {
        "intel-rapl:0": ("package-0", 5_000_000),
        "intel-rapl:1": ("package-1", 7_000_000),
        "intel-rapl:0:0": ("core", 1_000_000),
        "intel-rapl:2": ("psys", 90_000_000),
    }
    for zone, (name, microjoules) in zones.items():
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "name").write_text(f"{name}\n")
        (tmp_path / zone / "energy_uj").write_text(f"{microjoules}\n")
        (tmp_path / zone / "max_energy_range_uj").write_text("10000000\n")
    return tmp_path


def test_the_power_is_that_of_all_packages(rapl):
    with energy_meter([], rapl) as read:
        before = read()
        (rapl / "intel-rapl:0" / "energy_uj").write_text("6000000")
        (rapl / "intel-rapl:1" / "energy_uj").write_text("7500000")
        assert set(before) == {"intel-rapl:0", "intel-rapl:1"}
        assert power_w(before, read(), 0.1) == pytest.approx(15)


def test_a_counter_that_begins_again_has_not_lost_energy(rapl):
    with energy_meter([], rapl) as read:
        before = read()
        (rapl / "intel-rapl:1" / "energy_uj").write_text("1000000")
        assert power_w(before, read(), 2) == pytest.approx(2)


@pytest.mark.parametrize("content", [b"", b"<unknown>\n", "\u00b5".encode()])
def test_a_counter_that_says_nothing_leaves_the_power_unknown(rapl, content):
    with energy_meter([], rapl) as read:
        before = read()
        (rapl / "intel-rapl:1" / "energy_uj").write_bytes(content)
        assert power_w(before, read(), 1) is None
        assert power_w(read(), read(), 1) is None


def test_without_counters_no_power_is_known(tmp_path):
    with energy_meter([], tmp_path / "nowhere") as read:
        assert power_w(read(), read(), 1) is None
    with energy_meter(["GPU-not-here"]) as read:
        assert power_w(read(), read(), 1) is None


def test_the_counter_of_a_gpu_is_read_where_it_has_one(driver):
    driver(NVML_ENERGY=1000)
    with energy_meter(["GPU-0abc"]) as read:
        before = read()
        assert before == {"GPU-0abc": Counted(1.0)}
        driver(NVML_ENERGY=31_000)
        assert power_w(before, read(), 0.1) == pytest.approx(300)
    with energy_meter(["GPU-0abc", "GPU-1abc"]) as read:
        assert read() == {}  # the energy of one of two GPUs is no answer


def test_an_epoch_uses_the_mean_power_of_the_turns_for_its_time():
    numpy = cell("numpy_mlp", 32)
    measured, unknown = (in_heat(record(numpy, repetition, 2.0), [2.0] * 3) for repetition in (1, 2))
    for turn, power in zip(measured["turns"], (10.0, 30.0, None), strict=True):
        turn["power_w"] = power
    assert runs_table([measured, unknown])["epoch_energy_j"].tolist() == [40, pytest.approx(math.nan, nan_ok=True)]


def test_the_page_says_what_an_epoch_costs_in_joules_or_that_it_was_not_measured():
    runs, cells = runs_of([1.0] * 6), {cell("numpy_mlp", 32): None}
    assert "not measured" in energy(as_read(cells_table(runs, cells)))
    measured = cells_table(runs.assign(epoch_energy_j=[30.0, 31, 32, 33, 34, 35]), cells)
    assert "32.5 [30.0, 35.0] J" in energy(as_read(measured))

"""What the machine can do, really measured."""

import re
import time

import pandas as pd
import pytest
from twin import RESULTS, records_of

from payoff.machine.description import describe_machine
from payoff.machine.rates import RATES, measure_machine, read_rates, write_rates
from payoff.machine.rates_worker import SAMPLES, on_device


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> tuple[dict, float]:
    """The rates of this machine's CPU with one thread, and the seconds that it took to measure them."""
    started = time.monotonic()
    document = measure_machine("cpu", 1, tmp_path_factory.mktemp("rates") / "logs" / "log")
    return document, time.monotonic() - started


@pytest.mark.alone
def test_the_rates_are_measured_and_make_sense(measured, tmp_path):
    document, _ = measured
    write_rates(document, tmp_path / "machine.json")
    assert read_rates(tmp_path / "machine.json") == document
    assert document["machine"] == describe_machine()
    assert set(document["thread_counts"].values()) == {1}
    rates = {rate["rate"]: rate for rate in document["rates"]}
    assert set(rates) == {"matmul", "copy"}
    assert 0.1 < rates["matmul"]["median"] < 1e5
    assert 0.1 < rates["copy"]["median"] < 1e4
    for rate in rates.values():
        assert len(rate["samples"]) == rate["n"] == SAMPLES
        assert min(rate["samples"]) <= rate["low"] <= rate["median"] <= rate["high"] <= max(rate["samples"])
    assert (document["device"], document["missing"]) == ("cpu", None)


@pytest.mark.alone
def test_the_rates_of_a_cpu_take_seconds(measured):
    _, seconds = measured
    assert seconds < 8


def test_a_device_that_is_not_here_has_no_rates_but_a_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that it is missing on a machine that has one, too
    document = measure_machine("cuda", 1, tmp_path / "log")
    write_rates(document, tmp_path / "cuda.json")
    assert (document["rates"], document["missing"]) == ([], "device_missing")
    assert "device_missing" in (tmp_path / "log").read_text()


def test_what_a_gpu_is_asked_works_on_torch_s_cpu():
    """The same calls; only what waits for a device, and pinned memory, are a GPU's own."""
    import torch

    found = on_device(torch.device("cpu"), side=128, moved_bytes=2**20)
    assert set(found) == set(RATES)
    assert all(len(taken) == SAMPLES and min(taken) > 0 for taken in found.values())
    assert 1e8 < sorted(found["matmul"])[5] < 1e14
    assert 1e-8 < sorted(found["launch_queued"])[5] < 1e-3


def test_the_workflow_measures_the_machine_of_its_runs(tiny):
    document = read_rates(tiny / RESULTS / "machine/cpu.json")
    runs = records_of(tiny)
    assert {run["machine"]["key"] for run in runs} == {document["machine"]["key"]}
    measured_at = pd.Timestamp(document["started_at"])
    for run in runs:  # nothing that is timed is beside something else that is timed
        started = pd.Timestamp(run["started_at"])
        assert measured_at > started + pd.Timedelta(seconds=run["process_s"] - 0.01) or measured_at < started
    assert re.search(r'<section id="machine">.*GFLOP/s', (tiny / RESULTS / "report.html").read_text(), re.DOTALL)

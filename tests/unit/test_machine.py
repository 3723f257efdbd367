"""What the machine is, and how its rates are sampled and shown."""

import json
import socket
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest
from conftest import HOME, as_user
from planted import MACHINE, cell, record, study
from planted_tables import planted_context

from payoff.files.contracts import ContractError, check
from payoff.machine import description as machine
from payoff.machine import rates_worker
from payoff.machine.description import describe_machine
from payoff.machine.rates import read_rates
from payoff.machine.rates_worker import SAMPLE_S, SAMPLES, cpu, samples
from payoff.page.html.inventory import machine_facts, rated_machines, rates_rows
from payoff.page.html.report import render
from payoff.tables.runs import runs_table


def told_elsewhere(folder, imports="", **environment) -> dict:
    """What another process says of this machine, which may have imported more before."""
    statements = f"import json\n{imports}\nfrom payoff.machine.description import describe_machine\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{statements}print(json.dumps(describe_machine()))"],
        cwd=folder,
        env=as_user(HOME) | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_facts_are_the_same_from_process_to_process(tmp_path):
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    first = told_elsewhere(HOME, **threads)
    assert first == told_elsewhere(tmp_path, imports="import sklearn, scipy.linalg", OMP_NUM_THREADS="2")
    assert first == describe_machine()


def test_the_facts_fulfil_their_contract_and_hold_no_name():
    facts = describe_machine()
    check(facts, "machine", "here")
    assert socket.gethostname() not in json.dumps(facts)
    assert facts["numpy"] == told_elsewhere(HOME, imports="import numpy")["numpy"]
    assert abs(facts["memory_bytes"] - psutil.virtual_memory().total) <= machine.MEMORY_STEP / 2


@pytest.mark.parametrize(
    ("name", "value", "same_host"),
    [
        ("_cpu_model", lambda: "Another", False),
        ("gpus", lambda: [{"name": "A GPU", "memory_bytes": 1, "driver": "1"}], False),
        ("_blas", lambda: None, True),
        ("_version_if_installed", lambda package: "0.0", True),
    ],
)
def test_the_key_changes_with_every_fact_and_the_host_with_the_hardware(monkeypatch, name, value, same_host):
    before = describe_machine()
    monkeypatch.setattr(machine, name, value)
    after = describe_machine()
    assert after["key"] != before["key"]
    assert (after["host"] == before["host"]) == same_host


def test_two_equal_machines_are_told_apart_and_a_driver_is_no_hardware(monkeypatch):
    monkeypatch.setattr(machine, "gpus", lambda: [{"name": "A GPU", "memory_bytes": 1, "driver": "1"}])
    here = describe_machine()
    monkeypatch.setattr(machine, "gpus", lambda: [{"name": "A GPU", "memory_bytes": 1, "driver": "2"}])
    updated = describe_machine()
    assert (updated["host"] == here["host"], updated["key"] == here["key"]) == (True, False)
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    twin = describe_machine()
    assert twin["host"] != here["host"]
    assert {fact for fact in here if here[fact] != twin[fact]} == {"key", "host", "gpus"}


def test_a_run_s_row_has_the_facts_as_text():
    measured = record(cell("numpy_mlp", 8), 1, 0.1)
    limited = MACHINE | {"key": "1" * 12, "cpu_quota": 1.5, "gpu_faults": ["GPU 0 of 2 cannot be used", "GPU 1 of 2"]}
    row, other = (row for _, row in runs_table([measured, measured | {"machine": limited}]).iterrows())
    assert other["machine_gpu_faults"] == "GPU 0 of 2 cannot be used, GPU 1 of 2"
    assert row["machine_blas"] == "openblas 0.3.30 Zen pthreads"
    assert (row["machine_host"], row["machine_gpus"]) == (MACHINE["host"], "")


@pytest.mark.slow
def test_a_copy_is_divided_among_the_threads():
    one, three = (cpu(threads, side=64, copied_bytes=2**20 + 8) for threads in (1, 3))  # 3: of unequal parts
    assert set(one) == set(three) == {"matmul", "copy"}
    assert 1e7 < sorted(three["copy"])[SAMPLES // 2] < 1e13


def test_a_sample_is_long_enough_and_waits_at_its_edges(monkeypatch):
    now = 0.0
    calls = {"operation": 0, "wait": 0}

    def operation():
        nonlocal now
        calls["operation"] += 1
        now += 0.002 if calls["operation"] > 1 else 0.2  # the first loads what it needs

    def wait():
        calls["wait"] += 1

    monkeypatch.setattr(rates_worker, "time", SimpleNamespace(perf_counter=lambda: now))
    assert samples(operation, wait) == pytest.approx([0.002] * SAMPLES)
    assert calls["operation"] >= SAMPLES * SAMPLE_S / 0.002, "several operations per sample"
    assert calls["wait"] < calls["operation"] / 3


def test_a_file_that_is_something_else_is_named(tmp_path):
    path = tmp_path / "machine.json"
    path.write_text("{}")
    with pytest.raises(ContractError, match=r"machine\.json: \(top level\): missing schema_version"):
        read_rates(path)
    path.write_text("nothing")
    with pytest.raises(ContractError, match=r"machine\.json: not the rates of a machine"):
        read_rates(path)


RATE = {"samples": [49.0, 50.0, 51.0, 49.5, 50.5, 50.0], "median": 50.0, "low": 49.0, "high": 51.0, "n": 6}
DOCUMENT = {
    "threads": 2,
    "device": "cpu",
    "machine": MACHINE | {"cpu": "A <CPU>", "gpus": [{"name": "A <GPU>", "memory_bytes": 2**33, "driver": None}]},
    "rates": [{"rate": "matmul", "unit": "GFLOP/s", **RATE}],
    "missing": None,
}
NO_GPU = {"threads": 2, "device": "cuda", "machine": MACHINE, "rates": [], "missing": "device_missing"}


def test_the_report_tells_the_machine_and_its_rates(tmp_path):
    facts = machine_facts(DOCUMENT["machine"])
    assert facts["Processor"] == "A <CPU>, x86_64, 2 cores, 4 threads, 8 GiB"
    assert facts["GPUs"] == "A <GPU>, 8 GiB, driver unknown"
    assert facts["BLAS of numpy"] == "openblas, 0.3.30, Zen, pthreads"
    assert facts["Software"] == "python 3.11.0, numpy 2.0.0"
    assert machine_facts(MACHINE | {"blas": None})["BLAS of numpy"] == "does not tell"
    (first,), (second,) = rates_rows(DOCUMENT), rates_rows(NO_GPU)
    assert (first["figure"], first["unit"], first["device"]) == ("50.0 [49.0, 51.0]", "GFLOP/s", "CPU")
    assert first["description"].endswith("; n = 6; 2 CPU threads")
    assert (second["device"], second["figure"], second["description"]) == ("cuda", "–", "the device is not there")
    tables = study({cell("numpy_mlp", 10): 0.1})
    page = render(HOME / "report", planted_context(tmp_path, *tables, rates=[DOCUMENT]))
    section = page[page.index('<section id="machine">') :].partition("</section>")[0]
    assert "50.0 [49.0, 51.0]" in section
    assert "A &lt;GPU&gt;" in section
    assert page.index('id="machine"') < page.index('id="provenance"')
    assert 'id="machine"' not in render(HOME / "report", planted_context(tmp_path, *tables))


def test_each_machine_has_its_own_facts_and_rates():
    """The CPU of one and the GPU of another, as on a cluster; and one whose runs were measured elsewhere."""
    there = MACHINE | {"key": "1" * 12, "gpus": [{"name": "A GPU", "memory_bytes": 2**33, "driver": "1"}]}
    records = [record(cell("numpy_mlp", 8), 1, 0.1), record(cell("torch_mlp", 8, "cuda"), 1, 0.1) | {"machine": there}]
    cuda = DOCUMENT | {"device": "cuda", "machine": there}
    first, second = rated_machines([cuda, DOCUMENT | {"machine": MACHINE}], runs_table(records))
    assert [row["device"] for row in (*first["rows"], *second["rows"])] == ["CPU", "cuda"]
    assert (first["facts"]["GPUs"], second["facts"]["GPUs"]) == ("none", "A GPU, 8 GiB, driver 1")
    assert first["elsewhere"] is second["elsewhere"] is None
    together, *none = rated_machines([cuda, DOCUMENT | {"machine": there}], runs_table(records))
    assert (len(together["rows"]), none, together["elsewhere"]) == (2, [], "CPU")

"""Runs in real processes, and what becomes of those that fail."""

import os
import re
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from measured import RECIPE, check_contract
from measured import module_of as module_of
from measured import run as run
from ways import need_compiler

from payoff.files.contracts import ContractError
from payoff.machine import locks
from payoff.machine.clock import PHASES
from payoff.machine.locks import hold
from payoff.machine.processes import ProgramFaultError
from payoff.machine.quiet import CONTENDED, QUIET
from payoff.machine.visible import Gpu
from payoff.models.registry import MODELS
from payoff.recipes import Convolution, RateChange, Recipe
from payoff.runs import entrant as entrants
from payoff.runs import heat as heats
from payoff.runs.entrant import Entrant, Run
from payoff.runs.heat import measure_heat, name_of
from payoff.runs.records import write_records
from payoff.runs.turns import COUNTED_S, UNCOUNTED_S

ENDLESS = Recipe("unit", "cross_entropy", "sgd", learning_rate=0.1, batch_size=128, epochs=1_000_000)


def measure(run: Run, logs: Path, rounds: int = 1) -> dict:
    """The record of a run that is in its heat alone."""
    return measure_heat([run], logs, rounds=rounds)[0]


WAYS = [(model, mode) for model, spec in MODELS.items() for mode in spec.modules]
WAYS.remove(("torch_cnn", "compiled"))  # 40 s to compile, and no other code around it than for the MLP


@pytest.fixture(scope="module")
def hashes() -> dict:
    """(model, mode) -> the hash of the weights of a run of it, from one test for another."""
    return {}


@pytest.mark.parametrize(("model", "mode"), WAYS)
def test_a_run_gives_a_record_that_fulfils_its_schema(run, model, mode, tmp_path, monkeypatch, hashes):
    if mode == "compiled":
        need_compiler()
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # the log names each module that the process imports
    measured = run(model, mode, budget_s=300)  # to compile may take a minute on a busy machine
    record = measure(measured, tmp_path, rounds=2)
    check_contract(record, folder=tmp_path)
    assert record["failure"] is None
    hashes[model, mode] = record["weights_sha256"]
    assert len(record["epochs"]) == 2
    assert record["steps"] == {"done": 24, "asked": 24}
    assert len(record["predictions"]) == 10
    assert 0 < record["peak_memory_bytes"] < 4 * 2**30
    assert set(record["thread_counts"].values()) == {1}
    assert {"torch", "jax"} & set(record["software"]) == {model.split("_")[0]} - {"numpy"}
    assert record["step_losses"] == []
    assert list(record["phases_s"]) == list(PHASES)
    assert sum(record["phases_s"].values()) == pytest.approx(record["process_s"], abs=1e-6)
    epochs = sum(epoch["duration_s"] for epoch in record["epochs"])
    assert epochs == pytest.approx(record["phases_s"]["training"])
    assert [(turn["round"], turn["position"]) for turn in record["turns"]] == [(1, 1), (2, 1)]
    counted_s = sum(turn["counted_s"] for turn in record["turns"])
    assert 2 * COUNTED_S <= counted_s <= record["phases_s"]["turns"] - 2 * UNCOUNTED_S
    imported = "".join(log.read_text() for log in tmp_path.rglob("*.log"))
    assert "payoff.runs.training" in imported
    # torch's compiler takes seconds to load, which no other mode may pay.
    assert ("torch._inductor" in imported) == (mode == "compiled")
    assert (record["heat"]["ways"], record["heat"]["is_control"]) == (1, False)
    assert record["contention"]["label"] in (QUIET, CONTENDED)
    log = (tmp_path / f"{name_of(measured)}.log").read_text()
    assert "epoch 1/2" in log
    assert "epoch 2/2" in log


def test_the_same_seed_gives_the_same_hash_in_two_processes(run, tmp_path, hashes):
    for model, spec in MODELS.items():
        one = hashes.get((model, spec.default_mode)) or measure(run(model), tmp_path)["weights_sha256"]
        assert one == measure(run(model), tmp_path)["weights_sha256"]
        assert one is not None


def test_the_thread_count_is_set_and_read_back(run, tmp_path):
    for model in ("numpy_mlp", "torch_mlp", "jax_mlp"):
        counts = measure(run(model, threads=2), tmp_path)["thread_counts"]
        assert counts
        assert set(counts.values()) == {2}


@pytest.mark.parametrize("model", ["numpy_mlp", "torch_mlp", "jax_mlp"])
def test_a_run_with_one_thread_uses_one_core(run, model, tmp_path):
    """Else its times would stand under a wrong label. Of more threads, some wait for the others."""
    record = measure(run(model, hidden_size=4096), tmp_path, rounds=2)
    for turn in record["turns"]:
        assert turn["cpu_s"] < 1.2 * turn["counted_s"]


@pytest.mark.parametrize("model", ["torch_mlp", "jax_mlp"])
def test_a_device_that_is_not_there_is_a_record(run, model, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # also where there is one
    record = measure(run(model, device="cuda"), tmp_path)
    check_contract(record, folder=tmp_path)
    assert record["failure"]["reason"] == "device_missing"
    assert re.search("not cuda|no cuda", record["failure"]["detail"])
    assert record["epochs"] == []


@pytest.mark.parametrize("hidden_size", [10**11, 10**17, 10**20])
def test_memory_that_runs_out_is_a_record(run, hidden_size, tmp_path):
    record = measure(run(hidden_size=hidden_size), tmp_path)
    check_contract(record, folder=tmp_path)
    assert record["failure"]["reason"] == "out_of_memory"
    assert record["failure"]["detail"] in record["log_tail"]


@pytest.mark.parametrize("asked", [{}, {"keep_step_losses": True}, {"validation": 0.1}])
def test_a_loss_that_is_not_finite_is_a_record_and_keeps_the_epochs_before(run, asked, tmp_path):
    recipe = Recipe("unit", "cross_entropy", "sgd", learning_rate=1e30, batch_size=128, epochs=3, **asked)
    record = measure(run(recipe=recipe), tmp_path)
    check_contract(record, folder=tmp_path)
    assert record["failure"]["reason"] == "not_finite"
    assert record["weights_sha256"] is None


@pytest.mark.alone
def test_a_run_over_budget_keeps_what_it_measured(run, tmp_path):
    record = measure(run(recipe=ENDLESS, budget_s=2), tmp_path, rounds=3)
    check_contract(record, folder=tmp_path)
    assert record["failure"]["reason"] == "over_budget"
    assert len(record["epochs"]) > 1
    assert 0 < record["steps"]["done"] < record["steps"]["asked"]
    assert record["process_s"] >= 2
    assert record["predictions"] == []
    assert len(record["turns"]) == 3, "but what it has trained so far takes turns"


def test_a_recipe_with_all_it_can_have(run, tmp_path):
    recipe = replace(
        RECIPE,
        optimizer="adam",
        dense=(1, 0.5),
        schedule=(RateChange(2, 0.01),),
        validation=0.2,
        evaluate_before_training=True,
        keep_step_losses=True,
    )
    record = measure(run(recipe=recipe), tmp_path)
    check_contract(record, folder=tmp_path)
    assert [epoch["epoch"] for epoch in record["epochs"]] == [0, 1, 2]
    assert all(epoch["validation_accuracy"] > 0 for epoch in record["epochs"])
    assert len(record["step_losses"]) == record["steps"]["asked"] == 18  # 1150 images in batches of 128, twice
    assert Recipe.from_document(record["recipe"]) == recipe


def test_images_too_small_for_the_network_are_a_record(run, tmp_path):
    recipe = replace(RECIPE, convolutions=(Convolution(6, 5), Convolution(16, 5)))
    record = measure(run("torch_cnn", recipe=recipe), tmp_path)
    assert record["failure"]["reason"] == "does_not_fit"


def test_the_end_of_the_process_is_a_phase_of_its_own(run, model_that, tmp_path):
    """From its last line of Python to being reaped; what it takes to write the result is no part of it."""
    module = model_that("import atexit; atexit.register(time.sleep, 0.5); raise MemoryError")
    record = measure(run(module=module), tmp_path)
    phases = record["phases_s"]
    assert 0 < phases["writing"] < 0.5 <= phases["ending"]
    assert sum(phases.values()) == pytest.approx(record["process_s"], abs=1e-6)


def test_a_measured_process_sees_its_own_device_only(run, model_that, tmp_path, monkeypatch):
    """Else JAX would start up a GPU for a run on the CPU, and the run would be told too slow."""
    monkeypatch.setenv("JAX_PLATFORMS", "cpu,cuda")
    record = measure(run(module=model_that("raise MemoryError(os.environ['JAX_PLATFORMS'])")), tmp_path)
    assert record["failure"]["detail"] == "cpu"


@pytest.fixture
def model_that(module_of):
    """A module of a model whose build() does what the test says."""
    return lambda body: module_of("planted_model", f"import os, signal, time\ndef build(*_):\n    {body}\n")


def test_a_hang_is_ended_at_the_hard_limit(run, model_that, tmp_path):
    record = measure(run(module=model_that("time.sleep(600)"), budget_s=1), tmp_path)
    check_contract(record, folder=tmp_path)
    assert record["failure"]["reason"] == "over_budget"
    assert record["process_s"] < 30


def test_a_run_gets_its_gpu_and_holds_it(run, model_that, tmp_path, monkeypatch):
    """What it sees of the machine's GPUs, and whether somebody else could take the same one meanwhile."""
    folder = tmp_path / "locks"
    folder.mkdir()
    monkeypatch.setenv(locks.FOLDER_VARIABLE, str(folder))
    monkeypatch.setattr(heats, "visible_gpus", lambda: [Gpu(uuid, uuid) for uuid in ("GPU-zero", "GPU-one")])
    module = model_that(
        "import fcntl\n"
        f"    lock = open({str(folder / 'payoff-gpu-GPU-one.lock')!r})\n"
        "    try:\n"
        "        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "    except BlockingIOError:\n"
        "        raise MemoryError('held, sees ' + os.environ['CUDA_VISIBLE_DEVICES'])"
    )
    with hold(["gpu-GPU-zero"]):  # by somebody else
        record = measure(replace(run(module=module), gpus=1), tmp_path)
    assert record["failure"]["detail"] == "held, sees GPU-one"


def test_a_process_that_outlives_its_parent_ends_itself_after_its_limit(run, model_that, tmp_path, monkeypatch):
    """The parent's timer is gone with the parent: here, it never rings."""
    monkeypatch.setattr(Entrant, "_limit_s", 600)
    with pytest.raises(ProgramFaultError, match="SIGALRM"):
        measure(run(module=model_that("time.sleep(600)"), budget_s=1), tmp_path)


def test_memory_that_torch_cannot_have_is_a_record(run, model_that, tmp_path):
    record = measure(run(module=model_that("import torch; torch.empty(10**15)")), tmp_path)
    assert record["failure"]["reason"] == "out_of_memory"


def test_a_crash_in_compiled_code_is_a_record(run, model_that, tmp_path):
    record = measure(run(module=model_that("os.kill(os.getpid(), signal.SIGSEGV)")), tmp_path)
    check_contract(record, folder=tmp_path)
    assert record["failure"] == {"reason": "crashed", "detail": "the process was ended by SIGSEGV"}


def test_a_device_that_stops_working_is_a_record(run, model_that, tmp_path):
    fault = "raise RuntimeError('CUDA error: unspecified launch failure')"
    record = measure(run(module=model_that(fault)), tmp_path)
    check_contract(record, folder=tmp_path)
    assert record["failure"]["reason"] == "device_failed"


def test_a_fault_of_the_program_fails_and_shows_the_log(run, model_that, tmp_path):
    with pytest.raises(ProgramFaultError, match=r"(?s)ended with status 1.*ZeroDivisionError"):
        measure(run(module=model_that("1 / 0")), tmp_path)


def test_a_run_that_is_killed_from_outside_is_no_measurement(run, model_that, tmp_path):
    with pytest.raises(ProgramFaultError, match="ended by SIGKILL"):
        measure(run(module=model_that("os.kill(os.getpid(), signal.SIGKILL)")), tmp_path)


def test_a_process_that_the_kernel_killed_for_memory_is_a_record(run, model_that, tmp_path, monkeypatch):
    """The kernel's counter is the only thing planted: it rose while the run was killed."""
    readings = iter([7, 8])
    monkeypatch.setattr(entrants, "_oom_kills", lambda: next(readings))
    record = measure(run(module=model_that("os.kill(os.getpid(), signal.SIGKILL)")), tmp_path)
    assert record["failure"]["reason"] == "out_of_memory"


@pytest.fixture
def interruptible():
    """An interrupt reaches this process, even if a shell that started the tests in the background has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_nothing_measured_outlives_its_measurer(run, model_that, tmp_path, interruptible):
    """An interrupt of the waiting process ends the measured one."""
    started = tmp_path / "started"

    def interrupt_once_started() -> None:
        deadline = time.monotonic() + 60
        while not started.exists():
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_once_started, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        measure(run(module=model_that(f"open({str(started)!r}, 'w').close(); time.sleep(600)")), tmp_path)
    time.sleep(0.2)
    assert not [p for p in psutil.Process().children(recursive=True) if "payoff.runs.worker" in " ".join(p.cmdline())]


def test_a_record_that_breaks_its_contract_is_not_written(run, tmp_path):
    record = measure(run(), tmp_path)
    with pytest.raises(ContractError, match="line 2: process_s: found -1; allowed: at least 0"):
        write_records([record, record | {"process_s": -1}], tmp_path / "heat.jsonl")
    assert not (tmp_path / "heat.jsonl").exists()
    with pytest.raises(ContractError, match=r"failure\.reason: found 'tired'"):
        write_records([record | {"failure": {"reason": "tired", "detail": ""}}], tmp_path / "heat.jsonl")


def test_the_measured_process_imports_only_what_it_trains_with(run, tmp_path, model_that):
    """numpy's runs must not pay for torch, nor any run for pandas or Snakemake; BLAS comes with scipy.linalg."""
    body = "import sys, payoff.models.numpy_mlp; print('LOADED', *sorted(sys.modules)); raise MemoryError"
    measured = run(module=model_that(body))
    measure(measured, tmp_path)
    line = next(
        line for line in (tmp_path / f"{name_of(measured)}.log").read_text().splitlines() if line.startswith("LOADED")
    )
    assert not {"torch", "pandas", "scipy.stats", "snakemake", "sklearn", "jsonschema"} & set(line.split())

"""The GPUs of a machine, as a library in C tells pynvml of them; no GPU is needed."""

import subprocess
import sys
import time

import pynvml
import pytest
from conftest import HOME, as_user
from drivers import VISIBLE
from drivers import driver as driver
from drivers import library as library

from payoff.files.contracts import check
from payoff.machine import nvml
from payoff.machine.description import describe_machine
from payoff.machine.devices import present_devices
from payoff.machine.nvml import GpuWatch, busiest, gpu_energy, gpus, survey
from payoff.machine.visible import Gpu, chosen, gpu_faults, visible_gpus
from payoff.page.html.inventory import machine_facts

T400, H100 = Gpu("GPU-0abc", "GPU-0abc"), Gpu("GPU-1abc", "GPU-1abc")


def test_gpus_that_answer_are_described(driver):
    assert gpus() == [
        {"name": "NVIDIA T400", "memory_bytes": 2**33, "driver": "580.1"},
        {"name": "NVIDIA H100", "memory_bytes": 2**33, "driver": "580.1"},
    ]
    assert (present_devices(), gpu_faults(), visible_gpus()) == (["cpu", "cuda"], [], [T400, H100])
    assert "gpu_faults" not in describe_machine()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"NVML_INIT": pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH}, "different versions, as after an update; start"),
        ({"NVML_INIT": pynvml.NVML_ERROR_DRIVER_NOT_LOADED}, "its driver is not loaded"),
        ({"NVML_INIT": pynvml.NVML_ERROR_NO_PERMISSION}, "this user may not use NVIDIA's driver"),
        ({"NVML_INIT": 999}, "NVIDIA's driver says 'Unknown Error'"),
        ({"NVML_INIT": 777}, "NVIDIA's driver says 'NVML Error with code 777'"),
        ({"NVML_COUNT": pynvml.NVML_ERROR_OPERATING_SYSTEM}, "says 'The operating system has blocked the request'"),
    ],
)
def test_a_driver_that_does_not_answer_is_told_and_no_gpu_is_used(driver, variables, words):
    driver(**variables)
    (fault,) = gpu_faults()
    assert fault.startswith("no GPU can be used: ")
    assert words in fault
    assert (present_devices(), gpus(), visible_gpus()) == (["cpu"], [], [])
    assert (GpuWatch([H100.whole]).stop(), busiest([H100.whole])) == ([], 0)
    machine = describe_machine()
    check(machine, "machine", "here")
    assert machine_facts(machine)["GPUs"] == f"none; {fault}"


def test_a_driver_that_hangs_is_told_and_asked_no_more(driver, monkeypatch):
    """Else the test would last an hour."""
    monkeypatch.setattr(nvml, "ANSWERS_S", 0.1)
    driver(NVML_HANG=3600)
    (fault,) = gpu_faults()
    assert fault == "no GPU can be used: NVIDIA's driver has not answered for 0.1 s; start the machine again"
    assert (present_devices(), visible_gpus(), busiest([H100.whole])) == (["cpu"], [], 0)
    with gpu_energy([H100.whole]) as read:
        assert read() == {}
    assert GpuWatch([H100.whole]).stop() == []


@pytest.mark.parametrize(
    ("lost", "status", "left", "words"),
    [
        (0, pynvml.NVML_ERROR_GPU_IS_LOST, H100, "the driver has lost it; start the machine again"),
        (1, pynvml.NVML_ERROR_NO_PERMISSION, T400, "this user may not use it"),
        (1, pynvml.NVML_ERROR_RESET_REQUIRED, T400, "it has to be reset"),
        (0, pynvml.NVML_ERROR_UNKNOWN, H100, "NVIDIA's driver says 'Unknown Error'"),
    ],
)
def test_one_lost_gpu_is_told_and_the_other_is_used(driver, lost, status, left, words):
    driver(NVML_LOST=lost, NVML_STATUS=status)
    assert (visible_gpus(), present_devices()) == ([left], ["cpu", "cuda"])
    assert gpu_faults() == [f"GPU {lost} of 2 cannot be used: {words}"]
    assert machine_facts(describe_machine())["GPUs"].endswith(f"; GPU {lost} of 2 cannot be used: {words}")
    driver(**{VISIBLE: lost})
    assert visible_gpus() == []
    driver(**{VISIBLE: 1 - lost})  # it keeps its number
    assert visible_gpus() == [left]


def test_without_a_library_a_machine_has_no_gpu_and_there_is_nothing_to_tell(monkeypatch, tmp_path):
    def absent(flags):
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInitWithFlags", absent)
    for device, faults in ((tmp_path / "none", 0), (tmp_path, 1)):  # a container may have a GPU without the library
        monkeypatch.setattr(nvml, "DEVICE_OF_DRIVER", device)
        survey.cache_clear()
        assert (gpus(), visible_gpus(), len(gpu_faults())) == ([], [], faults)
        assert GpuWatch([H100.whole]).stop() == []
    survey.cache_clear()


@pytest.mark.parametrize(
    ("allowed", "found", "told"),
    [
        ("1", [H100], "is taken as nvidia-smi counts (NVIDIA H100)"),
        (" 1,0", [H100, T400], "is taken as nvidia-smi counts (NVIDIA H100, NVIDIA T400)"),
        ("1gpu", [H100], "is taken as"),
        ("GPU-1abc,GPU-0", [H100, T400], None),
        ("", [], None),
        (" ", [], None),
        ("-1", [], None),
        ("-1,0", [], None),
        ("0,-1,1", [T400], "only the first of its 3 entries can be used"),
        ("7", [], "none of its 1 entries"),
        ("0,7,1", [T400], "only the first of its 3 entries"),
        ("0,0", [], "none of its 2 entries"),
        ("NoDevFiles", [], "none of its 1 entries"),
        (",1", [], "none of its 2 entries"),
        ("GPU-", [], "none of its 1 entries"),
        ("GPU-9", [], "none of its 1 entries"),
        ("GPU-1,0", [H100], "only the first of its 2 entries"),
        ("1,GPU-0", [H100], "only the first of its 2 entries"),
        ("GPU-0,GPU-0a", [], "none of its 2 entries"),
        ("MIG-7", [], "none of its 1 entries"),
    ],
)
def test_the_variable_is_read_as_cuda_reads_it(driver, allowed, found, told):
    driver(**{VISIBLE: allowed})
    assert visible_gpus() == found
    assert present_devices() == (["cpu", "cuda"] if found else ["cpu"])
    faults = " ".join(gpu_faults())
    assert told in faults if told else not faults


def test_an_ambiguous_beginning_of_a_uuid_names_none(driver):
    (first, second) = survey().gpus
    assert chosen("GPU-1", [second, nvml.Installed(2, "GPU-1abd", (), first.facts)]) == []


def test_an_index_leaves_no_doubt_where_cuda_counts_by_place_or_all_are_alike(driver):
    driver(**{VISIBLE: "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    assert gpu_faults() == []
    driver(CUDA_DEVICE_ORDER="FASTEST_FIRST", NVML_LOST=0)
    assert "taken as nvidia-smi counts" not in " ".join(gpu_faults())


@pytest.mark.parametrize(
    ("allowed", "uuids"),
    [
        (None, ["GPU-0abc", "MIG-1abc-0"]),  # CUDA uses the first part
        ("1", ["MIG-1abc-0"]),
        ("GPU-1", ["MIG-1abc-0"]),
        ("MIG-1abc-1", ["MIG-1abc-1"]),
        ("MIG-1abc-1,MIG-1abc-0", ["MIG-1abc-1", "MIG-1abc-0"]),
        ("MIG-GPU-1abc/1/0", ["MIG-GPU-1abc/1/0"]),
        ("MIG-GPU-2abc/1/0", []),
    ],
)
def test_of_a_part_of_a_gpu_the_whole_is_watched(driver, allowed, uuids):
    driver(NVML_PARTS=1, **({} if allowed is None else {VISIBLE: allowed}))
    found = visible_gpus()
    assert [gpu.uuid for gpu in found] == uuids
    assert {gpu.whole for gpu in found} <= {"GPU-0abc", "GPU-1abc"}
    assert all("/" not in gpu.lock for gpu in found)


def test_gpus_are_watched_until_the_end(driver):
    watch = GpuWatch([T400.whole, H100.whole])
    time.sleep(0.1)
    cool, hot = watch.stop()
    assert cool == {"lowest_sm_clock_mhz": 1980, "max_sm_clock_mhz": 1980, "slowed_by": []}
    assert hot["lowest_sm_clock_mhz"] == 1200
    assert hot["slowed_by"] == ["thermal slowdown by hardware", "power cap"]
    assert busiest([T400.whole]) == 0  # it does not tell


def test_a_gpu_that_is_lost_during_a_run_ends_no_watch(driver):
    watch = GpuWatch([T400.whole, H100.whole])
    time.sleep(0.05)
    driver(NVML_LOST=0)
    time.sleep(0.05)
    assert [gpu["max_sm_clock_mhz"] for gpu in watch.stop()] == [1980, 1980]


@pytest.mark.parametrize("words", [["-m", "payoff", "check"], ["-m", "snakemake", "-n", "--quiet", "all"]])
def test_a_user_is_told_once_before_the_first_job(library, tmp_path, words):
    (tmp_path / "config.yaml").write_text("devices: auto\n")
    variables = {"LD_LIBRARY_PATH": str(library.parent), "NVML_INIT": "18", "PYTHONPATH": str(HOME / "src")}
    if "snakemake" in words:
        words = [*words, "--snakefile", str(HOME / "Snakefile"), "--directory", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env=as_user(HOME) | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout + done.stderr).count("config.yaml: devices: no GPU can be used: NVIDIA's driver") == 1

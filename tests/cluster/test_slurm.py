"""The study on a real Slurm of two machines, by the shipped profile with nothing but its names changed."""

import json
import re
import shutil
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import HOME, copy_project, snakemake
from pretend.install import append, install
from slurm.cluster import IMPATIENT, Cluster, run_of
from slurm.cluster import cluster as cluster
from slurm.troubled_mlp import FAILS, FAILS_ONCE, HANGS, IS_CANCELLED, TROUBLE

from payoff.machine.description import describe_machine
from payoff.runs.records import read_record

# Rules of the machine that submits.
LOCAL = ("prepare_dataset", "gather_runs", "summarise", "run_notebook", "render_report")


def records(folder: Path) -> list[dict]:
    return [read_record(path) for name in ("runs", "control") for path in sorted((folder / name).glob("*.json"))]


def called(profile: str, project: Path, *words: str, **variables: str) -> subprocess.CompletedProcess:
    return snakemake("--profile", profile, *IMPATIENT, *words, project=project, **variables)


def rules_of(jobs: list[dict]) -> Counter:
    return Counter(re.match(r"rule_(.+?)(_wildcards_|$)", job["Comment"])[1] for job in jobs)


@pytest.fixture(scope="module")
def side_by_side(cluster, tmp_path_factory):
    """What each study of STUDIES has left, by its name: three calls of snakemake at once, which mostly wait."""
    folders = {name: tmp_path_factory.mktemp(name) for name in STUDIES}
    with ThreadPoolExecutor() as pool:
        calls = {name: pool.submit(run, cluster, folders[name]) for name, run in STUDIES.items()}
    return {name: call.result() for name, call in calls.items()}


@pytest.fixture(scope="module")
def quick(side_by_side):
    return side_by_side["quick"]


@pytest.fixture(scope="module")
def pretended(side_by_side):
    return side_by_side["pretended"]


@pytest.fixture(scope="module")
def troubled(side_by_side):
    return side_by_side["troubled"]


def run_quick(cluster: Cluster, project: Path) -> tuple[Path, str]:
    """(project, words of snakemake) of the study quick, run whole on the cluster with one repetition."""
    copy_project(project)
    words = ("--config", "devices=[cpu]", "threads=1", "repetitions=1", "quiet_wait_s=0")
    done = called(cluster.profile(), project, *words)
    assert done.returncode == 0, done.stdout
    return project, done.stdout


def test_the_study_quick_runs_whole_on_the_cluster(cluster, quick):
    project, words = quick
    results = project / "results/quick"
    assert all((results / file).stat().st_size for file in ("report.html", "report.md", "cells.csv"))
    measured = records(results)
    assert len(measured) == 13
    assert not any(record["failure"] for record in measured)
    jobs = cluster.jobs(run_of(words))
    assert rules_of(jobs) == {"train_run": 13, "measure_machine": 1, "check_equal_work": 1}
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert {(job["Partition"], job["NodeList"], job["OverSubscribe"]) for job in jobs} == {("short", "plain", "NO")}


def test_the_machine_of_a_record_is_the_one_that_measured(quick):
    project, _ = quick
    hosts = {record["machine"]["host"] for record in records(project / "results/quick")}
    assert len(hosts) == 1
    assert hosts != {describe_machine()["host"]}


def test_what_needs_a_network_or_is_for_readers_ran_on_the_machine_that_submits(cluster, quick):
    _, words = quick
    for rule in LOCAL:
        assert f"(Rule: {rule})" in words
    assert not set(LOCAL) & set(rules_of(cluster.jobs(run_of(words))))


def test_a_job_asks_for_what_its_run_needs(cluster, quick):
    """Its threads and a CPU more, its minutes, and memory that holds what it took."""
    project, words = quick
    runs = [job for job in cluster.jobs(run_of(words)) if job["Comment"].startswith("rule_train_run")]
    assert {job["CPUs/Task"] for job in runs} == {"2"}
    assert {job["TimeLimit"] for job in runs} == {"00:45:00"}
    asked_mb = min(int(job["MinMemoryNode"].removesuffix("M")) for job in runs)
    assert asked_mb * 1e6 > max(record["peak_memory_bytes"] for record in records(project / "results/quick"))


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)], ids=["called", "dry run"])
def test_what_this_machine_has_is_not_taken_for_what_the_nodes_have(cluster, dry_run):
    done = called(cluster.profile(), HOME, *dry_run)
    assert done.returncode == 1
    assert "config.yaml: devices: found 'auto' (a text); allowed: on a cluster a list" in done.stdout
    assert "config.yaml: threads: found 'auto' (a text); allowed: on a cluster a number" in done.stdout


def run_pretended(cluster: Cluster, project: Path) -> tuple[Path, str]:
    """(folder of the results, words of snakemake) of the study of the pretend device; its failing runs among them."""
    copy_project(project)
    install(project)
    study = project / "tests/pretend/pretend.yaml"
    study.write_text(study.read_text().replace("[32, 64, 128]", "[32]"))  # less to wait for
    done = called(cluster.profile(), project, "--directory", "tests/pretend", "--config", "repetitions=2")
    assert done.returncode == 0, done.stdout
    return project / "tests/pretend/results/pretend", done.stdout


def test_a_run_on_a_device_holds_a_gpu_and_one_on_the_cpu_none(cluster, pretended):
    _, words = pretended
    runs = [job for job in cluster.jobs(run_of(words)) if job["Comment"].startswith("rule_train_run")]
    places = {
        (re.search("_planted_(cpu|pretend)_", job["Comment"])[1], job["NodeList"], job.get("TresPerJob"))
        for job in runs
    }
    assert places == {("cpu", "plain", None), ("pretend", "fast", "gres:gpu:1")}


def test_the_devices_are_of_two_machines(pretended):
    folder, _ = pretended
    hosts = {(record["cell"]["device"], record["machine"]["host"]) for record in records(folder)}
    assert len(hosts) == 2
    assert len({host for _, host in hosts}) == 2


def test_a_run_that_fails_is_a_record_and_its_job_is_not_tried_again(cluster, pretended):
    folder, words = pretended
    failed = [record for record in records(folder) if record["failure"]]
    assert {record["failure"]["reason"] for record in failed} == {"out_of_memory", "over_budget"}
    assert {record["cell"]["model"] for record in failed} == {"pretend_failing_mlp"}
    jobs = cluster.jobs(run_of(words))
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    assert len({job["Comment"] for job in jobs}) == len(jobs)
    assert "restart" not in words


WELL = 13  # the middle one, which is the control as well

TROUBLED = f"""
title: Trouble
description: Jobs that are ended from outside.
recipes:
  short: {{scaling: unit, loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 128, epochs: 1}}
grids:
  - datasets: [digits]
    models: [troubled_mlp]
    recipe: short
    hidden_sizes: [{WELL}, {HANGS}, {IS_CANCELLED}, {FAILS}, {FAILS_ONCE}]
"""


def run_path(hidden_size: int) -> str:
    return f"results/troubled/runs/digits-troubled_mlp-eager-short-cpu-h{hidden_size}-t1-r1.json"


def cancel_in_the_middle(cluster: Cluster, log: Path, give_up: threading.Event) -> None:
    """Cancel a job once the process that is measured has its log."""
    while not give_up.wait(0.2):
        if log.exists():
            (job,) = [job for job in cluster.jobs() if f"_{IS_CANCELLED}_1_1" in job["Comment"]]
            subprocess.run(["scancel", job["JobId"]], check=True)
            return


def run_troubled(cluster: Cluster, project: Path) -> tuple:
    """(folder, words of the first call in which jobs were ended, records it left, words of the next call)."""
    copy_project(project)
    profile = cluster.profile(cpu_partition="accel", cpu_options="--exclusive --nodelist=fast")
    shutil.copy(HOME / "tests/slurm/troubled_mlp.py", project / "src/payoff/models")
    entry = 'MODELS["troubled_mlp"] = ModelSpec("Troubled MLP", "mlp", {"eager": "payoff.models.troubled_mlp"})'
    append(project / "src/payoff/models/registry.py", entry)
    folder = project / "troubled"
    folder.mkdir()
    (folder / "troubled.yaml").write_text(TROUBLED)
    config = {"study": "troubled.yaml", "devices": ["cpu"], "threads": 1, "repetitions": 1, "quiet_wait_s": 0}
    (folder / "config.yaml").write_text(json.dumps(config))
    (folder / TROUBLE).touch()
    # a job may run for a minute, which is not for waiting for whatever else is timed on this host
    locks = {"PAYOFF_LOCKS": str(folder)}
    give_up = threading.Event()
    log = folder / f"results/troubled/logs/train_run/runs/{Path(run_path(IS_CANCELLED)).stem}.log"
    canceller = threading.Thread(target=cancel_in_the_middle, args=(cluster, log, give_up), daemon=True)
    canceller.start()
    words = ("tables", "--directory", "troubled")
    first = called(profile, project, *words, "--retries", "0", "--set-resources", "train_run:runtime=1", **locks)
    give_up.set()
    canceller.join()
    left = {path: path.read_bytes() for path in (folder / "results/troubled").glob("*/*.json")}
    (folder / TROUBLE).unlink()
    (folder / "trouble_once").touch()
    (folder / run_path(FAILS_ONCE)).unlink()
    second = called(profile, project, *words, **locks)
    return folder, first, left, second


STUDIES = {"quick": run_quick, "pretended": run_pretended, "troubled": run_troubled}


def test_a_job_that_was_ended_is_reported_with_its_log_while_the_others_go_on(cluster, troubled):
    _, first, left, _ = troubled
    assert first.returncode == 1
    states = {
        int(re.search(r"_(\d+)_1_1$", job["Comment"])[1]): job["JobState"]
        for job in cluster.jobs(run_of(first.stdout))
        if job["Comment"].startswith("rule_train_run") and "_runs_" in job["Comment"]
    }
    ended = {HANGS: "TIMEOUT", IS_CANCELLED: "CANCELLED", FAILS: "FAILED"}
    assert states == {WELL: "COMPLETED", FAILS_ONCE: "COMPLETED"} | ended
    for hidden_size, state in ended.items():
        run = Path(run_path(hidden_size)).stem
        errors = [block for block in first.stdout.split("\n[") if "Error in rule train_run" in block]
        told = next(error for error in errors if run_path(hidden_size) in error)  # what the job itself said may follow
        assert f"SLURM status is: '{state}'" in told
        assert f"logs/train_run/runs/{run}.job.log" in told
    assert "planted: a fault of the program" in first.stdout
    assert {path.name for path in left} >= {Path(run_path(size)).name for size in (WELL, FAILS_ONCE)}
    assert not {path.name for path in left} & {Path(run_path(size)).name for size in ended}


def test_the_next_call_does_what_is_missing_and_nothing_twice(cluster, troubled):
    folder, _, left, second = troubled
    assert second.returncode == 0, second.stdout
    assert (folder / "results/troubled/tables/cells.csv").is_file()
    again = {folder / run_path(FAILS_ONCE)}
    assert all(path.read_bytes() == text for path, text in left.items() if path not in again)
    jobs = Counter(job["Comment"] for job in cluster.jobs(run_of(second.stdout)))
    runs = Counter(int(re.search(r"_(\d+)_1_1$", job)[1]) for job in jobs.elements() if "rule_train_run" in job)
    assert runs == {HANGS: 1, IS_CANCELLED: 1, FAILS: 1, FAILS_ONCE: 2}


def test_a_job_that_is_tried_again_gets_more(cluster, troubled):
    """Of time and of memory, by the shipped profile's own retries."""
    *_, second = troubled
    jobs = [job for job in cluster.jobs(run_of(second.stdout)) if f"_{FAILS_ONCE}_1_1" in job["Comment"]]
    minutes = [int(job["TimeLimit"].split(":")[0]) * 60 + int(job["TimeLimit"].split(":")[1]) for job in jobs]
    memory_mb = [int(job["MinMemoryNode"].removesuffix("M")) for job in jobs]
    assert [job["JobState"] for job in jobs] == ["FAILED", "COMPLETED"]
    assert minutes[1] == 2 * minutes[0]
    assert memory_mb[1] == 2 * memory_mb[0]


def test_the_locks_of_a_job_are_where_the_one_who_submits_says(troubled):
    assert (troubled[0] / "payoff-machine.lock").is_file()


def test_any_batch_system_runs_it_by_its_commands(cluster, tmp_path):
    """By the profile whose commands one sets; what stands there are Slurm's."""
    project = copy_project(tmp_path / "project")
    runs = [f"results/tiny/runs/digits-numpy_mlp-eager-short-cpu-h8-t1-r{repetition}.json" for repetition in (1, 2)]
    words = ("--directory", "tests/tiny", "--seconds-between-status-checks", "1", "--retries", "0", *runs)
    done = snakemake("--profile", cluster.profile("cluster-generic"), *words, project=project)
    assert done.returncode == 0, done.stdout
    for run in runs:
        record = read_record(project / "tests/tiny" / run)
        assert record["failure"] is None
        assert record["machine"]["host"] != describe_machine()["host"]

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
from twin import heat_file

from payoff.machine.description import describe_machine
from payoff.runs.records import Record, read_records

# Rules of the machine that submits.
LOCAL = ("prepare_dataset", "gather_runs", "summarise", "run_notebooks", "render_report")


def heats(folder: Path) -> dict[str, list[Record]]:
    """The name of each heat -> the records of its runs, the control among them."""
    return {path.stem: read_records(path) for path in sorted((folder / "heats").glob("*.jsonl"))}


def records(folder: Path) -> list[Record]:
    return [record for heat in heats(folder).values() for record in heat]


def jobs_of_heats(cluster: Cluster, words: str) -> list[dict[str, str]]:
    return [job for job in cluster.jobs(run_of(words)) if job["Comment"].startswith("rule_run_heat")]


def heat_of(job: dict[str, str]) -> tuple[str, str, int]:
    """(architecture, device, hidden size) of the heat of a job."""
    architecture, device, hidden_size = re.search(r"_([a-z]+)_([a-z]+)_(\d+)_\d+$", job["Comment"]).groups()
    return architecture, device, int(hidden_size)


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
    """(project, words of snakemake) of the study quick, run whole on the cluster with one repetition, without its large
    networks, which would take most of the time."""
    study = copy_project(project) / "workflow/studies/quick.yaml"
    study.write_text(study.read_text().replace("[32, 256, 2048, 16384]", "[32, 256]"))
    words = ("--config", "devices=[cpu]", "threads=1", "repetitions=1", "quiet_wait_s=0")
    done = called(cluster.profile(), project, *words)
    assert done.returncode == 0, done.stdout
    return project, done.stdout


def test_the_study_quick_runs_whole_on_the_cluster(cluster, quick):
    project, words = quick
    results = project / "results/quick"
    assert all((results / file).stat().st_size for file in ("report.html", "report.md", "cells.csv"))
    measured = records(results)
    assert len(measured) == 8  # 3 ways to the MLP at 2 sizes, one of them twice at one; the CNN
    assert not any(record["failure"] for record in measured)
    jobs = cluster.jobs(run_of(words))
    assert rules_of(jobs) == {"run_heat": 3, "measure_machine": 1, "check_equal_work": 1}
    assert len(heats(results)) == 3
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


def test_a_job_asks_for_what_its_heat_needs(cluster, quick):
    """Its threads and a CPU more, the minutes of its runs together, and memory that holds all of them at once."""
    project, words = quick
    jobs = {heat_of(job): job for job in jobs_of_heats(cluster, words)}
    assert {job["CPUs/Task"] for job in jobs.values()} == {"2"}
    for name, heat in heats(project / "results/quick").items():
        architecture, device, hidden_size = re.search(r"-(\w+)-(\w+)-h(\d+)-r1$", name).groups()
        job = jobs.pop((architecture, device, int(hidden_size)))
        hours, minutes, seconds = map(int, job["TimeLimit"].split(":"))
        assert (60 * hours + minutes, seconds) == (5 + 20 * len(heat), 0)
        asked_mb = int(job["MinMemoryNode"].removesuffix("M"))
        assert asked_mb >= 2000 * len(heat)
        assert asked_mb * 1e6 > sum(record["peak_memory_bytes"] for record in heat)
    assert not jobs


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
    # less to wait for, and besides the heats of both devices some of the CPU only
    text = study.read_text().replace("[32]", "[16]").replace("[32, 64, 128]", "[32]")
    study.write_text(re.sub("^refine: .*$", "", text, flags=re.MULTILINE))
    done = called(cluster.profile(), project, "--directory", "tests/pretend", "--config", "repetitions=2")
    assert done.returncode == 0, done.stdout
    return project / "tests/pretend/results/pretend", done.stdout


def test_a_heat_with_a_device_holds_a_gpu_and_one_of_the_cpu_only_none(cluster, pretended):
    _, words = pretended
    places = Counter(
        (*heat_of(job)[1:], job["Partition"], job["NodeList"], job.get("TresPerJob"))
        for job in jobs_of_heats(cluster, words)
    )
    assert places == {("cpu", 16, "short", "plain", None): 2, ("pretend", 32, "accel", "fast", "gres:gpu:1"): 2}


def test_a_heat_is_of_one_machine_and_that_of_a_device_of_another(pretended):
    """The CPU that is compared with a device is that of its machine."""
    folder, _ = pretended
    places = {
        (record["cell"]["hidden_size"], record["cell"]["device"]): {
            other["machine"]["host"] for other in records(folder) if other["cell"] == record["cell"]
        }
        for record in records(folder)
    }
    assert set(places) == {(16, "cpu"), (32, "cpu"), (32, "pretend")}
    assert all(len(hosts) == 1 for hosts in places.values())
    assert places[32, "cpu"] == places[32, "pretend"] != places[16, "cpu"]


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


def heat_path(hidden_size: int) -> str:
    return f"results/troubled/heats/digits-short-mlp-cpu-h{hidden_size}-r1.jsonl"


def cancel_in_the_middle(cluster: Cluster, log: Path, give_up: threading.Event) -> None:
    """Cancel a job once the process that is measured has its log."""
    while not give_up.wait(0.2):
        if log.exists():
            (job,) = [job for job in cluster.jobs() if job["Comment"].endswith(f"_{IS_CANCELLED}_1")]
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
    log = folder / f"results/troubled/logs/run_heat/{Path(heat_path(IS_CANCELLED)).stem}/troubled_mlp-eager-cpu-t1.log"
    canceller = threading.Thread(target=cancel_in_the_middle, args=(cluster, log, give_up), daemon=True)
    canceller.start()
    words = ("tables", "--directory", "troubled")
    first = called(profile, project, *words, "--retries", "0", "--set-resources", "run_heat:runtime=1", **locks)
    give_up.set()
    canceller.join()
    left = {path: path.read_bytes() for path in (folder / "results/troubled").glob("heats/*.jsonl")}
    (folder / TROUBLE).unlink()
    (folder / "trouble_once").touch()
    (folder / heat_path(FAILS_ONCE)).unlink()
    second = called(profile, project, *words, **locks)
    return folder, first, left, second


STUDIES = {"quick": run_quick, "pretended": run_pretended, "troubled": run_troubled}


def test_a_job_that_was_ended_is_reported_with_its_log_while_the_others_go_on(cluster, troubled):
    _, first, left, _ = troubled
    assert first.returncode == 1
    states = {heat_of(job)[2]: job["JobState"] for job in jobs_of_heats(cluster, first.stdout)}
    ended = {HANGS: "TIMEOUT", IS_CANCELLED: "CANCELLED", FAILS: "FAILED"}
    assert states == {WELL: "COMPLETED", FAILS_ONCE: "COMPLETED"} | ended
    for hidden_size, state in ended.items():
        heat = Path(heat_path(hidden_size)).stem
        errors = [block for block in first.stdout.split("\n[") if "Error in rule run_heat" in block]
        told = next(error for error in errors if heat_path(hidden_size) in error)  # what the job itself said may follow
        assert f"SLURM status is: '{state}'" in told
        assert f"logs/run_heat/{heat}.log" in told
    assert "planted: a fault of the program" in first.stdout
    assert {path.name for path in left} == {Path(heat_path(size)).name for size in (WELL, FAILS_ONCE)}


def test_the_next_call_does_what_is_missing_and_nothing_twice(cluster, troubled):
    folder, _, left, second = troubled
    assert second.returncode == 0, second.stdout
    assert (folder / "results/troubled/tables/cells.csv").is_file()
    again = {folder / heat_path(FAILS_ONCE)}
    assert all(path.read_bytes() == text for path, text in left.items() if path not in again)
    measured = Counter(heat_of(job)[2] for job in jobs_of_heats(cluster, second.stdout))
    assert measured == {HANGS: 1, IS_CANCELLED: 1, FAILS: 1, FAILS_ONCE: 2}


def test_a_job_that_is_tried_again_gets_more(cluster, troubled):
    """Of time and of memory, by the shipped profile's own retries."""
    *_, second = troubled
    jobs = [job for job in jobs_of_heats(cluster, second.stdout) if heat_of(job)[2] == FAILS_ONCE]
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
    files = [f"results/tiny/heats/{heat_file('mlp', '8', repetition)}" for repetition in (1, 2)]
    words = ("--directory", "tests/tiny", "--seconds-between-status-checks", "1", "--retries", "0", *files)
    done = snakemake("--profile", cluster.profile("cluster-generic"), *words, project=project)
    assert done.returncode == 0, done.stdout
    for file in files:
        measured = read_records(project / "tests/tiny" / file)
        assert len(measured) == 3
        assert not any(record["failure"] for record in measured)
        assert describe_machine()["host"] not in {record["machine"]["host"] for record in measured}

"""A real Slurm of two machines on this host, the shipped profile with its names, and what Slurm says of its jobs."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import HOME

HERE = Path(__file__).parent
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")

# The names of start.sh, in place of those of the shipped profiles. Each side names its node, as a comment there
# advises.
NAMES = {
    "slurm": {
        "cpu_partition": "short",
        "gpu_partition": "accel",
        "cpu_options": "--exclusive --nodelist=plain",
        "gpu_options": "--exclusive --nodelist=fast",
    },
    "cluster-generic": {"cpu_queue": "short", "gpu_queue": "accel"},
}
# A poll of the shipped profile is 20 s apart from the next.
IMPATIENT = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")


def needed(what: str) -> None:
    """Skip the test that lacks this; where PAYOFF_REQUIRE_SLURM is set, as in CI, fail it."""
    (pytest.fail if os.environ.get("PAYOFF_REQUIRE_SLURM") else pytest.skip)(what)


@dataclass(frozen=True)
class Cluster:
    folder: Path

    def profile(self, engine: str = "slurm", **names: str) -> str:
        """The folder of the shipped profile for this engine, in which nothing but the names is another; `names`: other
        ones than NAMES."""
        text = (HOME / f"workflow/profiles/{engine}/config.yaml").read_text(encoding="utf-8")
        for name, value in (NAMES[engine] | names).items():
            text, found = re.subn(rf"^  {name}: .*$", f"  {name}: {value}", text, flags=re.MULTILINE)
            assert found == 1, name
        profile = Path(tempfile.mkdtemp(dir=self.folder))
        (profile / "config.yaml").write_text(text, encoding="utf-8")
        return str(profile)

    def jobs(self, run: str | None = None) -> list[dict[str, str]]:
        """What Slurm knows of all jobs, or of those of one call of snakemake; oldest first."""
        words = ["scontrol", "--oneliner", "show", "jobs"]
        lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines if line.startswith("JobId=")]
        return sorted((job for job in jobs if run in (None, job["JobName"])), key=lambda job: int(job["JobId"]))


def run_of(output: str) -> str:
    """By which name Slurm knows the jobs of the call of snakemake with this output."""
    return re.search(r"SLURM run ID: (\S+)", output)[1]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Start the cluster, and make it the one that Slurm's programs in this process and its children talk to."""
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        needed(f"no {', '.join(missing)}: `make test-slurm` installs Slurm where root runs it on Debian")
    folder = Path(tempfile.mkdtemp(prefix="payoff-slurm-"))  # munge wants a folder that everyone may pass through
    started = subprocess.run([HERE / "start.sh", folder], capture_output=True, text=True)
    patch = pytest.MonkeyPatch()
    patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
    try:
        if started.returncode != 0:
            needed(started.stderr.strip())
        yield Cluster(folder)
    finally:
        subprocess.run([HERE / "stop.sh", folder], check=True)
        patch.undo()
    assert not folder.exists()

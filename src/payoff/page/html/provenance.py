"""Where a report comes from: code, configuration, data, software."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from payoff.cells import HERE
from payoff.datasets.splits import load_origin

# What in a command line or an address is meant for one machine only.
SECRET_OPTION = re.compile(r"^--?[\w-]*(key|token|secret|password)[\w-]*", flags=re.IGNORECASE)
USER_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")


def provenance(
    runs: pd.DataFrame,
    config: Mapping,
    manifests: Iterable[str],
    own: Iterable[str] = (),
    *,
    command: str | None = None,
    beside: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What a reader needs to repeat the study, by name, as text.

    manifests: paths of the lists that payoff.datasets.download wrote; own: paths of the user's own data sets, prepared;
    command: the command line; beside: name -> description of each other study on the page. Home directories, passwords
    and keys are left out.
    """
    runs = runs[runs["site"] == HERE]
    first, last = (
        f"{moment[:16]}".replace("T", " ") for moment in (runs["started_at"].min(), runs["started_at"].max())
    )
    return {
        "Measured": f"{first} to {last} UTC",
        **{f"Beside it: {site}": private(what) for site, what in (beside or {}).items()},
        "Command": without_secrets(command) if command else "not known",
        "Rendered": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Commit (rendered)": commit(),
        "Measured with": ", ".join(_software(runs)),
        "Rendered with": ", ".join(f"{name} {version(name)}" for name in ("snakemake", "pandas", "matplotlib")),
        "CPU threads": ", ".join(map(str, sorted(runs["threads"].unique()))),
        "Configuration": private(_text(config)),
        "Data (MD5)": "\n".join([*_checksums(manifests), *(private(" ".join(load_origin(Path(path)))) for path in own)])
        or "came with an installed package",
    }


def durations_table(jobs: Iterable[tuple[str, float]]) -> pd.DataFrame:
    """One row per rule, the one with the longest total first: its `jobs`, `total_s` and `longest_s`.

    jobs: one (rule, seconds) per job.
    """
    by_rule = pd.DataFrame(jobs, columns=["rule", "seconds"]).groupby("rule", as_index=False)["seconds"]
    table = by_rule.agg(jobs="size", total_s="sum", longest_s="max")
    return table.sort_values("total_s", ascending=False, ignore_index=True)


def without_secrets(command: str) -> str:
    """A command line without private parts, and without the values of options whose names speak of a secret."""
    words, hide = [], False
    for word in shlex.split(command):
        option, equals, _ = word.partition("=")
        is_secret = SECRET_OPTION.match(option)
        words.append("…" if hide else f"{option}=…" if is_secret and equals else word)
        hide = bool(is_secret and not equals)
    return private(" ".join(word if word == "…" or word.endswith("=…") else shlex.quote(word) for word in words))


def private(text: str) -> str:
    """The text with ~ for the home directory, and addresses without a user and a password."""
    home = str(Path.home())
    if home != "/":
        text = re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text)
    return USER_IN_ADDRESS.sub("…@", text)


def commit() -> str:
    """The commit of the source tree, and whether the tree has uncommitted changes."""

    def git(*words: str) -> str:
        home = Path(__file__).parent
        return subprocess.run(["git", *words], cwd=home, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + (", with changes that are not committed" if git("status", "--short") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown: the source is no git repository"


def _software(runs: pd.DataFrame) -> list[str]:
    columns = [name for name in runs.columns if name.startswith("version_")]
    versions = {name.removeprefix("version_"): sorted(runs[name].dropna().unique()) for name in columns}
    return [f"{name} {' and '.join(found)}" for name, found in versions.items() if found]


def _checksums(manifests: Iterable[str]) -> list[str]:
    entries = [entry for path in manifests for entry in json.loads(Path(path).read_text(encoding="utf-8"))]
    return [f"{entry['path']} {entry['md5']}" for entry in entries]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)

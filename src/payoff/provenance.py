"""Where a report comes from: code, configuration, data, software."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from payoff.datasets.splits import load_source


def provenance(
    runs: pd.DataFrame, config: Mapping, manifests: Iterable[str], own: Iterable[str] = ()
) -> dict[str, str]:
    """What a reader needs to repeat the study, by name, as text.

    manifests: paths of the lists that payoff.datasets.download wrote; own: paths of the prepared data sets that
    are the user's own.
    """
    first, last = (
        f"{moment[:16]}".replace("T", " ") for moment in (runs["started_at"].min(), runs["started_at"].max())
    )
    return {
        "Measured": f"{first} to {last} UTC",
        "Rendered": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Commit (rendered)": commit(),
        "Measured with": ", ".join(_software(runs)),
        "Rendered with": ", ".join(f"{name} {version(name)}" for name in ("snakemake", "pandas", "matplotlib")),
        "CPU threads": ", ".join(map(str, sorted(runs["threads"].unique()))),
        "Configuration": _text(config),
        "Data (MD5)": ", ".join([*_checksums(manifests), *map(load_source, own)]) or "came with an installed package",
    }


def commit() -> str:
    """The commit of the source tree, and whether the tree had been changed since."""

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

"""A wrong configuration, as one who calls snakemake meets it."""

from pathlib import Path

import pytest
from conftest import snakemake


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("studdy=quick", "config.yaml: studdy: unknown key; allowed: budget_s, compare, data_root, datasets, devices"),
        (
            "study=quik",
            "config.yaml: study: found 'quik' (a text); allowed: cifar10, frameworks, mnist, quick, sources",
        ),
        ("devices=[gpu]", "config.yaml: devices.0: found 'gpu' (a text); allowed: cpu, cuda"),
        ("repetitions=0", "config.yaml: repetitions: found 0; allowed: at least 1"),
    ],
)
def test_an_override_passes_the_same_check(override, expected):
    done = snakemake("--cores", "1", "--config", override)
    assert done.returncode != 0
    assert expected in done.stdout
    assert "Traceback" not in done.stdout


def test_a_broken_config_file_is_named_with_its_line(tmp_path: Path):
    (tmp_path / "config.yaml").write_text("study: quick\nseed: [1\n")
    done = snakemake("--directory", str(tmp_path), "--cores", "1")
    assert done.returncode != 0
    assert "config.yaml: not valid YAML" in done.stdout
    assert "line 3" in done.stdout

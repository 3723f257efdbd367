"""Records and tables that earlier versions wrote are read as this one has them."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from planted import cell, in_heat, race, record
from planted_tables import plant

from payoff.beside.reading import read_table
from payoff.files.contracts import ContractError
from payoff.runs.records import SCHEMA_VERSION, read_records, write_records
from payoff.tables.runs import runs_table

NUMPY = cell("numpy_mlp", 10)


def as_version_4(entry: dict, *, repeats_s=(), repeated: bool = False) -> dict:
    """What that version would have written: a run by itself, measured a second time if it was disturbed."""
    old = {key: value for key, value in entry.items() if key not in ("heat", "turns")}
    before = {"started_at": "x", "process_s": 2.0, "epoch_durations_s": [0.3], "contention": entry["contention"]}
    phases = {phase: seconds for phase, seconds in entry["phases_s"].items() if phase not in ("turns", "waiting")}
    phases["repeats"] = sum(repeats_s)
    return old | {
        "schema_version": 4,
        "before_repeat": before if repeated else None,
        "repeats_s": list(repeats_s),
        "phases_s": phases,
    }


def as_version_3(old: dict) -> dict:
    """The same a version earlier: from a record of version 4."""
    old = old | {"schema_version": 3, "wall_s": old["process_s"]}
    del old["process_s"]
    old["epochs"] = [
        {{"duration_s": "epoch_time_s", "device_duration_s": "device_time_s"}.get(k, k): v for k, v in epoch.items()}
        for epoch in old["epochs"]
    ]
    if before := old["before_repeat"]:
        names = {"process_s": "wall_s", "epoch_durations_s": "epoch_times_s"}
        old["before_repeat"] = {names.get(key, key): value for key, value in before.items()}
    return old


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("as_old", [as_version_4, lambda entry, **kwargs: as_version_3(as_version_4(entry, **kwargs))])
def test_a_record_of_an_earlier_version_is_read_as_one_of_now(tmp_path, as_old, repeated):
    entry = record(NUMPY, 1, 0.1)
    old = as_old(entry, repeats_s=(0.2, 0.3), repeated=repeated)
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n")
    (read,) = read_records(tmp_path / "old.jsonl")
    assert (read["schema_version"], read["heat"], read["turns"]) == (SCHEMA_VERSION, None, [])
    assert read["phases_s"]["turns"] == 0.5
    assert read["epochs"] == entry["epochs"]
    (row,) = runs_table([read]).to_dict("records")
    assert row["epoch_time_s"] == pytest.approx(0.1)  # the median of 0.1 three times, 0.2 and 0.3
    assert row["wall_s"] == pytest.approx(entry["process_s"] - 0.5)


def test_the_records_of_a_heat_are_read_as_they_were_written(tmp_path):
    entries = [in_heat(record(cell(model, 10), 1, 0.1), [0.1, 0.2]) for model in ("numpy_mlp", "torch_mlp")]
    write_records(entries, tmp_path / "heat.jsonl")
    assert read_records(tmp_path / "heat.jsonl") == json.loads(json.dumps(entries))
    assert len((tmp_path / "heat.jsonl").read_text().splitlines()) == 2


def test_a_whole_number_of_any_size_stays_whole(tmp_path):
    entry = record(replace(NUMPY, hidden_size=10**20), 1, 0.1)
    write_records([entry], tmp_path / "heat.jsonl")
    assert read_records(tmp_path / "heat.jsonl") == [json.loads(json.dumps(entry))]


def test_a_record_of_another_version_is_refused_by_its_number(tmp_path):
    path = tmp_path / "old.jsonl"
    path.write_text(json.dumps(record(NUMPY, 1, 0.1) | {"schema_version": 2}))
    with pytest.raises(ContractError, match=f"schema_version: found 2; allowed: {SCHEMA_VERSION}"):
        read_records(path)
    path.write_text(json.dumps(as_version_3(as_version_4(record(NUMPY, 1, 0.1))) | {"epochs": 7}))
    with pytest.raises(ContractError, match="line 1: epochs: found 7; allowed: a list"):
        read_records(path)


def test_samples_of_an_earlier_version_are_read_by_their_names_of_now(tmp_path):
    folder = plant(tmp_path, race(lambda h: 0.1, lambda h: 0.2))
    now = read_table([folder], "samples")
    path = f"{folder}/samples.parquet"
    former = {"duration_s": "epoch_time_s", "device_duration_s": "device_time_s"}
    pd.read_parquet(path).rename(columns=former).to_parquet(path)
    pd.testing.assert_frame_equal(read_table([folder], "samples"), now)
    assert now["duration_s"].gt(0).all()


def test_a_study_of_an_earlier_version_has_no_turns(tmp_path):
    folder = plant(tmp_path, race(lambda h: 0.1, lambda h: 0.2))
    now = read_table([folder], "turns")
    (tmp_path / "tables/turns.parquet").unlink()
    assert read_table([folder], "turns").empty
    assert read_table([folder], "turns").columns.equals(now.columns)


@pytest.mark.parametrize(("text", "fault"), [("{", "not a record"), ("{}", r"\(top level\): missing schema_version")])
def test_a_line_that_is_no_record_is_named(tmp_path, text, fault):
    (tmp_path / "heat.jsonl").write_text(json.dumps(record(NUMPY, 1, 0.1)) + "\n" + text)
    with pytest.raises(ContractError, match=rf"heat\.jsonl: line 2: {fault}"):
        read_records(tmp_path / "heat.jsonl")

"""Records and tables that earlier versions wrote are read as this one has them."""

import json

import pandas as pd
import pytest
from planted import cell, race, record
from planted_tables import plant

from payoff.beside.reading import read_table
from payoff.files.contracts import ContractError
from payoff.runs.records import SCHEMA_VERSION, read_record, write_record


def as_version_3(entry: dict) -> dict:
    """What that version would have written."""
    old = entry | {"schema_version": 3, "wall_s": entry["process_s"]}
    del old["process_s"]
    old["epochs"] = [
        {{"duration_s": "epoch_time_s", "device_duration_s": "device_time_s"}.get(k, k): v for k, v in epoch.items()}
        for epoch in entry["epochs"]
    ]
    if before := entry["before_repeat"]:
        names = {"process_s": "wall_s", "epoch_durations_s": "epoch_times_s"}
        old["before_repeat"] = {names.get(key, key): value for key, value in before.items()}
    return old


@pytest.mark.parametrize("repeated", [False, True])
def test_a_record_of_version_3_is_read_as_one_of_now(tmp_path, repeated):
    entry = record(cell("numpy_mlp", 10), 1, 0.1)
    if repeated:
        contention = entry["contention"]
        entry["before_repeat"] = {
            "started_at": "x",
            "process_s": 2.0,
            "epoch_durations_s": [0.3],
            "contention": contention,
        }
    (tmp_path / "old.json").write_text(json.dumps(as_version_3(entry)))
    assert read_record(tmp_path / "old.json") == json.loads(json.dumps(entry))
    write_record(entry, tmp_path / "new.json")
    assert read_record(tmp_path / "new.json") == json.loads(json.dumps(entry))


def test_a_record_of_another_version_is_refused_by_its_number(tmp_path):
    entry = record(cell("numpy_mlp", 10), 1, 0.1) | {"schema_version": 2}
    (tmp_path / "old.json").write_text(json.dumps(entry))
    with pytest.raises(ContractError, match=f"schema_version: found 2; allowed: {SCHEMA_VERSION}"):
        read_record(tmp_path / "old.json")
    (tmp_path / "old.json").write_text(json.dumps(as_version_3(record(cell("numpy_mlp", 10), 1, 0.1)) | {"epochs": 7}))
    with pytest.raises(ContractError, match="epochs: found 7; allowed: a list"):
        read_record(tmp_path / "old.json")


def test_samples_of_an_earlier_version_are_read_by_their_names_of_now(tmp_path):
    folder = plant(tmp_path, race(lambda h: 0.1, lambda h: 0.2))
    now = read_table([folder], "samples")
    path = f"{folder}/samples.parquet"
    former = {"duration_s": "epoch_time_s", "device_duration_s": "device_time_s"}
    pd.read_parquet(path).rename(columns=former).to_parquet(path)
    pd.testing.assert_frame_equal(read_table([folder], "samples"), now)
    assert now["duration_s"].gt(0).all()


def test_a_file_that_is_no_record_is_named(tmp_path):
    (tmp_path / "record.json").write_text("{")
    with pytest.raises(ContractError, match=r"record\.json: not a record"):
        read_record(tmp_path / "record.json")
    (tmp_path / "record.json").write_text("{}")
    with pytest.raises(ContractError, match=r"record\.json: \(top level\): missing schema_version"):
        read_record(tmp_path / "record.json")

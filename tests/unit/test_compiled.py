"""Contracts as compiled code: what they let pass, the contract itself lets pass."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from planted import answered, cell, in_heat, race, record

from payoff.answer.files import answer_document, answer_tables
from payoff.files.compiled import surely_fulfils
from payoff.files.contracts import ContractError, check
from payoff.files.documents import LARGE, read_document, write_document
from payoff.runs.records import REGISTRIES, read_records

RECORD = json.loads(json.dumps(in_heat(record(cell("numpy_mlp", 10), 1, 0.1), [0.1, 0.2])))
FAILED = RECORD | {"failure": {"reason": "crashed", "detail": "x"}}
SPOILT = (None, True, 6.0, -1, 0, 1e999, "x", [], {}, [7], {"x": 1})


def places(document: Any, at: tuple = ()) -> Iterator[tuple]:
    """The path of each value in a document; of a list, in its first entry only."""
    yield at
    if isinstance(document, list):
        document = dict(enumerate(document[:1]))
    for key, value in document.items() if isinstance(document, dict) else ():
        yield from places(value, (*at, key))


def with_value(document: Any, at: tuple, value: Any) -> Any:
    if not at:
        return value
    changed = copy.copy(document)
    changed[at[0]] = with_value(document[at[0]], at[1:], value)
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("document", [RECORD, FAILED], ids=["finished", "failed"])
def test_no_spoilt_record_passes_that_the_contract_refuses(document):
    assert surely_fulfils(document, "record", REGISTRIES)
    spoilt = [with_value(document, at, value) for at in places(document) for value in SPOILT]
    passed = [changed for changed in spoilt if surely_fulfils(changed, "record", REGISTRIES)]
    assert 0 < len(passed) < len(spoilt) / 2
    for changed in passed:
        check(changed, "record", "spoilt", REGISTRIES)


def test_no_spoilt_answer_passes_that_the_contract_refuses():
    answer = answered(race(lambda h: 1e-4 * h, lambda h: 0.05, sizes=(10, 100, 1000)))
    document = json.loads(json.dumps(answer_document(answer, answer_tables(answer))))
    assert document["ratios"]
    assert document["break_evens"]
    assert surely_fulfils(document, "answer")
    for at in places(document):
        if surely_fulfils(changed := with_value(document, at, 6.0), "answer"):  # no whole number
            check(changed, "answer", "spoilt")


def test_one_key_more_or_less_is_refused():
    assert not surely_fulfils(RECORD | {"more": 1}, "record", REGISTRIES)
    assert not surely_fulfils({key: value for key, value in RECORD.items() if key != "seed"}, "record", REGISTRIES)


def test_a_schema_with_another_keyword_is_never_sure():
    assert not surely_fulfils({}, "study", {name: [] for name in ("models", "modes", "devices", "datasets")})


def test_a_fault_in_a_large_document_is_told_in_words(tmp_path):
    answer = answered(race(lambda h: 0.1, lambda h: 0.2))
    document = answer_document(answer, answer_tables(answer)) | {"title": "x" * LARGE}
    write_document(document, tmp_path / "answer.json", "answer")
    read_document(tmp_path / "answer.json", "answer", "an answer")
    with pytest.raises(ContractError, match=r"circumstances\.runs: found -1; allowed: at least 0"):
        write_document(with_value(document, ("circumstances", "runs"), -1), tmp_path / "answer.json", "answer")
    (tmp_path / "answer.json").write_text(json.dumps(with_value(document, ("study",), 7)))
    with pytest.raises(ContractError, match="study: found 7; allowed: a text"):
        read_document(tmp_path / "answer.json", "answer", "an answer")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_record_with_a_number_that_is_none_is_refused(tmp_path, number):
    text = json.dumps(with_value(RECORD, ("process_s",), "a number")).replace('"a number"', number)
    (tmp_path / "heat.jsonl").write_text(text)
    with pytest.raises(ContractError, match=r"line 1: process_s: found .*; allowed: a number"):
        read_records(tmp_path / "heat.jsonl")

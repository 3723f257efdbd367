"""The answer in its folder: tables, as Parquet and CSV, and answer.json, which holds most of these and the rest.

Programs may read either. This module reads the Parquet tables, in which a number may be missing or infinite, and
takes the rest from the document.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from payoff.answer.answer import Accelerator, Answer, Circumstances, GpuBeside
from payoff.cells import WAY
from payoff.comparisons.comparison import Comparison, Pair, Repayment, Verdict, Withheld
from payoff.comparisons.control import Control
from payoff.comparisons.ways import Way, label, way_of
from payoff.files.contracts import ContractError
from payoff.files.documents import read_document, write_document
from payoff.files.versions import Version, version_of
from payoff.statistics.estimates import ENDS, Estimate, columns_of, estimate_of
from payoff.tables.writing import write_table

SCHEMA_VERSION = 3
FILE = "answer.json"
AS_THEY_ARE = (
    *("whole_runs", "costs", "run_times", "changes", "epoch_times"),
    *("run_prices", "price_changes", "step_costs"),
)
SIDES = ("first", "second")

# The columns of each table, so that an empty table has them, too. payoff.tables.columns describes them.
PAIR = [
    *("pair", "dataset", "recipe", "task", "architecture", "first", "second"),
    *(f"{side}_{part}" for side in SIDES for part in (*WAY, "site")),
]
RATIOS = [
    *(*PAIR, "hidden_size", *(f"ratio_{end}" for end in ENDS), "n", "p_value"),
    *("verdict", "first_time_s", "second_time_s", "in_turns", "ratio_by_fastest"),
    *("verdict_when_quiet", *(f"ratio_when_quiet_{end}" for end in ENDS), "n_when_quiet"),
]
BREAK_EVENS = [*PAIR, *(f"break_even_{end}" for end in ENDS), "n"]
REPAYMENTS = [*PAIR, "hidden_size", "investor", *(f"repaid_after_{end}" for end in ENDS), "n"]
CONTROL = [
    *("site", "dataset", "recipe", "task", "architecture", *WAY, "has_best_threads", "hidden_size"),
    *(*(f"ratio_{end}" for end in ENDS), "n", "visible"),
]
NO_ESTIMATE = Estimate(math.nan, math.nan, math.nan, 0)
IN_DOCUMENT = (
    *("ratios", "break_evens", "repayments", "whole_runs", "run_times", "changes", "epoch_times"),
    *("run_prices", "price_changes", "step_costs", "control"),
)
TABLES = (*IN_DOCUMENT, "costs")  # the last has a row for each run, which only programs read


def write_answer(answer: Answer, folder: Path) -> None:
    """Write all files of the answer. Raises ContractError if answer.json breaks its contract."""
    tables = answer_tables(answer)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.parquet", folder / f"{name}.csv")
    write_document(answer_document(answer, tables), folder / FILE, "answer")


def read_answer(folder: Path) -> Answer:
    """Read the answer. Raises ContractError that names what is missing, or if another version wrote it.

    It is kept until a file changes, so nobody may change its tables.
    """
    files = (FILE, *(f"{table}.parquet" for table in TABLES))
    if missing := [name for name in files if not (folder / name).is_file()]:
        raise ContractError(f"{folder}: missing {', '.join(missing)}; allowed: the answer of a study that was rendered")
    return _read(folder, version_of(folder / name for name in files))


@lru_cache(maxsize=4)
def _read(folder: Path, _: Version) -> Answer:
    document = read_document(folder / FILE, "answer", "an answer")
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    circumstances = document["circumstances"]
    return Answer(
        study=document["study"],
        title=document["title"],
        prices=document["prices"],
        comparisons=_comparisons(tables["ratios"], tables["break_evens"], tables["repayments"]),
        withheld=[Withheld(_pair_of(row), row["checked"], row["reason"]) for row in document["withheld"]],
        **{name: tables[name] for name in AS_THEY_ARE},
        controls={row["site"]: _control_of(row) for row in tables["control"].to_dict("records")},
        circumstances=Circumstances(
            **circumstances
            | {
                "accelerators": [Accelerator(**entry) for entry in circumstances["accelerators"]],
                "gpus_beside": [GpuBeside(**entry) for entry in circumstances["gpus_beside"]],
            }
        ),
    )


def answer_tables(answer: Answer) -> dict[str, pd.DataFrame]:
    """name -> table, for the names in TABLES. `pair` numbers the comparisons, in the order of the page."""
    numbered = list(enumerate(answer.comparisons, 1))
    ratios = [
        _pair_row(compared.pair, number) | _ratio_row(compared, size)
        for number, compared in numbered
        for size in compared.ratios
    ]
    break_evens = [
        _pair_row(compared.pair, number) | _spread("break_even", found)
        for number, compared in numbered
        for found in compared.break_evens
    ]
    repayments = [
        _pair_row(compared.pair, number) | _repayment_row(compared, size)
        for number, compared in numbered
        for size in compared.repayments
    ]
    of_pairs = {
        "ratios": (ratios, RATIOS),
        "break_evens": (break_evens, BREAK_EVENS),
        "repayments": (repayments, REPAYMENTS),
    }
    threads = {f"{side}_threads": "Int64" for side in SIDES}  # whole numbers, some of them missing
    return {
        **{name: pd.DataFrame(rows, columns=columns).astype(threads) for name, (rows, columns) in of_pairs.items()},
        **{name: getattr(answer, name) for name in AS_THEY_ARE},
        "control": pd.DataFrame(
            [_control_row(found, site) for site, found in answer.controls.items()], columns=CONTROL
        ),
    }


def answer_document(answer: Answer, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The answer as answer.schema.yaml describes it. Tables are lists of rows; a missing or infinite number is null."""
    pairs = [
        _pair_row(withheld.pair, number) | {"checked": withheld.checked, "reason": withheld.reason}
        for number, withheld in enumerate(answer.withheld, 1)
    ]
    return {
        "schema_version": SCHEMA_VERSION,
        "study": answer.study,
        "title": answer.title,
        "prices": dict(answer.prices),
        "circumstances": asdict(answer.circumstances),
        "withheld": _plain_rows(pairs),
        **{name: _plain_table(tables[name]) for name in IN_DOCUMENT},
    }


def _pair_row(pair: Pair, number: int) -> dict[str, Any]:
    row = {"pair": number, **{part: getattr(pair, part) for part in ("dataset", "recipe", "task", "architecture")}}
    for side in SIDES:
        way = getattr(pair, side)
        row |= {side: label(way), **{f"{side}_{part}": value for part, value in way._asdict().items()}}
    return row


def _pair_of(row: Mapping[str, Any]) -> Pair:
    ways = [_way_of_side(row, side) for side in SIDES]
    return Pair(row["dataset"], row["recipe"], row["task"], row["architecture"], *ways)


def _way_of_side(row: Mapping[str, Any], side: str) -> Way:
    parts = {part: row[f"{side}_{part}"] for part in Way._fields}
    return Way(**parts | {"threads": None if pd.isna(parts["threads"]) else int(parts["threads"])})


def _ratio_row(comparison: Comparison, size: int) -> dict[str, Any]:
    first_s, second_s = comparison.medians[size]
    quiet = comparison.ratios_when_quiet.get(size, NO_ESTIMATE)
    return {
        "hidden_size": size,
        **_spread("ratio", comparison.ratios[size]),
        "p_value": comparison.p_values[size],
        "verdict": str(comparison.verdict(size)),
        "first_time_s": first_s,
        "second_time_s": second_s,
        "in_turns": comparison.in_turns,
        "ratio_by_fastest": comparison.ratios_by_fastest.get(size, math.nan),
        "verdict_when_quiet": _text(comparison.verdicts_when_quiet.get(size)),
        **columns_of("ratio_when_quiet", quiet),
        "n_when_quiet": quiet.n,
    }


def _repayment_row(comparison: Comparison, size: int) -> dict[str, Any]:
    repayment = comparison.repayments[size]
    investor = "first" if repayment.investor == comparison.first else "second"
    return {"hidden_size": size, "investor": investor, **_spread("repaid_after", repayment.epochs)}


def _control_row(control: Control, site: str) -> dict[str, Any]:
    facts = ("dataset", "recipe", "task", "architecture", "threads", "hidden_size", "visible")
    return {
        **control.way._asdict(),
        **{fact: getattr(control, fact) for fact in facts},
        "site": site,
        "has_best_threads": control.way.threads is None,
        **_spread("ratio", control.ratio),
    }


def _control_of(row: Mapping[str, Any]) -> Control:
    facts = ("dataset", "recipe", "task", "architecture", "hidden_size", "threads")
    return Control(**{fact: row[fact] for fact in facts}, way=way_of(row), ratio=estimate_of(row, "ratio"))


def _comparisons(ratios: pd.DataFrame, break_evens: pd.DataFrame, repayments: pd.DataFrame) -> list[Comparison]:
    found = []
    break_evens_of, repayments_of = _by_pair(break_evens), _by_pair(repayments)
    for number, rows in _by_pair(ratios).items():
        by_size = {row["hidden_size"]: row for row in rows}
        pair = _pair_of(rows[0])
        found.append(
            Comparison(
                pair,
                ratios={size: estimate_of(row, "ratio") for size, row in by_size.items()},
                p_values={size: row["p_value"] for size, row in by_size.items()},
                medians={size: (row["first_time_s"], row["second_time_s"]) for size, row in by_size.items()},
                break_evens=[estimate_of(row, "break_even") for row in break_evens_of.get(number, ())],
                repayments={row["hidden_size"]: _repayment_of(row, pair) for row in repayments_of.get(number, ())},
                in_turns=bool(rows[0]["in_turns"]),
                ratios_by_fastest={size: row["ratio_by_fastest"] for size, row in by_size.items() if row["in_turns"]},
                ratios_when_quiet={
                    size: estimate_of(row, "ratio_when_quiet", "n_when_quiet")
                    for size, row in by_size.items()
                    if row["n_when_quiet"]
                },
                verdicts_when_quiet={
                    size: Verdict(row["verdict_when_quiet"])
                    for size, row in by_size.items()
                    if not pd.isna(row["verdict_when_quiet"])
                },
            )
        )
    return found


def _repayment_of(row: Mapping[str, Any], pair: Pair) -> Repayment:
    ways = (pair.first, pair.second) if row["investor"] == "first" else (pair.second, pair.first)
    return Repayment(*ways, estimate_of(row, "repaid_after"))


def _by_pair(table: pd.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Number of a pair -> its rows."""
    by_pair: dict[int, list[dict[str, Any]]] = {}
    for row in table.to_dict("records"):
        by_pair.setdefault(row["pair"], []).append(row)
    return by_pair


def _spread(quantity: str, estimate: Estimate) -> dict[str, Any]:
    return columns_of(quantity, estimate) | {"n": estimate.n}


def _text(verdict: Verdict | None) -> str | None:
    return None if verdict is None else str(verdict)


def _plain_table(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Its rows, for JSON. Columns are made plain as a whole: a large study's tables have 200,000 values."""
    columns = {name: _plain_column(table[name]) for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain_column(values: pd.Series) -> list[Any]:
    if values.dtype == object:
        return list(map(_plain, values))
    known = np.isfinite(values) if values.dtype.kind == "f" else values.notna()
    return [value if is_known else None for value, is_known in zip(values.tolist(), known.tolist(), strict=True)]


def _plain_rows(rows: Iterable[Mapping[str, Any]]) -> Sequence[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    """A value for JSON: one of numpy's numbers becomes a plain one, a missing or infinite one None."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or (isinstance(value, float) and not math.isfinite(value)) or value is pd.NA:
        return None
    return value

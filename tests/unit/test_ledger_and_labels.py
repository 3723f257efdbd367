"""The ledger and the labels: tables, sentences and figures from runs that a test knows."""

import pandas as pd
import pytest
from planted import QUIET, as_read, cell, record

from payoff.comparisons import disturbance
from payoff.machine.clock import ONLY_TO_TIME, PHASES
from payoff.page.figures.ledger import PART_LOOKS, ledger_bars
from payoff.page.figures.trust import deviation_over_time
from payoff.page.words import captions
from payoff.tables import ledger
from payoff.tables.columns import column
from payoff.tables.runs import runs_table

CONTENDED = QUIET | {
    "label": "contended",
    "reasons": ["other programs used the CPU", "the scheduler interrupted the run"],
    "others_cpu": 0.5,
}


def run(hidden_size: int, repetition: int, *, imports_s: float, training_s: float, failure=None, **changed) -> dict:
    """A run whose phases are known: imports, training, 0.1 s of writing, and 0.2 s of turns that do not count."""
    phases = dict.fromkeys(PHASES, 0.0) | {
        "imports": imports_s,
        "training": training_s,
        "writing": 0.1,
        "turns": 0.2,
    }
    planted = record(cell("numpy_mlp", hidden_size), repetition, training_s / 3, failure)
    return planted | {"phases_s": phases, "process_s": sum(phases.values())} | changed


@pytest.fixture
def runs() -> pd.DataFrame:
    records = [run(8, repetition, imports_s=0.4, training_s=0.1 * repetition) for repetition in (1, 2, 3)]
    records += [run(80, 1, imports_s=0.4, training_s=1.5), run(80, 2, imports_s=9, training_s=9, failure="crashed")]
    return as_read(runs_table(records))


def test_the_ledger_has_medians_of_finished_runs_and_no_turns_in_the_whole(runs):
    small, large = ledger.ledger_table(runs).to_dict("records")
    assert (small["hidden_size"], small["n"], large["hidden_size"], large["n"]) == (8, 3, 80, 1)
    assert small["start and imports"] == pytest.approx(0.4)
    assert small["training"] == pytest.approx(0.2)
    assert small["wall_s"] == pytest.approx(0.7)
    assert small["training_share"] == pytest.approx(0.2 / 0.7)
    assert sum(small[part] for part in ledger.PARTS) == pytest.approx(small["wall_s"])
    assert small["turns_phase_s"] == pytest.approx(0.2)


def test_every_phase_but_those_only_to_time_is_in_one_part():
    parts = [phase for part in ledger.PARTS.values() for phase in part]
    assert sorted(parts) == sorted(set(PHASES) - set(ONLY_TO_TIME))
    assert set(PART_LOOKS) == set(ledger.PARTS)


def test_the_ledger_in_words(runs):
    words = captions.ledger(runs)
    assert words == "Training takes 29 % of numpy's run at H = 8, 75 % at H = 80 (medians, n ≥ 1)."
    assert "In each of 4 finished runs the phases add up" in ledger.accounted(runs)
    assert "to within 0.001 ms" in ledger.accounted(runs)


def test_a_phase_that_older_runs_had_in_another_counts_there(runs):
    """Beside new runs it is missing in some; in a table of older runs alone, there may be no such column."""
    before = ledger.ledger_table(runs)
    mixed = runs.assign(ending_phase_s=[float("nan"), *runs["ending_phase_s"][1:]])
    for older in (mixed, runs.drop(columns="ending_phase_s")):
        found = ledger.ledger_table(older)
        assert found["rest"].tolist() == before["rest"].tolist()
        assert ledger.largest_gap(older) == pytest.approx(0)
    assert found["ending_phase_s"].isna().all()


def test_a_gap_in_the_ledger_is_told(runs):
    runs.loc[0, "wall_s"] += 0.05
    assert ledger.largest_gap(runs) == pytest.approx(0.05)
    assert "to within 50 ms" in ledger.accounted(runs)


def test_without_a_finished_run_there_is_no_ledger(runs):
    failed = runs[runs["failure"].notna()]
    assert "no ledger" in captions.ledger(failed)
    assert "no phases to add up" in ledger.accounted(failed)


def test_the_labels_in_words():
    waited = {"waited_s": {"lock": 12.0, "quiet": 3.0}}
    runs = runs_table(
        [
            run(8, 1, imports_s=1, training_s=1, **waited),
            run(8, 2, imports_s=1, training_s=1, contention=CONTENDED),
            run(8, 3, imports_s=1, training_s=1),
        ]
    )
    words = disturbance.labels(runs)
    assert words.startswith("2 of 3 runs were quiet, 1 contended (other programs used the CPU: 1, ")
    assert "waited 3 s in all for other programs to be quiet, and 12 s for other timed runs" in words
    table = disturbance.figures_table(runs).set_index("figure")
    assert table.loc["Others", ["usual", "worst"]].tolist() == ["0.00 %", "50.00 %"]


def test_quiet_runs_need_no_excuse():
    words = disturbance.labels(runs_table([run(8, 1, imports_s=1, training_s=1)]))
    assert words.startswith("1 of 1 runs was quiet. Before")


def test_a_run_is_shown_relative_to_its_cell_in_the_order_of_the_clock(runs):
    timed = disturbance.relative_to_cell(runs)
    assert timed["deviation"].tolist() == pytest.approx([0.5, 1, 1, 1.5])
    assert timed["minutes"].tolist() == pytest.approx([0, 0, 1 / 60, 2 / 60])
    assert set(timed["hidden_size"]) == {8, 80}


def test_the_figures_can_be_drawn(runs):
    runs.loc[1, "label"] = "contended"
    bars = ledger_bars(ledger.ledger_table(runs))
    assert [text.get_text() for text in bars.axes[0].get_yticklabels()] == ["H = 8", "H = 80"]
    assert [point.text.split(":")[0] for point in bars.points] == [
        "MLP in numpy, CPU, H = 8\n0.700 s",
        "MLP in numpy, CPU, H = 80\n2.00 s",
    ]
    assert "training 0.20 s (29 %)" in bars.points[0].text
    assert bars.points[0].text.endswith("medians, n = 3")
    points = deviation_over_time(disturbance.relative_to_cell(runs))
    assert "contended" in [text.get_text() for text in points.legends[0].get_texts()]


def test_every_phase_has_a_column():
    assert all(column(ledger.phase_column(phase)).description == meaning for phase, meaning in PHASES.items())

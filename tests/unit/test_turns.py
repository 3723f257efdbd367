"""Ways that took turns: their table, their comparison, their control, and what changes without disturbed turns."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from planted import answer_of_records, as_read, cell, in_heat, record

from payoff.answer.files import read_answer, write_answer
from payoff.cells import RUN, SITED_CELL
from payoff.comparisons.comparison import Verdict
from payoff.comparisons.disturbance import most_disturbed_heat, taken
from payoff.comparisons.heats import Heats
from payoff.page.figures.trust import turns_of_heat
from payoff.page.words.answer import IN_TURNS, by_fastest, tell
from payoff.runs.records import is_control
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table
from payoff.tables.turns import turns_table

NUMPY, TORCH = (cell(model, 32) for model in ("numpy_mlp", "torch_mlp"))
ROUNDS = 20


def drifting(repetition: int) -> np.ndarray:
    """How slow the machine is in each round of a heat: up to five times as slow as at its best."""
    return np.random.default_rng(repetition).uniform(1, 5, ROUNDS)


def heat(repetition: int, ratio: float = 1.25, *, again=False, disturbed=()) -> list[dict]:
    """Torch takes 0.1 s, numpy `ratio` times as long, on a machine that drifts; noise of some per mille."""
    draw = np.random.default_rng(100 + repetition)
    times = {NUMPY: 0.1 * ratio, TORCH: 0.1}
    records = [
        in_heat(record(one, repetition, seconds), seconds * drifting(repetition) * draw.lognormal(0, 0.005, ROUNDS))
        for one, seconds in times.items()
    ]
    if disturbed:  # then torch alone is twice as slow
        slow = [seconds * (2 if number in disturbed else 1) for number, seconds in enumerate(epochs_of(records[1]), 1)]
        records[1] = in_heat(record(TORCH, repetition, 0.1), slow, disturbed=disturbed)
    if again:
        noisy = epochs_of(records[0]) * draw.lognormal(0, 0.005, ROUNDS)
        records.append(in_heat(record(NUMPY, repetition, 0.125), noisy, is_control=True))
    return records


def epochs_of(entry: dict) -> np.ndarray:
    return np.array([turn["epoch_s"] for turn in entry["turns"]])


def heats(number: int = 6, **kwargs) -> list[dict]:
    return [one for repetition in range(1, number + 1) for one in heat(repetition, **kwargs)]


def test_one_row_per_turn():
    table = turns_table(heat(3, again=True, disturbed=[2]))
    assert len(table) == 3 * ROUNDS
    assert table["is_control"].sum() == ROUNDS
    assert len(set(table["heat"])) == 1
    assert (table["disturbed_by"] != "").sum() == 1
    assert turns_table([]).columns.equals(table.columns)


def test_turns_and_epochs_are_in_the_order_of_their_runs_and_each_stays_with_its_own():
    records = [*heat(2, again=True), *heat(1)]
    for entry in records:
        entry["turns"] = entry["turns"][::-1]
        entry["epochs"] = entry["epochs"][::-1]
    turns = turns_table(records)
    rows = list(turns[[*RUN, "is_control", "round"]].itertuples(index=False, name=None))
    assert rows == sorted(rows)
    epochs = samples_table([entry for entry in records if not is_control(entry)])
    rows = list(epochs[[*RUN, "epoch"]].itertuples(index=False, name=None))
    assert rows == sorted(rows)
    for entry in records:
        run = {**entry["cell"], "repetition": entry["repetition"], "is_control": is_control(entry)}
        own = turns[(turns[list(run)] == pd.Series(run)).all(axis=1)]
        assert own["epoch_s"].tolist() == [turn["epoch_s"] for turn in reversed(entry["turns"])]


def test_the_epoch_time_of_a_run_is_the_median_of_its_turns():
    records = heat(1)
    runs = runs_table(records).set_index("model")
    for entry in records:
        assert runs.loc[entry["cell"]["model"], "epoch_time_s"] == np.median(epochs_of(entry))


def test_what_slows_down_both_ways_does_not_change_their_ratio():
    answer = answer_of_records(heats())
    (pair,) = answer.comparisons
    ratio = pair.ratios[32]
    assert pair.in_turns
    assert ratio.n == 6
    assert ratio.low < 1.25 < ratio.high
    assert ratio.high / ratio.low < 1.01
    assert pair.second_wins == [32]
    without = answer_of_records([entry | {"heat": None, "turns": []} for entry in heats()])
    assert not without.comparisons[0].in_turns


def test_the_fastest_turns_tell_a_ratio_of_their_own():
    """Numpy is three times as slow in each round but the third, so its fastest turn alone is undisturbed."""
    records = heats()
    for position, entry in enumerate(records):
        if entry["cell"]["model"] == "numpy_mlp":
            slowed = epochs_of(entry) * np.where(np.arange(ROUNDS) == epochs_of(entry).argmin(), 1, 3)
            records[position] = in_heat(record(NUMPY, entry["repetition"], 0.125), slowed)
    answer = answer_of_records(records)
    (pair,) = answer.comparisons
    assert pair.ratios[32].median == pytest.approx(3 * 1.25, rel=0.02)
    assert pair.ratios_by_fastest[32] == pytest.approx(1.25, rel=0.02)
    (told,) = by_fastest([pair])
    assert told.endswith("the factors would be 0.33 times those told here.")
    assert by_fastest([replace(pair, ratios_by_fastest={})]) == []


def test_runs_of_different_heats_are_not_compared_by_turns():
    records = heats()
    for entry in records:
        if entry["cell"]["model"] == "torch_mlp":
            entry["heat"] = entry["heat"] | {"started_at": entry["heat"]["started_at"].replace("2026", "2027")}
    (pair,) = answer_of_records(records).comparisons
    assert not pair.in_turns


def test_a_way_that_took_no_turn_in_a_heat_leaves_that_heat_out():
    records = heats()
    records[1] = records[1] | {"turns": []}
    (pair,) = answer_of_records(records).comparisons
    assert pair.in_turns
    assert pair.ratios[32].n == 5


def test_the_control_takes_turns_with_itself():
    answer = answer_of_records(heats(again=True))
    found = answer.controls[""]
    assert found.ratio.n == 6
    assert found.ratio.low <= 1 <= found.ratio.high
    assert found.visible == max(found.ratio.high, 1 / found.ratio.low) - 1 < 0.01


def test_without_the_disturbed_turns_another_way_may_be_ahead():
    """Torch is 1.25 times as fast, but for the 12 rounds in which something slowed down torch alone."""
    answer = answer_of_records(heats(disturbed=range(1, 13)))
    (pair,) = answer.comparisons
    assert (pair.verdict(32), pair.verdicts_when_quiet[32]) == (Verdict.FIRST, Verdict.SECOND)
    assert pair.ratios[32].median == pytest.approx(0.625, rel=0.01)
    assert pair.ratios_when_quiet[32].median == pytest.approx(1.25, rel=0.01)
    assert (answer.circumstances.turns, answer.circumstances.disturbed_turns) == (240, 72)
    told = tell(answer).topics["What can be told apart"]
    assert told[0] == IN_TURNS
    assert any("72 of 240 turns were disturbed, and are kept" in sentence for sentence in told)


def test_the_answer_keeps_all_of_it_on_disk(tmp_path):
    answer = answer_of_records(heats(again=True, disturbed=[1]))
    write_answer(answer, tmp_path)
    read = read_answer(tmp_path)
    assert read.comparisons == answer.comparisons
    assert read.circumstances == answer.circumstances
    assert read.controls == answer.controls


def test_the_heat_that_varied_most_is_shown_with_all_of_its_turns():
    steady = [
        in_heat(record(one, 7, 0.1), np.full(ROUNDS, 0.1) * np.linspace(1, 1.01, ROUNDS)) for one in (NUMPY, TORCH)
    ]
    turns = as_read(turns_table([*steady, *heat(2, disturbed=[3])]))
    shown = most_disturbed_heat(turns)
    assert set(shown["repetition"]) == {2}
    assert shown.groupby("model")["deviation"].median().tolist() == pytest.approx([1, 1])
    figure = turns_of_heat(shown)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["MLP in numpy, CPU", "MLP in torch, CPU", "disturbed"]
    assert taken(turns) == "80 turns in 2 heats. 1 was disturbed (other programs used the CPU: 1)."


def test_a_heat_of_one_way_is_not_shown():
    alone = as_read(turns_table([in_heat(record(NUMPY, 1, 0.1), [0.1, 0.2, 0.3])]))
    assert most_disturbed_heat(alone).empty
    assert "None of them was disturbed" in taken(alone)
    assert most_disturbed_heat(as_read(turns_table([]))).empty


def test_turns_are_matched_by_heat_and_round_whichever_are_missing():
    """Numpy was not in the first heat, torch not in the third; in the second each lacks a round that the other has."""
    first, second, third = (turns_table(heat(repetition)) for repetition in (1, 2, 3))
    second = second.drop(second.query("model == 'numpy_mlp' and round == 1").index)
    second = second.drop(second.query("model == 'torch_mlp' and round == 20").index)
    turns = pd.concat([third.query("model == 'numpy_mlp'"), second, first.query("model == 'torch_mlp'")])
    cells = [tuple(turns.loc[turns["model"] == model, SITED_CELL].iloc[0]) for model in ("numpy_mlp", "torch_mlp")]
    seconds = second.pivot_table(index="round", columns="model", values="epoch_s")
    ratios = (seconds["numpy_mlp"] / seconds["torch_mlp"]).dropna()
    assert len(ratios) == ROUNDS - 2
    assert Heats(turns).logs(*cells).tolist() == pytest.approx([np.median(np.log(ratios))])
    fastest = seconds["numpy_mlp"].min() / seconds["torch_mlp"].min()
    assert Heats(turns).logs_of_fastest(*cells).tolist() == pytest.approx([np.log(fastest)])
    assert Heats(turns).logs(cells[0], ("another",)).tolist() == []

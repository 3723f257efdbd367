"""The answer in words, in every situation: what a sentence says, and that it is one."""

import pandas as pd
import pytest
from planted import answer_from, as_read, cell, check_of, contended, race, short_at, slow_when_contended, study
from planted import answered as answer_of
from planted_tables import plant

from payoff.answer.compute import compare_ways
from payoff.comparisons.compute import comparisons
from payoff.comparisons.ways import in_prose
from payoff.page.words.answer import Told, start_up, tell
from payoff.page.words.fastest import gpus, shortest_epochs
from payoff.page.words.headlines import MOST, counted, headline, headlines
from payoff.page.words.sentences import sizes_of
from payoff.page.words.threads import IN_SHORT
from payoff.tables.cells import cells_table


def answered(times, **kwargs):
    return tell(answer_of(times, **kwargs))


def said(told: Told) -> list[str]:
    """The first screen: the finding and the lead."""
    return [f"{told.finding}.", *told.lead]


def lead(times, **kwargs) -> str:
    """The headline of the one pair."""
    (pair,) = answer_of(times, **kwargs).comparisons
    return headline(pair)


def gpu_race(cpu_s, gpu_s, sizes=(10, 100, 1000)):
    """Times of torch on the CPU and on a GPU, over the hidden size."""
    return {cell("torch_mlp", h): cpu_s(h) for h in sizes} | {cell("torch_mlp", h, "cuda"): gpu_s(h) for h in sizes}


def test_numpy_wins_everywhere():
    times = race(lambda h: 0.001 * h, lambda h: 0.002 * h if h > 10 else 0.03)
    assert lead(times) == (
        "numpy trains the MLP on digits faster than torch at every size measured: 2.00 times [1.99, 2.01] (H = 100) "
        "to 3.00 times [2.98, 3.02] (H = 10) as fast (n = 6 each)."
    )
    (told,) = answered(times).topics["Framework or not"]
    assert "2.00 times [1.99, 2.01] at H = 1,000" in told
    assert "break even" not in told, "at every size says it"
    (told,) = answered(race(lambda h: 0.1, lambda h: 0.1001 if h > 10 else 0.2)).topics["Framework or not"]
    assert told.endswith("They never break even in this range: by the medians numpy is ahead from H = 10 to 1,000.")


def three(jax_s, sizes=(10, 100, 1000)) -> dict:
    """numpy takes 1 ms a unit, torch 2 ms, and JAX as long as this says."""
    times = race(lambda h: 0.001 * h, lambda h: 0.002 * h, sizes)
    return times | {cell("jax_mlp", h, mode="jit"): jax_s(h) for h in sizes}


def test_the_way_with_the_shortest_epochs_is_told_at_each_size():
    told = answered(three(lambda h: 0.0005 * h if h < 1000 else 3.0))
    assert said(told)[0] == (
        "Of 3 ways to train the MLP on digits, once started, JAX has the shortest epochs at H = 10 and 100, up to 2.00 "
        "times [2.00, 2.00] as fast as the next, numpy, at H = 10; numpy has the shortest epochs at H = 1,000, 2.00 "
        "times [2.00, 2.00] as fast as the next, torch (n = 6 each)."
    )
    assert not any("trains" in sentence for sentence in said(told)), "the pairs are told below"
    assert len(told.topics["Framework or not"]) == 3, "each pair, though JAX has another default mode than the others"
    (few,) = shortest_epochs(answer_of(race(lambda h: 0.1, lambda h: 0.2), repetitions=2).epoch_times)
    assert "at H = 10, 100 and 1,000 numpy and torch have the shortest, and no difference between them is clear" in few
    (every,) = shortest_epochs(answer_of(three(lambda h: 0.0005 * h)).epoch_times)
    assert "JAX has the shortest epochs at every size, up to 2.00" in every


def test_special_modes_are_ways_as_well_and_ways_that_do_other_work_are_none():
    fused = three(lambda h: 0.0005 * h) | {cell("torch_mlp", h, mode="fused"): 0.0001 * h for h in (10, 100, 1000)}
    (told,) = shortest_epochs(answer_of(fused).epoch_times)
    assert told.startswith("Of 4 ways")
    assert "torch fused has the shortest epochs at every size" in told
    runs, _, cells = study(three(lambda h: 0.0005 * h))
    cells.loc[cells["model"] == "jax_mlp", "relative"] = float("nan")
    (without,) = shortest_epochs(answer_from(cells, runs).epoch_times)
    assert without.startswith("Of 2 ways")


def with_threads(tmp_path) -> Told:
    """numpy is the fastest with one thread, torch with fifteen at H = 1,000."""
    times = race(lambda h: 0.001 * h, lambda h: 0.003 * h)
    times |= {cell("numpy_mlp", h, threads=15): 0.002 * h for h in (10, 100, 1000)}
    times |= {cell("torch_mlp", h, threads=15): 0.006 * h if h < 1000 else 0.5 for h in (10, 100, 1000)}
    return tell(compare_ways([plant(tmp_path, times)]))


def test_each_way_is_told_with_its_best_number_of_threads_and_which_that_is(tmp_path):
    told = with_threads(tmp_path)
    of_epochs = next(sentence for sentence in told.lead if "shortest epochs" in sentence)
    assert "numpy has the shortest epochs at H = 10 and 100, up to 3.00 times" in of_epochs
    assert "; torch has the shortest epochs at H = 1,000, 2.00 times" in of_epochs, "with fifteen threads against one"
    assert IN_SHORT in told.lead
    which, *pairs = told.topics["Threads"]
    assert which == (
        "Where no number of threads is named for the MLP on Digits (UCI), it is that of the fastest: numpy with 1 at "
        "H = 10, 100 and 1,000; torch with 1 at H = 10 and 100 and with 15 at H = 1,000."
    )
    assert any("numpy trains faster than numpy with 15 threads at every size" in sentence for sentence in pairs)
    assert any("torch trains faster than torch with 1 thread 6.00 times" in sentence for sentence in pairs)


def test_of_one_number_of_threads_nothing_is_said():
    told = answered(race(lambda h: 0.001 * h, lambda h: 0.003 * h))
    assert IN_SHORT not in told.lead
    assert "Threads" not in told.topics


def test_torch_wins_everywhere():
    text = lead(race(lambda h: 0.002 * h, lambda h: 0.001 * h))
    assert text.startswith("torch trains the MLP on digits faster than numpy at every size measured: 2.00 times [1.9")


def test_the_break_even_lies_inside_the_range():
    times = race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h)
    text = lead(times)
    assert text.startswith(
        "For the MLP on digits, numpy trains faster than torch at H = 10 and 100, up to 20.01 times ["
    )
    assert "; torch at H = 1,000, 4.76 times [" in text
    assert "; they break even at H = 202 [20" in text, "0.02 / (1e-4 - 1e-6)"


def test_a_break_even_between_sizes_that_are_far_apart_comes_with_a_hint():
    times = race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h)
    (told,) = answered(times).topics["Framework or not"]
    assert "between the measured 100 and 1,000. To know that better, add H = 208 to the study, or refine: 25 %." in told
    near = race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h, (190, 215))
    assert "To know" not in " ".join(answered(near).topics["Framework or not"])


def test_after_the_break_even_nothing_may_be_clear():
    times = race(lambda h: 0.01 if h < 1000 else 0.10005, lambda h: 0.02 if h < 1000 else 0.1)
    assert "numpy trains faster than torch at H = 10 and 100, up to 2.00" in lead(times)
    assert "; no difference is clear at H = 1,000; they break even at H = 9" in lead(times)
    times = race(lambda h: 0.09995 if h == 10 else 0.2, lambda h: 0.1)
    assert "torch trains faster than numpy at H = 100 and 1,000, up to 2.00" in lead(times)
    assert "; no difference is clear at H = 10; they break even at H = 10 [" in lead(times)


def test_they_may_change_places_more_than_once():
    text = lead(race(lambda h: 0.1, lambda h: {10: 0.2, 100: 0.05, 1000: 0.3}[h]))
    assert "numpy trains faster than torch at H = 10 and 1,000, up to 3.00 times" in text
    assert "; torch at H = 100, 2.00 times" in text
    assert "; they break even at H = 70 [" in text


def test_no_clear_difference():
    text = lead(race(lambda h: 0.1, lambda h: 0.1001))
    assert text.startswith(
        "No difference between numpy and torch is clear for the MLP on digits at H = 10, 100 and 1,000: "
    )
    assert text.endswith("numpy takes 0.99 to 1.00 times as long (n = 6 each).")


def test_what_is_not_clear_is_told_in_full_with_its_interval_too():
    times = race(lambda h: 0.1, lambda h: 0.1001)
    runs, _, _ = study(times)
    runs.loc[(runs["hidden_size"] == 10) & (runs["repetition"] > 4), "failure"] = "crashed"
    found = tell(answer_from(as_read(cells_table(runs, dict.fromkeys(times))), runs))
    (told,) = found.topics["Framework or not"]
    assert "is clear for the MLP on digits at H = 100 and 1,000: numpy takes 0.99 to 1.00 times as long" in told
    assert told.endswith("; too few repetitions at H = 10 (n = 4 each).")


def test_too_few_repetitions():
    text = lead(race(lambda h: 0.1, lambda h: 0.2), repetitions=5)
    assert text.endswith("not judged for the MLP on digits: too few repetitions for an interval (n = 5 each).")


def test_a_size_with_too_few_runs_does_not_silence_the_others():
    found = tell(short_at(race(lambda h: 0.001 * h, lambda h: 0.002 * h), 100))
    (pair,) = short_at(race(lambda h: 0.001 * h, lambda h: 0.002 * h), 100).comparisons
    assert headline(pair).endswith("; too few repetitions at H = 100 (n = 4 each).")
    assert "up to 2.00 times [1.99, 2.01]" in headline(pair)
    assert "too few repetitions for a judgement at H = 100" in found.topics["Framework or not"][0]


def test_no_gpu_was_measured():
    assert (
        "No GPU was measured here, so this study says nothing about one." in answered({cell("torch_mlp", 10): 0.1}).lead
    )
    with_one = answered(gpu_race(lambda h: 0.1, lambda h: 0.05))
    assert not any("No GPU" in sentence or "On cuda" in sentence for sentence in with_one.lead)


def test_a_gpu_pays_off_at_every_size_at_some_or_at_none():
    def told(cpu_s, gpu_s, **kwargs) -> str:
        (sentence,) = gpus(answer_of(gpu_race(cpu_s, gpu_s), **kwargs).epoch_times)
        return sentence

    text = told(lambda h: 0.1, lambda h: 0.05)
    assert (
        "a GPU pays off at every size, once started: it is up to 2.00 times [2.00, 2.00] as fast as the fastest" in text
    )
    text = told(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h)
    assert "a GPU pays off at some sizes, once started: it is 4.76 times" in text
    assert "at H = 1,000; the CPU up to 20.0" in text
    assert "as fast as the fastest on the GPU at H = 10 and 100" in text
    text = told(lambda h: 0.05, lambda h: 0.1)
    assert "a GPU does not pay off, once started: the CPU is up to 2.00 times" in text
    text = told(lambda h: 0.1, lambda h: 0.2, repetitions=2)
    assert text.endswith("no difference is clear at H = 10, 100 and 1,000 (n = 2 each).")
    assert gpus(answer_of(race(lambda h: 0.1, lambda h: 0.2)).epoch_times) == []
    apart = race(lambda h: 0.1, lambda h: 0.2, (10,))
    apart |= {cell(model, 5000, "cuda", mode=mode): 0.1 for model, mode in (("torch_mlp", "eager"), ("jax_mlp", "jit"))}
    assert gpus(answer_of(apart).epoch_times) == [], "at no size is there a way on each"


def test_a_gpu_that_failed_is_named_with_its_reason():
    alone = {cell("torch_mlp", 10): 0.1}
    assert (
        "On cuda nothing could be measured: device missing."
        in answered(alone, failures={cell("torch_mlp", 10, "cuda"): "device_missing"}).lead
    )
    assert (
        "On cuda not everything could be measured: out of memory."
        in answered(
            alone | {cell("torch_mlp", 10, "cuda"): 0.1}, failures={cell("torch_mlp", 20, "cuda"): "out_of_memory"}
        ).lead
    )
    runs, _, cells = study(alone)
    never = cells.assign(device="cuda", n=0, n_failed=0, status="not run")
    assert "On cuda nothing could be measured: not run." in tell(answer_from(pd.concat([cells, never]), runs)).lead


def test_nothing_succeeded():
    found = answered({}, failures={cell("torch_mlp", 10): "out_of_memory"})
    assert said(found)[:2] == ["Nothing was measured.", "No run was finished. The grid of cells says why."]
    assert found.topics == {}


def told_apart(answer) -> list[str]:
    """The sentences on what can be told apart."""
    return tell(answer).topics.get("What can be told apart", [])


def test_contended_runs_are_told_with_what_comes_out_without_them():
    times = race(lambda h: 0.1, lambda h: 0.2)
    assert told_apart(contended(times, lambda runs: runs["repetition"] == 99)) == []
    (text,) = told_apart(contended(times, lambda runs: runs["repetition"] == 1, repetitions=8))
    assert text == (
        "6 of 48 runs were contended, and are kept. Leaving them out changes none of the 3 comparisons of two ways at "
        "one size."
    )
    (text,) = told_apart(contended(times, lambda runs: (runs["repetition"] == 1) & (runs["hidden_size"] == 10)))
    assert text.endswith("changes none of the 2 comparisons of two ways at one size that still have enough runs.")
    (text,) = told_apart(contended(times, lambda runs: runs["repetition"] == 1))
    assert text.endswith("The other runs are too few to judge anything.")


def test_contended_runs_that_make_a_difference_are_found_out():
    (text,) = told_apart(slow_when_contended())
    assert text.endswith("Leaving them out changes the one comparison of two ways at one size.")


def test_many_sizes_that_follow_each_other_are_a_range():
    measured = [32, 64, 128, 256, 512, 1024]
    assert sizes_of(measured[:5], measured) == "H = 32 to 512"
    assert sizes_of(measured[:4], measured) == "H = 32, 64, 128 and 256"
    assert sizes_of([32, 64, 128, 256, 1024], measured) == "H = 32, 64, 128, 256 and 1,024"
    assert sizes_of(measured[:5]) == "H = 32, 64, 128, 256 and 512"


ALIKE = {"numpy_mlp": 0.1, "torch_mlp": 0.2}


def test_many_networks_are_counted():
    times = {}
    for position, dataset in enumerate(("a", "b", "c", "d", "e")):
        for size in (10, 100):
            faster = [0.1, 0.1, 0.3, 0.2, 0.1 if size == 10 else 0.3][position]
            times |= {cell("numpy_mlp", size, dataset=dataset): faster, cell("torch_mlp", size, dataset=dataset): 0.2}
    assert counted(answer_of(times).comparisons) == (
        "Of 5 networks that numpy and torch train, numpy is faster in 2 (MLP on a; MLP on b), torch is faster in 1 "
        "(MLP on c), no difference is clear in 1 (MLP on d) and each is faster at some sizes in 1 (MLP on e) "
        "(n ≥ 6 each)."
    )
    assert said(answered(times))[0] == (
        "Of 5 networks, numpy is the fastest in 2, torch is the fastest in 1, in 1 it depends on the size and in 1 no "
        "way is clearly the fastest, once started."
    )
    assert len(answered(times).topics["Framework or not"]) == 5 > MOST
    alike = {cell(model, 10, dataset=dataset): s for dataset in "abcde" for model, s in ALIKE.items()}
    assert said(answered(alike))[0] == "numpy is the fastest in all 5 networks, once started."


def test_modes_and_other_sites_have_topics_of_their_own():
    times = {cell("torch_mlp", 10): 0.2, cell("torch_mlp", 10, mode="fused"): 0.1}
    found = answered(times)
    assert found.topics["Ways to execute a step"][0].startswith(
        "For the MLP on digits, torch fused trains faster than torch"
    )
    runs, _, cells = study({cell("numpy_mlp", 10): 0.2})
    frames = [pd.concat([frame, frame.assign(site="the old one")]) for frame in (cells, runs)]
    frames[1].loc[frames[1]["site"] == "", "epoch_time_s"] /= 2
    found = tell(answer_from(*frames))
    assert "No network" not in said(found)[0]
    (text,) = found.topics["This study and others"]
    assert "numpy trains faster than numpy (the old one)" in text


def test_a_headline_says_only_what_the_comparison_holds():
    """Each number of the headline is one of the comparison's."""
    runs, _, cells = study(race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h))
    (comparison,) = comparisons(cells, runs)
    (found,) = comparison.break_evens
    text = headline(comparison)
    assert list(headlines([comparison])) == [], "both are here"
    assert f"H = {round(found.median)} [" in text
    assert f"{1 / comparison.ratios[10].median:.2f} times" in text
    assert in_prose(comparison.first) in text


def test_what_does_other_work_is_told_in_the_lead():
    runs, _, cells = study(race(lambda h: 0.1, lambda h: 0.2))
    failed = check_of(("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu"), reason="gradients differ")
    cells.loc[cells["model"] == "torch_mlp", "relative"] = float("nan")
    (first, *_) = said(tell(answer_from(cells, runs, checks=[failed])))
    assert "numpy and torch are not compared: they do not compute the same (gradients differ)." in first


def test_the_control_says_what_can_be_told_apart():
    runs, _, cells = study(race(lambda h: 0.1, lambda h: 0.2))
    again = runs[(runs["model"] == "numpy_mlp") & (runs["hidden_size"] == 10)]
    (text,) = told_apart(answer_from(cells, runs, again=again))
    assert text.startswith(
        "Identical code measured twice (numpy MLP on digits, H = 10) differed by 0 % here, a ratio of 1.000 ["
    )


def test_the_whole_run_is_told_for_every_way_the_fastest_first():
    times = {cell("torch_mlp", 10): 0.2, cell("numpy_mlp", 10): 0.1, cell("torch_mlp", 20): 9.0}
    (text,) = start_up(answer_of(times).whole_runs)
    assert text.endswith(
        "a run at H = 10 takes numpy (MLP) 1.30 [1.30, 1.30] s and torch (MLP) 1.60 [1.60, 1.60] s, from the start of "
        "the process with its imports to its end, evaluation included (n = 6)."
    )


def test_one_way_only_is_no_comparison():
    assert "nothing to compare" in answered({cell("torch_cnn", 10): 0.1}).finding


@pytest.mark.parametrize("repetitions", [1, 6])
def test_the_headline_gives_n(repetitions):
    times = race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h)
    assert f"(n = {repetitions} each)" in lead(times, repetitions=repetitions)
    assert f"(n = {repetitions} each)" in said(answered(times, repetitions=repetitions))[0]

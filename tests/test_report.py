"""The answer in words, the figures, the page."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import HOME
from markupsafe import Markup
from planted import RECIPE, cell, check_of, race, study

from payoff import figures
from payoff.answer import answer, growth, start_up
from payoff.comparisons import comparisons
from payoff.convolutions import there_and_back
from payoff.inventory import completeness_grid, recipes_rows
from payoff.learning import best_accuracy, learning
from payoff.markup import figure_html, inline_svg, table_html
from payoff.models.registry import MODELS
from payoff.pictures import picture_row
from payoff.plotting import FAINT, INK, PALETTE, model_colors
from payoff.recipes import Convolution, RateChange
from payoff.report import Chapter, render
from payoff.sentences import interval
from payoff.tables import cells_table


def first_sentence(times, **kwargs) -> str:
    runs, _, cells = study(times, **kwargs)
    return answer(cells, runs)[0]


def test_numpy_wins_everywhere():
    text = first_sentence(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    assert "numpy trains faster than torch at every size from H = 10 to 1,000" in text
    assert "2.00 times [1.99, 2.01] at H = 10" in text
    assert "(n = 6 each)" in text
    assert text.endswith("They never break even in this range: by the medians numpy is ahead from H = 10 to 1,000.")


def test_torch_wins_everywhere():
    text = first_sentence(race(lambda h: 0.002 * h, lambda h: 0.001 * h))
    assert "torch trains faster than numpy at every size from H = 10 to 1,000" in text
    assert "2.00 times [1.99, 2.01] at H = 1,000" in text


def test_the_break_even_lies_inside_the_range():
    text = first_sentence(race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h))
    assert "numpy trains faster than torch 20.01 times" in text
    assert "torch trains faster than numpy 4.7" in text
    assert "They break even at H = 202 [20" in text, "0.02 / (1e-4 - 1e-6)"


def test_no_clear_difference():
    text = first_sentence(race(lambda h: 0.1, lambda h: 0.1001))
    assert "no clear difference between numpy and torch at H = 10, 100 and 1,000 (n = 6 each)" in text


def test_too_few_repetitions():
    text = first_sentence(race(lambda h: 0.1, lambda h: 0.2), repetitions=5)
    assert "too few repetitions for an interval (n = 5 each)" in text


def test_a_size_with_too_few_runs_does_not_silence_the_others():
    times = race(lambda h: 0.001 * h, lambda h: 0.002 * h)
    runs, _, _ = study(times)
    short = (runs["hidden_size"] == 100) & (runs["model"] == "torch_mlp") & (runs["repetition"] > 4)
    runs.loc[short, "failure"] = "crashed"
    text = answer(cells_table(runs, dict.fromkeys(times)), runs)[0]
    assert "numpy trains faster than torch 2.00 times [1.99, 2.01] at H = 10" in text
    assert "too few repetitions for a judgement at H = 100" in text


def test_a_gpu_is_named_where_there_is_one_and_missed_where_there_is_none():
    times = {cell("torch_mlp", 10): 0.1, cell("torch_mlp", 10, "cuda"): 0.05}
    runs, _, cells = study(times)
    sentences = answer(cells, runs)
    assert "torch on cuda trains faster than torch 2.00 times [1.99, 2.01] at H = 10 (n = 6 each)." in sentences[0]
    assert not any("GPU" in sentence or "On cuda" in sentence for sentence in sentences)
    alone = study({cell("torch_mlp", 10): 0.1})
    assert any("No GPU was measured" in sentence for sentence in answer(alone[2], alone[0]))


def test_a_gpu_that_failed_is_named_with_its_reason():
    alone = {cell("torch_mlp", 10): 0.1}
    runs, _, cells = study(alone, failures={cell("torch_mlp", 10, "cuda"): "device_missing"})
    assert "On cuda nothing could be measured: device missing." in answer(cells, runs)
    runs, _, cells = study(
        alone | {cell("torch_mlp", 10, "cuda"): 0.1}, failures={cell("torch_mlp", 20, "cuda"): "out_of_memory"}
    )
    assert "On cuda not everything could be measured: out of memory." in answer(cells, runs)
    runs, _, cells = study(alone)
    never = cells.assign(device="cuda", n=0, n_failed=0, status="not run")
    assert "On cuda nothing could be measured: not run." in answer(pd.concat([cells, never]), runs)


def test_nothing_succeeded():
    runs, _, cells = study({}, failures={cell("torch_mlp", 10): "out_of_memory"})
    assert answer(cells, runs)[0] == "Nothing was measured: no run was finished. The grid of cells says why."
    page = rendered(runs, cells)
    assert "0 of 6: out of memory" in page
    assert "planted &lt;out_of_memory&gt;" in page


def test_the_whole_run_is_told_for_every_way_the_fastest_first():
    times = {cell("torch_mlp", 10): 0.2, cell("numpy_mlp", 10): 0.1, cell("torch_mlp", 20): 9.0}
    text = start_up(study(times)[2])
    assert "On digits a whole run at H = 10" in text
    assert "takes numpy (MLP) 1.30 s and torch (MLP) 1.60 s (medians, n = 6)." in text


def test_one_way_only_is_no_comparison():
    assert "nothing to compare" in first_sentence({cell("torch_cnn", 10): 0.1})


def test_findings_for_the_captions():
    _, samples, cells = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    assert "MLP in numpy, CPU: 100 times as long (H = 10 to 1,000, n = 6)" in growth(cells)
    assert "90.00 [90.00, 90.00] % (n = 6)" in best_accuracy(cells)
    assert "after epoch 3 between 90.00 and 90.00 %" in learning(samples)
    assert "One hidden size" in growth(study({cell("numpy_mlp", 1): 1.0})[2])


def test_a_median_without_an_interval_says_so():
    _, _, cells = study({cell("numpy_mlp", 10): 0.1}, repetitions=2)
    assert interval(cells.iloc[0], "epoch_time_s").endswith("[too few]")


def all_figures():
    runs, samples, cells = study(race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h))
    return {
        "time": figures.over_hidden_size(cells, runs, "epoch_time_s"),
        "accuracy": figures.over_hidden_size(cells, runs, "test_accuracy", log_y=False),
        "ratio": figures.ratio_over_hidden_size(comparisons(cells, runs)),
        "curves": figures.learning_curves(samples),
        "sizes": figures.output_over_input_size(there_and_back(range(2, 9), 2, range(1, 4))),
        "pictures": picture_row([np.eye(8), 1 - np.eye(8)], ["Black", "White"]),
    }


@pytest.mark.parametrize("name", all_figures())
def test_a_figure_is_an_svg_with_text_and_colours_that_follow_the_theme(name):
    svg = inline_svg(all_figures()[name], f"{name}-figure", 'a "picture" of <it>')
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"] == 'a "picture" of <it>'
    assert "width" not in root.attrib
    assert root.findall(".//{http://www.w3.org/2000/svg}text")
    assert "var(--ink)" in svg
    assert not any(color in svg for color in (*PALETTE[: len(MODELS)][0], INK, FAINT))
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(identity.startswith(f"{name}-figure-") for identity in ids)
    targets = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
    assert set(targets) <= set(ids)


def test_every_model_has_a_colour_of_its_own_and_one_for_the_dark():
    colors = model_colors()
    assert len({light for light, _ in colors.values()}) == len({dark for _, dark in colors.values()}) == len(MODELS)
    page = rendered(*study({cell("numpy_mlp", 10): 0.1})[::2])
    for model, both in colors.items():
        assert all(f"--{model.replace('_', '-')}: {color};" in page for color in both)


def test_every_point_of_a_ratio_lies_inside_its_panel():
    times = race(lambda h: 1e-5 * h, lambda h: 0.02 + 1e-6 * h)
    times |= {cell("torch_mlp", h, "cuda"): 0.0001 for h in (10, 100, 1000)}
    runs, _, cells = study(times)
    compared = comparisons(cells, runs)
    assert len(compared) == 3
    figure = figures.ratio_over_hidden_size(compared)
    for axis, comparison in zip(figure.axes, compared, strict=False):
        low, high = axis.get_ylim()
        assert all(low < r.low and r.high < high for r in comparison.ratios.values())


def test_two_recipes_are_kept_apart():
    runs, samples, cells = study({cell("numpy_mlp", h): 0.1 * h for h in (10, 20)})
    other = [frame.assign(recipe="long") for frame in (runs, samples, cells)]
    runs, samples, cells = (pd.concat(pair) for pair in zip((runs, samples, cells), other, strict=True))
    page = rendered(runs, cells)
    assert page.count("digits, short") >= 3
    assert page.count("digits, long") >= 3
    assert len(figures.over_hidden_size(cells, runs, "epoch_time_s").axes) == 2
    assert len(figures.learning_curves(samples).axes) == 4
    assert "digits, long" in best_accuracy(cells)


def test_figures_survive_an_empty_study():
    runs, samples, cells = study({}, failures={cell("torch_mlp", 10): "crashed"})
    assert figures.over_hidden_size(cells, runs, "epoch_time_s")
    assert figures.learning_curves(samples)
    assert figures.ratio_over_hidden_size([])


def test_a_table_gives_units_and_intervals_and_escapes_text():
    _, _, cells = study({cell("numpy_mlp", 10): 0.1})
    cells["model"] = "<b>numpy</b>"
    html = table_html(cells, ["model", "epoch_time_s", "n"])
    assert '<span class="unit">ms</span>' in html
    assert "&lt;b&gt;numpy&lt;/b&gt;" in html
    assert re.search(r'<td class="number">\d+ \[\d[\d.]*, \d[\d.]*\]</td>', html)


def test_a_figure_carries_its_finding_and_its_numbers():
    html = figure_html(all_figures()["time"], "x", "The <finding>.", "alternative", Markup("<table></table>"))
    assert "<figcaption>The &lt;finding&gt;.</figcaption>" in html
    assert "<details><summary>The numbers</summary>" in html


def test_the_grid_leaves_nothing_blank():
    times = {cell("numpy_mlp", 10): 0.1, cell("torch_mlp", 10): 0.1, cell("torch_mlp", 20): 0.1}
    _, _, cells = study(times, not_applicable={cell("numpy_mlp", 10, "cuda"): "numpy computes on the CPU only"})
    grid = completeness_grid(cells)
    assert grid["sizes"] == ["10", "20"]
    texts = [[mark["text"] for mark in row["marks"]] for row in grid["rows"]]
    assert texts == [["6 of 6", "not asked"], ["6 of 6", "6 of 6"], ["numpy computes on the CPU only", "not asked"]]


def rendered(runs, cells, title="A <study>", systems=(), **kwargs) -> str:
    return render(
        HOME / "report",
        title=title,
        description="For a test.",
        cells=cells,
        runs=runs,
        chapters=[Chapter("scaling", Markup("<h2>Scaling</h2>"))],
        provenance={"Commit": "<unknown>"},
        recipes={"short": RECIPE.stated()},
        systems=systems,
        **kwargs,
    )


def test_the_systems_of_a_source_stand_in_the_page_with_what_became_of_them():
    gpu = cell("torch_mlp", 10, "cuda")
    runs, _, cells = study(
        {cell("numpy_mlp", h): 0.1 for h in (10, 20)}, not_applicable={gpu: "no <cuda> device is here"}
    )
    systems = [("X<1>", vars(cell("numpy_mlp", 10))), ("X<1>", vars(cell("numpy_mlp", 20))), ("X2", vars(gpu))]
    page = rendered(runs, cells, systems=systems)
    section = page[page.index('<section id="systems">') :].partition("</section>")[0]
    assert "H = 10: 6 of 6; H = 20: 6 of 6" in section
    assert "H = 10: no &lt;cuda&gt; device is here" in section
    assert section.count("X&lt;1&gt;") == 1
    assert '<section id="systems">' not in rendered(runs, cells)


def test_a_recipe_is_told_with_what_was_chosen():
    recipe = replace(
        RECIPE, schedule=(RateChange(2, 0.05),), biases=False, convolutions=(Convolution(6, 5),), chosen=("batch_size",)
    )
    (row,) = recipes_rows({"mine": recipe.stated()})
    assert "schedule from epoch 2, learning rate 0.05" in row["text"]
    assert "biases no" in row["text"]
    assert "convolutions channels 6, kernel 5, padding 0, pool 2" in row["text"]
    assert "activation" not in row["text"]
    assert row["chosen"] == "batch size"


def test_the_page_escapes_what_it_is_given_and_loads_nothing():
    runs, _, cells = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    page = rendered(runs, cells, title="<script>alert(1)</script>")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "A &lt;CPU&gt;" in page
    assert "&lt;unknown&gt;" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page.replace('xlink:href="#', ""))
    assert "@import" not in page


def test_the_control_and_what_is_not_compared_stand_in_the_page():
    runs, _, cells = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    again = runs[(runs["model"] == "numpy_mlp") & (runs["hidden_size"] == 10)]
    failed = check_of(("numpy_mlp", "eager", "cpu"), ("torch_mlp", "eager", "cpu"), reason="gradients differ by <0.3>")
    page = rendered(runs, cells, control=again, equal_work=pd.DataFrame([failed]))
    assert "A cell measured against itself under two names (numpy MLP on digits, H = 10): 1.000 times" in page
    assert "numpy and torch are not compared: they do not compute the same (gradients differ by &lt;0.3&gt;)." in page
    assert "trains faster" not in page
    assert "against itself" not in rendered(runs, cells)


def test_the_ratio_s_figure_and_sentence_have_one_break_even():
    runs, _, cells = study(race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h))
    (comparison,) = comparisons(cells, runs)
    (found,) = comparison.break_evens
    axis = figures.ratio_over_hidden_size([comparison]).axes[0]
    curve = next(line for line in axis.lines if len(line.get_xdata()) == 200)
    assert np.interp(found.median, curve.get_xdata(), curve.get_ydata()) == pytest.approx(1, rel=0.01)
    bars = [line for line in axis.lines if list(line.get_ydata()) == [1, 1] and line.get_linewidth() > 1]
    assert [list(bar.get_xdata()) for bar in bars] == [[found.low, found.high]]

"""The figures: what they tell, that they fit page and phone, their files, and how large they grow with a study."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from matplotlib.colors import to_rgba
from PIL import Image
from planted import as_read, cell, race, record, study

from payoff.comparisons.compute import comparisons
from payoff.lessons.convolutions import there_and_back
from payoff.page.figures.axes import FEW_ON_A_PHONE, FEW_PANELS, MOST_MARKED, MOST_PANELS, MOST_TICKS, RoundNumbers
from payoff.page.figures.hidden_size import over_hidden_size
from payoff.page.figures.learning import accuracy_over_time, learning_curves
from payoff.page.figures.ledger import ledger_bars
from payoff.page.figures.lessons import output_over_input_size
from payoff.page.figures.looks import FAINT, INK, model_colors
from payoff.page.figures.page_figure import mark
from payoff.page.figures.pictures import picture_row, predictions_row
from payoff.page.figures.speed_up import speed_up
from payoff.page.figures.svg import figure_files, figure_html, inline_svg
from payoff.page.figures.trust import against_itself
from payoff.page.html.identity import identity, in_common, titled
from payoff.page.words import captions
from payoff.page.words.sentences import told
from payoff.statistics.estimates import Estimate, estimate_of
from payoff.tables import ledger
from payoff.tables.cells import cells_table
from payoff.tables.runs import runs_table
from payoff.tables.samples import samples_table
from payoff.tables.time_to_accuracy import with_time_to_accuracy

SVG = "{http://www.w3.org/2000/svg}"
TABLE = Markup("<table></table>")


@cache
def crossing():
    """A race that numpy wins below H = 202 and torch above."""
    return study(race(lambda h: 1e-4 * h, lambda h: 0.02 + 1e-6 * h))


def runs_of_numpy_10():
    runs, _, _ = crossing()
    return runs[(runs["model"] == "numpy_mlp") & (runs["hidden_size"] == 10)]


@cache
def crossing_compared():
    runs, _, cells = crossing()
    return comparisons(cells, runs)


# name -> how it is drawn from the runs, the samples and the cells of that race; drawing changes a figure
FIGURES = {
    "time": lambda runs, samples, cells: over_hidden_size(cells, runs, "epoch_time_s", crossing_compared()),
    "accuracy": lambda runs, samples, cells: over_hidden_size(cells, runs, "test_accuracy", log_y=False),
    "memory": lambda runs, samples, cells: over_hidden_size(cells, runs, "peak_memory_bytes"),
    "speed-up": lambda runs, samples, cells: speed_up(crossing_compared()),
    "curves": lambda runs, samples, cells: learning_curves(samples),
    "sooner": lambda runs, samples, cells: accuracy_over_time(cells, samples),
    "ledger": lambda runs, samples, cells: ledger_bars(ledger.ledger_table(runs)),
    "itself": lambda runs, samples, cells: against_itself(runs_of_numpy_10(), runs_of_numpy_10()),
    "sizes": lambda *_: output_over_input_size(there_and_back(range(2, 9), 2, range(1, 4))),
    "pictures": lambda *_: picture_row([np.eye(8), 1 - np.eye(8)], ["Black", "White"]),
}


def drawn(name):
    return FIGURES[name](*crossing())


def svg_of(figure, name="x"):
    return ElementTree.fromstring(inline_svg(figure, name, "alternative"))


def points_of(root):
    return root.findall(f".//{SVG}g[@class='points']/*[@class='point']")


def texts_of(root):
    return [point.find(f"{SVG}title").text for point in points_of(root)]


def places(element):
    return float(element.get("cx", element.get("x"))), float(element.get("cy", element.get("y")))


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_an_svg_with_text_and_colours_that_follow_the_theme(name):
    svg = inline_svg(drawn(name), f"{name}-figure", 'a "picture" of <it>')
    root = ElementTree.fromstring(svg)
    drawing, points = root
    assert (root.get("role"), root.get("aria-label")) == ("group", 'a "picture" of <it>')
    assert (drawing.get("role"), drawing.get("aria-label")) == ("img", 'a "picture" of <it>')
    assert points.get("class") == "points"
    assert not {"width", "height"} & set(root.attrib)
    assert root.findall(f".//{SVG}text")
    assert "var(--ink)" in svg
    assert not any(color in svg for color in (*(light for light, _ in model_colors().values()), INK, FAINT))
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(identity.startswith(f"{name}-figure-") for identity in ids)
    targets = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
    assert set(targets) <= set(ids)
    assert not re.search(r'\b(?:d|x|y|cx|cy)="[^"]*\.\d{3}', svg)


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_has_a_figure_twice_with_ids_of_its_own(name, tmp_path):
    html = figure_html(drawn(name), name, "It is <so>.", "alternative", TABLE, tmp_path)
    assert re.search("<figcaption><p>It is &lt;so&gt;.( In 3 of 3 panels [^<]+)?</p>", html)
    assert "<details><summary>The numbers</summary><table></table></details>" in html
    wide, narrow = (ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert (wide.get("class"), narrow.get("class")) == ("wide", "narrow")
    across = [float(svg.get("viewBox").split()[2]) for svg in (wide, narrow)]
    assert across == pytest.approx([576, 266.4])
    assert sorted(texts_of(wide)) == sorted(texts_of(narrow))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    file = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
    assert float(file.get("width").removesuffix("pt")) == 576
    assert "var(" not in (tmp_path / f"{name}.svg").read_text()
    with Image.open(tmp_path / f"{name}.png") as image:
        assert image.width == 1600
        assert image.convert("RGBA").getpixel((1, 1)) == (255, 255, 255, 255)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}.png", f"{name}.svg"]


@pytest.mark.parametrize("name", ["time", "speed-up", "ledger", "sooner"])
def test_no_letter_lies_outside_a_figure_of_the_page_or_a_phone(name):
    wide = drawn(name)
    for figure in (wide, wide.narrowed()):
        inline_svg(figure, "x", "y")
        box = figure.get_tightbbox()
        assert box.x0 >= -0.01
        assert box.x1 <= figure.get_figwidth() + 0.01
        assert box.y1 <= figure.get_figheight() + 0.01


def test_around_each_hidden_size_all_its_cells_are_told_from_the_highest_to_the_lowest():
    runs, _, cells = crossing()
    figure = over_hidden_size(cells, runs, "epoch_time_s")
    root = svg_of(figure)
    texts = texts_of(root)
    assert [text.split("\n")[0] for text in texts] == ["H = 10", "H = 100", "H = 1,000"]
    of_numpy = cells[(cells["model"] == "numpy_mlp") & (cells["hidden_size"] == 1000)].iloc[0]
    line = f"MLP in numpy, CPU: {told('epoch_time_s', estimate_of(of_numpy, 'epoch_time_s'))}"
    assert texts[2].split("\n")[1] == line, "it is the slower one there"
    assert texts[0].split("\n")[2] == "MLP in numpy, CPU: 1.00 ms [0.996, 1.00], n = 6"
    # The columns fill the panel without a gap, and each has its size inside.
    columns = [tuple(float(point.get(name)) for name in ("x", "width")) for point in points_of(root)]
    assert [x + width for x, width in columns[:-1]] == pytest.approx([x for x, _ in columns[1:]], abs=0.02)
    (axis,) = figure.axes
    assert axis.get_xlim() == (figure.points[0].x, figure.points[-1].corner[0])
    assert all(point.x < size < point.corner[0] for point, size in zip(figure.points, (10, 100, 1000), strict=True))


def test_no_circle_covers_another_one():
    figure = drawn("speed-up")
    (axis,) = figure.axes
    for x in (10, 10.5, 10.5):
        mark(axis, x, 2, f"at {x}")
    circles = [point for point in points_of(svg_of(figure)) if point.tag == f"{SVG}circle"]
    assert "at 10.5\nat 10.5" in [circle.find(f"{SVG}title").text for circle in circles]
    for one, other in combinations(circles, 2):
        apart = np.hypot(*np.subtract(places(one), places(other)))
        assert apart >= float(one.get("r")) + float(other.get("r")) - 0.02


def test_ways_that_learn_alike_have_one_line():
    _, samples, _ = crossing()
    figure = learning_curves(samples)
    assert {len(axis.get_legend_handles_labels()[0]) for axis in figure.axes if axis.lines} == {1}
    assert figure.notes == ["In 3 of 3 panels one line stands for MLP in numpy, CPU and MLP in torch, CPU."]
    assert all("MLP in torch, CPU: " in point.text for point in figure.points)
    samples.loc[samples["model"] == "torch_mlp", "test_accuracy"] -= 0.2
    apart = learning_curves(samples)
    assert {len(axis.get_legend_handles_labels()[0]) for axis in apart.axes if axis.lines} == {2}
    assert apart.notes == []


def test_one_panel_has_names_at_its_lines_and_several_have_a_legend():
    runs, _, cells = crossing()
    figure = over_hidden_size(cells, runs, "epoch_time_s")
    named = {text.get_text() for text in figure.axes[0].texts}
    assert named == {"MLP in numpy, CPU", "MLP in torch, CPU"}
    assert not figure.legends
    assert figure.narrowed().legends
    svg_of(figure)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert not boxes[0].overlaps(boxes[1])


def test_a_break_even_is_marked_where_the_lines_cross():
    runs, _, cells = crossing()
    compared = comparisons(cells, runs)
    ((found,),) = (comparison.break_evens for comparison in compared)
    figure = over_hidden_size(cells, runs, "epoch_time_s", compared)
    (axis,) = figure.axes
    numpy_line, torch_line = (line for line in axis.lines if line.get_label().startswith("MLP in"))
    crossing_s = [np.interp(found.median, *line.get_data()) for line in (numpy_line, torch_line)]
    assert crossing_s == pytest.approx([20.2, 20.2], rel=0.01)
    (point,) = (point for point in figure.points if "break even" in point.text)
    assert (point.x, point.y) == pytest.approx((found.median, 20.2), rel=0.01)
    assert point.text.startswith("digits: numpy and torch break even\nH = 202 [")
    assert " H = 202 [201, 203] " in [text.get_text() for text in axis.texts]
    bars = [line for line in axis.lines if list(line.get_ydata()) == [0, 0]]
    assert [list(bar.get_xdata()) for bar in bars] == [[found.low, found.high]]


def test_the_speed_up_and_the_sentence_have_one_break_even():
    (comparison,) = crossing_compared()
    (found,) = comparison.break_evens
    figure = speed_up([comparison])
    curve = max(figure.axes[0].lines, key=lambda line: len(line.get_xdata()))
    assert np.interp(found.median, curve.get_xdata(), curve.get_ydata()) == pytest.approx(1, rel=0.01)
    bars = [line for line in figure.axes[0].lines if list(line.get_ydata()) == [1, 1] and line.get_linewidth() > 1]
    assert [list(bar.get_xdata()) for bar in bars] == [[found.low, found.high]]
    r = comparison.ratios[1000]
    text = f"digits: torch as fast as numpy, H = 1,000\n{told('ratio', r)}"
    assert text in [point.text for point in figure.points]
    assert r.median == pytest.approx(4.76, rel=0.01)
    words = captions.speed_up([comparison])
    assert words.startswith("The largest clear difference: on digits at H = 10 numpy is 20.0")
    assert "Break-even: numpy and torch on digits at H = 202 [" in words


def test_every_point_of_a_speed_up_lies_inside_its_panel():
    times = race(lambda h: 1e-5 * h, lambda h: 0.02 + 1e-6 * h)
    times |= {cell("torch_mlp", h, "cuda"): 0.0001 for h in (10, 100, 1000)}
    runs, _, cells = study(times)
    compared = comparisons(cells, runs)
    assert len(compared) == 3
    for axis, comparison in zip(speed_up(compared).axes[: len(compared)], compared, strict=True):
        low, high = axis.get_ylim()
        assert all(low < r.low and r.high < high for r in comparison.ratios.values())


def test_accuracy_over_time_goes_through_the_medians_of_both():
    records = []
    for repetition in range(1, 7):
        own = record(cell("numpy_mlp", 8), repetition, 0.1 * repetition)
        for epoch, accuracy in zip(own["epochs"], (0.5, 0.7, 0.8), strict=True):
            epoch["test_accuracy"] = accuracy + 0.01 * repetition
        records.append(own)
    runs, samples = runs_table(records), samples_table(records)
    cells = with_time_to_accuracy(cells_table(runs, {cell("numpy_mlp", 8): None}), runs, samples, {"digits": 0.75})
    cells, samples = as_read(cells), as_read(samples)
    figure = accuracy_over_time(cells, samples)
    line, target = figure.axes[0].lines[0], figure.axes[0].lines[-1]
    assert line.get_xdata().tolist() == pytest.approx([0.35, 0.7, 1.05])
    assert line.get_ydata().tolist() == pytest.approx([53.5, 73.5, 83.5])
    assert list(target.get_ydata()) == [75, 75]
    (point,) = figure.points
    assert point.text == (
        "digits, H = 8\nMLP in numpy, CPU: 83.50 % [81.00, 86.00], n = 6, after 1.05 s [0.300, 1.80], n = 6"
    )
    assert captions.accuracy_over_time(cells).startswith(
        "75 % on digits is reached first by MLP in numpy, CPU, H = 8: "
    )


def test_another_study_is_thin_and_light_has_no_shade_and_is_named():
    runs, _, cells = crossing()
    there = {"cells": cells, "runs": runs}
    there = {
        name: pd.concat([frame, *(frame.assign(site=site) for site in ("lab", "far"))]) for name, frame in there.items()
    }
    figure = over_hidden_size(there["cells"], there["runs"], "epoch_time_s")
    lines = {line.get_label(): line for line in figure.axes[0].lines if line.get_label().startswith("MLP")}
    assert set(lines) == {f"MLP in {name}, CPU{site}" for name in ("numpy", "torch") for site in ("", ", lab", ", far")}
    here, lab, far = (lines[f"MLP in torch, CPU{site}"] for site in ("", ", lab", ", far"))
    colors = [to_rgba(line.get_color()) for line in (here, lab, far)]
    assert len({color[:3] for color in colors}) == 1
    assert lab.get_linewidth() < here.get_linewidth()
    assert colors[1][3] == colors[2][3] < colors[0][3]
    assert len({here.get_marker(), lab.get_marker(), far.get_marker()}) == 3
    assert len(figure.axes[0].collections) == 2  # the shades of this study's two ways
    dots = [line for line in figure.axes[0].lines if line.get_gid() == "runs"]
    assert sum(len(line.get_xdata()) for line in dots) == len(runs)


def test_two_recipes_are_kept_apart():
    runs, samples, cells = study({cell("numpy_mlp", h): 0.1 * h for h in (10, 20)})
    both = (pd.concat([frame, frame.assign(recipe="long")]) for frame in (runs, samples, cells))
    runs, samples, cells = map(as_read, both)
    figure = over_hidden_size(cells, runs, "epoch_time_s")
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["digits, short", "digits, long"]
    assert figure.points[0].text.startswith("digits, short, H = 10\nMLP in numpy")
    assert len(learning_curves(samples).axes) == 4
    assert len(accuracy_over_time(cells, samples).axes) == 4
    assert "digits, long" in captions.best_accuracy(cells)


def test_figures_survive_an_empty_study():
    runs, samples, cells = study({}, failures={cell("torch_mlp", 10): "crashed"})
    empty = [
        over_hidden_size(cells, runs, "epoch_time_s"),
        learning_curves(samples),
        accuracy_over_time(cells, samples),
        speed_up([]),
    ]
    assert [texts_of(svg_of(figure)) for figure in empty] == [[]] * 4


def test_findings_for_the_captions():
    runs, samples, cells = study(race(lambda h: 0.001 * h, lambda h: 0.002 * h))
    assert captions.growth(cells) == (
        "From H = 10 to 1,000 the epoch grows 100-fold in numpy, 100-fold in torch (n ≥ 6)."
    )
    assert "MLP in numpy, CPU, H = 10: 90.00 % [90.00, 90.00], n = 6" in captions.best_accuracy(cells)
    assert "The median accuracy is 90.00 % after epoch 1 and" in captions.learning(samples)
    assert "0.367 after the last epoch (6 cells, n ≥ 6)" in captions.learning(samples, "test_loss")
    assert "128 MiB in numpy, 128 MiB in torch (n ≥ 6)" in captions.memory(cells)
    assert "digits, MLP in numpy, CPU, H = 10: 1.03 [1.03, 1.03] s" in captions.whole_run(cells)
    assert "No pair breaks even." in captions.speed_up(comparisons(cells, runs))
    assert "One hidden size" in captions.growth(study({cell("numpy_mlp", 1): 1.0})[2])


def test_of_many_networks_a_caption_tells_the_extremes():
    datasets = ("digits", "mnist", "cifar10")
    times = {cell(m, h, dataset=d): 0.1 for d in datasets for m in ("numpy_mlp", "torch_mlp") for h in (1, 2)}
    times[cell("torch_mlp", 2, dataset="mnist")] = 0.5
    _, _, cells = study(times)
    words = captions.growth(cells)
    assert "1.0-fold in numpy on digits (the lowest of 6), 5.0-fold in torch on mnist (the highest)" in words


def test_a_table_names_cells_by_what_differs():
    _, _, cells = crossing()
    assert identity(cells) == ["model", "hidden_size"]
    assert in_common(cells) == "digits, short, on cpu, with 1 CPU thread"
    compiled = pd.concat([cells, cells.assign(model="jax_mlp", mode="jit")])
    assert identity(compiled) == ["model", "hidden_size"], "each model in its default mode"
    both = pd.concat([cells, cells.assign(recipe="long", mode="fused", threads=2, site="lab")])
    assert identity(both) == ["site", "recipe", "model", "mode", "threads", "hidden_size"]
    assert in_common(both) == "digits, on cpu"
    assert identity(cells.iloc[:0]) == identity(cells)
    assert in_common(cells.iloc[:0]) == ""
    assert titled(both)["model"].iloc[0] == "MLP in numpy"
    assert titled(both)["site"].unique().tolist() == ["this study", "lab"]


@pytest.mark.parametrize(("low", "high"), [(1e-3, 1e6), (0.02, 0.6), (215, 260), (0.9, 70), (3, 4)])
def test_a_logarithmic_axis_has_a_few_ticks(low, high):
    ticks = RoundNumbers().tick_values(low, high)
    assert 2 <= sum((low <= ticks) & (ticks <= high)) <= MOST_TICKS + 1


def test_pictures_stand_in_rows_on_a_phone():
    figure = predictions_row([np.eye(4)] * 6, list("abcdef"), list("abcdex"))
    assert len({axis.get_subplotspec().rowspan.start for axis in figure.axes}) == 1
    narrow = figure.narrowed()
    shown = [axis for axis in narrow.axes if axis.images]
    assert len({axis.get_subplotspec().rowspan.start for axis in shown}) == 2
    assert [text.get_text() for text in shown[5].texts] == ["is: x"]


@pytest.fixture(scope="module")
def large():
    """8 networks of 4 ways at 48 hidden sizes: 9,216 runs, by the tables of a small study repeated."""
    ways = [("numpy_mlp", "eager"), ("torch_mlp", "eager"), ("torch_mlp", "fused"), ("torch_cnn", "eager")]
    sizes = sorted({int(size) for size in np.geomspace(30, 16384, 48)})
    runs, samples, cells = study({cell(m, h, mode=mode): 1e-5 * h for m, mode in ways for h in sizes})
    networks = [(d, r) for d in ("digits", "mnist", "fashion_mnist", "cifar10") for r in ("short", "a_long_recipe")]
    return tuple(
        as_read(pd.concat([frame.assign(dataset=d, recipe=r) for d, r in networks], ignore_index=True))
        for frame in (runs, samples, cells)
    )


@pytest.mark.slow
def test_a_large_study_s_figures_stay_small(large):
    runs, samples, cells = large
    assert len(runs) == 9216
    limits = {
        "time": (over_hidden_size(cells, runs, "epoch_time_s"), 330_000),
        "accuracy": (over_hidden_size(cells, runs, "test_accuracy", log_y=False), 330_000),
        "curves": (learning_curves(samples), 220_000),
        "sooner": (accuracy_over_time(cells, samples), 220_000),
        "ledger": (ledger_bars(ledger.ledger_table(runs)), 200_000),
    }
    sizes = {name: len(figure_html(figure, name, "", "", TABLE)) for name, (figure, _) in limits.items()}
    assert all(sizes[name] < limit for name, (_, limit) in limits.items()), sizes


@pytest.mark.slow
def test_a_large_study_s_figures_show_a_part_and_say_so(large):
    runs, samples, cells = large
    time = over_hidden_size(cells, runs, "epoch_time_s")
    root = svg_of(time)
    assert len(points_of(root)) == 8 * MOST_MARKED
    dots = [path for path in root.iter(f"{SVG}path") if "h0m" in path.get("d")]
    assert sum(path.get("d").count("h0") for path in dots) == len(runs)
    assert all("stroke-linecap: round" in path.get("style") for path in dots)
    for axis in time.axes[:8]:
        ticks = axis.xaxis.get_major_locator()()
        assert 2 <= len(ticks) <= MOST_TICKS
        assert (ticks[0], ticks[-1]) == (cells["hidden_size"].min(), cells["hidden_size"].max())
    curves = learning_curves(samples)
    assert len([axis for axis in curves.axes if axis.lines]) == 8
    assert curves.notes[0] == "8 of 384 networks are drawn: a few hidden sizes per data set and recipe."
    assert len(ledger_bars(ledger.ledger_table(runs)).points) == 8 * 4 * 2


@pytest.mark.slow
def test_dots_lie_where_the_runs_do(large):
    """Each dot is a step from the last; together they must not drift."""
    runs, _, cells = large
    one = [frame[(frame["dataset"] == "mnist") & (frame["recipe"] == "short")] for frame in (cells, runs)]
    figure = over_hidden_size(*one, "epoch_time_s")
    assert len(one[1]) > 1000
    root = svg_of(figure)
    (axis,) = figure.axes
    dots = [path.get("d") for path in root.iter(f"{SVG}path") if "h0m" in path.get("d")]
    lines = [line for line in axis.lines if line.get_gid() == "runs"]
    for path, line in zip(dots, lines, strict=True):
        steps = [[float(number) for number in step.split()] for step in path.replace("h0", "").split("m")[1:]]
        across, up = axis.transData.transform(line.get_xydata()).T / figure.dpi * 72
        assert np.abs(np.cumsum(steps, axis=0)[:, 0] - across).max() < 0.11
        assert np.abs(figure.get_figheight() * 72 - np.cumsum(steps, axis=0)[:, 1] - up).max() < 0.11


def test_of_too_many_panels_a_figure_shows_some():
    (comparison,) = crossing_compared()
    many = [
        replace(comparison, pair=comparison.pair._replace(task=f"task {number}")) for number in range(MOST_PANELS + 1)
    ]
    assert len(speed_up(many[:MOST_PANELS]).axes) == MOST_PANELS
    figure = speed_up(many)
    assert len(figure.axes) == FEW_PANELS
    html = figure_html(figure, "many", "Finding.", "alternative", TABLE)
    assert len(figure.narrowed().axes) == FEW_ON_A_PHONE
    caption = ElementTree.fromstring(html).find("figcaption/p")
    assert caption.text == "Finding."
    notes = {note.get("class"): note.text for note in caption}
    which = "those that differ most or break even; the table below has the numbers of all."
    rest = f"of {MOST_PANELS + 1} panels are drawn, {which}"
    assert notes == {"wide": f" {FEW_PANELS} {rest}", "narrow": f" {FEW_ON_A_PHONE} {rest}"}


def test_of_too_many_pairs_those_are_drawn_that_tell_most():
    (crossing,) = crossing_compared()

    def pair_on(task, factor, break_evens=()):
        ratios = {size: Estimate(factor, 0.99 * factor, 1.01 * factor, 6) for size in crossing.ratios}
        pair = crossing.pair._replace(task=task)
        return replace(crossing, pair=pair, ratios=ratios, break_evens=break_evens, p_values=dict.fromkeys(ratios, 0.0))

    alike = [pair_on(f"task {number}", 1.1) for number in range(MOST_PANELS)]
    telling = [pair_on("crossing", 1.2, crossing.break_evens), pair_on("second", 0.4), pair_on("first", 3.0)]
    titles = [axis.get_title(loc="left").split(":")[0] for axis in speed_up(alike + telling).axes]
    assert titles == ["first", "crossing", "second", "task 0"]
    assert captions.speed_up(alike + telling).startswith("The largest clear difference: on first at ")


def test_of_too_many_networks_learning_and_ledger_show_some():
    names = [f"set {number:02}" for number in range(MOST_PANELS + 1)]
    runs, samples, _ = study({cell("numpy_mlp", size, dataset=name): 0.1 for name in names for size in (10, 100)})
    curves = learning_curves(samples)
    assert len(curves.axes) == FEW_PANELS
    assert curves.notes == [f"{FEW_PANELS} of {2 * len(names)} networks are drawn."]
    bars = ledger_bars(ledger.ledger_table(runs))
    assert len(bars.axes) == FEW_PANELS
    assert bars.notes[0].startswith(f"{2 * FEW_PANELS} of {2 * len(names)} bars are drawn")
    assert [len(figure.narrowed().axes) for figure in (curves, bars)] == [FEW_ON_A_PHONE] * 2


def test_a_file_is_the_same_each_time(tmp_path):
    for folder in ("one", "other"):
        figure_files(drawn("time"), "time", tmp_path / folder)
    assert (tmp_path / "one/time.svg").read_bytes() == (tmp_path / "other/time.svg").read_bytes()

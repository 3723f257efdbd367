"""Claims: the file that states them, their verdicts on planted tables, the section of the report."""

import json
import re
from dataclasses import replace
from itertools import cycle, islice

import planted
import pytest
from conftest import HOME
from planted_claims import CLAIMS, GOOD, MACHINE, SOURCES, THREADS, judged, plant
from planted_tables import planted_context

from payoff.cells import CELL
from payoff.claims.claim import ASKS_FRAMEWORK, EXACT, find_claims, read_claims
from payoff.claims.probe import write_probe
from payoff.claims.sites import own_site, published_sites
from payoff.claims.verdicts import write_verdicts
from payoff.files.contracts import ContractError
from payoff.page.html.report import claims_tally, render

# What each cell of a claim shows, in seconds or as a fraction: where the claim is true, where it is false, and where
# the median lies on a bound, so that the interval straddles it. A pair is the accuracy in the last epoch but one and
# in the last. For a claim that asks the framework: the seconds of each device, or the answers.
CASES = {
    "R-1": ({"numpy": 450, "torch": 840}, {"numpy": 840, "torch": 450}, {"numpy": 450, "torch": 450}),
    "R-2": ({"cpu": 476, "gpu": 364}, {"cpu": 364, "gpu": 476}, {"cpu": 400, "gpu": 400}),
    "R-3": (
        {"cpu_small": 463, "cpu_large": 3390, "gpu_small": 362, "gpu_large": 518},
        {"cpu_small": 463, "cpu_large": 500, "gpu_small": 362, "gpu_large": 518},
        {"cpu_small": 100, "cpu_large": 400, "gpu_small": 100, "gpu_large": 200},
    ),
    "R-4": (
        {"two": 361, "default": 364, "gpu_two": 361, "gpu_default": 364},
        {"two": 250, "default": 364, "gpu_two": 361, "gpu_default": 364},
        {"two": 105, "default": 100, "gpu_two": 361, "gpu_default": 364},
    ),
    "R-5": (
        {"numpy": 0.970, "torch": 0.971},
        {"numpy": 0.970, "torch": 0.950},
        {"numpy": 0.970, "torch": 0.975},
    ),
    "R-6": ({"derivative": 9}, {"derivative": 8.5}, None),
    "R-7": (
        {"sizes": [5, 3, 4, 5, 2, 6, 6, 4]},
        {"sizes": [5, 3, 5, 5, 2, 6, 6, 4]},
        None,
    ),
    "P-1": ({"mlp": 0.960}, {"mlp": 0.930}, {"mlp": 0.970}),
    "P-2": ({"mlp": (0.970, 0.971)}, {"mlp": (0.960, 0.975)}, {"mlp": (0.970, 0.975)}),
    "P-3": ({"small": 0.960, "large": 0.980}, {"small": 0.980, "large": 0.960}, {"small": 0.970, "large": 0.970}),
    "P-4": ({"cpu": 2.0, "gpu": 0.5}, {"cpu": 0.5, "gpu": 2.0}, {"cpu": 1.0, "gpu": 1.0}),
    "D-1": ({"cpu": 2.6, "cuda": 0.7}, {"cpu": 0.7, "cuda": 2.6}, {"cpu": 1.0, "cuda": 1.0}),
    "D-2": ({"mlp": 0.41}, {"mlp": 0.30}, {"mlp": 0.47}),
    "D-3": ({"cpu": 1.3, "gpu": 0.5}, {"cpu": 0.5, "gpu": 1.3}, {"cpu": 1.0, "gpu": 1.0}),
    "D-4": ({"cnn": 0.61}, {"cnn": 0.50}, {"cnn": 0.58}),
    "D-5": ({"cnn": 0.61, "mlp": 0.41}, {"cnn": 0.45, "mlp": 0.41}, {"cnn": 0.51, "mlp": 0.41}),
    "D-6": ({"cpu": 177, "gpu": 12.8}, {"cpu": 20, "gpu": 12.8}, {"cpu": 50, "gpu": 10}),
    "D-7": (
        {"mlp_cpu": 0.41, "mlp_gpu": 0.411, "cnn_cpu": 0.61, "cnn_gpu": 0.611},
        {"mlp_cpu": 0.41, "mlp_gpu": 0.411, "cnn_cpu": 0.61, "cnn_gpu": 0.511},
        {"mlp_cpu": 0.41, "mlp_gpu": 0.411, "cnn_cpu": 0.61, "cnn_gpu": 0.630},
    ),
    "W-1": ({"cnn": 0.99, "mlp": 0.97}, {"cnn": 0.97, "mlp": 0.99}, {"cnn": 0.98, "mlp": 0.98}),
    "W-2": ({"cnn": 5.0, "mlp": 9.0}, {"cnn": 9.0, "mlp": 5.0}, {"cnn": 7.0, "mlp": 7.0}),
}
VERDICTS = ("reproduced", "not reproduced", "inconclusive")
DEVICES_OF_CHECK = ("cpu", "cuda")


def asks_framework(claim) -> bool:
    return any(measure.kind in ASKS_FRAMEWORK for measure in claim.measures.values())


def is_of_accuracy(claim) -> bool:
    return any("accuracy" in measure.asked.get("quantity", "") for measure in claim.measures.values())


def answers(claim, values, missing=()) -> dict:
    """A probe that answered all that the claim asks."""
    given = []
    for measure in claim.measures.values():
        answer = {"kind": measure.kind, "asked": dict(measure.asked), "value": None, "samples_s": {}, "missing": {}}
        if measure.kind == "device_check":
            for shift, device in enumerate(DEVICES_OF_CHECK):
                noise = islice(cycle(planted.NOISE), 3 * shift, 3 * shift + 10)
                samples = [values[device] * (1 + n / 10_000) for n in noise]
                answer["samples_s" if device not in missing else "missing"][device] = (
                    samples if device not in missing else "device_missing"
                )
        else:
            answer["value"] = values["derivative"] if measure.kind == "derivative" else values["sizes"][len(given)]
        given.append(answer)
    return {
        "schema_version": 1,
        "started_at": MACHINE["started_at"],
        "threads": 1,
        "thread_count": 1,
        "machine": planted.MACHINE,
        "software": {"python": "3.11.0", "torch": "2.0"},
        "answers": given,
    }


def site(claim, values, **kwargs):
    """This machine, on which all that the claim needs was measured, with these values."""
    if asks_framework(claim):
        return own_site(*plant({}, {}), THREADS, answers(claim, values))
    return own_site(*plant(claim.cells, values, **kwargs), THREADS, None)


def every_case():
    for identity in CLAIMS:
        cases = CASES.get(identity, (None, None, None))
        for verdict, values in zip(VERDICTS, cases, strict=True):
            exact = all(measure.kind in EXACT for measure in CLAIMS[identity].measures.values())
            if not (exact and verdict == "inconclusive"):
                yield pytest.param(identity, verdict, values, id=f"{identity} {verdict}")


# The file


def test_the_claims_are_those_of_the_four_write_ups():
    numbers = {"R": 7, "P": 4, "D": 7, "W": 2}
    assert list(CLAIMS) == [f"{source}-{n}" for source, last in numbers.items() for n in range(1, last + 1)]
    assert len({claim.source for claim in CLAIMS.values()}) == 4


def test_the_cases_are_those_of_the_claims():
    assert list(CASES) == list(CLAIMS)


def test_no_result_is_typed():
    """Words get their figures from the tables: what they name is measured, and a judged figure is always among it."""
    for claim in CLAIMS.values():
        for words in claim.words.values():
            judged_figures = [f"{{{name}}}" for name, measure in claim.measures.items() if measure.is_judged]
            assert all(figure in words for figure in judged_figures), (claim.id, words)
            assert not re.search(r"\d\s?(%|times|points|s\b)|\d\.\d", words), (claim.id, words)


@pytest.mark.parametrize(
    ("was", "becomes", "key", "found", "allowed"),
    [
        ("source: X", "source: Y", "claims.0.source", "'Y'", "X"),
        ("figures: –", "figure: –", "claims.0.figure", "unknown key", "did you mean figures?"),
        ("    figures: –\n", "", "claims.0", "missing figures", "id"),
        ("id: X-1", "id: x1", "claims.0.id", "'x1'", "a text like"),
        ("model: numpy_mlp", "model: nunpy_mlp", "claims.0.cells.one.model", "'nunpy_mlp'", "did you mean numpy_mlp?"),
        ("device: cpu", "device: cdua", "claims.0.cells.one.device", "'cdua'", "cuda"),
        ("hidden_size: 8", "hidden_sizes: 8", "claims.0.cells.one", "unknown key", "did you mean hidden_size?"),
        ("over: two", "over: tow", "claims.0.measures.factor.ratio.over", "'tow'", "did you mean two?"),
        ("over: two", "over: one", "claims.0.cells", "'two'", "only cells that a measure uses"),
        ("train_s", "time", "claims.0.measures.factor.ratio.quantity", "'time'", "epoch_time_s, train_s"),
        ("ratio:", "ration:", "claims.0.measures.factor.ration", "unknown key", "did you mean ratio?"),
        (
            "above: 1",
            "value: {quantity: train_s, of: one}",
            "claims.0.measures.factor",
            "'value, ratio'",
            "exactly one",
        ),
        ("        above: 1\n", "", "claims.0.measures", "'factor'", "at least one measure with above"),
        ("above: 1", "equals: 1", "claims.0.measures.factor", "'equals'", "above, below, within, for a ratio"),
        ("above: 1", "within: [2, 1]", "claims.0.measures.factor.within", "[2, 1]", "the smaller number first"),
        ("above: 1", "above: one", "claims.0.measures.factor.above", "'one'", "a number"),
        ("yes {factor}", "yes {facto}", "claims.0.words.reproduced", "'{facto}'", "did you mean factor?"),
        ("yes {factor}", "yes {factor:d}", "claims.0.words.reproduced", "'{factor}'", "the bare name"),
        ("yes {factor}", "yes {factor", "claims.0.words.reproduced", "'yes {factor'", "each brace closed"),
        (', inconclusive: "perhaps {factor}"', "", "claims.0.words", "'reproduced, not", "can straddle a bound"),
        (
            "ratio: {quantity: train_s, of: one, over: two}",
            "quotient: {of: a, over: b}",
            "claims.0.measures.factor.quotient.of",
            "'a'",
            "a ratio before it",
        ),
        (
            "ratio: {quantity: train_s, of: one, over: two}",
            "value: {quantity: train_s, of: one, epoch: 3}",
            "claims.0.measures.factor.value.epoch",
            "3",
            "unless the quantity is an accuracy",
        ),
    ],
)
def test_a_malformed_claim_is_named(tmp_path, was, becomes, key, found, allowed):
    assert was in GOOD
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert read_claims(path)
    path.write_text(GOOD.replace(was, becomes, 1))
    with pytest.raises(ContractError) as caught:
        read_claims(path)
    lines = [line for line in str(caught.value).splitlines() if line.startswith(f"{path}: {key}")]
    assert any(found in line and allowed in line for line in lines), str(caught.value)


def test_an_id_twice_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + GOOD[GOOD.index("  - id") :])
    with pytest.raises(ContractError, match=r"claims\.1\.id: found 'X-1' \(a text\); allowed: each id once"):
        read_claims(path)


def test_a_study_names_its_claims_or_a_path(tmp_path):
    folder = SOURCES.parent
    assert find_claims("sources", "s", folder) == SOURCES
    mine = tmp_path / "mine.yaml"
    mine.write_text(GOOD)
    assert find_claims(str(mine), "s", folder) == mine
    with pytest.raises(ContractError, match=r"the study s: claims: found 'surces' .*did you mean sources\?"):
        find_claims("surces", "s", folder)
    with pytest.raises(ContractError, match="or a path to an existing"):
        find_claims(str(tmp_path / "none.yaml"), "s", folder)


# The verdicts


@pytest.mark.parametrize(("identity", "verdict", "values"), list(every_case()))
def test_each_claim_is_judged_as_it_was_planted(identity, verdict, values):
    assert values is not None, f"plant tables in CASES in which {identity} is {verdict}"
    claim = CLAIMS[identity]
    entry = judged(claim, site(claim, values))
    assert entry["verdict"] == verdict, entry
    assert entry["reason"] is None
    assert entry["where"] == f"this machine: A <CPU>, {'no GPU' if asks_framework(claim) else 'A GPU'}; 2026-01-02"
    start = claim.words[verdict].split("{")[0]
    assert entry["words"].startswith(start)
    for figure, measure in zip(entry["measured"], claim.measures.values(), strict=True):
        assert figure["text"] != "–"
        assert measure.kind in EXACT or figure["low"] < figure["median"] < figure["high"]
        if measure.is_judged:
            assert figure["text"].split(", n =")[0] in entry["words"]
    exact = all(measure.kind in EXACT for measure in claim.measures.values())
    n = 10 if asks_framework(claim) else 6
    assert exact or f"(n = {n})" in entry["words"]


@pytest.mark.parametrize("identity", [i for i in CLAIMS if not asks_framework(CLAIMS[i])])
def test_a_claim_is_not_measured_where_a_cell_that_it_judges_is_not(identity):
    claim = CLAIMS[identity]
    values = CASES[identity][0]
    only_reported = {"gpu_two", "gpu_default"} if identity == "R-4" else set()
    for name in set(claim.cells) - only_reported:
        others = {other: cell for other, cell in claim.cells.items() if other != name}
        entry = judged(claim, own_site(*plant(others, values), THREADS, None))
        gpu_elsewhere = any(cell["device"] == "cuda" for cell in others.values())
        alone_on_gpu = claim.cells[name]["device"] == "cuda" and not gpu_elsewhere
        assert entry["verdict"] == "not measured"
        assert ("no GPU: nothing was measured on cuda" if alone_on_gpu else "not part of the study") in entry["reason"]
        assert entry["words"] == f"Not measured: {entry['reason']}."

        for reason, words in (
            ("device_missing", "no GPU: the device is not there"),
            ("out_of_memory", "failed: memory ran out"),
            ("over_budget", "over budget: the run took longer"),
        ):
            entry = judged(claim, site(claim, values, failed={name: reason}))
            assert entry["verdict"] == "not measured"
            assert words in entry["reason"]


@pytest.mark.parametrize("identity", [i for i in CLAIMS if is_of_accuracy(CLAIMS[i])])
def test_no_accuracy_is_judged_from_runs_over_budget(identity):
    claim = CLAIMS[identity]
    for values in CASES[identity]:
        entry = judged(claim, site(claim, values, over_budget=6))
        assert entry["verdict"] == "not measured"
        assert "over budget" in entry["reason"]
    entry = judged(claim, site(claim, CASES[identity][0], over_budget=1, repetitions=7))
    assert entry["verdict"] == "reproduced", "six of seven were finished, and they count"
    assert "(n = 6)" in entry["words"]


@pytest.mark.parametrize("identity", [i for i in CLAIMS if not is_of_accuracy(CLAIMS[i]) and CLAIMS[i].cells])
def test_a_time_that_was_extrapolated_is_said_to_be(identity):
    claim = CLAIMS[identity]
    entry = judged(claim, site(claim, CASES[identity][0], over_budget=6))
    assert entry["verdict"] == "reproduced"
    assert entry["extrapolated"]
    assert "stopped for their budget" in entry["words"]
    assert not judged(claim, site(claim, CASES[identity][0]))["extrapolated"]


@pytest.mark.parametrize("identity", [i for i in CLAIMS if not asks_framework(CLAIMS[i])])
def test_too_few_runs_decide_nothing(identity):
    claim = CLAIMS[identity]
    entry = judged(claim, site(claim, CASES[identity][0], repetitions=5))
    assert entry["verdict"] == "inconclusive"
    assert "5 runs are too few for an interval" in entry["words"]
    assert "[too few]" in entry["words"]
    assert all(figure["low"] is None for figure in entry["measured"])


@pytest.mark.parametrize("identity", [i for i in CLAIMS if asks_framework(CLAIMS[i])])
def test_what_the_framework_was_not_asked_is_not_measured(identity):
    claim = CLAIMS[identity]
    entry = judged(claim, own_site(*plant({}, {}), THREADS, None))
    assert (entry["verdict"], entry["reason"]) == ("not measured", "the framework was not asked")
    assert entry["where"] is None
    other = answers(claim, CASES[identity][0])
    for answer in other["answers"]:
        answer["asked"] |= {"at": 3, "stride": 7, "times": 1}
    entry = judged(claim, own_site(*plant({}, {}), THREADS, other))
    assert entry["verdict"] == "not measured", "an answer to another question"


def test_a_device_check_without_a_gpu_says_so():
    claim = CLAIMS["D-1"]
    entry = judged(claim, own_site(*plant({}, {}), THREADS, answers(claim, CASES["D-1"][0], missing=["cuda"])))
    assert (entry["verdict"], entry["reason"]) == ("not measured", "no GPU: the device is not there (cuda)")


def test_the_figures_stand_beside_the_source_s():
    claim = CLAIMS["R-3"]
    figures = {figure["name"]: figure for figure in judged(claim, site(claim, CASES["R-3"][0]))["measured"]}
    assert figures["cpu growth"]["beside"] == "7.32 times"
    assert figures["cpu growth"]["bounds"] is None
    assert figures["quotient"]["bounds"] == "more than 2"
    assert figures["quotient"]["median"] == pytest.approx((3390 / 463) / (518 / 362), rel=0.01)
    claim = CLAIMS["D-5"]
    (figure,) = judged(claim, site(claim, CASES["D-5"][0]))["measured"]
    assert figure["bounds"] == "more than 10 points"
    assert figure["beside"] == "20 points"
    assert re.fullmatch(r"\+\d\d\.\d\d points \[\+[\d.]+, \+[\d.]+\], n = 6", figure["text"])


def test_the_misprint_of_the_third_example_is_reported_and_not_judged():
    claim = CLAIMS["R-7"]
    entry = judged(claim, site(claim, {"sizes": [5, 3, 4, 5, 2, 6, 6, 4]}))
    assert "5, 3, 4, 2, 6, 6 and 4" in entry["words"]
    assert "misprint; it gives 5." in entry["words"]
    assert not next(figure for figure in entry["measured"] if figure["name"] == "example 3 as printed")["judged"]


def test_a_difference_is_taken_between_runs_of_one_seed():
    """What the seed alone makes of both accuracies, far more than what tells them apart, falls out."""
    claim = CLAIMS["P-3"]
    cells, runs, samples = plant(claim.cells, {"small": 0.90, "large": 0.90})
    for column in ("test_accuracy", "validation_accuracy"):
        runs[column] = 0.9 + runs["seed"] / 1000 + (runs["hidden_size"] == 256) * (0.0001 + runs["seed"] / 1e6)
    assert (
        judged(claim, own_site(cells, runs.sample(frac=1, random_state=1), samples, THREADS, None))["verdict"]
        == "reproduced"
    )
    runs.loc[runs["hidden_size"] == 32, "seed"] += 100
    entry = judged(claim, own_site(cells, runs, samples, THREADS, None))
    assert (entry["verdict"], entry["reason"]) == ("not measured", "no two finished runs have the same seed")


def test_a_thread_count_is_compared_only_with_another():
    """On a machine whose default is two threads, two threads and the default are one cell."""
    claim = CLAIMS["R-4"]
    tables = plant({name: {**cell, "threads": 2} for name, cell in claim.cells.items()}, CASES["R-4"][0])
    keys = (*CELL, "repetition", "epoch")
    tables = [table.drop_duplicates([column for column in table if column in keys]) for table in tables]
    entry = judged(claim, own_site(*tables, 2, None))
    assert (entry["verdict"], entry["reason"]) == ("not measured", "two and default are the same cell here")


def test_another_mode_of_execution_is_another_cell():
    claim = CLAIMS["D-2"]
    fused = {name: {**cell, "mode": "fused"} for name, cell in claim.cells.items()}
    assert judged(claim, own_site(*plant(fused, CASES["D-2"][0]), THREADS, None))["verdict"] == "not measured"


def test_a_reported_figure_that_is_missing_leaves_the_verdict():
    claim = CLAIMS["R-4"]
    on_cpu = {name: cell for name, cell in claim.cells.items() if cell["device"] == "cpu"}
    entry = judged(claim, own_site(*plant(on_cpu, CASES["R-4"][0]), THREADS, None))
    assert entry["verdict"] == "reproduced"
    assert entry["measured"][1]["text"] == "–"
    assert entry["measured"][1]["missing"] == "no GPU: nothing was measured on cuda"


# Other machines

RECIPES = {"d2": planted.RECIPE}


def record_of(cell, repetition, seconds, study="sources", key="fedcba987654") -> dict:
    record = planted.record(cell, repetition, seconds * (1 + planted.NOISE[repetition] / 1000))
    machine = planted.MACHINE | {"key": key, "gpus": [{"name": "NVIDIA <H200>", "memory_bytes": 1, "driver": "1"}]}
    return record | {"study": study, "machine": machine, "started_at": "2026-03-04T00:00:00.000+00:00"}


def publish(path, times, **kwargs):
    """Records of D-3's two cells with these times of an epoch."""
    records = [
        record_of(
            replace(planted.cell("torch_mlp", 100, device, "cifar10"), recipe="d2"), repetition, seconds, **kwargs
        )
        for device, seconds in times.items()
        for repetition in range(1, 7)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_a_published_machine_is_used_and_named_where_this_one_could_not_measure(tmp_path):
    claim = CLAIMS["D-3"]
    on_cpu = own_site(*plant({"cpu": claim.cells["cpu"]}, CASES["D-3"][0]), THREADS, None)
    elsewhere = published_sites([publish(tmp_path / "h200.jsonl", {"cpu": 1.3, "cuda": 0.5})], "sources", RECIPES)
    assert judged(claim, on_cpu)["verdict"] == "not measured"
    entry = judged(claim, on_cpu, *elsewhere)
    assert entry["verdict"] == "reproduced"
    assert entry["where"] == "published as h200: A <CPU>, NVIDIA <H200>; 2026-03-04"
    assert "2.60 times" in entry["words"]

    both = site(claim, CASES["D-3"][1])
    assert judged(claim, both, *elsewhere)["verdict"] == "not reproduced", "this machine comes first"
    halves = [publish(tmp_path / f"{device}.jsonl", {device: 1.0}) for device in ("cpu", "cuda")]
    entry = judged(claim, on_cpu, *published_sites(halves, "sources", RECIPES))
    assert entry["verdict"] == "not measured", "no claim is judged from two machines"
    assert entry["reason"] == "no GPU: nothing was measured on cuda"


def test_a_published_file_is_split_by_machine_and_held_to_its_study(tmp_path):
    path = publish(tmp_path / "two.jsonl", {"cpu": 1.3})
    path.write_text(path.read_text() + publish(tmp_path / "b.jsonl", {"cuda": 0.5}, key="000000000000").read_text())
    assert len(published_sites([path], "sources", RECIPES)) == 2
    assert published_sites([path], "another", RECIPES) == []
    changed = {"d2": replace(planted.RECIPE, epochs=planted.RECIPE.epochs + 1)}
    assert published_sites([path], "sources", changed) == [], "another recipe of the same name"


def test_a_published_probe_is_used_and_named(tmp_path):
    claim = CLAIMS["D-1"]
    write_probe(answers(claim, CASES["D-1"][0]), tmp_path / "h200.probe.json")
    entry = judged(
        claim, own_site(*plant({}, {}), THREADS, None), *published_sites([tmp_path / "h200.probe.json"], "s", RECIPES)
    )
    assert entry["verdict"] == "reproduced"
    assert entry["where"].startswith("published as h200: A <CPU>")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: [*lines, lines[2]], r"line 13: repetition: found 3; allowed: each run once; line 3 has it"),
        (lambda lines: [lines[0], "{"], r"line 2: not a record: "),
        (lambda lines: [lines[0].replace('"study"', '"stduy"', 1)], r"line 1: "),
    ],
)
def test_a_wrong_published_record_is_named_with_its_line(tmp_path, edit, message):
    path = publish(tmp_path / "h200.jsonl", {"cpu": 1.3, "cuda": 0.5})
    path.write_text("\n".join(edit(path.read_text().splitlines())))
    with pytest.raises(ContractError, match=rf"h200\.jsonl: {message}"):
        published_sites([path], "sources", RECIPES)


# The report


def rendered(folder, claims) -> str:
    tables = planted.study({planted.cell("numpy_mlp", 10): 0.1})
    return render(HOME / "report", planted_context(folder, *tables, claims=claims))


def test_the_section_is_rendered_and_escaped(tmp_path):
    entries = [judged(claim, site(claim, CASES[identity][i % 2])) for i, (identity, claim) in enumerate(CLAIMS.items())]
    entries[0] |= {"sentence": "<script>alert(1)</script>"}
    on_cpu = {"cpu": CLAIMS["D-3"].cells["cpu"]}
    unmeasured = judged(CLAIMS["D-3"], own_site(*plant(on_cpu, CASES["D-3"][0]), THREADS, None))
    page = rendered(tmp_path, [*entries, unmeasured])
    section = page[page.index('<section id="claims">') :].partition("</section>")[0]
    assert '<li><a href="#claims">Claims</a></li>' in page
    assert "<script" not in section
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in section
    assert "this machine: A &lt;CPU&gt;" in section
    assert section.count("<tr>") == 1 + 21
    assert not re.search(r"<ul[^>]*>\s*</ul>", section)
    assert section.count('<th scope="row">') == 21
    assert section.count('<th scope="col">') == 4
    assert "Of 21 claims, 10 are reproduced, 10 are not reproduced and 1 is not measured." in section
    assert "Not measured: no GPU: nothing was measured on cuda" in section
    assert "; the source: 1.87 times" in section
    assert '<td class="not-reproduced">not reproduced</td>' in section
    for style in ("not-reproduced", "not-measured"):
        assert f".claims .{style}" in page


def test_a_study_without_claims_has_no_section(tmp_path):
    page = rendered(tmp_path, None)
    assert "claims" not in page.partition("</style>")[2]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["reproduced"], "Of 1 claim, 1 is reproduced."),
        (
            ["not measured", "inconclusive", "reproduced", "not measured"],
            "Of 4 claims, 1 is reproduced, 1 is inconclusive and 2 are not measured.",
        ),
    ],
)
def test_verdicts_are_counted_in_a_sentence(verdicts, expected):
    assert claims_tally([{"verdict": verdict} for verdict in verdicts]) == expected


def test_verdicts_are_held_to_their_contract(tmp_path):
    claim = CLAIMS["R-1"]
    entry = judged(claim, site(claim, CASES["R-1"][0]))
    write_verdicts([entry], tmp_path / "claims.json")
    assert json.loads((tmp_path / "claims.json").read_text()) == [entry]
    with pytest.raises(ContractError, match="verdict"):
        write_verdicts([entry | {"verdict": "true"}], tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()

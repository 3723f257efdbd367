"""A trained network, made by the workflow."""

from dataclasses import replace
from pathlib import Path

from conftest import snakemake
from trainings import build_of, digits, equal
from twin import RESULTS, TWIN, records_of

from payoff.recipes import Recipe
from payoff.runs import worker
from payoff.trained.file import load
from payoff.trained.trainer import train


def test_the_workflow_makes_the_network_of_a_cell_with_the_weights_of_its_first_run(tiny):
    firsts = [record for record in records_of(tiny) if record["repetition"] == 1]
    assert len(firsts) == len(records_of(tiny)) / 2 > 0
    targets = [target_of(record["cell"]) for record in firsts]
    done = snakemake(*TWIN, *targets, project=tiny)
    assert done.returncode == 0, done.stdout
    for record, target in zip(firsts, targets, strict=True):
        trained = load(tiny / "tests/tiny" / target)
        assert worker._sha256(trained.state) == record["weights_sha256"]
        assert (trained.model, trained.mode) == (record["cell"]["model"], record["cell"]["mode"])
        assert ("torch" in trained.software) == trained.model.startswith("torch")
        assert trained.recipe.to_document() == trained_recipe(record)
        log = tiny / RESULTS / f"logs/train_network/{Path(target).stem}.log"
        assert "epoch 2/2" in log.read_text()
    assert "Nothing to be done" in snakemake(*TWIN, project=tiny).stdout  # and `all` wants none of them


def target_of(cell: dict) -> str:
    name = "{dataset}-{model}-{mode}-{recipe}-{device}-h{hidden_size}-t{threads}".format(**cell)
    return f"results/tiny/networks/{name}.safetensors"


def trained_recipe(record: dict) -> dict:
    return Recipe.from_document(record["recipe"]).to_document()


def test_a_network_that_cannot_be_trained_says_why(tiny):
    cell = {"dataset": "digits", "model": "numpy_mlp", "mode": "fused", "recipe": "short", "device": "cpu"}
    done = snakemake("--dry-run", *TWIN, target_of(cell | {"hidden_size": 8, "threads": 1}), project=tiny)
    assert done.returncode != 0
    assert "numpy_mlp (fused) on cpu: MLP in numpy has no mode fused" in done.stdout


def test_a_training_that_fails_ends_its_job_with_a_line_in_its_log(tiny, tmp_path):
    study = (tiny / "tests/tiny/tiny.yaml").read_text().replace("learning_rate: 0.1", "learning_rate: 1.0e+30")
    (tmp_path / "wild.yaml").write_text(study)
    (tmp_path / "config.yaml").write_text("{study: wild.yaml, devices: [cpu], threads: 1}\n")
    target = "results/wild/networks/digits-numpy_mlp-eager-short-cpu-h8-t1.safetensors"
    done = snakemake("--directory", str(tmp_path), "--cores", "1", target, project=tiny)
    assert done.returncode != 0
    assert not (tmp_path / target).exists()
    log = tmp_path / f"results/wild/logs/train_network/{Path(target).stem}.job.log"
    assert "the loss became infinite or not a number: epoch 1" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_the_command_goes_on_as_if_it_had_never_stopped(tiny, tmp_path, command):
    two = tiny / "tests/tiny" / "results/tiny/networks/digits-numpy_mlp-eager-short-cpu-h8-t1.safetensors"
    if not two.exists():
        snakemake(*TWIN, str(two.relative_to(tiny / "tests/tiny")), project=tiny)
    dataset = tiny / "tests/tiny/results/datasets/digits.npz"
    done = command("payoff", "further", two, dataset, "--epochs", "5", tmp_path / "five")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("epoch 3/5: ")
    five, before = load(tmp_path / "five"), load(two)
    whole = replace(before, epochs_done=0, state={}, recipe=replace(before.recipe, epochs=5))
    assert equal(five.state, train(whole, build_of(("numpy_mlp", "eager")), digits()).state)
    for words, message in (
        ((two, dataset, "--epochs", "2"), "recipe: epochs: found 2; allowed: more than the 2 that are done"),
        ((two, two, "--epochs", "3"), f"{two}: not a prepared data set; allowed: results/datasets/<name>.npz"),
        ((dataset, dataset, "--epochs", "3"), f"{dataset}: not a trained network"),
    ):
        done = command("payoff", "further", *words, tmp_path / "none")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert message in done.stderr
        assert not (tmp_path / "none").exists()

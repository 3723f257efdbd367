"""What a batch system is asked to reserve, beside what runs really took."""

from conftest import snakemake
from twin import RESULTS, TWIN, heat_file, records_of

from payoff.datasets.registry import DATASETS
from payoff.models.registry import MODELS
from payoff.recipes import Recipe
from payoff.study import needs


def test_the_memory_holds_what_each_run_of_the_tiny_twin_took(tiny):
    records = records_of(tiny)
    assert records
    for record in records:
        cell = record["cell"]
        estimate = needs.memory_mb(
            MODELS[cell["model"]].architecture,
            Recipe.from_document(record["recipe"]),
            shape=DATASETS[cell["dataset"]].shape,
            hidden_size=cell["hidden_size"],
            device=cell["device"],
            data_mb=(tiny / "tests/tiny/results/datasets/digits.npz").stat().st_size / 1e6,
        )
        assert estimate * 1e6 > record["peak_memory_bytes"]


def test_another_need_makes_nothing_stale_and_locally_limits_nothing(tiny):
    """Only a batch system is asked for resources."""
    words = ("--set-resources", "run_heat:mem_mb=999999", "run_heat:runtime=1", "run_heat:gpu=3")
    done = snakemake(*TWIN, *words, project=tiny)
    assert done.returncode == 0, done.stdout
    assert "Nothing to be done" in done.stdout
    heat = tiny / RESULTS / "heats" / heat_file("mlp", "8", 1)
    text = heat.read_bytes()
    heat.unlink()
    try:
        done = snakemake(*TWIN, str(heat.relative_to(tiny / "tests/tiny")), *words, project=tiny)
        assert done.returncode == 0, done.stdout
    finally:
        heat.write_bytes(text)

"""Adapter of the rule prepare_dataset."""

from pathlib import Path

from payoff.datasets.prepare import prepare_dataset
from payoff.datasets.spec import DatasetSpec
from payoff.files.joblog import logged

with logged(snakemake.log[0]):
    manifest = Path(snakemake.input.manifest) if snakemake.input.manifest else None
    folder = manifest.parent if manifest else None
    prepare_dataset(DatasetSpec(**snakemake.params.spec), manifest, folder, Path(snakemake.output[0]))

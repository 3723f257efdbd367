"""Adapter of the rule download_dataset."""

from pathlib import Path

from payoff.datasets.download import download_dataset
from payoff.files.joblog import logged

with logged(snakemake.log[0]):
    manifest = Path(snakemake.output.manifest)
    download_dataset(
        snakemake.params.torchvision,
        manifest.parent,
        manifest,
        # From the configuration, not from params: verified files are the same from every source.
        data_root=snakemake.config.get("data_root"),
        mirrors=snakemake.config.get("mirrors", {}).get(snakemake.wildcards.dataset, []),
    )

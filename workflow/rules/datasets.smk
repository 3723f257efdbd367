# Download and verify the raw files, then make one .npz per data set.

from dataclasses import replace

from payoff.datasets.own import own_files

# before the first job, and in one line
if workflow.is_main_process:
    for dataset in DESIGN.own_datasets:
        checked(own_files, SETTINGS.datasets[dataset])


rule download_dataset:
    input:
        code=code("scripts/download_dataset.py"),
    output:
        manifest=MANIFEST,
    log:
        "results/datasets/logs/download_dataset/{dataset}.log",
    params:
        torchvision=lambda wildcards: SETTINGS.datasets[wildcards.dataset].torchvision,
    message:
        "Get the raw files of the data set {wildcards.dataset}"
    script:
        "../../scripts/download_dataset.py"


rule prepare_dataset:
    input:
        # a data set from an installed package has nothing to download, and neither has a user's own
        manifest=lambda wildcards: (
            MANIFEST.format(dataset=wildcards.dataset) if SETTINGS.datasets[wildcards.dataset].torchvision else []
        ),
        own=lambda wildcards: own_files(SETTINGS.datasets[wildcards.dataset]),
        code=code("scripts/prepare_dataset.py"),
    output:
        DATASET,
    log:
        "results/datasets/logs/prepare_dataset/{dataset}.log",
    params:
        # without its title and its unit: new words must not make a measurement stale
        spec=lambda wildcards: vars(replace(SETTINGS.datasets[wildcards.dataset], title=wildcards.dataset, unit="")),
    message:
        "Prepare the data set {wildcards.dataset}"
    script:
        "../../scripts/prepare_dataset.py"

# Trained networks. A network is made only if its file is asked for by name.


rule train_network:
    input:
        dataset=DATASET,
        code=lambda wildcards: code(
            "scripts/train_network.py", modules=("payoff.trained.trainer", module_of(wildcards))
        ),
    output:
        f"results/{{study}}/networks/{NETWORK}.safetensors",
    log:
        training=f"results/{{study}}/logs/train_network/{NETWORK}.log",
        job=f"results/{{study}}/logs/train_network/{NETWORK}.job.log",
    wildcard_constraints:
        recipe="|".join(STUDY.recipes),
    threads: lambda wildcards: int(wildcards.threads)
    resources:
        gpu=gpus_of,
        mem_mb=memory_of,
        runtime=minutes_of,
    params:
        architecture=lambda wildcards: MODELS[wildcards.model].architecture,
        module=lambda wildcards: module_of(wildcards),
        recipe=lambda wildcards: STUDY.recipes[wildcards.recipe].to_document(),
        # that of the first repetition, so that the weights are those of the run
        seed=SETTINGS.seed + 1,
    message:
        "Train the network {wildcards.model} ({wildcards.mode}) on {wildcards.dataset}, {wildcards.device}, "
        "H = {wildcards.hidden_size}, for its weights"
    script:
        "../../scripts/train_network.py"

"""payoff: for my network, on my machine, does a framework or a GPU pay off, and by how much?

Data flows one way: configuration -> data -> runs -> tables -> figures -> report. The package knows
neither Snakemake nor papermill; the adapters in `scripts/` do.
"""

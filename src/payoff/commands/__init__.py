"""What payoff does with results that are there: one command per file. Measuring is snakemake's."""

"""The networks. `registry` lists them; there is one file per model and mode."""

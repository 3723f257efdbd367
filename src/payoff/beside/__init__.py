"""Several studies read as one: what their tables are of, how the studies are named, and published records."""

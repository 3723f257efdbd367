"""Is the second of two studies slower than the first? Between two commits, two versions of torch, two machines."""

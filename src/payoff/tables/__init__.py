"""Records into tables: runs, samples, cells, and what each column means."""

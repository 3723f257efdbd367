"""The data sets: `registry` lists them; the other modules download, prepare and read them."""

"""The data sets. `registry` names them; the other files fetch, prepare and read them."""

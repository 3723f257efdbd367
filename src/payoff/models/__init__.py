"""The networks. `registry` names them; one file a model."""

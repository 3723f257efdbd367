"""Trained networks: kept in a file, used, exported, trained further."""

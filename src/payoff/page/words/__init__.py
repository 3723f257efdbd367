"""Sentences for readers, from the answer and the tables."""

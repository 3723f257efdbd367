"""Measure a run and make its record: one process trains, and another process measures it from outside."""

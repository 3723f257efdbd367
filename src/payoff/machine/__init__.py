"""The machine that measures: its devices, its locks, its quiet, its clock, and processes of their own."""

"""The answer as data: computed once from the tables, kept as tables and one document, read by all that tell it."""

"""The answer as data: computed once from the tables, stored as tables and one document, read wherever it is shown."""

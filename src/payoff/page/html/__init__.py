"""The page: contexts of its templates, tables, what it embeds."""

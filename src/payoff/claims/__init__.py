"""Claims: published sentences, read from a file, and judged by what was measured here."""

"""Numbers only: estimates, intervals, tests, break-even points. No tables."""

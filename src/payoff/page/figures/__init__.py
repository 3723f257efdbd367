"""Figures: one file per question, in one style."""

"""The gate before any comparison: do two ways to train a network do the same work?"""

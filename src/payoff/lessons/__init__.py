"""The mathematics of one chapter: convolutions, automatic differentiation."""

"""The mathematics of one chapter: convolutions and automatic differentiation."""

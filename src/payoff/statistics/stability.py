"""What makes a sample of times suspect."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import median_abs_deviation

# What is said aloud: pyperf warns of the first two (runner.rst), hyperfine of the third (outlier_detection.rs).
UNSTEADY, FAR_FROM_MEAN, OUTLYING_MAD = 0.10, 0.50, 14.8


def instability(sample: Sequence[float]) -> str | None:
    """What makes a sample of positive times suspect, and how much of it there is; None if nothing does."""
    sample = np.asarray(sample, dtype=float)
    if len(sample) < 3:
        return None
    found = []
    mean, deviation = sample.mean(), sample.std(ddof=1)
    if deviation >= UNSTEADY * mean:
        found.append(f"standard deviation {deviation / mean:.0%} of the mean")
    for name, end in (("minimum", sample.min()), ("maximum", sample.max())):
        if abs(end - mean) >= FAR_FROM_MEAN * mean:
            found.append(f"{name} {abs(end - mean) / mean:.0%} away from the mean")
    mad = median_abs_deviation(sample)
    farthest = np.abs(sample - np.median(sample)).max()
    if farthest > OUTLYING_MAD * mad > 0:
        found.append(f"a run {farthest / mad:.0f} MAD from the median")
    return "; ".join(found).replace("%", " %") or None

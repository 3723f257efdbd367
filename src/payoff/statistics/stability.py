"""What makes a sample of times suspect."""

import numpy as np

from payoff.statistics.estimates import Sample

# Limits: pyperf warns of the first two (runner.rst), hyperfine of the third (outlier_detection.rs).
UNSTEADY, FAR_FROM_MEAN, OUTLYING_MAD = 0.10, 0.50, 14.8


def instability(sample: Sample) -> str | None:
    """What makes a sample of positive times suspect, and how much of it there is; None if nothing does."""
    times = np.asarray(sample, dtype=float)
    if len(times) < 3:
        return None
    found = []
    mean, deviation = times.mean(), times.std(ddof=1)
    if deviation >= UNSTEADY * mean:
        found.append(f"standard deviation {deviation / mean:.0%} of the mean")
    for name, end in (("minimum", times.min()), ("maximum", times.max())):
        if abs(end - mean) >= FAR_FROM_MEAN * mean:
            found.append(f"{name} {abs(end - mean) / mean:.0%} away from the mean")
    deviations = np.abs(times - np.median(times))
    mad, farthest = np.median(deviations), deviations.max()
    if farthest > OUTLYING_MAD * mad > 0:
        found.append(f"a run {farthest / mad:.0f} MAD from the median")
    return "; ".join(found).replace("%", " %") or None

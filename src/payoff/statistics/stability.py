"""Which cells of a study are less steady than its others."""

from collections.abc import Sequence

import numpy as np

UNSTEADY = 0.10  # a smaller spread does no harm, however unlike the others it is
TIMES_THE_USUAL = 3


def far_out(spreads: Sequence[float]) -> np.ndarray:
    """Which of these relative spreads are far larger than the others, (n,) of bool; NaN never is.

    That is, at least UNSTEADY, and more than TIMES_THE_USUAL times their median.
    """
    known = np.asarray(spreads, dtype=float)
    if np.isnan(known).all():
        return np.zeros(len(known), dtype=bool)
    return (known >= UNSTEADY) & (known > TIMES_THE_USUAL * np.nanmedian(known))

"""The verdict on a cell, a way or a whole study."""

from enum import StrEnum


class Verdict(StrEnum):
    """The verdict on a cell. Readers see them in this order."""

    SLOWER = "slower"
    FAILS = "fails now"
    FASTER = "faster"
    FAILED = "failed in A"
    TOO_FEW = "too few runs"
    SMALL = "within the factor"
    UNCLEAR = "no clear difference"
    ONLY_A = "not measured in B"
    ONLY_B = "not measured in A"
    NO_TIME = "without a time in either"


COMPARED = [Verdict.SLOWER, Verdict.FASTER, Verdict.TOO_FEW, Verdict.SMALL, Verdict.UNCLEAR]


def judged(ratio: float, p_slower: float, p_faster: float, p_least: float, *, factor: float, alpha: float) -> Verdict:
    """The verdict on what has times in both studies, by its ratio (B over A) and corrected p-values.

    p_least is the corrected p-value if everything had the clearest possible difference. No corrected p-value can be
    smaller, since lowering one p-value raises no corrected one.
    """
    if p_least >= alpha:
        return Verdict.TOO_FEW
    if p_slower < alpha:
        return Verdict.SLOWER if ratio > factor else Verdict.SMALL
    if p_faster < alpha:
        return Verdict.FASTER if ratio < 1 / factor else Verdict.SMALL
    return Verdict.UNCLEAR

"""Numbers as text, as readers see them."""

import math


def significant(value: float, digits: int = 3) -> str:
    """The value with at least so many significant digits, without an exponent; with three: 0.0123, 1.20, 12,345, ∞."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def milliseconds(seconds: float) -> str:
    return significant(seconds * 1e3)


def microseconds(seconds: float) -> str:
    return significant(seconds * 1e6)


def percent(fraction: float) -> str:
    return f"{fraction * 100:.2f}"


def mebibytes(count: float) -> str:
    return f"{count / 2**20:,.0f}"


def count(value: float) -> str:
    return f"{int(value):,}"


def about(value: float) -> str:
    """An interpolated count, with the three digits that it can have."""
    return count(round(float(f"{value:.2e}")))


def size(value: float) -> str:
    """An interpolated hidden size, or an end of its interval, which may be outside the measured sizes: ∞."""
    return about(value) if math.isfinite(value) else significant(value)


def p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def scientific(share: float) -> str:
    return f"{share:.0e}"

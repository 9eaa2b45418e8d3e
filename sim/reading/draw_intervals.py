"""Intervals over posterior draws: nine tenths of them."""

from collections.abc import Sequence
from statistics import quantiles

TWENTIETHS = 20
"""Parts into which draws are cut; the first and the last one lie outside their interval."""

TAILS = (1 / TWENTIETHS, 1 - 1 / TWENTIETHS)
"""Quantiles at the ends of the interval."""


def nine_tenths(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the low end, the median and the high end of nine tenths of at least two draws."""
    cuts = quantiles(values, n=TWENTIETHS, method="inclusive")
    return cuts[0], cuts[len(cuts) // 2], cuts[-1]

"""Exact sums of integers below 2**62; larger ones are an error, so none wraps around 63 bits."""

from typing import Any

import numpy.typing as npt

TOO_LARGE = 1 << 62
"""Upper limit of sums: half of 63 bits, so that one more amount can be added without a check."""

LOW_BITS = 31


def exact_sum(values: npt.NDArray[Any]) -> int:
    """Return the sum of fewer than 2**31 integers; it may exceed 64 bits."""
    return (int((values >> LOW_BITS).sum()) << LOW_BITS) + int((values & ((1 << LOW_BITS) - 1)).sum())


def demand_exact(total: int, table: str, measure: str) -> None:
    """Raise an error if the sum of a measure over a whole table is too large to be exact.

    Measures are never negative, so sums of fewer rows are smaller.

    Raises:
        OverflowError: If it is too large; names table and measure.
    """
    if total >= TOO_LARGE:
        raise OverflowError(f"the sum of {table}.{measure} is 2^62 or more and cannot be counted exactly")

"""Sums of integers: exact below 2**62, an error from there on, so that none ever wraps around 63 bits."""

from typing import Any

import numpy.typing as npt

TOO_LARGE = 1 << 62
"""No sum of a run is as large; half of what 63 bits hold, so that whoever adds one more amount need not look first."""

LOW_BITS = 31


def exact_sum(values: npt.NDArray[Any]) -> int:
    """Return the sum of fewer than 2**31 integers, which may be larger than any of 64 bits."""
    return (int((values >> LOW_BITS).sum()) << LOW_BITS) + int((values & ((1 << LOW_BITS) - 1)).sum())


def demand_exact(total: int, table: str, measure: str) -> None:
    """Demand that the sum of a measure over a whole table is small enough to be exact.

    Measures are never negative, so every sum of some of its rows is small enough too.

    Args:
        total: The sum.
        table: The name of the table.
        measure: The name of the measure.

    Raises:
        OverflowError: If it is not; it names table and measure.
    """
    if total >= TOO_LARGE:
        raise OverflowError(f"the sum of {table}.{measure} is 2^62 or more and cannot be counted exactly")

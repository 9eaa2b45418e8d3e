"""How far an axis or a scale of colours reaches, so that few values far out do not squeeze the rest into one place."""

from collections.abc import Iterable

OUTLYING = 4.0
"""So many times the size that three quarters of the values do not exceed, a value stands at the edge, with an arrow."""
FEWEST = 3
"""Values of which one can be told to be far out."""


def reach(values: Iterable[float]) -> float:
    """Return the size up to which values are drawn in their place: of the largest that is not far out; 0 without any.

    Args:
        values: Numbers of any sign; zeros do not count.

    Returns:
        A size. Values beyond it are marked at the edge with an arrow, and their number is written there.
    """
    sizes = sorted(abs(value) for value in values if value)
    if not sizes:
        return 0.0
    if len(sizes) < FEWEST:
        return sizes[-1]
    usual = sizes[3 * (len(sizes) - 1) // 4]
    return max(size for size in sizes if size <= OUTLYING * usual)

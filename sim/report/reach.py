"""How far an axis or a scale of colours reaches, so that few values far out do not squeeze the rest into one place."""

from collections.abc import Iterable

OUTLYING = 4.0
"""So many times the size that three quarters of the values do not exceed, a value stands at the edge, with an arrow."""
CLOSE = 1.5
"""So many times the largest that is not far out, another one is not either."""
FEWEST = 3
"""Values of which one can be told to be far out."""


def reach(values: Iterable[float], outlying: float = OUTLYING) -> float:
    """Return the size up to which values are drawn in their place: of the largest that is not far out; 0 without any.

    Args:
        values: Numbers of any sign; zeros do not count.
        outlying: So many times the size that three quarters of them do not exceed is far out.

    Returns:
        A size. Values beyond it are marked at the edge with an arrow, and their number is written there.
    """
    sizes = sorted(abs(value) for value in values if value)
    if not sizes:
        return 0.0
    if len(sizes) < FEWEST:
        return sizes[-1]
    usual = sizes[3 * (len(sizes) - 1) // 4]
    edge = max(size for size in sizes if size <= outlying * usual)
    # What is only a little larger than the one before it is not far out.
    for size in sizes:
        if edge < size <= CLOSE * edge:
            edge = size
    return edge

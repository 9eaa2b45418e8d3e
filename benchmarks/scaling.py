"""How cost grows: the exponent of cost without its fixed part."""

import math
from collections.abc import Sequence
from datetime import date, timedelta


def exponent(amounts: Sequence[float], seconds: Sequence[float], fixed: float) -> float:
    """Return the slope of log(seconds - fixed) over log(amounts) by least squares: 1 is proportional.

    It is NaN where a run took no longer than the fixed cost, so that no slope can be estimated.

    Raises:
        ValueError: If there are fewer than two amounts.
    """
    if len(amounts) < 2:
        raise ValueError(f"{len(amounts)} amounts: a slope needs two")
    if min(seconds) <= fixed:
        return math.nan
    x = [math.log(amount) for amount in amounts]
    y = [math.log(spent - fixed) for spent in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return across / sum((a - mean_x) ** 2 for a in x)


def ends(first: str, last: str, shares: Sequence[float]) -> list[tuple[str, int]]:
    """Return, for each share of the days from ``first`` to ``last``, the last day and how many days that makes."""
    start = date.fromisoformat(first)
    days = (date.fromisoformat(last) - start).days + 1
    cut = [max(1, round(days * share)) for share in shares]
    return [((start + timedelta(days=count - 1)).isoformat(), count) for count in cut]

"""The waiting line of a desk: a heap by (tier, first issue moment, identity), as two arrays side by side.

``ranks`` holds tier and moment in one integer, ``rows`` the alerts; identities are looked up only where ranks tie.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws.compiled import compiled
from sim.engines.vector.layout import IDENTITY

TIER_AT: Final = 60
EARLIEST: Final = 1 << 58
"""Makes moments before the period positive."""


@compiled
def rank_of(tier: int, issued: int) -> int:
    """Return one integer that sorts by tier, then by the moment of issue."""
    return (tier << TIER_AT) | (issued + EARLIEST)


@compiled
def is_before(rank: int, row: int, other_rank: int, other_row: int, alerts: NDArray[np.int64]) -> bool:
    """Return whether an alert stands before another in line."""
    if rank != other_rank:
        return rank < other_rank
    return bool(alerts[row, IDENTITY] < alerts[other_row, IDENTITY])


@compiled
def join(
    ranks: NDArray[np.int64], rows: NDArray[np.int64], count: int, rank: int, row: int, alerts: NDArray[np.int64]
) -> None:
    """Put an alert into a line of ``count``."""
    at = count
    while at > 0:
        parent = (at - 1) >> 1
        if not is_before(rank, row, ranks[parent], rows[parent], alerts):
            break
        ranks[at] = ranks[parent]
        rows[at] = rows[parent]
        at = parent
    ranks[at] = rank
    rows[at] = row


@compiled
def first(ranks: NDArray[np.int64], rows: NDArray[np.int64], count: int, alerts: NDArray[np.int64]) -> int:
    """Take the first alert out of a line of ``count``, at least one."""
    chosen = rows[0]
    last = count - 1
    rank = ranks[last]
    row = rows[last]
    at = 0
    child = 1
    while child < last:
        if child + 1 < last and is_before(ranks[child + 1], rows[child + 1], ranks[child], rows[child], alerts):
            child += 1
        if not is_before(ranks[child], rows[child], rank, row, alerts):
            break
        ranks[at] = ranks[child]
        rows[at] = rows[child]
        at = child
        child = 2 * at + 1
    ranks[at] = rank
    rows[at] = row
    return int(chosen)

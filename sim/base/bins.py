"""Bins of waits, report delays and losses: an engine counts by position, a table stores the upper edge."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HOUR_MS, MINUTE_MS
from sim.base.money import CENTS_PER_UNIT

DOUBLINGS = 48
"""Bins of waits and of losses; the largest edge, 2**47 minutes in ms, still fits 63 bits."""

REPORT_DELAYS_MS = (HOUR_MS, 12 * HOUR_MS, DAY_MS)
"""Upper edges in ms of the bins of report delays; one more bin holds the longer ones."""


@dataclass(frozen=True)
class Bins:
    """Bins by their upper edges, included and ascending; ``open_ended`` if one more bin follows the last edge."""

    edges: tuple[int, ...]
    open_ended: bool = False

    @classmethod
    def doubling(cls, first: int) -> Self:
        """Return bins with edges that double, starting with ``first``."""
        return cls(tuple(first << code for code in range(DOUBLINGS)))

    def __len__(self) -> int:
        return len(self.edges) + self.open_ended

    def upper(self, codes: NDArray[np.int64], without: int) -> NDArray[np.int64]:
        """Return the upper edges of bins by their codes, ``without`` for the open bin."""
        return np.array([*self.edges, *([without] if self.open_ended else [])], dtype=np.int64)[codes]


WAIT_BINS = Bins.doubling(MINUTE_MS)
"""Bins of waits: powers of two of a minute, in ms."""

DELAY_BINS = Bins(REPORT_DELAYS_MS, open_ended=True)
"""Bins of the delays from the end of an episode to its report, in ms."""

LOSS_BINS = Bins.doubling(CENTS_PER_UNIT)
"""Bins of the losses of cases: powers of two of a unit of money, in cents."""

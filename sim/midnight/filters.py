"""The filters of calls and SMS: gangs adapt to them, and they are retrained."""

import numpy as np
from numpy.typing import NDArray

from sim.midnight.protocol import Common, Stateless
from sim.midnight.totals import DayTotals
from sim.shield import interception


class Filters(Stateless):
    """``d_prime`` (P, 2) of the filters of calls and of SMS on the day that begins."""

    name = "filters"

    def __init__(self, common: Common) -> None:
        self._common = common
        self.d_prime: NDArray[np.float64]

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Update d' as gangs adapt and filters are retrained."""
        timetable = self._common.timetable
        self.d_prime = timetable.d_prime[timetable.row(day)].take(timetable.alike, axis=0)

    def note(self, day: int) -> None:
        """Note d' of a day."""
        for channel, d_prime in zip(interception.FILTERED, self.d_prime.T, strict=True):
            self._common.ledger.level_by_province(day, f"d_prime_{channel}", d_prime)

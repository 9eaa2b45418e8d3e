"""The filters of calls and SMS: gangs learn from what they stop how to pass, and they are retrained."""

import numpy as np
from numpy.typing import NDArray

from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals
from sim.shield import interception


class Filters:
    """``d_prime`` (P, 2) of the filters of calls and of SMS on the day that begins, and the national ``lost`` (2,)."""

    name = "filters"

    def __init__(self, common: Common) -> None:
        self._common = common
        self.lost = interception.usual_loss(common.spec.interception)
        self.d_prime: NDArray[np.float64]

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Update d' as gangs adapt and filters are retrained."""
        common = self._common
        timetable, spec = common.timetable, common.spec
        if spec.feedback and day > common.calendar.first:
            nation = yesterday.intercepted.sum(axis=0)[: len(interception.FILTERED)] / spec.scale
            self.lost = interception.lost(spec.interception, self.lost, nation)
        self.d_prime = timetable.d_prime[timetable.row(day)].take(timetable.alike, axis=0) - self.lost

    def note(self, day: int) -> None:
        """Note d' of a day."""
        for channel, d_prime in zip(interception.FILTERED, self.d_prime.T, strict=True):
            self._common.ledger.level_by_province(day, f"d_prime_{channel}", d_prime)

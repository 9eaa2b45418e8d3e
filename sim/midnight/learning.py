"""The memory of gangs of the yields of attempts."""

import numpy as np

from sim.base.words import Channel
from sim.gangs import effort
from sim.gangs.effort import Effort
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals


class Learning:
    """The ``effort`` of gangs, None if they do not respond; ``passing`` (3, T) of the day that ends."""

    name = "effort"

    def __init__(self, common: Common) -> None:
        spec = common.spec
        self._common = common
        self.effort = Effort.of(spec)
        self.passing = np.full((len(Channel), len(spec.fraud.types)), effort.NOBODY)

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Update the gangs' memory by the yields of yesterday's attempts; they begin to answer with the period."""
        if self.effort is None:
            return
        if day > self._common.calendar.first:
            cash = float(self._common.timetable.cashed[self._common.timetable.row(day - 1)])
            self.effort.learn(yesterday.drawn_in, yesterday.first_payments, self.passing, cash)
        if day == self._common.calendar.start:
            self.effort.begin()

"""The experience of people: one byte for each person."""

import numpy as np

from sim.base.days import calendar_date
from sim.country.provinces import Spread
from sim.midnight.people_bytes import fall_victim, forget, hear
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals


class People:
    """The bytes of all people, ``all_bytes`` (people,), and of each province, ``bytes``, which are views of them.

    ``spread`` runs heavy work by province, perhaps in parallel.
    """

    name = "people"

    def __init__(self, common: Common, spread: Spread) -> None:
        self._feedback = common.spec.feedback
        people = common.provinces.people
        self.spread = spread
        self.all_bytes = np.zeros(int(people.sum()), dtype=np.uint8)
        self.bytes = np.split(self.all_bytes, np.cumsum(people)[:-1])

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Add yesterday's alerts heard and victims to people's bytes; on the first of a month halve alerts heard."""
        if not self._feedback:
            return
        first_of_month = calendar_date(day).day == 1

        def update(some: slice) -> None:
            for people, heard, victims in zip(
                self.bytes[some], yesterday.heard[some], yesterday.victims[some], strict=True
            ):
                if len(heard):
                    hear(people, np.asarray(heard, dtype=np.int64))
                if len(victims):
                    fall_victim(people, np.asarray(victims, dtype=np.int64))
                if first_of_month:
                    forget(people)

        self.spread(update, len(self.bytes))

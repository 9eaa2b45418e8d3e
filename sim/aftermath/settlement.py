"""Settlement: some events of a day are counted at once, the rest in December, evenly over its days."""

from collections.abc import Sequence

from sim.base.days import calendar_date
from sim.draws.remainders import ONE, Remainders, fixed
from sim.scenario.schema import ScenarioModel

DECEMBER = 12
DAYS = 31
"""Days of December."""


class Settlement:
    """The part of one quantity that waits to be counted, by place, in 10**-9.

    The remainders carry fractions of counts, so at the end of a December as many are counted as there were.
    """

    def __init__(self, share: float, quantity: str, remainders: Remainders, places: Sequence[int]) -> None:
        """Begin with nothing waiting.

        Args:
            share: Share of a day's count that waits, unless the day is in December.
            quantity: Of ``remainders``.
            remainders: Of the run.
            places: Positions of provinces, -1 for the nation.
        """
        self._waits = fixed(share)
        self._quantity = quantity
        self._remainders = remainders
        self._places = places
        self.waiting = [0] * len(places)

    def snapshot(self) -> list[int]:
        """Return a copy of the waiting amounts, for ``resume``."""
        return self.waiting[:]

    def resume(self, snapshot: Sequence[int]) -> None:
        """Take over the waiting amounts of a ``snapshot``; the places are the same."""
        self.waiting = list(snapshot)

    def settle(self, day: int, counts: Sequence[int]) -> list[int]:
        """Return the count for each place on a day with these events."""
        today = calendar_date(day)
        settled = []
        for at, (place, count) in enumerate(zip(self._places, counts, strict=True)):
            due = self.waiting[at] // (DAYS + 1 - today.day) if today.month == DECEMBER else -count * self._waits
            self.waiting[at] -= due
            settled.append(self._remainders.whole(place, self._quantity, count * ONE + due))
        return settled


def settlements(spec: ScenarioModel, remainders: Remainders, provinces: int, nation: int) -> tuple[Settlement, ...]:
    """Return the settlements of cases by province, and of suspects by province and nation, if any."""
    late = spec.aftermath.settlement
    if late is None:
        return ()
    places = range(provinces)
    return (
        Settlement(late.cases, "cases_settled", remainders, places),
        Settlement(late.suspects, "suspects_settled", remainders, (*places, nation)),
    )

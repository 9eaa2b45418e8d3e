"""Settlement: some events of a day are counted at once, others later in the year, the last evenly over December."""

from collections.abc import Sequence
from datetime import date

from sim.base.days import YEAR_DAYS, calendar_date
from sim.draws.remainders import ONE, Remainders, fixed
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.aftermath import LateCount

MONTHS = 12
DECEMBER = MONTHS
DAYS = 31
"""Days of December."""


class Settlement:
    """The part of one quantity that waits to be counted, by place, in 10**-9.

    The remainders carry fractions of counts, so at the end of a December as many are counted as there were.
    """

    def __init__(self, rule: LateCount, quantity: str, remainders: Remainders, places: Sequence[int]) -> None:
        """Begin with nothing waiting.

        Args:
            rule: What waits, until when, and how much of it is counted in a month.
            quantity: Of ``remainders``.
            remainders: Of the run.
            places: Positions of provinces, -1 for the nation.
        """
        self._waits = fixed(rule.waits)
        self._until = rule.until
        self._released = fixed(rule.release * MONTHS / YEAR_DAYS)
        self._quantity = quantity
        self._remainders = remainders
        self._places = places
        self.waiting = [0] * len(places)

    def settle(self, day: int, counts: Sequence[int]) -> list[int]:
        """Return the count for each place on a day with these events."""
        today = calendar_date(day)
        waits = f"{today:%m-%d}" <= self._until
        settled = []
        for at, (place, count) in enumerate(zip(self._places, counts, strict=True)):
            due = -count * self._waits if waits else self._due(today, self.waiting[at])
            self.waiting[at] -= due
            settled.append(self._remainders.whole(place, self._quantity, count * ONE + due))
        return settled

    def _due(self, today: date, waiting: int) -> int:
        """Return how much of the waiting count is due on a later day than ``until``, in 10**-9."""
        return waiting // (DAYS + 1 - today.day) if today.month == DECEMBER else waiting * self._released // ONE


def settlements(spec: ScenarioModel, remainders: Remainders, provinces: int, nation: int) -> tuple[Settlement, ...]:
    """Return the settlements of cases by province, and of suspects by province and nation, if any."""
    late = spec.aftermath.settlement
    if late is None:
        return ()
    places = range(provinces)
    return (
        Settlement(late.part("cases"), "cases_settled", remainders, places),
        Settlement(late.part("suspects"), "suspects_settled", remainders, (*places, nation)),
    )

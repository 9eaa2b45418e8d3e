"""Whole counts from expected values: floor(value + remainder); the new remainder is carried to the next call."""

import math
from collections.abc import Sequence

from sim.draws.identity import quantity_id
from sim.draws.philox import draw4, uniform52
from sim.draws.purposes import REMAINDER

ONE = 10**9
"""One count in the fixed-point numbers of the macro layer, whose unit is 10**-9."""

QUANTITIES = (
    "backlog",
    "capacity",
    "cards_flagged",
    "cards_purged",
    "suspects_cases",
    "suspects_cards",
    "suspects_dens",
    "suspects_campaigns",
    "suspects_repatriated",
    "video_views",
    "videos_published",
    "awareness_activities",
    "cluster_campaigns",
    "fresh_cases",
    "cases_settled",
    "suspects_settled",
    "ringleaders_arrested",
    "calls_intercepted",
    "sms_intercepted",
    "alerts_central",
    "alerts_local",
    "dens_destroyed",
    "dens_campaign",
    "ringleaders",
    "returned",
    "suspects_returned",
    "callers_arrested",
    "accounts_arrested",
    "couriers_arrested",
    "accounts_frozen",
    "false_freezes",
)


def fixed(value: float) -> int:
    """Return a value in units of 10**-9, rounded half up."""
    return math.floor(value * ONE + 0.5)


class Remainders:
    """The remainders of a run, one for each (province or -1 for the nation, quantity).

    A remainder starts as a uniform keyed by the two: the counts of many provinces do not all jump on one day, and a
    rare count is right on average over seeds.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._left: dict[str, dict[int, int]] = {quantity: {} for quantity in QUANTITIES}

    def whole(self, province: int, quantity: str, value: int) -> int:
        """Return the whole counts in ``value`` plus the remainder so far, and carry the new remainder.

        ``province`` is a position, -1 for the nation; ``quantity`` one of ``QUANTITIES``; ``value`` the expected count
        in 10**-9.
        """
        lefts = self._left[quantity]
        left = lefts.get(province)
        if left is None:
            left = self._start(province, quantity)
        count, lefts[province] = divmod(left + value, ONE)
        return count

    def wholes(self, quantity: str, values: Sequence[int]) -> list[int]:
        """Return ``whole`` for each province's value, from position 0 on."""
        lefts = self._left[quantity]
        for p in range(len(lefts), len(values)):
            lefts[p] = self._start(p, quantity)
        sums = [lefts[p] + value for p, value in enumerate(values)]
        lefts.update(enumerate([value % ONE for value in sums]))
        return [value // ONE for value in sums]

    def _start(self, province: int, quantity: str) -> int:
        """Return the first remainder of a province."""
        number = QUANTITIES.index(quantity)
        high, low, _, _ = draw4(self._seed, quantity_id(province + 1, number), REMAINDER, 0)
        return int(uniform52(high, low) * ONE)

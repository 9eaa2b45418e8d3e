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
        self._types = list(common.spec.fraud.types)
        self._found: list[list[float]] = []
        self.d_prime: NDArray[np.float64]

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Update d' as gangs adapt and filters are retrained."""
        common = self._common
        self._found = [
            interception.d_primes(common.spec.interception, common.measures, day, code) for code in common.examples
        ]
        self.d_prime = np.array(self._found)[common.alike]

    def thresholds(self, changed: NDArray[np.float64] | None) -> NDArray[np.int64]:
        """Return the thresholds of the gate, (P, 2, T).

        ``changed`` (P, 2) is d' as components changed it, None without changes.
        """
        settings = self._common.spec.interception
        if changed is None:
            return interception.thresholds(settings, self._found, self._types)[self._common.alike]
        self.d_prime = changed
        return interception.thresholds(settings, changed.tolist(), self._types)

    def note(self, day: int) -> None:
        """Note d' of a day."""
        for channel, d_prime in zip(interception.FILTERED, self.d_prime.T, strict=True):
            self._common.ledger.level_by_province(day, f"d_prime_{channel}", d_prime)

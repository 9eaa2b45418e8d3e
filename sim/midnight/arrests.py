"""The suspects arrested at a midnight: counted, and kept for the component that needs them."""

import numpy as np
from numpy.typing import NDArray

from sim.draws.remainders import ONE, Remainders
from sim.midnight.ledger import NATION, Ledger

THINNING = ("suspects_cases", "suspects_campaigns")
"""Arrests whose suspects may belong to crews at work; crews of raided dens no longer work."""


class Arrests:
    """Whole suspects from expected ones, by province and for the nation.

    ``tonight`` (P + 1,) counts those of this midnight, the nation's last; settling sets it to 0.
    """

    def __init__(self, provinces: int, remainders: Remainders, ledger: Ledger) -> None:
        """Begin without arrests; the remainders are those of the run."""
        self._remainders = remainders
        self._ledger = ledger
        self._thinning = 0
        self.tonight: NDArray[np.int64] = np.zeros(provinces + 1, dtype=np.int64)

    def of_nation(self, day: int, quantity: str, value: int) -> None:
        """Arrest suspects who belong to no province: ``value`` in 10**-9 of a quantity of the remainders."""
        self._thin(quantity, value)
        count = self._remainders.whole(NATION, quantity, value)
        self._ledger.flow(day, NATION, "suspects_arrested", count)
        self.tonight[NATION] += count

    def by_province(self, day: int, quantity: str, values: list[int]) -> None:
        """Arrest suspects in each province: ``values`` in 10**-9 of a quantity of the remainders."""
        self._thin(quantity, sum(values))
        counts = np.array(self._remainders.wholes(quantity, values))
        self._ledger.flow_by_province(day, "suspects_arrested", counts)
        self.tonight[:NATION] += counts

    def thinning(self) -> float:
        """Return, and reset, the expected suspects since the last call, some of whom are crew members."""
        found, self._thinning = self._thinning, 0
        return found / ONE

    def settle(self) -> list[int]:
        """Return, and reset, the suspects of this midnight."""
        found, self.tonight = self.tonight, np.zeros_like(self.tonight)
        return [int(count) for count in found]

    def _thin(self, quantity: str, value: int) -> None:
        if quantity in THINNING:
            self._thinning += value

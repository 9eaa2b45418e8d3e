"""The interface to which midnights report their counts."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.cases import Finished

NATION = -1
"""Position that marks a national count."""


class Ledger(Protocol):
    """Records the counts of midnights, one for a run; provinces are positions, -1 for the nation.

    The books of an engine count a second time, for the conservation laws; the ledger counts once, and is stored.
    """

    def flow(self, day: int, province: int, quantity: str, count: int) -> None:
        """Add to a count of a day."""

    def level(self, day: int, province: int, quantity: str, value: float) -> None:
        """Note a level of the macro state on a day."""

    def flow_by_province(self, day: int, quantity: str, counts: NDArray[np.int64]) -> None:
        """Add to a count of a day in every province, (P,)."""

    def level_by_province(self, day: int, quantity: str, values: NDArray[np.float64]) -> None:
        """Note a level of the macro state on a day in every province, (P,)."""

    def filings(self, day: int, counts: NDArray[np.int64]) -> None:
        """Add the cases filed on a day, (P, R, T), by province, way of first contact and fraud type."""

    def cases(self, day: int, finished: Finished) -> None:
        """Note finished cases."""

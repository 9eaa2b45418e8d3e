"""What an engine hands over at midnight: the counts of the day that has ended, read by the macro layer alone."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class DayTotals:
    """Counts of one day, by province position, or by fraud type.

    ``intercepted`` (P,) attempts; ``from_cards`` (P,) those that came from a card at work; ``filed``
    cases as (moment, attempt); ``heard`` and ``victims`` the numbers of people who heard an alert (once for each)
    or made their first payment: what there is of a province is a list or an int64 array, in any order. ``drawn_in``
    (T,) episodes begun and ``first_payments`` (T,).
    """

    intercepted: NDArray[np.int64]
    from_cards: NDArray[np.int64]
    filed: list[Any] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    victims: list[Any] = field(default_factory=list)
    drawn_in: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    first_payments: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def empty(cls, provinces: int, types: int = 0) -> "DayTotals":
        """Return the totals of a day on which nothing has happened yet; without types nothing is counted by them."""
        return cls(
            intercepted=np.zeros(provinces, dtype=np.int64),
            from_cards=np.zeros(provinces, dtype=np.int64),
            filed=[[] for _ in range(provinces)],
            heard=[[] for _ in range(provinces)],
            victims=[[] for _ in range(provinces)],
            drawn_in=np.zeros(types, dtype=np.int64),
            first_payments=np.zeros(types, dtype=np.int64),
        )

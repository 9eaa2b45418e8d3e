"""Counts of the day that has ended: the engine passes them to the macro layer at midnight."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.words import DESKS, Channel, Fate

DESK_COUNTS = ("busy_ms", "staffed_ms", "waiting", "served", "expired")
"""Counts of a desk at midnight: ms of busy and of staffed officers, alerts that wait, tries served, expired."""


@dataclass
class DayTotals:
    """Counts of one day, by province position, or by fraud type.

    ``intercepted`` (P, 3) attempts by channel; ``from_cards`` (P,) those from a card at work; ``filed`` cases as
    (moment, attempt); ``heard`` and ``victims`` the numbers of people who heard an alert (once for each) or made their
    first payment: for each province a list or an int64 array, in any order. ``drawn_in`` (T,) episodes begun and
    ``first_payments`` (T,).

    Fields that only users' components read are empty without components: ``attempts`` (P, 3, fates), ``issued`` (P,)
    alerts, ``desks`` (P, 2, 5), by ``DESK_COUNTS``.
    """

    intercepted: NDArray[np.int64]
    from_cards: NDArray[np.int64]
    filed: list[Any] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    victims: list[Any] = field(default_factory=list)
    drawn_in: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    first_payments: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    attempts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.int64))
    issued: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    desks: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0, 0), dtype=np.int64))

    @classmethod
    def empty(cls, provinces: int, types: int = 0) -> "DayTotals":
        """Return the totals of a day on which nothing has happened yet; without types, nothing is counted by type."""
        return cls(
            intercepted=np.zeros((provinces, len(Channel)), dtype=np.int64),
            from_cards=np.zeros(provinces, dtype=np.int64),
            filed=[[] for _ in range(provinces)],
            heard=[[] for _ in range(provinces)],
            victims=[[] for _ in range(provinces)],
            drawn_in=np.zeros(types, dtype=np.int64),
            first_payments=np.zeros(types, dtype=np.int64),
            attempts=np.zeros((provinces, len(Channel), len(Fate)), dtype=np.int64),
            issued=np.zeros(provinces, dtype=np.int64),
            desks=np.zeros((provinces, len(DESKS), len(DESK_COUNTS)), dtype=np.int64),
        )

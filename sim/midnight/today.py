"""What passes between engines and midnights: counts of the day that ended, inputs of the day that begins.

Counts of the day that has ended: the engine passes them to the macro layer at midnight.

The interface to which midnights report their counts.

The inputs of engines between two midnights: thresholds and counts of one day, computed once and never changed.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.aftermath import Finished
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


Values = NDArray[np.float64]


class Today(NamedTuple):
    """The day's macro state as arrays (P provinces, T types, S slots; thresholds are int64 of 32-bit uniforms).

    ``stops`` (gates, P, 3, T) of gates 1 to 6; ``moments`` (2, P, 3, 49) cumulative profiles of attempts that nobody
    answers, and of those that somebody does; ``app`` the share of internet users with the app; ``unaware`` (P, G)
    shares of the propensity to engage that awareness leaves; ``coverage`` (2, P); ``data_sharing`` (P,) shift of d';
    ``scores`` (2, 4) the lowest of each tier by detector; ``awareness`` (P, G); ``held`` (P,) by banks; ``delayed``
    (P, M) by each measure that makes transfers wait; ``reach`` (P,) factor of the time that money stays within reach of
    a stop-payment order; ``searches`` (P, M, 4) how M measures find
    accounts: a threshold, and kind, a, b of the time from payment to find; ``known`` (P, S) share of accounts that each
    sign knows; ``outage`` (2, P) the moment from which a
    detector's instructions leave again, ``LOST`` if they are lost, ``NO_OUTAGE`` without an outage; ``staffed``
    (P, 2, 48) ms on duty by desk and half hour; ``loss_factor`` of the day's contacts.
    ``attempts`` (P, 3, T) and ``contacts`` (P, 3, n) count what arrives, the latter in the ``cells`` (n, 2).
    """

    day: int
    stops: NDArray[np.int64]
    moments: NDArray[np.float64]
    app: int
    unaware: NDArray[np.float64]
    coverage: NDArray[np.int64]
    data_sharing: NDArray[np.float64]
    scores: NDArray[np.float64]
    awareness: NDArray[np.float64]
    held: NDArray[np.int64]
    delayed: NDArray[np.int64]
    reach: NDArray[np.float64]
    searches: NDArray[np.float64]
    known: NDArray[np.float64]
    outage: NDArray[np.int64]
    staffed: NDArray[np.int64]
    loss_factor: float
    attempts: NDArray[np.int64]
    contacts: NDArray[np.int64]
    cells: NDArray[np.int64]


def blank_day() -> Today:
    """Return a day of the types of all days, without provinces: what is compiled for it fits them all."""
    axes_of_integers = {"stops": 4, "coverage": 2, "held": 1, "delayed": 2, "outage": 2, "staffed": 3}
    axes_of_integers |= {"attempts": 3, "contacts": 3, "cells": 2}
    axes_of_floats = {"moments": 4, "unaware": 2, "data_sharing": 1, "scores": 2, "awareness": 2}
    axes_of_floats |= {"reach": 1, "searches": 3, "known": 2}
    arrays: dict[str, Any] = {name: np.zeros((0,) * axes) for name, axes in axes_of_floats.items()}
    arrays |= {name: np.zeros((0,) * axes, dtype=np.int64) for name, axes in axes_of_integers.items()}
    return Today(day=0, app=0, loss_factor=1.0, **arrays)


NO_OUTAGE = -(1 << 62)
LOST = 1 << 62

"""The inputs of engines between two midnights: thresholds and counts of one day, computed once and never changed."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


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

    def integers(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, dtype=np.int64)

    return Today(
        day=0,
        stops=integers(0, 0, 0, 0),
        moments=np.zeros((0, 0, 0, 0)),
        app=0,
        unaware=np.zeros((0, 0)),
        coverage=integers(0, 0),
        data_sharing=np.zeros(0),
        scores=np.zeros((0, 0)),
        awareness=np.zeros((0, 0)),
        held=integers(0),
        delayed=integers(0, 0),
        reach=np.zeros(0),
        searches=np.zeros((0, 0, 0)),
        known=np.zeros((0, 0)),
        outage=integers(0, 0),
        staffed=integers(0, 0, 0),
        loss_factor=1.0,
        attempts=integers(0, 0, 0),
        contacts=integers(0, 0, 0),
        cells=integers(0, 0),
    )


NO_OUTAGE = -(1 << 62)
LOST = 1 << 62

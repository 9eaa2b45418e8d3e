"""The ways of first contact, channels and classes of numbers and accounts, by which filed cases began."""

import numpy as np
from numpy.typing import NDArray

from sim.aftermath.cases import in_order
from sim.base.words import Channel
from sim.draws.compiled import compiled_with_arrays
from sim.draws.distributions import thresholds
from sim.draws.identity import channel_of, day_of, fraud_type_of
from sim.draws.philox import draw4
from sim.draws.purposes import REPORT
from sim.midnight.protocol import Common
from sim.midnight.totals import DayTotals

CLASS_LANE = 3
"""Lane of the draw of a report that chooses the class."""


class Filings:
    """Counts the cases filed on a day by their way of first contact, one of R.

    Attempts have no class, so the class of a case is drawn, by the identity of its attempt, with the shares of classes
    among the attempts of that day, province, channel and type that passed gates 1 to 6. Where the scenario has classes
    these shares are kept, added up within each channel, as thresholds (days, P, R, T). ``day`` is the latest that has
    begun.
    """

    name = "filings"

    def __init__(self, common: Common) -> None:
        """Begin without cases."""
        fraud, days = common.spec.fraud, common.calendar.days
        self._common = common
        self._channels = np.array([channel for channel, _, _ in fraud.contacts()])
        self._shape = len(common.provinces), len(self._channels), len(fraud.types)
        has_classes = any(name for _, name, _ in fraud.contacts())
        self._limits = np.zeros((len(days) if has_classes else 0, *self._shape), dtype=np.int64)
        self.day = common.calendar.first

    def at_midnight(self, day: int, yesterday: DayTotals) -> None:
        """Count the cases of the day before."""
        self.count(yesterday)
        self.day = day

    def keep(self, shares: NDArray[np.float64]) -> None:
        """Keep the shares of ways within their channel, (P, R, T), of the day that begins."""
        if len(self._limits):
            whole = np.zeros(self._shape)
            for channel in Channel:
                own = self._channels == channel
                whole[:, own] = np.cumsum(shares[:, own], axis=1)
            self._limits[self.day - self._common.calendar.first] = thresholds(whole)

    def count(self, totals: DayTotals) -> None:
        """Count the cases of the day with these totals, the latest one that has begun."""
        cases = [in_order(filed) for filed in totals.filed]
        provinces = np.repeat(np.arange(len(cases)), [len(some) for some in cases])
        if not len(provinces):
            return
        counts = np.zeros(self._shape, dtype=np.int64)
        first = self._common.calendar.first
        _count(self._common.spec.seed, np.concatenate(cases), provinces, self._channels, self._limits, first, counts)
        self._common.ledger.filings(self.day, counts)


@compiled_with_arrays
def _count(
    seed: int,
    cases: NDArray[np.int64],
    provinces: NDArray[np.int64],
    channels: NDArray[np.int64],
    limits: NDArray[np.int64],
    first: int,
    counts: NDArray[np.int64],
) -> None:
    """Count cases (n,) of provinces (n,) by way and type, into (P, R, T); arrays are those of ``Filings``."""
    for k in range(len(cases)):
        case, p = cases[k], provinces[k]
        channel, kind = channel_of(case), fraud_type_of(case)
        at, last = 0, len(channels) - 1
        while channels[at] != channel:
            at += 1
        while channels[last] != channel:
            last -= 1
        if at < last:
            u = draw4(seed, case, REPORT, 0)[CLASS_LANE]
            while at < last and u >= limits[day_of(case) - first, p, at, kind]:
                at += 1
        counts[p, at, kind] += 1

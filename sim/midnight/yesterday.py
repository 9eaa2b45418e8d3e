"""The day that has ended, as users' components read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.base.days import calendar_date
from sim.base.words import DESK_LABELS, Channel, Fate
from sim.country.provinces import Provinces
from sim.midnight.by_name import ByName
from sim.midnight.totals import DESK_COUNTS, DayTotals


@dataclass(frozen=True)
class Yesterday:
    """The day that has ended: counts as simulated, not scaled up to the country.

    An array "by province" has one number for each of ``provinces``, in their order. All counts are 0 at the first
    midnight of a run, before which nothing has happened.

    Attributes:
        day: The day.
        provinces: Codes of the provinces.
        fraud_types: Names of the fraud types.
        attempts: ``attempts["call", "intercepted"]``: attempts by channel (call, sms, online) and fate (not_sent,
            den_destroyed, card_eliminated, intercepted, site_blocked, unanswered, ignored, engaged), by province.
        intercepted: Calls and SMS that filters stopped, by province.
        issued: Alerts issued, by province.
        heard: Alerts that a person read or heard, by province.
        victims: People who made their first payment, by province.
        filed: Cases filed with the police, by province.
        episodes: ``episodes["gaming"]``: people drawn in, by fraud type.
        first_payments: ``first_payments["gaming"]``: people who made their first payment, by fraud type.
        busy_ms: ``busy_ms["call"]``: ms that officers of the call or the visit desk worked, by province.
        staffed_ms: ``staffed_ms["call"]``: ms that officers were on duty, by province.
        waiting: ``waiting["call"]``: alerts in the queue of the desk at midnight, by province.
        served: ``served["call"]``: calls or visits that ended, by province.
        expired: ``expired["call"]``: alerts that left the queue because their deadline passed, by province.
    """

    day: date
    provinces: tuple[int, ...]
    fraud_types: tuple[str, ...]
    attempts: ByName
    intercepted: NDArray[np.int64]
    issued: NDArray[np.int64]
    heard: NDArray[np.int64]
    victims: NDArray[np.int64]
    filed: NDArray[np.int64]
    episodes: ByName
    first_payments: ByName
    busy_ms: ByName
    staffed_ms: ByName
    waiting: ByName
    served: ByName
    expired: ByName

    @classmethod
    def of(cls, day: int, totals: DayTotals, provinces: Provinces, fraud_types: Sequence[str]) -> Self:
        """Return the day that has ended, from the engine's counts."""
        types = tuple(fraud_types)
        by_desk = {
            name: ByName(name, (DESK_LABELS,), totals.desks[..., at].T.copy()) for at, name in enumerate(DESK_COUNTS)
        }
        return cls(
            day=calendar_date(day),
            provinces=provinces.codes,
            fraud_types=types,
            attempts=ByName("attempts", (Channel.labels(), Fate.labels()), np.moveaxis(totals.attempts, 0, -1).copy()),
            intercepted=totals.intercepted.sum(axis=1),
            issued=totals.issued.copy(),
            heard=_numbers(totals.heard),
            victims=_numbers(totals.victims),
            filed=_numbers(totals.filed),
            episodes=ByName("episodes", (types,), totals.drawn_in.copy()),
            first_payments=ByName("first_payments", (types,), totals.first_payments.copy()),
            **by_desk,
        )

    def utilisation(self, desk: str) -> NDArray[np.float64]:
        """Return the share of the staffed time of a desk, ``call`` or ``visit``, that officers worked, by province.

        It is 0 where no officer was on duty, and may exceed 1 where services continued after the end of a shift.
        """
        busy, staffed = self.busy_ms[desk], self.staffed_ms[desk]
        share: NDArray[np.float64] = np.divide(busy, staffed, out=np.zeros(len(busy)), where=staffed > 0)
        return share


def _numbers(of_provinces: Sequence[Any]) -> NDArray[np.int64]:
    """Return the number of entries of each province."""
    return np.array([len(some) for some in of_provinces], dtype=np.int64)

"""Values of a day that components may change: from the scenario, or as last changed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.words import Detector, Fate, Tier
from sim.draws.distributions import CERTAIN
from sim.draws.distributions import thresholds as as_thresholds
from sim.gangs.routes import OnRoutes
from sim.midnight.filters import Filters
from sim.midnight.held import Held, Values
from sim.midnight.protocol import Common
from sim.shield import interception, sites


class Levels:
    """Coverage, thresholds of scores, d' of filters, blocking and staff of a day.

    Methods that return ``Values`` return them as components read and write them; the others as engines read them, with
    exactly the scenario's numbers unless a component has changed them.
    """

    def __init__(self, common: Common, held: Held) -> None:
        self._common = common
        self._held = held
        self._schedule = common.schedule
        self._timetable = common.timetable
        both = [getattr(common.spec.warning.detectors, name) for name in Detector.labels()]
        self._scores = np.array([[getattr(one.thresholds, tier) for tier in Tier.labels()] for one in both])

    def hold(self, name: str, values: Values, changed: NDArray[np.bool_]) -> None:
        """Keep changed values of a name."""
        self._held.hold(name, values, changed)

    def coverage(self, day: int) -> NDArray[np.int64]:
        """Return the coverage of each detector as thresholds, (2, P)."""
        seen = self._row(self._timetable.coverage, day, axis=1)
        held = self._held.of("coverage")
        return seen if held is None else np.where(np.isnan(held), seen, as_thresholds(held))

    def covered(self, day: int) -> Values:
        """Return the coverage of each detector as shares, (2, P)."""
        return self._held.over("coverage", self.coverage(day) / CERTAIN)

    def thresholds(self) -> Values:
        """Return the lowest score of each tier by detector, (2, 4)."""
        return self._held.over("thresholds", self._scores)

    def d_prime(self, filters: Filters) -> Values:
        """Return d' of the filters of calls and of SMS, (2, P)."""
        return self._held.over("d_prime", filters.d_prime.T)

    def blocked(self, day: int) -> Values:
        """Return the share of web sites, of apps and of accounts that are down, (3, P)."""
        return self._held.over("blocked", 1.0 - self._row(self._timetable.up, day).T)

    def gates(self, day: int, filters: Filters) -> dict[Fate, NDArray[np.int64]]:
        """Return the thresholds of gates 1, 4 and 5 by province: source regulation, filters, blocked sites.

        A change of d' by components becomes that of the filters.
        """
        spec = self._common.spec
        found = {fate: self._row(by_day, day) for fate, by_day in self._timetable.gates.items()}
        filters.d_prime = self.d_prime(filters).T
        found[Fate.INTERCEPTED] = interception.thresholds_of(spec, filters.d_prime)
        if (held := self._held.of("blocked")) is not None:
            up = np.where(np.isnan(held.T), self._row(self._timetable.up, day), 1.0 - held.T)
            found[Fate.SITE_BLOCKED] = sites.thresholds_of(spec, up)
        return found

    def routes(self, day: int) -> OnRoutes:
        """Return what measures do to the routes of attempts, (P, R) each."""
        return OnRoutes(*(self._row(by_day, day) for by_day in self._timetable.routes))

    def officers(self, day: int) -> Values:
        """Return the officers of each desk at a share on duty of 1, in the whole country, (2, P)."""
        return self._held.over("officers", self._schedule.officers(self._staff(day)).T)

    def staffed(self, day: int) -> NDArray[np.int64]:
        """Return the time on duty as simulated in ms, (P, 2 desks, 48 half hours); read only."""
        # The same layout on all days: kernels are compiled once per layout.
        staffed = np.ascontiguousarray(self._schedule.staffed(day, self._staff(day)))
        held = self._held.of("officers")
        if held is None:
            return staffed
        changed = self._schedule.staffed_by(day, np.nan_to_num(held.T))
        return np.ascontiguousarray(np.where(np.isnan(held.T)[..., None], staffed, changed))

    def _staff(self, day: int) -> NDArray[np.float64]:
        """Return the factors of staff on a day."""
        staff: NDArray[np.float64] = self._timetable.staff[self._timetable.row(day)]
        return staff

    def _row(self, by_day: NDArray[Any], day: int, axis: int = 0) -> NDArray[Any]:
        """Return a day's values by province, from those of all days by group; ``axis`` is that of provinces."""
        row: NDArray[Any] = by_day[self._timetable.row(day)]
        return row.take(self._timetable.alike, axis=axis)

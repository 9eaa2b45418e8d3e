"""Provinces as arrays, and the schedules of their desks.

Provinces as arrays: codes, people at simulated scale, and shares of national totals.

The schedule of desks: time on duty by day and half hour, from shifts and the growth of the staff.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOUR_MS, HALF_HOURS, weekday
from sim.base.words import DESK_LABELS
from sim.country.calendar import Days, Values, days_since, ramped
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.warning import ProvinceDesk, Shift, StaffGrowth

Spread = Callable[[Callable[[slice], None], int], None]
"""Calls a function for slices that cover all provinces, in any order or in parallel; returns when all are done."""


def at_once(work: Callable[[slice], None], provinces: int) -> None:
    """Call a function for all provinces at once: the ``Spread`` without threads."""
    work(slice(0, provinces))


def shares(weights: Sequence[float]) -> list[float]:
    """Return ``weights`` over their sum; the sum is rounded once, so that their order has no effect."""
    total = math.fsum(weights)
    return [weight / total for weight in weights]


@dataclass(frozen=True)
class Provinces:
    """The provinces in the order of the scenario's table, each field (P,).

    ``people`` at simulated scale, of whom the first ``high`` are the high exposure class; ``share`` of the nation's
    people; ``attempts`` and ``staff``: shares of the nation's potential attempts and desk staff.
    """

    codes: tuple[int, ...]
    names: tuple[str, ...]
    people: NDArray[np.int64]
    high: NDArray[np.int64]
    share: list[float]
    attempts: list[float]
    staff: list[float]

    @classmethod
    def of(cls, spec: ScenarioModel) -> "Provinces":
        """Return the provinces of a scenario; a sampled province keeps at least two people."""
        rows = spec.population.provinces
        people = [max(2, math.floor(row.population * spec.scale + 0.5)) for row in rows]
        high_share = spec.population.exposure.high_share
        high = [min(n - 1, max(1, math.floor(n * high_share + 0.5))) for n in people]
        share = shares([float(row.population) for row in rows])
        codes = tuple(row.code for row in rows)

        def weighted(weights: Mapping[str, float]) -> list[float]:
            factors = {int(code): factor for code, factor in weights.items()}
            return shares([part * factors.get(code, 1.0) for part, code in zip(share, codes, strict=True)])

        return cls(
            codes=codes,
            names=tuple(row.name for row in rows),
            people=np.array(people, dtype=np.int64),
            high=np.array(high, dtype=np.int64),
            share=share,
            attempts=weighted(spec.fraud.province_weights),
            staff=weighted(spec.desks.province_weights),
        )

    def __len__(self) -> int:
        """Return the number of provinces."""
        return len(self.codes)


FEW_SERVERS = 5.0
"""Staff x scale below which the waits of a desk do not represent the country."""

KEPT = 16
"""Number of computed days to keep: a week, which repeats while staff is constant, and some more."""

HALF_HOUR_MINUTES = 30


def desks_of(spec: ScenarioModel, provinces: Provinces) -> list[list[ProvinceDesk]]:
    """Return the desks of all provinces with growth and shifts filled in: one row for each kind of desk.

    A province without its own staff in the scenario has its share of the national staff.
    """
    table = []
    for desk in DESK_LABELS:
        settings = getattr(spec.desks, desk)
        own = {int(code): staff for code, staff in settings.by_province.items()}
        table.append(
            [
                settings.own(own.get(code, settings.staff * part))
                for code, part in zip(provinces.codes, provinces.staff, strict=True)
            ]
        )
    return table


def grown(days: Days, growth: StaffGrowth | None) -> Values:
    """Return the factor of a staff on each of the days, (D,): 1 without growth; before the first step, its factor."""
    if growth is None or growth.steps is None:
        return ramped(days, None if growth is None else growth.ramp)
    factors = np.full(len(days), growth.steps[0].factor)
    for step in growth.steps:
        factors[days_since(days, step.from_) >= 0] = step.factor
    return factors


class Schedule:
    """Time on duty by day.

    It is the staff of a province at simulated scale, times the share on duty, the factor of its growth and half an
    hour, to the nearest ms. Shares of overlapping shifts add up. Who may begin a service
    is in ``sim.warning.discipline``.
    """

    def __init__(self, spec: ScenarioModel, provinces: Provinces) -> None:
        table = desks_of(spec, provinces)
        self._scale = spec.scale
        self._staff = np.array([[desk.staff for desk in row] for row in table]).T
        self._shares = np.array([[shares_on_duty(desk.shifts) for desk in row] for row in table]).swapaxes(0, 1)
        self._growths: list[StaffGrowth | None] = []
        self._growth_of = np.array([[self._number(desk.growth) for desk in row] for row in table]).T
        self._with = lru_cache(maxsize=KEPT)(self._computed)

    def factors(self, days: Days) -> NDArray[np.float64]:
        """Return the factor of each growth of staff on each day, (D, growths)."""
        return np.array([grown(days, growth) for growth in self._growths]).T

    def staffed(self, day: int, factors: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
        """Return the time on duty of a day in ms, (P, 2 desks, 48 half hours); shared, so read only.

        ``factors`` are those of the day, computed if they are not given.
        """
        of_day = self.factors((day,))[0] if factors is None else factors
        return self._with(weekday(day), tuple(of_day.tolist()))

    def officers(self, factors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the officers in the whole country if all were on duty, (P, 2 desks), on a day of these ``factors``."""
        officers: NDArray[np.float64] = self._staff * factors[self._growth_of]
        return officers

    def staffed_by(self, day: int, officers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the time on duty of a day in ms, (P, 2, 48), of these numbers of officers (P, 2)."""
        return _in_ms(officers[..., None] * self._shares[:, :, weekday(day) - 1], self._scale)

    def on_duty(self, days: Sequence[int]) -> NDArray[np.float64]:
        """Return the staff on duty on some days in the whole country, (days, P, 2 desks, 48 half hours)."""
        return np.array(
            [self._on_duty(weekday(day), of_day) for day, of_day in zip(days, self.factors(days), strict=True)]
        )

    def never_staffed(self, first: int, last: int) -> int:
        """Return how many desks have no server on any day from a first to a last day number."""
        ever = np.zeros(self._staff.shape, dtype=bool)
        for of_week, some in {(of_week, tuple(f > 0 for f in factors)) for of_week, factors in self._days(first, last)}:
            ever |= self._on_duty(of_week, some).any(axis=2)
        return int((~ever).sum())

    def most(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the largest staff at simulated scale between two day numbers, if all were on duty, (P, 2)."""
        largest = self.factors(range(first, last + 1)).max(axis=0)
        most: NDArray[np.float64] = self._staff * largest[self._growth_of] * self._scale
        return most

    def multiples(self, desk: int, first: int, last: int) -> tuple[float, float]:
        """Return the smallest positive and the largest factor of a desk's staff from a first to a last day number.

        A factor is the share on duty times growth, over all provinces; 1 and 1 for a desk that never has staff.
        """
        days = set(self._days(first, last))
        least, most = math.inf, 0.0
        for of_week, factors in days:
            multiples = self._shares[:, desk, of_week - 1] * np.array(factors)[self._growth_of[:, desk], None]
            least = min(least, float(multiples.min(where=multiples > 0.0, initial=math.inf)))
            most = max(most, float(multiples.max()))
        return (least, most) if most > 0.0 else (1.0, 1.0)

    def _number(self, growth: StaffGrowth | None) -> int:
        if growth not in self._growths:
            self._growths.append(growth)
        return self._growths.index(growth)

    def _days(self, first: int, last: int) -> list[tuple[int, tuple[float, ...]]]:
        """Return the weekday and the factors of each day from a first to a last day number."""
        days = range(first, last + 1)
        return [(weekday(day), tuple(of_day)) for day, of_day in zip(days, self.factors(days).tolist(), strict=True)]

    def _on_duty(self, of_week: int, factors: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the staff on duty at full scale."""
        on_duty: NDArray[np.float64] = self._staff[..., None] * self._shares[:, :, of_week - 1]
        on_duty *= np.array(factors)[self._growth_of][..., None]
        return on_duty

    def _computed(self, of_week: int, factors: tuple[float, ...]) -> NDArray[np.int64]:
        return _in_ms(self._on_duty(of_week, factors), self._scale)


def _in_ms(staff: NDArray[np.float64], scale: float) -> NDArray[np.int64]:
    """Return the ms on duty in half an hour of a staff at a scale."""
    return np.floor(staff * scale * HALF_HOUR_MS + 0.5).astype(np.int64)


def shares_on_duty(shifts: Sequence[Shift] | None) -> NDArray[np.float64]:
    """Return the share of a staff that is on duty, (7 weekdays from Monday, 48 half hours)."""
    shares = np.zeros((7, HALF_HOURS))
    for shift in shifts or ():
        for of_week in shift.weekdays:
            shares[of_week - 1, shift.start // HALF_HOUR_MINUTES : shift.end // HALF_HOUR_MINUTES] += shift.share
    return shares


def staff_of(spec: ScenarioModel, provinces: Provinces) -> list[list[float]]:
    """Return the staff before growth if all were on duty: a row for each desk, a number for each province."""
    return [[desk.staff for desk in row] for row in desks_of(spec, provinces)]


def thin_desks(schedule: Schedule, first: int, last: int) -> int:
    """Return the number of desks that have staff, but always fewer than five servers at simulated scale."""
    most = schedule.most(first, last)
    return int(((most > 0.0) & (most < FEW_SERVERS)).sum())

"""The schedule of desks: servers on duty on a day, by half hour, as shifts and the growth of the staff say."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.country.calendar import ramped
from sim.country.provinces import Provinces
from sim.days import HALF_HOURS, calendar_date, weekday
from sim.scenario.schema import ScenarioModel
from sim.scenario.schema.warning import ProvinceDesk, Shift, StaffGrowth
from sim.words import DESK_LABELS

FEW_SERVERS = 5.0
"""Staff x scale below which a desk is so small that its waits are not the country's."""

KEPT = 16
"""Days whose servers are kept: a week's, which come again while no staff changes, and yesterday's."""

HALF_HOUR_MINUTES = 30


class Roster(NamedTuple):
    """What the scenario says of one desk in one province."""

    staff: float
    growth: StaffGrowth | None
    shifts: list[Shift]


def rosters(spec: ScenarioModel, provinces: Provinces) -> list[list[Roster]]:
    """Return what the scenario says of each desk, of the country: a row a desk, one a province.

    The staff is the province's own where the desk gives it one, else its share of the national staff.
    """
    table = []
    for desk in DESK_LABELS:
        settings = getattr(spec.desks, desk)
        by_code = {int(code): own for code, own in settings.by_province.items()}
        row = []
        for code, part in zip(provinces.codes, provinces.staff, strict=True):
            own = by_code.get(code, settings.staff * part)
            if not isinstance(own, ProvinceDesk):
                own = ProvinceDesk(staff=own)
            row.append(Roster(own.staff, own.growth or settings.growth, own.shifts or settings.shifts))
        table.append(row)
    return table


def grown(day: int, growth: StaffGrowth | None) -> float:
    """Return the factor of a staff on a day, 1 without growth; before the first step it is that step's."""
    if growth is None:
        return 1.0
    if growth.steps is None:
        return ramped(day, growth.ramp)
    today = calendar_date(day)
    return next((step.factor for step in reversed(growth.steps) if step.from_ <= today), growth.steps[0].factor)


class Schedule:
    """Servers on duty by day.

    Staff of a province at simulated scale times the share on duty and the factor of its growth, rounded half up, at
    least one where anybody is on duty; shares of shifts that overlap add up.

    Args:
        spec: The scenario.
        provinces: Its provinces.
    """

    def __init__(self, spec: ScenarioModel, provinces: Provinces) -> None:
        table = rosters(spec, provinces)
        self._scale = spec.scale
        self._staff = np.array([[roster.staff for roster in row] for row in table]).T
        self._shares = np.array([[shares_on_duty(roster.shifts) for roster in row] for row in table]).swapaxes(0, 1)
        self._growths: list[StaffGrowth | None] = []
        # Few growths are told apart, and no day asks for more factors than that.
        self._growth_of = np.array([[self._number(roster.growth) for roster in row] for row in table]).T
        self._with = lru_cache(maxsize=KEPT)(self._computed)

    def servers(self, day: int) -> NDArray[np.int64]:
        """Return the servers on duty on a day, (P, 2 desks, 48 half hours); it is shared, so nobody writes to it."""
        return self._with(weekday(day), self._factors(day))

    def never_staffed(self, first: int, last: int) -> int:
        """Return how many desks have no server on any day from a first to a last day number."""
        ever = np.zeros(self._staff.shape, dtype=bool)
        for of_week, some in {
            (weekday(day), tuple(f > 0 for f in self._factors(day))) for day in range(first, last + 1)
        }:
            ever |= self._on_duty(of_week, some).any(axis=2)
        return int((~ever).sum())

    def most(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the most staff, at a share on duty of 1 and as simulated, of the days from one to another, (P, 2)."""
        largest = np.array([self._factors(day) for day in range(first, last + 1)]).max(axis=0)
        most: NDArray[np.float64] = self._staff * largest[self._growth_of] * self._scale
        return most

    def _number(self, growth: StaffGrowth | None) -> int:
        if growth not in self._growths:
            self._growths.append(growth)
        return self._growths.index(growth)

    def _factors(self, day: int) -> tuple[float, ...]:
        return tuple(grown(day, growth) for growth in self._growths)

    def _on_duty(self, of_week: int, factors: Sequence[float]) -> NDArray[np.float64]:
        """Return the staff on duty at full scale."""
        on_duty: NDArray[np.float64] = self._staff[..., None] * self._shares[:, :, of_week - 1]
        on_duty *= np.array(factors)[self._growth_of][..., None]
        return on_duty

    def _computed(self, of_week: int, factors: tuple[float, ...]) -> NDArray[np.int64]:
        on_duty = self._on_duty(of_week, factors)
        seats = np.maximum(1.0, np.floor(on_duty * self._scale + 0.5))
        return np.where(on_duty > 0.0, seats, 0.0).astype(np.int64)


def shares_on_duty(shifts: Sequence[Shift]) -> NDArray[np.float64]:
    """Return the share of a staff that is on duty, (7 weekdays from Monday, 48 half hours)."""
    shares = np.zeros((7, HALF_HOURS))
    for shift in shifts:
        for of_week in shift.weekdays:
            shares[of_week - 1, shift.start // HALF_HOUR_MINUTES : shift.end // HALF_HOUR_MINUTES] += shift.share
    return shares


def staff_of(spec: ScenarioModel, provinces: Provinces) -> list[list[float]]:
    """Return the staff of each desk at a share on duty of 1 before growth: a row a desk, a number a province."""
    return [[roster.staff for roster in row] for row in rosters(spec, provinces)]


def thin_desks(schedule: Schedule, first: int, last: int) -> int:
    """Return how many desks have staff, but fewer than five as simulated even at its most: their waits are too short.

    Args:
        schedule: The schedule.
        first: The first day number that counts.
        last: The last one.
    """
    most = schedule.most(first, last)
    return int(((most > 0.0) & (most < FEW_SERVERS)).sum())

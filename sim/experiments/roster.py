"""Rosters: how many seats of a desk are on duty in each half hour of each kind of day.

Seats are whole numbers at simulated scale, before growth. This module knows the days of a week and how seats become
shifts; where loads come from and which rosters are tried is the affair of ``rostering`` and ``staffing``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOURS
from sim.country.schedule import HALF_HOUR_MINUTES, thinned
from sim.scenario.scalars import clock_text

Seats = NDArray[np.int64]
"""Seats on duty, (kinds of days, 48 half hours)."""

APART = 0.1
"""How much more or less a weekday must bring than the mean of the week to be staffed by itself."""

STANDARD_ERRORS = 3.0
"""By how many standard errors of its own number of alerts it must, too: chance alone is no reason."""

LEAST_LOAD = 0.01
"""Seats that a half hour in which the desk is open has to do at least: what was never busy may be."""

HALVINGS = 200
"""Halvings after which two real bounds have met."""


@dataclass(frozen=True)
class Week:
    """The kinds of days of a desk: weekdays with the same shares on duty that bring about as much.

    Attributes:
        kinds: Weekdays of each kind, Monday 1 to Sunday 7.
        days: How many days of the period are of each kind, with replicates once; a kind may have none.
        shares: The share of a flat staff that is on duty, (kinds, 48 half hours).
    """

    kinds: tuple[tuple[int, ...], ...]
    days: tuple[int, ...]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, shares: NDArray[np.float64], levels: Sequence[int], days: Sequence[int]) -> "Week":
        """Tell the kinds of days apart.

        Args:
            shares: The share of a flat staff that is on duty, (7 weekdays, 48 half hours).
            levels: What ``levels`` says of each weekday.
            days: How many days of the period are of each weekday.

        Returns:
            The kinds, in the order of their first weekdays.
        """
        kinds: dict[tuple[int, bytes], list[int]] = {}
        for number in range(7):
            kinds.setdefault((levels[number], shares[number].tobytes()), []).append(number + 1)
        return cls(
            tuple(tuple(weekdays) for weekdays in kinds.values()),
            tuple(sum(days[one - 1] for one in weekdays) for weekdays in kinds.values()),
            shares[[weekdays[0] - 1 for weekdays in kinds.values()]],
        )

    @cached_property
    def staffed(self) -> NDArray[np.bool_]:
        """The half hours whose seats are looked for: the desk is open, and such a day is simulated; (kinds, 48)."""
        staffed: NDArray[np.bool_] = (self.shares > 0.0) & (np.array(self.days)[:, None] > 0)
        return staffed

    def flat(self, seats: int) -> "Roster":
        """Return the roster of a flat staff, of which each shift has its share."""
        return Roster(self, thinned(self.shares * seats, 1.0))

    def summed(self, of_weekdays: NDArray[Any]) -> NDArray[np.float64]:
        """Return sums over the weekdays of each kind, (kinds, 48), of what is given by weekday, (7, 48) or (7, 1)."""
        return np.array([of_weekdays[[one - 1 for one in weekdays]].sum(axis=0) for weekdays in self.kinds])


def levels(alerts: Sequence[int], days: Sequence[int]) -> list[int]:
    """Tell weekdays with more (1), with fewer (-1) and with about as many alerts as the mean of the week (0) apart.

    Args:
        alerts: Alerts issued on each weekday.
        days: How many days are of each weekday.

    Returns:
        A level each weekday; 0 for those without a day.
    """
    whole = sum(days)
    mean = sum(alerts) / whole if whole else 0.0
    found = []
    for count, number in zip(alerts, days, strict=True):
        apart = count - mean * number
        enough = abs(apart) > max(APART * mean * number, STANDARD_ERRORS * math.sqrt(max(count, mean * number)))
        found.append(int(math.copysign(1, apart)) if number and enough else 0)
    return found


@dataclass(frozen=True)
class Roster:
    """Seats on duty by half hour and kind of day.

    Attributes:
        week: The kinds of days.
        seats: Seats on duty.
    """

    week: Week
    seats: Seats

    def less(self, place: tuple[int, int], seats: int) -> "Roster":
        """Return it with fewer seats at one place, (kind, half hour)."""
        fewer = self.seats.copy()
        fewer[place] -= seats
        return replace(self, seats=fewer)

    def desk(self, scale: float) -> dict[str, Any]:
        """Return ``staff`` and ``shifts`` of a scenario at some scale that come to these seats.

        The staff is that of the fullest half hour. Shares have the decimals that tell its seats apart. A desk
        without any seat has no shifts.
        """
        most = int(self.seats.max())
        staff = round(most / scale)
        if not most:
            return {"staff": 0}
        decimals = len(str(most)) + 2
        shifts: dict[tuple[int, int, int], list[int]] = {}
        for weekdays, row in zip(self.week.kinds, self.seats.tolist(), strict=True):
            for number, places in groupby(range(HALF_HOURS), key=row.__getitem__):
                if number:
                    shift = list(places)
                    shifts.setdefault((shift[0], shift[-1] + 1, number), []).extend(weekdays)
        return {
            "staff": staff,
            "shifts": [
                {
                    "weekdays": sorted(weekdays),
                    "start": half_hour_text(start),
                    "end": half_hour_text(end),
                    "share": round(number / most, decimals),
                }
                for (start, end, number), weekdays in sorted(shifts.items())
            ],
        }


def half_hour_text(number: int) -> str:
    """Return when a half hour of the day begins, such as 07:30."""
    return clock_text(number * HALF_HOUR_MINUTES)


class Shape:
    """How seats are laid out over the half hours, however many they are.

    In a half hour with the load m, the k-th seat comes with the quality z at which m + z sqrt(m), rounded half up, is
    k: the square-root rule of safety staffing. Seats are taken in the order of their quality, so that every number of
    seats is one roster, and more of them never mean fewer in any half hour.

    Args:
        kept: The roster that half hours have in which no seats are looked for.
        load: The load of each half hour in seats, (kinds, 48).
    """

    def __init__(self, kept: Roster, load: NDArray[np.float64]) -> None:
        self._kept = kept
        self._places = np.nonzero(kept.week.staffed)
        self._load = np.maximum(load[self._places], LEAST_LOAD)

    def roster(self, number: int) -> Roster:
        """Return the roster with so many seats, of all half hours that seats are looked for in."""
        low, high = -math.sqrt(self._load.max()) - 1.0, 1.0
        while self._at(high).sum() <= number:
            high = 2.0 * high
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            if not low < middle < high:
                break
            if self._at(middle).sum() <= number:
                low = middle
            else:
                high = middle
        seats, more = self._at(low), self._at(high)
        left = number - int(seats.sum())
        # Seats that come with the same quality: the earliest half hours have theirs first.
        for place in np.nonzero(more > seats)[0]:
            step = min(left, int(more[place] - seats[place]))
            seats[place] += step
            left -= step
        table = self._kept.seats.copy()
        table[self._places] = seats
        return Roster(self._kept.week, table)

    def covering(self, roster: Roster) -> int:
        """Return a number with which no half hour has fewer seats than in another roster."""
        wanted = roster.seats[self._places]
        return (
            int(self._at(float(((wanted - self._load) / np.sqrt(self._load)).max()) + 1e-9).sum()) if len(wanted) else 0
        )

    def at(self, quality: float) -> int:
        """Return how many seats have at least a quality."""
        return int(self._at(quality).sum())

    def _at(self, quality: float) -> Seats:
        seats = np.floor(self._load + quality * np.sqrt(self._load) + 0.5)
        return np.maximum(seats, 0.0).astype(np.int64)


def put_off(load: NDArray[np.float64], staffed: NDArray[np.bool_], half_hours: int) -> NDArray[np.float64]:
    """Return a load of which each half hour's part is done evenly in it and in so many after it, where these are open.

    The day is taken for a circle; what comes where the desk is closed is left out, as there it is only finished.
    """
    later = np.zeros_like(load)
    for kind, start in zip(*np.nonzero(staffed), strict=True):
        places = (start + np.arange(min(half_hours, HALF_HOURS - 1) + 1)) % HALF_HOURS
        places = places[staffed[kind, places]]
        later[kind, places] += load[kind, start] / len(places)
    return later

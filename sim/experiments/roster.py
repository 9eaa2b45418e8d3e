"""Rosters: how many seats of a desk are on duty in each half hour of each kind of day, and the search for small ones.

Seats are whole numbers at simulated scale, before growth. ``half_hours`` provides loads and trials; keys are provinces.
"""

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.base.days import HALF_HOURS
from sim.country.schedule import HALF_HOUR_MINUTES
from sim.experiments.bisection import bisect, settle
from sim.scenario.scalars import clock_text

Seats = NDArray[np.int64]
"""Seats on duty, (kinds of days, 48 half hours)."""

APART = 0.1
"""How much more or less a weekday must bring than the mean of the week to be staffed by itself."""

STANDARD_ERRORS = 3.0
"""The difference must also exceed this number of standard errors, so that noise does not count."""

LEAST_LOAD = 0.01
"""The least load of a half hour in which the desk is open, in seats: one that was never busy may be later."""

HALVINGS = 200
"""Halvings after which two real bounds have met."""


@dataclass(frozen=True)
class Week:
    """The kinds of days of a desk: weekdays with the same shares on duty and about the same number of alerts.

    ``kinds`` has the weekdays of each kind, Monday 1 to Sunday 7; ``days`` their number in the period of one replicate,
    which may be 0; ``shares`` the share of a flat staff that is on duty, (kinds, 48 half hours).
    """

    kinds: tuple[tuple[int, ...], ...]
    days: tuple[int, ...]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, shares: NDArray[np.float64], levels: Sequence[int], days: Sequence[int]) -> "Week":
        """Group weekdays by their share on duty, (7, 48), and level; days of the period by weekday are added up."""
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
        """The half hours whose seats are searched: the desk is open, and such a day is simulated; (kinds, 48)."""
        staffed: NDArray[np.bool_] = (self.shares > 0.0) & (np.array(self.days)[:, None] > 0)
        return staffed

    def flat(self, seats: int) -> "Roster":
        """Return the roster of a flat staff: each shift has its share."""
        whole = np.maximum(self.shares > 0.0, np.floor(self.shares * seats + 0.5))
        return Roster(self, whole.astype(np.int64))

    def summed(self, of_weekdays: NDArray[Any]) -> NDArray[np.float64]:
        """Return sums over the weekdays of each kind, (kinds, 48), from values by weekday, (7, 48) or (7, 1)."""
        return np.array([of_weekdays[[one - 1 for one in weekdays]].sum(axis=0) for weekdays in self.kinds])


def levels(alerts: Sequence[int], days: Sequence[int]) -> list[int]:
    """Return for each weekday whether it has more (1), fewer (-1) or about as many alerts (0) as the week's mean."""
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
    """Seats on duty by half hour and kind of day."""

    week: Week
    seats: Seats

    def less(self, place: tuple[int, int], seats: int) -> "Roster":
        """Return the roster with fewer seats at one place, (kind, half hour)."""
        fewer = self.seats.copy()
        fewer[place] -= seats
        return replace(self, seats=fewer)

    def desk(self, scale: float) -> dict[str, Any]:
        """Return ``staff`` and ``shifts`` of a scenario that give these seats at a scale.

        The staff is that of the fullest half hour. Shares have enough decimals to tell its seats apart. A desk without
        seats has no shifts.
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
    """A way to distribute any number of seats over the half hours, by their load in seats, (kinds, 48).

    In a half hour with load m, the k-th seat has the quality z at which m + z sqrt(m), rounded half up, is k: the
    square-root rule of safety staffing. Seats are taken in order of quality, so that each number of seats gives one
    roster, and more seats never mean fewer in any half hour. ``kept`` is the roster of half hours whose seats are not
    searched.
    """

    def __init__(self, kept: Roster, load: NDArray[np.float64]) -> None:
        self._kept = kept
        self._places = np.nonzero(kept.week.staffed)
        self._load = np.maximum(load[self._places], LEAST_LOAD)

    def roster(self, number: int) -> Roster:
        """Return the roster with this total of seats over all searched half hours."""
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
        # Seats with the same quality: the earliest half hours come first.
        for place in np.nonzero(more > seats)[0]:
            step = min(left, int(more[place] - seats[place]))
            seats[place] += step
            left -= step
        table = self._kept.seats.copy()
        table[self._places] = seats
        return Roster(self._kept.week, table)

    def covering(self, roster: Roster) -> int:
        """Return a number of seats with which no half hour has fewer than in another roster."""
        wanted = roster.seats[self._places]
        if not len(wanted):
            return 0
        return self.at(float(((wanted - self._load) / np.sqrt(self._load)).max()) + 1e-9)

    def at(self, quality: float) -> int:
        """Return how many seats have at least a quality."""
        return int(self._at(quality).sum())

    def _at(self, quality: float) -> Seats:
        seats = np.floor(self._load + quality * np.sqrt(self._load) + 0.5)
        return np.maximum(seats, 0.0).astype(np.int64)


def delayed(load: NDArray[np.float64], staffed: NDArray[np.bool_], half_hours: int) -> NDArray[np.float64]:
    """Return a load with each half hour's part spread evenly over it and the open ones of the next ``half_hours``.

    The day is treated as a circle. Load of closed half hours is left out: they only finish services.
    """
    later = np.zeros_like(load)
    for kind, start in zip(*np.nonzero(staffed), strict=True):
        places = (start + np.arange(min(half_hours, HALF_HOURS - 1) + 1)) % HALF_HOURS
        places = places[staffed[kind, places]]
        later[kind, places] += load[kind, start] / len(places)
    return later


Rosters = dict[int, Roster]

PARTS = 4
"""The first step of the descent removes the seats of a half hour divided by this number."""


@dataclass(frozen=True)
class Tried:
    """The result of trying a roster: whether it is enough, and its paid time, on duty and overtime."""

    enough: bool
    time: int


Trials = Callable[[Sequence[Rosters]], Sequence[Mapping[int, Tried]]]
"""Tries several sets of rosters, each separately; returns the result of each key of each set."""


@dataclass(frozen=True)
class Start:
    """A shape and the number of seats at which its search begins; ``most`` seats are known to be enough."""

    shape: Shape
    first: int
    most: int


@dataclass(frozen=True)
class Found:
    """Rosters that were tried together; those of ``unsettled`` keys were not enough at the end of the search."""

    rosters: Rosters
    unsettled: frozenset[int]


def find_rosters(
    trials: Trials, starts: Mapping[int, Sequence[Start]], trims: int, tell: Callable[[str], None]
) -> Found:
    """Return small rosters that are enough, with the keys for which they were not.

    For each shape the number of seats is bisected, all keys and shapes at once. Each key takes the shape whose roster
    has the least paid time, and the numbers are settled together. Then at most ``trims`` trials take seats out of
    single half hours. All keys have the same number of shapes (``starts``).
    """
    shapes = {(key, number): one for key, own in starts.items() for number, one in enumerate(own)}
    count = max((number + 1 for _, number in shapes), default=0)
    times: dict[tuple[int, int, int], float] = {}

    def all_shapes(numbers: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], bool]:
        sets = [
            {key: start.shape.roster(numbers[key, which]) for (key, which), start in shapes.items() if which == number}
            for number in range(count)
        ]
        tried = trials(sets)
        for key, which in shapes:
            times[key, which, numbers[key, which]] = tried[which][key].time
        return {(key, which): tried[which][key].enough for key, which in shapes}

    numbers = bisect(
        all_shapes,
        {place: start.first for place, start in shapes.items()},
        {place: start.most for place, start in shapes.items()},
    )
    best = {
        key: min((times.get((key, which, numbers[key, which]), math.inf), which) for which in range(len(own)))[1]
        for key, own in starts.items()
    }
    tell("each province has its shape of the day; now all together")

    def chosen(seats: Mapping[int, int]) -> Rosters:
        return {key: starts[key][best[key]].shape.roster(number) for key, number in seats.items()}

    def together(seats: Mapping[int, int]) -> dict[int, bool]:
        return {key: one.enough for key, one in trials([chosen(seats)])[0].items()}

    settled = settle(together, {key: numbers[key, best[key]] for key in starts})
    rosters = chosen(settled.numbers)
    if not trims:
        return Found(rosters, settled.unsettled)
    tell("removing seats that no half hour needs")
    return _descended(trials, rosters, settled.unsettled, trims)


def _descended(trials: Trials, rosters: Rosters, unsettled: frozenset[int], trims: int) -> Found:
    """Take seats out of single half hours, one step of every settled key in each trial, while the rest is enough."""
    ways = {key: [roster] for key, roster in rosters.items()}
    descents = {key: _Descent(roster) for key, roster in rosters.items() if key not in unsettled}
    times = {key: one.time for key, one in trials([rosters])[0].items()}
    for _ in range(trims):
        steps = {key: descent.step(ways[key][-1]) for key, descent in descents.items() if descent}
        if not steps:
            break
        now = {key: way[-1] for key, way in ways.items()}
        tried = trials([{**now, **steps}])[0]
        for key, roster in steps.items():
            # Without a seat whose service only outlasts its shift there is overtime: a step must save paid time.
            better = tried[key].enough and tried[key].time < times[key]
            descents[key].told(better)
            if better:
                ways[key].append(roster)
                times[key] = tried[key].time
    # All together at last: where that is not enough, the last step of the key is undone.
    while True:
        now = {key: way[-1] for key, way in ways.items()}
        short = {key for key, one in trials([now])[0].items() if not one.enough}
        back = {key for key in short if len(ways[key]) > 1}
        if not back:
            return Found(now, frozenset(short))
        for key in back:
            ways[key].pop()


class _Descent:
    """The steps in which seats are taken out of the half hours of one roster, those with the largest saving first."""

    def __init__(self, roster: Roster) -> None:
        self._days = roster.week.days
        self._heap: list[tuple[int, int, int, int]] = []
        for kind, row in enumerate(roster.seats.tolist()):
            for half_hour, seats in enumerate(row):
                if seats and self._days[kind]:
                    self._push(max(1, seats // PARTS), kind, half_hour)

    def __bool__(self) -> bool:
        """Return whether any step is left."""
        return bool(self._heap)

    def step(self, roster: Roster) -> Roster:
        """Return the roster after the next step."""
        _, kind, half_hour, self._seats = heapq.heappop(self._heap)
        self._kind, self._half_hour = kind, half_hour
        stepped = roster.less((kind, half_hour), self._seats)
        self._left = int(stepped.seats[kind, half_hour])
        return stepped

    def told(self, better: bool) -> None:
        """Record whether the last step was an improvement: then the same half hour again, else half as many seats."""
        seats = min(self._seats, self._left) if better else self._seats // 2
        if seats:
            self._push(seats, self._kind, self._half_hour)

    def _push(self, seats: int, kind: int, half_hour: int) -> None:
        heapq.heappush(self._heap, (-seats * self._days[kind], kind, half_hour, seats))

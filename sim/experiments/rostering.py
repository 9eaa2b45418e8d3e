"""Rostering: for each key a roster with few half hours that is enough, by trials of many keys at once.

Keys are provinces; what a trial is, ``staffing`` says. The search has a start, a bisection and a descent, see
``found``.
"""

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sim.experiments.bisection import bisect, settle
from sim.experiments.roster import Roster, Shape

Rosters = dict[int, Roster]

PARTS = 4
"""The first step of the descent takes a seat in so many out of a half hour."""


@dataclass(frozen=True)
class Tried:
    """What a roster was found to be: whether it is enough, and the time that it pays for, on duty or overtime."""

    enough: bool
    time: int


Trials = Callable[[Sequence[Rosters]], Sequence[Mapping[int, Tried]]]
"""Tries several sets of rosters, each by itself, and says of each key of each set what its roster was found to be."""


@dataclass(frozen=True)
class Start:
    """A shape and the number of its seats at which the search begins; ``most`` are known to be enough."""

    shape: Shape
    first: int
    most: int


@dataclass(frozen=True)
class Found:
    """Rosters that were tried together; those of ``unsettled`` keys were not enough when the search was given up."""

    rosters: Rosters
    unsettled: frozenset[int]


def found(trials: Trials, starts: Mapping[int, Sequence[Start]], trims: int, tell: Callable[[str], None]) -> Found:
    """Find rosters that are enough.

    For each shape the number of seats is bisected, all keys and shapes at once; each key has the shape whose roster
    pays for the least time, and the numbers are settled together. Then seats are taken out of single half hours.

    Args:
        trials: Tries rosters.
        starts: Shapes by key, as many of each.
        trims: The most trials of the descent.
        tell: Called with a line at each step.

    Returns:
        The rosters, with the keys for which they were not enough.
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
    tell("each province has its shape of the day; all of them together now")

    def chosen(seats: Mapping[int, int]) -> Rosters:
        return {key: starts[key][best[key]].shape.roster(number) for key, number in seats.items()}

    def together(seats: Mapping[int, int]) -> dict[int, bool]:
        return {key: one.enough for key, one in trials([chosen(seats)])[0].items()}

    settled = settle(together, {key: numbers[key, best[key]] for key in starts})
    rosters = chosen(settled.numbers)
    if not trims:
        return Found(rosters, settled.unsettled)
    tell("seats that no half hour needs")
    return _descended(trials, rosters, settled.unsettled, trims)


def _descended(trials: Trials, rosters: Rosters, unsettled: frozenset[int], trims: int) -> Found:
    """Take seats out of single half hours, in each trial one step of every key, while what is left is enough.

    A step must save time that is paid for: seats whose services only outlast them would be overtime instead. At last
    all are tried together; where that is not enough, the last step of the key is taken back.

    Args:
        trials: Tries rosters.
        rosters: Where the descent begins, by key.
        unsettled: Keys that are left as they are.
        trims: The most trials of it, without those at last.

    Returns:
        The rosters, with the keys for which they were not enough at last.
    """
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
            better = tried[key].enough and tried[key].time < times[key]
            descents[key].told(better)
            if better:
                ways[key].append(roster)
                times[key] = tried[key].time
    while True:
        now = {key: way[-1] for key, way in ways.items()}
        short = {key for key, one in trials([now])[0].items() if not one.enough}
        back = {key for key in short if len(ways[key]) > 1}
        if not back:
            return Found(now, frozenset(short))
        for key in back:
            ways[key].pop()


class _Descent:
    """The steps in which seats are taken out of the half hours of one roster, those that save most first."""

    def __init__(self, roster: Roster) -> None:
        self._days = roster.week.days
        self._heap: list[tuple[int, int, int, int]] = []
        for kind, row in enumerate(roster.seats.tolist()):
            for half_hour, seats in enumerate(row):
                if seats and self._days[kind]:
                    self._push(max(1, seats // PARTS), kind, half_hour)

    def __bool__(self) -> bool:
        """Return whether anything is left to be tried."""
        return bool(self._heap)

    def step(self, roster: Roster) -> Roster:
        """Return the roster after the next step."""
        _, kind, half_hour, self._seats = heapq.heappop(self._heap)
        self._kind, self._half_hour = kind, half_hour
        stepped = roster.less((kind, half_hour), self._seats)
        self._left = int(stepped.seats[kind, half_hour])
        return stepped

    def told(self, better: bool) -> None:
        """Take note whether the last step was one for the better: the same half hour again, or by half as much."""
        seats = min(self._seats, self._left) if better else self._seats // 2
        if seats:
            self._push(seats, self._kind, self._half_hour)

    def _push(self, seats: int, kind: int, half_hour: int) -> None:
        heapq.heappush(self._heap, (-seats * self._days[kind], kind, half_hour, seats))

"""The world of a run: events in the model's order, desks, the day's macro state, and all counts.

Events at a moment and in a phase: the model's order within a tick, as SimPy priorities.

A desk: servers on duty and one queue, ordered by tier, then by the desk's discipline, then by identity.

SimPy's own resources grant inside the request, have a fixed capacity and sort by request time. This one extends
``BaseResource`` as SimPy suggests: its put queue is a heap, and a trigger only schedules one dispatch event a tick,
after everything else in that tick has happened.

The world of a run: one environment, the day's macro state, the desks, and all counts.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import Event, EventPriority
from simpy.resources.base import BaseResource, Get, Put

from sim.base.days import DAY_MS, HALF_HOUR_MS
from sim.base.words import DESKS, ContactChannel
from sim.draws.identity import DETECTOR_MASK, DETECTOR_SHIFT, INDEX_SHIFT, STAGE_MASK
from sim.engines.tables import Books, Phase, Tables
from sim.midnight.today import DayTotals, Today
from sim.scenario.schema import ScenarioModel
from sim.store.recorder import Recorder
from sim.warning.discipline import debt_after, may_begin

FIRST_PHASE = 2
"""SimPy's own events (process starts, interrupts, grants) have priority 0 and 1: they happen at once."""


def priority(phase: int, identity: int = 0, kind: int = 0) -> EventPriority:
    """Return one integer that sorts by (phase, origin, stage, kind, detector).

    ``identity`` is an origin or an alert; ``kind`` one of ``sim.engines.tables`` (below 16).
    """
    origin = identity >> INDEX_SHIFT
    stage = identity & STAGE_MASK
    detector = (identity >> DETECTOR_SHIFT) & DETECTOR_MASK
    return EventPriority((((((FIRST_PHASE + phase) << 60 | origin) << 4 | stage) << 4 | kind) << 1) | detector)


class At(Event):
    """An event at a moment (ms), in a phase, in the order of an identity; processes wait for it by yielding it."""

    def __init__(self, env: simpy.Environment, moment: int, order: EventPriority) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, order, moment - env.now)


def call_at(env: simpy.Environment, moment: int, order: EventPriority, action: Callable[[], None]) -> None:
    """Call ``action`` at a moment, in the given order within its tick."""
    At(env, moment, order).callbacks.append(lambda _: action())


AFTER_DISPATCH = 1
"""Puts lending after the dispatches of one tick."""

Rank = tuple[int, int, int]
"""Tier (0 is the most urgent), place within it by the desk's discipline, identity of the alert."""


class Request(Put["Desk"]):
    """A place in the queue; the event happens when a server takes the alert, and its value is the server's desk."""

    def __init__(self, desk: "Desk", rank: Rank) -> None:
        self.rank = rank
        self.since = int(desk.env.now)
        super().__init__(desk)


class WaitingLine:
    """Requests in order of rank, from which any can be removed at once.

    One alert may join twice, after its first request is removed, so entries also have the moment.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Rank, int, Request]] = []
        self._reneged: set[Request] = set()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._heap) - len(self._reneged)

    def __iter__(self) -> Iterator[Request]:
        """Iterate over those who wait, in no order."""
        return (request for _, _, request in self._heap if request not in self._reneged)

    def append(self, request: Request) -> None:
        """Add a request."""
        heapq.heappush(self._heap, (request.rank, request.since, request))

    def remove(self, request: Request) -> None:
        """Remove a request that has not been served."""
        self._reneged.add(request)

    def next(self) -> Request:
        """Remove the first request and return it."""
        while True:
            _, _, request = heapq.heappop(self._heap)
            if request not in self._reneged:
                return request
            self._reneged.remove(request)


class Desk(BaseResource[Request, Get[Any]]):
    """Servers by a schedule of time on duty; a service that overruns its shift keeps a server of the next one busy.

    For Little's law the desk keeps the area under its queue (alerts x ms) and, separately, the sum of the waits of all
    who left it; ``little`` compares the two.

    Args:
        env: The environment of the run.
        number: Number of the desk in the country, which orders the dispatches of one tick.
        service: Ms of a service.
        most_debt: See ``may_begin``.
    """

    after: Callable[[], None] | None = None
    """Called after each dispatch: lends free servers."""

    PutQueue = WaitingLine  # type: ignore[assignment]
    put_queue: WaitingLine  # type: ignore[assignment]

    def __init__(self, env: simpy.Environment, number: int, service: int = 1, most_debt: int = HALF_HOUR_MS) -> None:
        super().__init__(env, capacity=0)
        self.env = env
        self.number = number
        self.staffed = 0
        self.busy = 0
        self._service = service
        self._most_debt = most_debt
        self._debt = 0
        self._since = int(env.now)
        self._order = priority(Phase.DISPATCH, number << 30)
        self._dispatches_at = -(1 << 62)
        self._area = 0
        self._changed = int(env.now)
        self._waits = 0
        self._at_midnight = 0

    def request(self, rank: Rank) -> Request:
        """Join the queue and return the place in it."""
        self._count()
        self._settle()
        return Request(self, rank)

    def renege(self, request: Request) -> None:
        """Leave the queue at once, unserved."""
        self._count()
        self._waits += int(self.env.now) - request.since
        self.put_queue.remove(request)

    def release(self) -> None:
        """Free the server of a service that ends."""
        self._settle()
        self.busy -= 1
        self._trigger_put(None)

    def change_shift(self, staffed: int) -> None:
        """Set the time on duty of a half hour, ms; busy servers finish first."""
        self._settle()
        self.staffed = staffed
        self._trigger_put(None)

    def begin(self) -> None:
        """Occupy one more server."""
        self._settle()
        self.busy += 1

    def may_begin(self) -> bool:
        """Return whether one more service may begin."""
        return may_begin(self._debt, self.busy, self.staffed, self._service, self._most_debt)

    def _settle(self) -> None:
        """Bring the debt up to date."""
        now = int(self.env.now)
        self._debt = debt_after(self._debt, self.busy, self.staffed, now - self._since, self._most_debt)
        self._since = now

    def _trigger_put(self, get_event: object) -> None:
        now = int(self.env.now)
        if self._dispatches_at < now:
            self._dispatches_at = now
            call_at(self.env, now, self._order, self._dispatch)
            if self.after is not None:
                self.after()

    def _trigger_get(self, put_event: object) -> None:
        """Do nothing: a desk never gives anything out."""

    def _dispatch(self) -> None:
        self.serve(self)

    def serve(self, seats: "Desk") -> None:
        """Let free servers of a desk, this one or another that lends them, take alerts from this queue."""
        while len(self.put_queue) and seats.may_begin():
            self._count()
            request = self.put_queue.next()
            self._waits += int(self.env.now) - request.since
            seats.begin()
            request.succeed(seats)

    def _count(self) -> None:
        now = int(self.env.now)
        self._area += len(self.put_queue) * (now - self._changed)
        self._changed = now

    def area_until(self, moment: int) -> int:
        """Return the area under the queue from the start up to a moment that is not before the last change."""
        return self._area + len(self.put_queue) * (moment - self._changed)

    def area_of_day(self, end: int) -> int:
        """Return the area under the queue of the day that ends now, at ``end``; call it once a day."""
        before, self._at_midnight = self._at_midnight, self.area_until(end)
        return self._at_midnight - before

    def little(self, end: int) -> tuple[int, int]:
        """Return (area under the queue, sum of waits) up to ``end``; by Little's law they are equal."""
        return self.area_until(end), self._waits + sum(end - request.since for request in self.put_queue)


class Lending:
    """Two desks of a province that may lend: their free servers take alerts from the other desk's queue.

    That happens once a tick, after both have served their own queues, so a server is lent only while nobody waits for
    the server's own desk. A service that has begun is finished.

    Args:
        env: The environment of the run.
        desks: Call desk and visit desk.
        lends: 1 for one that lends, 0 for one that does not.
        number: Number of the latter in the country.
    """

    def __init__(self, env: simpy.Environment, desks: tuple[Desk, Desk], lends: Sequence[int], number: int) -> None:
        self._env = env
        self._pairs = [pair for pair, does in zip((desks, desks[::-1]), lends, strict=True) if does]
        self._order = priority(Phase.DISPATCH, number << 30, AFTER_DISPATCH)
        self._lends_at = -(1 << 62)
        if self._pairs:
            for desk in desks:
                desk.after = self._follow

    def _follow(self) -> None:
        now = int(self._env.now)
        if self._lends_at < now:
            self._lends_at = now
            call_at(self._env, now, self._order, self._lend)

    def _lend(self) -> None:
        for lender, borrower in self._pairs:
            borrower.serve(lender)


class Person(NamedTuple):
    """A person met by a contact: derived when met, never stored."""

    province: int
    number: int
    age: int
    band: int
    sex: int
    segment: int
    frailty: int
    online: bool
    u_app: int


class Living(Protocol):
    """A living alert as the run sees it: its day of issue, and what happens if the run ends first."""

    issue_day: int

    def outlive(self) -> None:
        """End with the run."""


@dataclass
class World:
    """What every event can see.

    ``people_bytes`` of each province belong to the macro layer; ``worked`` has the ms that officers worked by day
    number, province and desk, until the day is over.
    """

    spec: ScenarioModel
    tables: Tables
    recorder: Recorder
    env: simpy.Environment
    end: int
    books: Books
    desks: list[dict[ContactChannel, Desk]]
    people_bytes: list[NDArray[np.uint8]]
    worked: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    alive: dict[int, Living] = field(default_factory=dict)
    today: Today = field(init=False)
    totals: DayTotals = field(init=False)

    @property
    def now(self) -> int:
        """The moment, in ms from the start of the period."""
        return int(self.env.now)

    @property
    def day(self) -> int:
        """The day number of the moment."""
        return self.today.day

    def open_since(self, day: int) -> int:
        """Return the first day of issue of an alert that is alive, or ``day``."""
        return min((alert.issue_day for alert in self.alive.values()), default=day)

    def busy(self, province: int, channel: ContactChannel, start: int, duration: int) -> None:
        """Count the time of a busy server by half hour, up to the end of the run."""
        end = min(start + duration, self.end)
        while start < end:
            until = min(end, (start // HALF_HOUR_MS + 1) * HALF_HOUR_MS)
            key = (self.tables.calendar.day_of(start), province, channel, start % DAY_MS // HALF_HOUR_MS)
            self.recorder.hours[key][0] += until - start
            self.worked[(key[0], province, DESKS.index(channel))] += until - start
            start = until

"""A desk: servers on duty and one queue, ordered by tier, then by the desk's discipline, then by identity.

SimPy's own resources grant inside the request, have a fixed capacity and sort by request time. This one extends
``BaseResource`` as SimPy suggests: its put queue is a heap, and a trigger only schedules one dispatch event a tick,
after everything else in that tick has happened.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import simpy
from simpy.resources.base import BaseResource, Get, Put

from sim.base.days import HALF_HOUR_MS
from sim.engines.phases import Phase
from sim.engines.reference.ticks import call_at, priority
from sim.warning.discipline import debt_after, may_begin

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

"""Customers at a desk of the reference engine, taken out of everything else; and a naive desk to compare it with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import simpy

from sim.base.days import HALF_HOUR_MS
from sim.draws.identity import INDEX_SHIFT
from sim.engines.reference.world import Desk, Request, call_at, priority
from sim.engines.tables import AlertStep, ArrivalStep, Phase


@dataclass
class Customer:
    """Someone who arrives, is served for a time, and may leave unserved at a deadline (moments and times in ms)."""

    number: int
    arrives: int
    service: int
    tier: int = 0
    deadline: int | None = None
    starts: int | None = None
    leaves: int | None = None
    request: Request | None = field(default=None, repr=False)

    @property
    def identity(self) -> int:
        """An origin's identity, so that the engine's order within a tick applies."""
        return self.number << INDEX_SHIFT


def serve(
    customers: Sequence[Customer],
    shifts: Sequence[tuple[int, float]],
    end: int | None = None,
    service: int = 1,
    ahead: int = 1,
) -> Desk:
    """Return a desk with ``shifts`` of (moment, staff on duty) after customers, in order of arrival, have passed it.

    What became of each is noted on the customer. Without ``end`` the run goes on until nobody is left.
    """
    env = simpy.Environment()
    desk = Desk(env, 0, service, ahead * service * HALF_HOUR_MS)
    for moment, staff in shifts:
        call_at(env, moment, priority(Phase.SHIFT_CHANGE), partial(desk.change_shift, round(staff * HALF_HOUR_MS)))

    def release(customer: Customer) -> None:
        customer.leaves = int(env.now)
        desk.release()

    def start(customer: Customer) -> None:
        customer.starts = int(env.now)
        order = priority(Phase.SERVICE_ENDS, customer.identity)
        call_at(env, customer.starts + customer.service, order, lambda: release(customer))

    def expire(customer: Customer) -> None:
        if customer.starts is None:
            assert customer.request is not None
            customer.leaves = int(env.now)
            desk.renege(customer.request)

    def arrive(customer: Customer) -> None:
        customer.request = desk.request((customer.tier, customer.arrives, customer.identity))
        customer.request.callbacks.append(lambda _: start(customer))
        if customer.deadline is not None:
            call_at(
                env,
                customer.deadline,
                priority(Phase.READS, customer.identity, AlertStep.EXPIRY),
                lambda: expire(customer),
            )
        expect(customer.number + 1)

    def expect(number: int) -> None:
        if number < len(customers):
            customer = customers[number]
            call_at(
                env,
                customer.arrives,
                priority(Phase.ARRIVALS, customer.identity, ArrivalStep.ISSUE),
                lambda: arrive(customer),
            )

    expect(0)
    env.run(until=end)
    return desk


def naively(customers: Sequence[Customer], seats_at: Callable[[int], int], clock: int, end: int) -> dict[int, int]:
    """Return the moments before ``end`` at which customers are served, found tick by tick with plain lists.

    Within a tick: who is done leaves, who is at the deadline gives up, who comes joins, then free seats take the
    first by (tier, arrival, number).
    """
    starts: dict[int, int] = {}
    waiting: list[Customer] = []
    serving: list[int] = []
    for now in range(0, end, clock):
        serving = [until for until in serving if until > now]
        waiting = [c for c in waiting if c.deadline is None or c.deadline > now]
        waiting += [c for c in customers if c.arrives == now]
        waiting.sort(key=lambda c: (c.tier, c.arrives, c.number))
        while waiting and len(serving) < seats_at(now):
            customer = waiting.pop(0)
            starts[customer.number] = now
            serving.append(now + customer.service)
    return starts

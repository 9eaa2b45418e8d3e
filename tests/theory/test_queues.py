"""The desk alone, against queueing theory.

Every figure of a test is the mean over independent replications, of customers after the first tenth of each; the
formula must lie within the two-sided 99.9 % t-interval of that mean. Arrivals are Poisson, times are rounded to ms,
which is a millionth of a service. Each formula has a near miss beside it that must lie outside of the same interval,
so an interval too wide to tell anything fails too.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.base.days import HALF_HOUR_MS
from sim.verify.desks import erlang_c, mean_wait, pollaczek_khinchine, priority_waits, reneging
from tests.theory.line import Customer, naively, serve

SERVICE = 1_000_000
CONFIDENCE = 0.999
REPLICATIONS = 20
CUSTOMERS = 5000

Services = Callable[[np.random.Generator, int], np.ndarray]


class Interval:
    """A t-interval for the mean of independent replications."""

    def __init__(self, means: list[float]) -> None:
        self.low, self.high = stats.t.interval(CONFIDENCE, len(means) - 1, loc=np.mean(means), scale=stats.sem(means))

    def __contains__(self, value: float) -> bool:
        return bool(self.low <= value <= self.high)

    def __repr__(self) -> str:
        return f"[{self.low:.6g}, {self.high:.6g}]"


def exponential(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.exponential(SERVICE, count)


def replicate(
    seed: int,
    servers: int,
    arrivals: float,
    services: Services = exponential,
    tiers: list[float] | None = None,
    patience: int | None = None,
    customers: int = CUSTOMERS,
    **debt: int,
) -> list[list[Customer]]:
    """Return the customers of each replication after the first tenth; ``arrivals`` is a rate in 1/ms."""
    kept = []
    for child in np.random.SeedSequence(seed).spawn(REPLICATIONS):
        rng = np.random.default_rng(child)
        moments = np.floor(np.cumsum(rng.exponential(1.0 / arrivals, customers))).astype(int).tolist()
        durations = np.maximum(1, np.floor(services(rng, customers) + 0.5)).astype(int).tolist()
        tier = rng.choice(len(tiers), customers, p=tiers).tolist() if tiers else [0] * customers
        people = [
            Customer(n, moments[n], durations[n], tier[n], moments[n] + patience if patience else None)
            for n in range(customers)
        ]
        desk = serve(people, [(0, servers)], **debt)
        left = max(person.leaves or 0 for person in people)
        waits = sum((p.starts if p.starts is not None else p.leaves or 0) - p.arrives for p in people)
        assert desk.little(left) == (waits, waits)
        kept.append(people[customers // 10 :])
    return kept


def wait(person: Customer) -> int:
    assert person.starts is not None
    return person.starts - person.arrives


def mean_of(replications: list[list[Customer]], value: Callable[[Customer], float]) -> Interval:
    return Interval([float(np.mean([value(person) for person in people])) for people in replications])


@pytest.mark.slow
def test_erlang_c() -> None:
    servers, utilisation = 5, 0.8
    rate = servers * utilisation / SERVICE
    replications = replicate(1, servers, rate)
    waiting = mean_of(replications, lambda person: wait(person) > 0)
    waited = mean_of(replications, wait)
    load = rate * SERVICE
    assert erlang_c(servers, load) in waiting
    assert mean_wait(servers, rate, SERVICE) in waited
    # One server more, a tenth more arrivals, or services of a fixed length are told apart.
    assert erlang_c(servers + 1, load) not in waiting
    assert mean_wait(servers + 1, rate, SERVICE) not in waited
    assert mean_wait(servers, rate * 1.1, SERVICE) not in waited
    assert mean_wait(servers, rate, SERVICE) / 2 not in waited


def test_waits_of_an_m_m_c_queue_are_exponential() -> None:
    servers, utilisation = 3, 0.75
    rate = servers * utilisation / SERVICE
    replications = replicate(2, servers, rate)
    for factor in (0.5, 1.0, 2.0):
        limit = factor * SERVICE
        beyond = mean_of(replications, lambda person, limit=limit: wait(person) > limit)
        survival = math.exp(-(servers / SERVICE - rate) * limit)
        assert erlang_c(servers, rate * SERVICE) * survival in beyond
        assert erlang_c(servers, rate * SERVICE) * survival**1.3 not in beyond


@pytest.mark.slow
def test_priorities_of_four_tiers() -> None:
    servers, shares = 4, [0.1, 0.2, 0.3, 0.4]
    rate = servers * 0.85 / SERVICE
    replications = replicate(3, servers, rate, tiers=shares)
    expected = priority_waits(servers, [rate * share for share in shares], SERVICE)
    fifo = mean_wait(servers, rate, SERVICE)
    for tier, theory in enumerate(expected):
        waited = Interval([float(np.mean([wait(p) for p in people if p.tier == tier])) for people in replications])
        assert theory in waited
        assert fifo not in waited
        assert expected[(tier + 1) % 4] not in waited
    # Work is conserved: over all tiers the mean is that of first come, first served (Kleinrock 1965).
    assert fifo in mean_of(replications, wait)


@pytest.mark.slow
def test_deadlines_from_arrival() -> None:
    servers, utilisation, patience = 3, 0.9, 0.5
    rate = servers * utilisation / SERVICE
    longest = patience * SERVICE
    replications = replicate(4, servers, rate, patience=int(longest))
    waits, reneges, waited = reneging(servers, rate, SERVICE, lambda x: float(x < longest), longest)
    left = mean_of(replications, lambda person: person.starts is None)
    delayed = mean_of(replications, lambda person: person.starts != person.arrives)
    served = Interval([float(np.mean([wait(p) for p in people if p.starts is not None])) for people in replications])
    assert reneges in left
    assert waits in delayed
    assert waited in served
    assert all(wait(p) < longest for people in replications for p in people if p.starts is not None)
    # Patience that is exponential with the same mean (Erlang A), or one server more, is told apart.
    _, erlang_a, shorter = reneging(servers, rate, SERVICE, lambda x: math.exp(-x / longest), 40 * longest)
    assert erlang_a not in left
    assert shorter not in served
    more = reneging(servers + 1, rate, SERVICE, lambda x: float(x < longest), longest)
    assert more[1] not in left
    assert more[2] not in served


@pytest.mark.slow
def test_pollaczek_khinchine_with_lognormal_services() -> None:
    sigma, utilisation = 0.8, 0.6
    rate = utilisation / SERVICE
    median = SERVICE * math.exp(-(sigma**2) / 2)
    replications = replicate(5, 1, rate, lambda rng, count: rng.lognormal(math.log(median), sigma, count))
    waited = mean_of(replications, wait)
    square = SERVICE**2 * math.exp(sigma**2)
    assert pollaczek_khinchine(rate, SERVICE, square) in waited
    assert pollaczek_khinchine(rate, SERVICE, SERVICE**2) not in waited
    assert pollaczek_khinchine(rate, SERVICE, 1.2 * square) not in waited


# Shifts and order, exactly.


def test_a_service_that_overruns_its_shift_occupies_a_seat_of_the_next() -> None:
    people = [Customer(n, 0, service) for n, service in enumerate([50, 90, 10, 10])]
    serve(people, [(0, 2), (40, 1)])
    # Two work at first. From 40 on there is one seat, and who began last holds it until 90.
    assert [p.starts for p in people] == [0, 0, 90, 100]
    people = [Customer(n, 0, service) for n, service in enumerate([50, 90, 10, 10])]
    serve(people, [(0, 2), (40, 0), (60, 2)])
    assert [p.starts for p in people] == [0, 0, 60, 70]


def test_nobody_is_served_at_a_closed_desk_and_deadlines_pass_there() -> None:
    people = [Customer(0, 10, 5), Customer(1, 20, 5, deadline=70), Customer(2, 30, 5, deadline=71)]
    desk = serve(people, [(0, 1), (8, 0), (70, 2)])
    # At 70 the shift begins, but the deadline of that tick passes before anybody is taken.
    assert [p.starts for p in people] == [70, None, 70]
    assert desk.little(100) == (60 + 50 + 40, 60 + 50 + 40)
    left = [Customer(0, 10, 5)]
    desk = serve(left, [(0, 0)], end=50)
    assert left[0].starts is None
    assert desk.little(50) == (40, 40)


def test_within_a_tick_seats_come_free_before_deadlines_and_arrivals_and_are_taken_last() -> None:
    people = [Customer(0, 0, 10), Customer(1, 1, 5, tier=2), Customer(2, 2, 5, tier=1, deadline=10)]
    people.append(Customer(3, 10, 5, tier=0))
    serve(people, [(0, 1)])
    # At 10 the seat is free, customer 2 is at the deadline, and customer 3 comes just in time to be first.
    assert [p.starts for p in people] == [0, 15, None, 10]


@st.composite
def rushes(draw: st.DrawFn) -> tuple[list[Customer], list[tuple[int, int]]]:
    """Customers at a desk on a coarse clock: many arrive, end and expire in the same tick; shifts may be empty."""
    clock = 60
    ticks = st.integers(0, 40)
    raw = draw(st.lists(st.tuples(ticks, st.integers(1, 8), st.integers(0, 3), st.integers(0, 12)), min_size=1))
    people = [
        Customer(n, at * clock, service * clock, tier, (at + left) * clock if left else None)
        for n, (at, service, tier, left) in enumerate(sorted(raw))
    ]
    changes = draw(st.dictionaries(st.integers(1, 50), st.integers(0, 3), max_size=6))
    shifts = [(0, draw(st.integers(0, 3))), *((at * clock, seats) for at, seats in sorted(changes.items()))]
    return people, shifts


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rushes())
def test_the_desk_serves_as_a_naive_desk_does(rush: tuple[list[Customer], list[tuple[int, int]]]) -> None:
    people, shifts = rush
    end = 200 * 60
    shifts = [*shifts, (60 * 60, 2)]

    def seats_at(now: int) -> int:
        return [seats for moment, seats in shifts if moment <= now][-1]

    desk = serve(people, shifts, end)
    starts = {p.number: p.starts for p in people if p.starts is not None}
    expected = naively(people, seats_at, 60, end)
    assert starts == expected
    waits = sum((p.starts if p.starts is not None else p.leaves or end) - p.arrives for p in people)
    assert desk.little(end) == (waits, waits)


@pytest.mark.parametrize(("staff", "ahead"), [(0.4, 4), (2.25, 1)])
def test_a_desk_works_as_long_as_its_staff_is_on_duty(staff: float, ahead: int) -> None:
    """A queue that never empties is served at the rate of the staff, in shares of a server and in samples, too."""
    service = 3 * HALF_HOUR_MS - 1
    everybody = [Customer(n, 0, service) for n in range(200)]
    serve(everybody, half_hours(staff), service=service, ahead=ahead)
    last = everybody[-1].leaves
    assert last is not None
    assert (len(everybody) - ahead) * service / last == pytest.approx(staff, rel=0.02)


def test_half_a_server_serves_like_one_of_half_the_speed() -> None:
    """Alone, an alert is served at once; the next one waits until half a server has done the work of the first."""
    service = 4 * HALF_HOUR_MS
    first, second, late = (Customer(n, arrives, service) for n, arrives in enumerate((0, 1, 40 * HALF_HOUR_MS)))
    serve([first, second, late], half_hours(0.5), service=service)
    assert first.starts == 0
    # After four half hours half of the work is owed; the other half may be owed when the next service begins.
    assert second.starts == pytest.approx(first.leaves, abs=HALF_HOUR_MS)
    assert late.starts == late.arrives


@pytest.mark.slow
def test_waits_at_a_sample_of_a_desk() -> None:
    """The country's desk, 100 servers, lets nobody wait; three servers let half of all; its sample a few.

    Beyond the capacity all of them serve the same share of those who wait until a deadline.
    """
    servers, rate = 3, 3 * 0.7 / SERVICE
    assert erlang_c(100, 100 * 0.7) < 1e-3
    waiting = []
    for ahead in (1, 4):
        replications = replicate(12, servers, rate, service=SERVICE, ahead=ahead)
        waiting.append(mean_of(replications, lambda person: wait(person) > 0))
    assert erlang_c(servers, rate * SERVICE) in waiting[0]
    assert waiting[1].high < 0.5 * erlang_c(servers, rate * SERVICE)
    replications = replicate(13, servers, 2 * servers / SERVICE, patience=SERVICE, service=SERVICE, ahead=4)
    served = mean_of(replications, lambda person: person.starts is not None)
    assert served.low == pytest.approx(0.5, abs=0.02)
    assert served.high == pytest.approx(0.5, abs=0.02)


def half_hours(staff: float) -> list[tuple[int, float]]:
    """Return a staff that is on duty in each of many half hours."""
    return [(k * HALF_HOUR_MS, staff) for k in range(3000)]

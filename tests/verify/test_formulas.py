"""The formulas beside published values and closed forms that they do not use."""

import math

import numpy as np
import pytest
from scipy import stats

from sim.base.days import HALF_HOUR_MS
from sim.verify.desks import erlang_c, mean_lengths, mean_wait, pollaczek_khinchine, priority_waits, reneging
from sim.verify.statistics import Study
from sim.verify.verification import STUDIES

MINUTE = 60_000


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_study_is_a_scenario(study: Study) -> None:
    # Studies are run by the slow group; that their numbers are within bounds is seen here.
    for engine, days in study.days.items():
        assert study.scenario(engine, 1, days).spec.engine == engine


def test_erlang_c_has_the_values_of_its_tables() -> None:
    # Closed forms of one and two servers, and of textbooks' tables of the delay formula.
    assert erlang_c(1, 0.7) == pytest.approx(0.7)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(5, 4.0) == pytest.approx(0.5541, abs=5e-5)
    assert erlang_c(10, 8.0) == pytest.approx(0.4092, abs=5e-5)
    assert mean_wait(1, 0.8, 1.0) == pytest.approx(4.0)
    assert mean_wait(2, 1.0, 1.0) == pytest.approx(1 / 3)


def test_pollaczek_and_khinchine_have_the_queues_of_one_server_as_cases() -> None:
    # M/M/1 waits rho / (1 - rho) services, M/D/1 half of it.
    assert pollaczek_khinchine(0.8, 1.0, 2.0) == pytest.approx(4.0)
    assert pollaczek_khinchine(0.8, 1.0, 1.0) == pytest.approx(2.0)


def test_priorities_conserve_work() -> None:
    # Two classes of M/M/1: W0 = rho, and Kleinrock's law over all classes.
    first, second = priority_waits(1, [0.3, 0.4], 1.0)
    assert first == pytest.approx(0.7 / 0.7)
    assert second == pytest.approx(0.7 / (0.7 * 0.3))
    rates = [0.1, 0.5, 0.7, 1.1]
    waits = priority_waits(3, rates, 1.0)
    assert np.dot(rates, waits) / sum(rates) == pytest.approx(mean_wait(3, sum(rates), 1.0))


def test_reneging_has_erlang_a_and_barrers_queue_as_cases() -> None:
    # Patience as long as a service, in the mean: the number present is Poisson, so all shares follow from it.
    load, servers = 4.0, 3
    waits, reneges, _ = reneging(servers, load, 1.0, lambda x: math.exp(-x), 60.0)
    assert waits == pytest.approx(float(stats.poisson.sf(servers - 1, load)), rel=1e-6)
    over = sum((n - servers) * stats.poisson.pmf(n, load) for n in range(servers, 200))
    assert reneges == pytest.approx(over / load, rel=1e-6)
    # One server with as much work as it can do and patience of exactly t services: 1 in 2 + t is lost (Barrer 1957).
    for patience in (0.5, 2.0):
        assert reneging(1, 1.0, 1.0, lambda x, t=patience: float(x < t), patience)[1] == pytest.approx(
            1 / (2 + patience), rel=1e-6
        )


def test_a_desk_that_never_changes_has_the_line_of_erlang() -> None:
    service = 4.0 * MINUTE
    rate = 5 * 0.8 / service
    lines = mean_lengths(np.full(4, rate), service, np.full(4, 5), 6.0 * HALF_HOUR_MS)
    assert lines == pytest.approx(np.full(4, rate * mean_wait(5, rate, service)), rel=1e-6)


def test_at_a_closed_desk_who_comes_waits() -> None:
    # From an empty line after many hours open: arrivals alone, so the mean line of a closed hour is half of them.
    arrivals, servers = np.array([0.01, 0.5]) / MINUTE, np.array([8, 0])
    lines = mean_lengths(arrivals, MINUTE, servers, 60.0 * MINUTE)
    assert lines[1] == pytest.approx(0.5 * 60 / 2, rel=1e-4)


def test_services_that_overrun_their_shift_hold_the_servers_of_the_next() -> None:
    # Eight are at work when the shift of one begins. With arrivals that stop, the line then waits until all but one
    # of the eight are done; were they to leave at once, it would be shorter.
    rng = np.random.default_rng(4)
    service, length, rate = 10.0, 20.0, 0.6
    lines = mean_lengths(np.array([rate, rate / 12]), service, np.array([8, 1]), length)
    found = simulated(rng, rate, service, length)
    assert lines[1] == pytest.approx(found, rel=0.05)


def simulated(rng: np.random.Generator, rate: float, service: float, length: float, days: int = 3000) -> float:
    """Return the mean line of the second half of days of two shifts, 8 and then 1 servers, event by event."""
    now, waiting, served, area = 0.0, 0, 0, 0.0
    half = 0
    while half < 2 * days:
        servers, arrivals = (8, rate) if half % 2 == 0 else (1, rate / 12)
        while waiting and served < servers:
            waiting, served = waiting - 1, served + 1
        speed = arrivals + served / service
        step = rng.exponential(1.0 / speed)
        end = (half + 1) * length
        if now + step >= end:
            area += waiting * (end - now) * (half % 2)
            now, half = end, half + 1
            continue
        area += waiting * step * (half % 2)
        now += step
        if rng.random() < arrivals / speed:
            waiting += 1
        else:
            served -= 1
    return area / (days * length)

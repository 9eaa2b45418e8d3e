"""Closed forms of queueing theory that a desk must match; rates in 1/ms, times in ms."""

import math
from collections.abc import Callable, Sequence

from scipy.integrate import quad
from scipy.special import ive


def erlang_c(servers: int, load: float) -> float:
    """Return the probability of waiting in M/M/c at an offered load of ``load`` erlangs (Erlang 1917)."""
    below = sum(load**n / math.factorial(n) for n in range(servers))
    full = load**servers / math.factorial(servers) * servers / (servers - load)
    return full / (below + full)


def mean_wait(servers: int, arrivals: float, service: float) -> float:
    """Return the mean wait in M/M/c, first come first served."""
    load = arrivals * service
    return erlang_c(servers, load) * service / (servers - load)


def priority_waits(servers: int, arrivals: Sequence[float], service: float) -> list[float]:
    """Return the mean waits by class in M/M/c with non-preemptive priorities, the most urgent class first.

    Cobham 1954 for one common service rate (Kella and Yechiali 1985): W0 / ((1 - s[k-1]) (1 - s[k])), where s[k] is
    the utilisation by classes up to k and W0 the wait until the next server is free.
    """
    first = erlang_c(servers, sum(arrivals) * service) * service / servers
    used = 0.0
    waits = []
    for rate in arrivals:
        before, used = used, used + rate * service / servers
        waits.append(first / ((1.0 - before) * (1.0 - used)))
    return waits


def reneging(
    servers: int, arrivals: float, service: float, stays: Callable[[float], float], longest: float
) -> tuple[float, float, float]:
    """Return (share that waits or reneges, share that reneges, mean wait of the served) of M/M/c + G.

    ``stays(x)`` is the probability that a customer's patience exceeds x; nobody waits longer than ``longest``. The
    wait V that an endlessly patient customer would meet has the density
    v(x) = arrivals p[c-1] exp(arrivals int_0^x stays - c x / service) (Baccelli and Hebuterne 1981; Zeltyn and
    Mandelbaum 2005); a customer reneges when the patience does not exceed V.
    """
    rate = servers / service

    def patient(x: float) -> float:
        return quad(stays, 0.0, min(x, longest), limit=200)[0] if x > 0 else 0.0

    def density(x: float) -> float:
        return arrivals * math.exp(arrivals * patient(x) - rate * x)

    far = max(longest, 60.0 * service / servers)
    waits = quad(density, 0.0, longest, limit=200)[0] + quad(density, longest, longest + far, limit=200)[0]
    served = quad(lambda x: density(x) * stays(x), 0.0, longest, limit=200)[0]
    delayed = quad(lambda x: density(x) * stays(x) * x, 0.0, longest, limit=200)[0]
    # Probabilities of 0 to c-1 in service over that of c-1.
    load = arrivals * service
    below = sum(load ** (n - servers + 1) * math.factorial(servers - 1) / math.factorial(n) for n in range(servers))
    p = 1.0 / (below + waits)
    reneges = p * (waits - served)
    return p * waits, reneges, p * delayed / (1.0 - reneges)


def busy_period(rate: float, arrivals: float, moment: float) -> float:
    """Return the density of the busy period of M/M/1 with services of mean 1 / ``rate`` (Takacs 1962)."""
    bend = 2.0 * math.sqrt(arrivals * rate) * moment
    drift = (math.sqrt(arrivals) - math.sqrt(rate)) ** 2
    return math.sqrt(rate / arrivals) / moment * float(ive(1, bend)) * math.exp(-drift * moment)


def last_first(servers: int, arrivals: float, service: float, longest: float) -> tuple[float, float]:
    """Return (share within ``longest``, their mean wait) of those who wait in M/M/c, last come first served.

    A customer waits until a server is free and nobody who came later waits: a busy period of M/M/1 with the c servers
    merged into one (Vaulot 1954, Riordan 1961).
    """
    rate = servers / service
    within = quad(lambda x: busy_period(rate, arrivals, x), 0.0, longest, limit=200)[0]
    waited = quad(lambda x: x * busy_period(rate, arrivals, x), 0.0, longest, limit=200)[0]
    return within, waited / within


def reneging_last_first(servers: int, arrivals: float, service: float, patience: float) -> tuple[float, float, float]:
    """Return (share that waits or reneges, share that reneges, mean wait of the served) of M/M/c + D, last come first.

    All have the same patience, so customers who come later also renege later: those who wait meet the busy period of a
    queue without reneging, and are lost if it lasts longer than their patience. The share that waits follows from the
    capacity: the rate served is arrivals x (1 - share lost), and (mean number of busy servers) / service.
    """
    within, waited = last_first(servers, arrivals, service, patience)
    load = arrivals * service
    weights = [load ** (n - servers + 1) * math.factorial(servers - 1) / math.factorial(n) for n in range(servers)]
    # Mean number of busy servers while one is free.
    some = sum(n * weight for n, weight in enumerate(weights)) / sum(weights)
    waits = (load - some) / (servers - some + load * (1.0 - within))
    reneges = waits * (1.0 - within)
    return waits, reneges, waits * within * waited / (1.0 - reneges)


def score_wait(servers: int, arrivals: float, service: float, before: float, after: float) -> float:
    """Return the mean wait in M/M/c, the highest score first, of customers in a range of ranks.

    The limit of infinitely many priority classes (Cobham 1954, Kleinrock 1976): a customer with a share u of higher
    scores waits W0 / (1 - u x utilisation)^2; this is the mean over u from ``before`` to ``after``.
    """
    load = arrivals * service
    first = erlang_c(servers, load) * service / servers
    used = load / servers
    return first / ((1.0 - used * before) * (1.0 - used * after))


def pollaczek_khinchine(arrivals: float, service: float, service_square: float) -> float:
    """Return the mean wait in M/G/1 from the first two moments of the service time."""
    return arrivals * service_square / (2.0 * (1.0 - arrivals * service))

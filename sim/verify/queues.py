"""Closed forms of queueing theory that a desk must match; rates in 1/ms, times in ms."""

import math
from collections.abc import Callable, Sequence

from scipy.integrate import quad


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


def pollaczek_khinchine(arrivals: float, service: float, service_square: float) -> float:
    """Return the mean wait in M/G/1 from the first two moments of the service time."""
    return arrivals * service_square / (2.0 * (1.0 - arrivals * service))

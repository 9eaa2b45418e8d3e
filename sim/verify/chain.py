"""A desk whose arrivals and servers change with the hour: the Chapman-Kolmogorov equations, solved numerically.

Arrivals are Poisson and services exponential, so that the numbers waiting and in service are a Markov chain within each
half hour. A server who is busy when the shift ends finishes and counts as one of the next shift meanwhile. So more may
be in service than on duty, and then nobody is taken from the queue.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LONGEST = 250
"""Longest queue; further customers are turned away. The studies never come near it."""
NEGLIGIBLE = 1e-15
REPEATS = 1e-9
"""Largest difference of means at which two days count as equal."""

State = NDArray[np.float64]
"""Probabilities (in queue, served)."""


def mean_lengths(
    arrivals: NDArray[np.float64], service: float, servers: NDArray[np.int64], length: float
) -> NDArray[np.float64]:
    """Return the mean number in queue over each interval of a day that repeats, (n,).

    Uniformisation: the chain jumps at the moments of a Poisson process as fast as the fastest state. The state after k
    jumps is computed exactly, and k has a Poisson distribution.

    Args:
        arrivals: (n,) rates of arrival in the intervals.
        service: Mean of a service.
        servers: (n,) servers on duty.
        length: Length of an interval; all times are in one unit.

    Returns:
        The means of a day that repeats.

    Source:
        A. Jensen, "Markoff chains as an aid in the study of Markoff processes", Skandinavisk Aktuarietidskrift 36
        (1953), for uniformisation.
    """
    most = int(servers.max())
    state = np.zeros((LONGEST + 1, most + 1))
    state[0, 0] = 1.0
    waiting = np.arange(LONGEST + 1.0)
    means, before = np.zeros(len(arrivals)), np.full(len(arrivals), np.inf)
    while np.abs(means - before).max() > REPEATS:
        before = means.copy()
        for k, (rate, on_duty) in enumerate(zip(arrivals, servers, strict=True)):
            state = _taken(state, int(on_duty))
            state, mean = _passed(state, float(rate), 1.0 / service, int(on_duty), length)
            means[k] = waiting @ mean.sum(axis=1)
    return means


def _taken(state: State, servers: int) -> State:
    """Return the state after more servers came on duty and took customers from the queue."""
    after = np.zeros_like(state)
    for served, column in enumerate(state.T):
        free = max(0, servers - served)
        after[: len(column) - free, served + free] += column[free:]
        for waiting in range(free):
            after[0, served + waiting] += column[waiting]
    return after


def _passed(state: State, arrival: float, ending: float, servers: int, length: float) -> tuple[State, State]:
    """Return the state at the end of an interval, and its mean over it."""
    fastest = arrival + ending * (state.shape[1] - 1)
    jumps = int(stats.poisson.isf(NEGLIGIBLE, fastest * length)) + 2
    often = stats.poisson.pmf(np.arange(jumps), fastest * length)
    beyond = stats.poisson.sf(np.arange(jumps), fastest * length)
    end, mean = np.zeros_like(state), np.zeros_like(state)
    for k in range(jumps):
        end += often[k] * state
        mean += beyond[k] / (fastest * length) * state
        state = _jumped(state, arrival / fastest, ending / fastest, servers)
    return end, mean


def _jumped(state: State, arrival: float, ending: float, servers: int) -> State:
    """Return the state after one jump, given the probabilities that it is an arrival and that one service ends."""
    after = np.zeros_like(state)
    leaves = ending * np.arange(state.shape[1]) * state
    after += state * (1.0 - arrival) - leaves
    # An arrival is served if a server is free, else it waits; the longest queue takes no more.
    after[:, 1:][:, :servers] += arrival * state[:, :servers]
    after[1:, servers:] += arrival * state[:-1, servers:]
    after[-1, servers:] += arrival * state[-1, servers:]
    # A customer who leaves frees a server for the first in the queue, unless the shift of the server has ended.
    after[0, :servers] += leaves[0, 1 : servers + 1]
    after[:-1, 1 : servers + 1] += leaves[1:, 1 : servers + 1]
    after[:, servers:-1] += leaves[:, servers + 1 :]
    return after

"""A desk whose arrivals and servers change with the hour: the equations of Chapman and Kolmogorov, solved numerically.

Arrivals are Poisson and services exponential, so that how many wait and how many are served is a Markov chain within
each half hour. A server at work when the shift ends finishes, and is one of the next shift meanwhile: so more may be
served than are on duty, and then nobody is taken from the line.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LONGEST = 250
"""Customers in line from which on no more are let in: far beyond what the rates of a study bring together."""
NEGLIGIBLE = 1e-15
REPEATS = 1e-9
"""Two days are the same if no mean differs by more."""

State = NDArray[np.float64]
"""Probabilities (in line, served)."""


def mean_lines(
    arrivals: NDArray[np.float64], service: float, servers: NDArray[np.int64], length: float
) -> NDArray[np.float64]:
    """Return the mean number in line over each interval of a day that repeats, (n,).

    Uniformisation: the chain jumps at the moments of a Poisson process that is as fast as any state is left; the state
    after k jumps is reckoned exactly, and k has a Poisson distribution.

    Args:
        arrivals: (n,) rates of arrival in the intervals.
        service: Mean of a service.
        servers: (n,) servers on duty.
        length: Length of an interval; all times are in one unit.

    Returns:
        The means of the day that follows itself.

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
    """Return the state after free servers took who waits, where more have come on duty."""
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
    # An arrival is served if a server is free, else it waits; who would come to the longest line does not.
    after[:, 1:][:, :servers] += arrival * state[:, :servers]
    after[1:, servers:] += arrival * state[:-1, servers:]
    after[-1, servers:] += arrival * state[-1, servers:]
    # Who is done leaves a server to the first in line, unless the shift has ended for it.
    after[0, :servers] += leaves[0, 1 : servers + 1]
    after[:-1, 1 : servers + 1] += leaves[1:, 1 : servers + 1]
    after[:, servers:-1] += leaves[:, servers + 1 :]
    return after

"""A desk whose staff changes by the hour, against queueing theory.

A desk whose arrivals and servers change with the hour: the Chapman-Kolmogorov equations, solved numerically.

Arrivals are Poisson and services exponential, so that the numbers waiting and in service are a Markov chain within each
half hour. A server who is busy when the shift ends finishes and counts as one of the next shift meanwhile. So more may
be in service than on duty, and then nobody is taken from the queue.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sim.base.days import DAY_MS, HALF_HOUR_MS, HOUR_MS
from sim.verify.desks import MINUTE, NEVER, Queue, contacts, desk, read
from sim.verify.statistics import PROVINCES, Check, Judged, Study, balance

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


SHIFTS = ((0, 7, 0, 4.0), (7, 12, 6, 40.0), (12, 18, 14, 75.0), (18, 24, 3, 18.0))
"""First and last hour, servers on duty, alerts an hour."""
LONG = 8 * MINUTE
HOURLY = np.array([rate for start, end, _, rate in SHIFTS for _ in range(2 * start, 2 * end)])
ON_DUTY = np.array([servers for start, end, servers, _ in SHIFTS for _ in range(2 * start, 2 * end)])
DAILY = float(HOURLY.sum()) / 2
MOST = int(ON_DUTY.max())


@cache
def theory_of_hours() -> NDArray[np.float64]:
    """Return the mean number in queue in each half hour of the day, (48,)."""
    return mean_lengths(HOURLY / HOUR_MS, LONG, ON_DUTY, HALF_HOUR_MS)


def areas(queue: Queue, start: float, end: float) -> NDArray[np.float64]:
    """Return the area under the queue length by province, (P,), in alerts x ms, in hours of days after the first."""
    length, opens = round((end - start) * HOUR_MS), round(start * HOUR_MS)

    def within(moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many ms of these hours of these days lie before each moment."""
        day, since = np.divmod(np.clip(moments, DAY_MS, (1 + queue.days) * DAY_MS), DAY_MS)
        before: NDArray[np.int64] = (day - 1) * length + np.clip(since - opens, 0, length)
        return before

    left = np.where(queue.left == NEVER, (queue.days + 1) * DAY_MS, queue.left)
    waited = (within(left) - within(queue.joined)).astype(np.float64)
    return np.bincount(queue.province, waited, minlength=PROVINCES).astype(np.float64)


def _clock(hours: float) -> str:
    """Return a time of day such as 18:30."""
    return f"{int(hours):02d}:{round(hours % 1 * 60):02d}"


def _in_shift(start: float, end: float) -> Check[Queue]:
    def judge(queue: Queue) -> Judged:
        expected = float(theory_of_hours()[round(2 * start) : round(2 * end)].mean())
        found = areas(queue, start, end) / ((end - start) * HOUR_MS)
        return balance(found, np.full(PROVINCES, float(queue.days)), expected)

    return Check(f"mean number in queue, {_clock(start)} to {_clock(end)}", "Chapman-Kolmogorov", judge)


HOURS = Study(
    name="Staff by the hour",
    about=(
        "Closed until 7:00, then 6 servers, 14 from 12:00, 3 from 18:00; 4, 40, 75 and 18 alerts an hour, exponential "
        "services of mean 8 min; a service that overruns its shift holds a server of the next one."
    ),
    values={
        **contacts(DAILY),
        "population.legitimate.half_hours": HOURLY.tolist(),
        **desk(MOST, LONG),
        "desks.call.shifts": [
            {
                "weekdays": [1, 2, 3, 4, 5, 6, 7], "start": f"{start:02d}:00", "end": f"{end:02d}:00",
                "share": servers / MOST,
            }
            for start, end, servers, _ in SHIFTS
            if servers
        ],
    },
    days={"vector": 12, "reference": 3},
    read=read,
    events=True,
    checks=tuple(
        _in_shift(start, end)
        for start, end in ((0, 7), (7, 9), (9, 12), (12, 18), (18, 18.5), (18.5, 20), (20, 24))
    ),
)  # fmt: skip

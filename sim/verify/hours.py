"""A desk whose staff changes by the hour, against queueing theory."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOUR_MS, HOUR_MS
from sim.verify.chain import mean_lengths
from sim.verify.statistics import Judged, balance
from sim.verify.study import PROVINCES, Check, Study
from sim.verify.waiting import MINUTE, NEVER, Queue, contacts, desk, read

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

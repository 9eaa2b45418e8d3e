"""Desks whose staff changes by date and by hour against queueing theory; Little's law as an identity."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS, HOUR_MS
from sim.verify.chain import mean_lengths
from sim.verify.queues import erlang_c, mean_wait
from sim.verify.statistics import Judged, balance, exactly
from sim.verify.study import PROVINCES, Check, Study
from sim.verify.waiting import (
    MINUTE,
    NEVER,
    SECOND,
    SERVICE,
    Queue,
    contacts,
    desk,
    read,
)

# Staff that changes with the date

SERVERS_BEFORE, SERVERS_SINCE = 3, 5
GROWTH_ALERTS = SERVERS_BEFORE * 0.85 * DAY_MS / SERVICE
GROWTH_LOAD = GROWTH_ALERTS / DAY_MS * SERVICE
FIRST_DAY = date(2022, 3, 7)
"""The first day measured, that of ``quiet.yaml``."""
CHANGED = 2
"""Measured days before the midnight at which servers are added."""
SETTLED = CHANGED * DAY_MS + 2 * HOUR_MS
"""Moment from which the earlier queue has no effect: some twenty times as long as the new one needs to settle."""


def _with_servers(
    servers: int, about: str, of: Callable[[Queue], NDArray[np.bool_]]
) -> tuple[Check[Queue], Check[Queue]]:
    return (
        Check(
            f"probability of waiting, {about}",
            "Erlang 1917",
            lambda queue: balance(*queue.sums(queue.wait > 0, of(queue)), erlang_c(servers, GROWTH_LOAD)),
        ),
        Check(
            f"mean wait, {about}, s",
            "Erlang 1917",
            lambda queue: balance(
                *queue.sums(queue.wait, of(queue)), mean_wait(servers, GROWTH_ALERTS / DAY_MS, SERVICE), SECOND
            ),
        ),
    )


def on_duty(queue: Queue) -> Judged:
    """Judge the hours on duty of all desks, as the table of hours adds them up by weekday."""
    days = SERVERS_BEFORE * CHANGED + SERVERS_SINCE * (queue.days + 1 - CHANGED)
    return exactly(float(queue.staffed.sum()) / HOUR_MS, float(days * PROVINCES * DAY_MS) / HOUR_MS)


GROWTH = Study(
    name="Staff by the date",
    about=(
        "M/M/3 with utilisation 0.85 for two days, then M/M/5 with the same alerts, exponential services of mean "
        "4 min: staff grows by a step at a midnight, during which servers are busy."
    ),
    values={
        **contacts(GROWTH_ALERTS),
        **desk(SERVERS_BEFORE, SERVICE),
        "desks.call.growth": {
            "steps": [
                {"from": FIRST_DAY.isoformat(), "factor": 1.0},
                {"from": (FIRST_DAY + timedelta(days=CHANGED)).isoformat(), "factor": SERVERS_SINCE / SERVERS_BEFORE},
            ]
        },
    },
    days={"vector": 12, "reference": 4},
    least=4,
    read=read,
    events=True,
    checks=(
        *_with_servers(SERVERS_BEFORE, "3 servers", lambda queue: queue.joined < CHANGED * DAY_MS),
        *_with_servers(SERVERS_SINCE, "5 servers", lambda queue: queue.joined >= SETTLED),
        Check("hours on duty", "given", on_duty),
    ),
)


# Staff that changes with the hour

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


def areas(queue: Queue, start: float, end: float, first: int, days: int) -> NDArray[np.float64]:
    """Return the area under the queue length by province, (P,), in alerts x ms, for a span of hours on some days."""
    length, opens = round((end - start) * HOUR_MS), round(start * HOUR_MS)

    def within(moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many ms of these hours of these days lie before each moment."""
        day, since = np.divmod(np.clip(moments, first * DAY_MS, (first + days) * DAY_MS), DAY_MS)
        before: NDArray[np.int64] = (day - first) * length + np.clip(since - opens, 0, length)
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
        found = areas(queue, start, end, 1, queue.days) / ((end - start) * HOUR_MS)
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


# Little's law as an identity


def same_areas(queue: Queue) -> Judged:
    """Judge whether the queue of each province and day equals the sum of the waits in the log, in hours in total."""
    by_log = np.column_stack([areas(queue, 0, HALF_HOURS // 2, day, 1) for day in range(queue.days + 1)])
    by_table = np.rint(queue.lengths * DAY_MS)
    total = float(by_table.sum()) / HOUR_MS
    if (by_log != by_table).any():
        return Judged(float(by_log.sum()) / HOUR_MS, total, None, "exact", False)
    return exactly(total, float(by_log.sum()) / HOUR_MS)


LITTLE = Study(
    name="Little's law, exactly",
    about="The desks of the previous study, from an empty start; an identity, not a law of chance.",
    values=HOURS.values,
    days={"vector": 3, "reference": 1},
    read=read,
    events=True,
    warmup=0,
    checks=(
        Check("hours in queue: daily table, sum of waits in the log", "Little 1961", same_areas),
        Check(
            "alerts served before an earlier one of their queue",
            "first come, first served",
            lambda queue: exactly(float(overtaken(queue)), 0.0),
        ),
    ),
)


def overtaken(queue: Queue) -> int:
    """Return the number of alerts served before an earlier alert of their province."""
    count = 0
    for province in range(PROVINCES):
        of_it = (queue.province == province) & queue.served
        began = queue.left[of_it][np.argsort(queue.joined[of_it], kind="stable")]
        count += int((began < np.maximum.accumulate(began)).sum())
    return count


STUDIES = (GROWTH, HOURS, LITTLE)

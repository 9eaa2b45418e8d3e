"""Service disciplines within a tier, and desks that lend servers to each other, against queueing theory."""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats

from sim.base.days import DAY_MS
from sim.base.words import Truth
from sim.draws.identity import DETECTOR_SHIFT
from sim.reading.run import Run
from sim.store.tables import EVENTS
from sim.verify.desks import (
    BUSY,
    MEAN_WAIT,
    MMC,
    MMC_ALERTS,
    MMC_FREE,
    MMC_LOAD,
    MMC_RATE,
    MMC_SERVERS,
    MMC_WAIT,
    PATIENCE,
    PRIORITY_ALERTS,
    PRIORITY_SERVERS,
    RENEGING,
    RENEGING_ALERTS,
    RENEGING_SERVERS,
    WAITING,
    of_reneging,
)
from sim.verify.queues import erlang_c, last_first, mean_wait, reneging_last_first, score_wait
from sim.verify.statistics import balance
from sim.verify.study import PROVINCES, Check, Study
from sim.verify.waiting import ABOVE, MINUTE, SECOND, SERVICE, Queue, contacts, desk, read, thresholds, time_over
from sim.warning.detectors import detector_tables
from sim.warning.discipline import SCORE_UNIT, score_of

# Last come, first served

MINUTES_SQUARE = MINUTE**2
LAST_SQUARE = 2.0 / MMC_FREE**2 / (1.0 - MMC_LOAD / MMC_SERVERS)
"""Second moment of the waits of those who wait: that of first come, first served, over 1 - utilisation."""


@cache
def theory_of_the_last() -> float:
    """Return the share that waits longer than a mean service."""
    return erlang_c(MMC_SERVERS, MMC_LOAD) * (1.0 - last_first(MMC_SERVERS, MMC_RATE, SERVICE, SERVICE)[0])


LAST = Study(
    name="Last come, first served",
    about="M/M/3 as above, except that the alert issued last is served first.",
    values={**MMC.values, "desks.call.discipline": "last_issued"},
    days={"vector": 9, "reference": 2},
    read=read,
    events=True,
    checks=(
        WAITING,
        Check(
            "mean wait, the same as first come, first served, s",
            "Kleinrock 1965",
            lambda queue: balance(*queue.sums(queue.wait), MMC_WAIT, SECOND),
        ),
        Check(
            "second moment of the waits of those who wait, min^2",
            "Riordan 1961",
            lambda queue: balance(
                *queue.sums(queue.wait.astype(float) ** 2, queue.wait > 0), LAST_SQUARE, MINUTES_SQUARE
            ),
        ),
        Check(
            "share that waits longer than a service",
            "Vaulot 1954, Riordan 1961",
            lambda queue: balance(*queue.sums(queue.wait > SERVICE), theory_of_the_last()),
        ),
    ),
)


@cache
def theory_of_the_last_reneging() -> tuple[float, float, float]:
    """Return the share that waits or reneges, the share that reneges, the mean wait of the served in ms."""
    return reneging_last_first(RENEGING_SERVERS, RENEGING_ALERTS / DAY_MS, SERVICE, PATIENCE)


LAST_RENEGING = Study(
    name="Reneging, last come, first served",
    about=(
        "M/M/3 with an offered load of 1.1 per server, last come, first served; an alert still waiting 3 min after its "
        "issue expires."
    ),
    values={**RENEGING.values, "desks.call.discipline": "last_issued"},
    days={"vector": 6, "reference": 2},
    read=read,
    events=True,
    checks=of_reneging(theory_of_the_last_reneging, "busy period, Takacs 1962"),
)


# Highest score first

MEDIAN = float(stats.norm.isf(ABOVE / 2))
"""Half of the scores above the threshold are above this score."""
SCORED_RATE = PRIORITY_ALERTS / DAY_MS


@dataclass(frozen=True)
class Scored(Queue):
    """A queue that knows which of its alerts score in the upper half.

    Attributes:
        high: (n,) whether an alert does.
    """

    high: NDArray[np.bool_]


def read_scored(run: Run, days: int) -> Scored:
    """Read a run in which every alert is about a legitimate contact and waits once."""
    queue = read(run, days)
    columns = ["event", "origin", "detector", "stage"]
    events = pq.read_table(run.path / EVENTS.file, columns=columns).to_pandas()
    issued = events[events["event"] == "issue"]
    detector, stage = (issued[name].to_numpy(dtype=np.int64) for name in ("detector", "stage"))
    alerts = issued["origin"].to_numpy(dtype=np.int64) | detector << DETECTOR_SHIFT | stage
    spec = run.scenario.spec
    tables = detector_tables(spec)
    scores = [score_of(spec.seed, alert, int(Truth.LEGITIMATE), 0.0, tables) for alert in alerts.tolist()]
    high = np.array(scores) >= MEDIAN * SCORE_UNIT
    return Scored(**{field.name: getattr(queue, field.name) for field in fields(queue)}, high=high)


def _of_half(half: str, high: bool, before: float, after: float) -> Check[Scored]:
    return Check(
        f"mean wait of the {half} half of scores, s",
        "Cobham 1954, Kleinrock 1976",
        lambda queue: balance(
            *queue.sums(queue.wait, queue.high == high),
            score_wait(PRIORITY_SERVERS, SCORED_RATE, SERVICE, before, after),
            SECOND,
        ),
    )


SCORES = Study(
    name="Highest score first",
    about="2 servers in each province, utilisation 0.8, exponential services of mean 4 min; one tier, by scores.",
    values={
        **contacts(PRIORITY_ALERTS),
        **desk(PRIORITY_SERVERS, SERVICE),
        "desks.call.discipline": "highest_score",
    },
    days={"vector": 8, "reference": 2},
    read=read_scored,
    events=True,
    checks=(
        _of_half("upper", True, 0.0, 0.5),
        _of_half("lower", False, 0.5, 1.0),
        Check(
            "mean wait of all, the same as first come, first served, s",
            "Kleinrock 1965",
            lambda queue: balance(*queue.sums(queue.wait), mean_wait(PRIORITY_SERVERS, SCORED_RATE, SERVICE), SECOND),
        ),
    ),
)


# Desks that lend

CALL_SERVERS, VISIT_SERVERS = 2, 1
"""Together as many servers and as much work as in M/M/c; half of the work is too much for one server."""

LENDING = Study(
    name="Desks that lend",
    about=(
        "2 servers for calls and 1 for visits in each province, who help each other; half of the alerts go to each "
        "desk, all services are exponential of mean 4 min: one M/M/3 with utilisation 0.75."
    ),
    values={
        **contacts(MMC_ALERTS),
        **desk(CALL_SERVERS, SERVICE),
        "warning.detectors.central.thresholds": thresholds((0.5, 0.5, 0.0, 0.0)),
        "warning.tiers.red.first": "visit",
        "desks.visit.staff": VISIT_SERVERS * PROVINCES,
        "desks.visit.visit": {"exponential": {"mean": f"{SERVICE // SECOND} s"}},
        "desks.call.lends": True,
        "desks.visit.lends": True,
    },
    days={"vector": 9, "reference": 2},
    read=read,
    events=True,
    checks=(
        WAITING,
        MEAN_WAIT,
        Check(
            "mean number in both queues, L = lambda W",
            "Little 1961",
            lambda queue: time_over(queue, queue.lengths.sum(axis=1), MMC_RATE * MMC_WAIT),
        ),
        BUSY,
    ),
)

STUDIES = (LAST, LAST_RENEGING, SCORES, LENDING)

"""Desks against queueing theory: alerts arrive as a Poisson stream, wait in a queue, and are served or renege.

Each province has its own desk, so that one run is as many independent replications.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.base.days import DAY_MS, HOUR_MS
from sim.base.words import Tier
from sim.verify.queues import erlang_c, mean_wait, pollaczek_khinchine, priority_waits, reneging
from sim.verify.statistics import balance, exponential
from sim.verify.study import PROVINCES, Check, Study
from sim.verify.waiting import (
    MINUTE,
    SECOND,
    SERVICE,
    Queue,
    arrivals,
    contacts,
    desk,
    read,
    thresholds,
    time_over,
)

# M/M/c

MMC_SERVERS = 3
MMC_ALERTS = MMC_SERVERS * 0.75 * DAY_MS / SERVICE
"""Alerts a day and province: the utilisation of desks is 0.75."""
MMC_RATE = MMC_ALERTS / DAY_MS
MMC_LOAD = MMC_RATE * SERVICE
MMC_WAIT = mean_wait(MMC_SERVERS, MMC_RATE, SERVICE)
MMC_FREE = MMC_SERVERS / SERVICE - MMC_RATE

MMC = Study(
    name="M/M/c",
    about="One queue of calls in each province, 3 servers, exponential services of mean 4 min, utilisation 0.75.",
    values={
        **contacts(MMC_ALERTS),
        **desk(MMC_SERVERS, SERVICE),
    },
    days={"vector": 12, "reference": 3},
    read=read,
    events=True,
    checks=(
        Check("alerts a day and province", "Poisson", lambda queue: arrivals(queue, MMC_ALERTS)),
        Check(
            "probability of waiting",
            "Erlang 1917",
            lambda queue: balance(*queue.sums(queue.wait > 0), erlang_c(MMC_SERVERS, MMC_LOAD)),
        ),
        Check("mean wait, s", "Erlang 1917", lambda queue: balance(*queue.sums(queue.wait), MMC_WAIT, SECOND)),
        Check(
            "share that waits longer than a service",
            "Erlang 1917",
            lambda queue: balance(
                *queue.sums(queue.wait > SERVICE),
                erlang_c(MMC_SERVERS, MMC_LOAD) * math.exp(-MMC_FREE * SERVICE),
            ),
        ),
        Check(
            "mean number in queue, L = lambda W",
            "Little 1961",
            lambda queue: time_over(queue, queue.lengths.sum(axis=1), MMC_RATE * MMC_WAIT),
        ),
        Check(
            "mean number of busy servers",
            "Little 1961",
            lambda queue: time_over(queue, queue.busy / DAY_MS, MMC_LOAD),
        ),
        Check("mean service, s", "given", lambda queue: balance(*queue.sums(queue.service), SERVICE, SECOND)),
        Check(
            "gaps between departures, s",
            "Burke 1956",
            lambda queue: exponential(between_departures(queue), 1.0 / MMC_RATE, SECOND),
        ),
    ),
)


def between_departures(queue: Queue) -> NDArray[np.int64]:
    """Return the gaps between ends of services at each desk, from the third hour on, when the log has them all."""
    moments = queue.left + queue.service
    counted = queue.served & (moments >= 2 * HOUR_MS) & (moments < queue.days * DAY_MS)
    return np.concatenate([np.diff(np.sort(moments[counted & (queue.province == p)])) for p in range(PROVINCES)])


# M/G/1

CALLS, VISITS = 0.15 * DAY_MS / MINUTE, 0.7 * DAY_MS / SERVICE
"""Alerts a day and province by desk, each with one server; the utilisation of the visit desk is 0.7."""
FAILED, SIGMA, SHAPE = 80 * SECOND, 0.6, 2.0
SHORT, HARD = 3 * MINUTE, 8 * MINUTE
ANSWERED, IS_HARD = 0.8, 0.25
KINDS = (1.0 - ANSWERED, ANSWERED * (1.0 - IS_HARD), ANSWERED * IS_HARD)
"""Shares of failed calls, short ones and hard ones."""
FIRST = (FAILED, SHORT * math.exp(SIGMA**2 / 2), HARD * math.gamma(1 + 1 / SHAPE))
SECOND_MOMENTS = (2.0 * FAILED**2, SHORT**2 * math.exp(2 * SIGMA**2), HARD**2 * math.gamma(1 + 2 / SHAPE))
CALL = sum(share * mean for share, mean in zip(KINDS, FIRST, strict=True))
CALL_SQUARE = sum(share * square for share, square in zip(KINDS, SECOND_MOMENTS, strict=True))
CALL_WAIT = pollaczek_khinchine(CALLS / DAY_MS, CALL, CALL_SQUARE)
VISIT_WAIT = pollaczek_khinchine(VISITS / DAY_MS, SERVICE, SERVICE**2)


def visits(queue: Queue) -> NDArray[np.bool_]:
    """Return which alerts go to the visit desk."""
    return np.equal(queue.tier, Tier.RED)


MG1 = Study(
    name="M/G/1",
    about=(
        "Two queues in each province, one server each. Calls: failed 0.2 (exponential, 80 s), short 0.6 (lognormal, "
        "median 3 min, sigma 0.6), hard 0.2 (Weibull, scale 8 min, shape 2). Visits: 4 min each, so M/D/1."
    ),
    values={
        **contacts(CALLS + VISITS),
        "warning.detectors.central.thresholds": thresholds((VISITS, CALLS, 0.0, 0.0)),
        "warning.tiers.red.first": "visit",
        "desks.call.staff": PROVINCES,
        "desks.call.answered": ANSWERED,
        "desks.call.hard_share": IS_HARD,
        "desks.call.no_answer": {"exponential": {"mean": "80 s"}},
        "desks.call.short": {"lognormal": {"median": "3 min", "sigma": SIGMA}},
        "desks.call.hard": {"weibull": {"scale": "8 min", "shape": SHAPE}},
        "desks.visit.staff": PROVINCES,
        "desks.visit.visit": "4 min",
    },
    days={"vector": 20, "reference": 4},
    read=read,
    events=True,
    checks=(
        Check(
            "calls: probability of waiting",
            "utilisation",
            lambda queue: balance(*queue.sums(queue.wait > 0, ~visits(queue)), CALLS / DAY_MS * CALL),
        ),
        Check(
            "calls: mean wait, s",
            "Pollaczek 1930, Khinchine 1932",
            lambda queue: balance(*queue.sums(queue.wait, ~visits(queue)), CALL_WAIT, SECOND),
        ),
        Check(
            "calls: mean service, s",
            "given",
            lambda queue: balance(*queue.sums(queue.service, ~visits(queue)), CALL, SECOND),
        ),
        Check(
            "visits: probability of waiting",
            "utilisation",
            lambda queue: balance(*queue.sums(queue.wait > 0, visits(queue)), VISITS / DAY_MS * SERVICE),
        ),
        Check(
            "visits: mean wait, s",
            "Pollaczek 1930, Khinchine 1932",
            lambda queue: balance(*queue.sums(queue.wait, visits(queue)), VISIT_WAIT, SECOND),
        ),
        Check(
            "mean number in both queues, L = lambda W",
            "Little 1961",
            lambda queue: time_over(
                queue, queue.lengths.sum(axis=1), (CALLS * CALL_WAIT + VISITS * VISIT_WAIT) / DAY_MS
            ),
        ),
    ),
)


# Priorities

SHARES = (0.1, 0.2, 0.3, 0.4)
"""Shares of the tiers, the most urgent first."""
PRIORITY_SERVERS = 2
PRIORITY_ALERTS = PRIORITY_SERVERS * 0.8 * DAY_MS / SERVICE
PRIORITY_RATES = [PRIORITY_ALERTS / DAY_MS * part for part in SHARES]
PRIORITY_WAITS = priority_waits(PRIORITY_SERVERS, PRIORITY_RATES, SERVICE)


def _of_tier(tier: Tier) -> Check[Queue]:
    return Check(
        f"mean wait of {tier.label} alerts, s",
        "Cobham 1954",
        lambda queue: balance(*queue.sums(queue.wait, queue.tier == tier), PRIORITY_WAITS[tier], SECOND),
    )


PRIORITIES = Study(
    name="Priorities",
    about=(
        "2 servers in each province, utilisation 0.8, exponential services of mean 4 min; red, orange, yellow and blue "
        "are 0.1, 0.2, 0.3 and 0.4 of the alerts, without preemption."
    ),
    values={
        **contacts(PRIORITY_ALERTS),
        "warning.detectors.central.thresholds": thresholds(SHARES),
        **desk(PRIORITY_SERVERS, SERVICE),
    },
    days={"vector": 16, "reference": 4},
    read=read,
    events=True,
    checks=(
        *(_of_tier(tier) for tier in Tier),
        Check(
            "mean wait of all, the same as without priorities, s",
            "Kleinrock 1965",
            lambda queue: balance(
                *queue.sums(queue.wait), mean_wait(PRIORITY_SERVERS, PRIORITY_ALERTS / DAY_MS, SERVICE), SECOND
            ),
        ),
    ),
)


# Reneging

PATIENCE = 3 * MINUTE
RENEGING_SERVERS = 3
RENEGING_ALERTS = RENEGING_SERVERS * 1.1 * DAY_MS / SERVICE


@cache
def theory_of_reneging() -> tuple[float, float, float]:
    """Return the share that waits or reneges, the share that reneges, the mean wait of the served in ms."""
    return reneging(RENEGING_SERVERS, RENEGING_ALERTS / DAY_MS, SERVICE, lambda x: float(x < PATIENCE), PATIENCE)


RENEGING = Study(
    name="Reneging",
    about="M/M/3 with an offered load of 1.1 per server; an alert still waiting 3 min after its issue expires.",
    values={
        **contacts(RENEGING_ALERTS),
        "warning.tiers": {tier: {"deadline": f"{PATIENCE // SECOND} s"} for tier in Tier.labels()},
        **desk(RENEGING_SERVERS, SERVICE),
    },
    days={"vector": 8, "reference": 2},
    read=read,
    events=True,
    checks=(
        Check(
            "share that reneges",
            "Baccelli and Hebuterne 1981",
            lambda queue: balance(*queue.sums(~queue.served), theory_of_reneging()[1]),
        ),
        Check(
            "share that waits or reneges",
            "Baccelli and Hebuterne 1981",
            lambda queue: balance(*queue.sums(queue.wait > 0), theory_of_reneging()[0]),
        ),
        Check(
            "mean wait of the served, s",
            "Baccelli and Hebuterne 1981",
            lambda queue: balance(*queue.sums(queue.wait, queue.served), theory_of_reneging()[2], SECOND),
        ),
        Check(
            "mean number of busy servers",
            "Little 1961",
            lambda queue: time_over(
                queue,
                queue.busy / DAY_MS,
                RENEGING_ALERTS / DAY_MS * SERVICE * (1.0 - theory_of_reneging()[1]),
            ),
        ),
    ),
)

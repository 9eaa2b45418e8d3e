"""Desks against queueing theory: alerts arrive as a Poisson stream, wait in a queue, and are served or renege.

Closed forms of queueing theory that a desk must match; rates in 1/ms, times in ms.

The queues of a run in which every alert waits once: moments from the log, sums from the tables.

Waits are read from the log of events, alert by alert; queue lengths and busy time from the tables ``state`` and
``hours``. The values that studies of desks put into their scenarios are here, too.

Each province has its own desk, so that one run is as many independent replications.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad

from sim.base.days import DAY_MS, HOUR_MS
from sim.base.words import Tier
from sim.draws.identity import DETECTOR_SHIFT
from sim.reading.run import Run
from sim.store.tables import EVENTS
from sim.verify.statistics import PROVINCES, Check, Judged, Study, balance, exponential, poisson_count


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


SECOND = 1000
MINUTE = 60_000
ABOVE = float(stats.norm.sf(2.0))
"""The share of contacts that raise an alert: those whose score is above the lowest threshold of ``quiet.yaml``."""
SERVICE = 4 * MINUTE
"""Mean of a service."""
NEVER = -1


@dataclass(frozen=True)
class Queue:
    """Alerts in the order of their issue, and the sums of their desks in the tables.

    Attributes:
        days: Days measured; the run has one more.
        province: (n,) positions of provinces.
        tier: (n,) codes of tiers.
        joined: (n,) moments of issue in ms, when alerts join their queue.
        left: (n,) moments in ms at which alerts left the queue, served or reneging; ``NEVER`` if they still wait.
        served: (n,) whether a service began.
        service: (n,) durations of services in ms, 0 where there was none.
        whole: (n,) whether an alert was issued on a measured day.
        lengths: (P, days + 1) mean number in queue by day, both desks together.
        busy: (P,) ms of services on all days, of both desks together.
    """

    days: int
    province: NDArray[np.int64]
    tier: NDArray[np.int64]
    joined: NDArray[np.int64]
    left: NDArray[np.int64]
    served: NDArray[np.bool_]
    service: NDArray[np.int64]
    whole: NDArray[np.bool_]
    lengths: NDArray[np.float64]
    busy: NDArray[np.float64]

    @property
    def wait(self) -> NDArray[np.int64]:
        """Waits in queue, in ms."""
        return self.left - self.joined

    def sums(self, values: NDArray[Any], of: NDArray[np.bool_] | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the sums of some values by province, and the number of alerts: of measured days, and of ``of``."""
        kept = self.whole if of is None else self.whole & of
        numbers = np.bincount(self.province[kept], minlength=PROVINCES)
        return np.bincount(self.province[kept], values[kept], minlength=PROVINCES), numbers


def read(run: Run, days: int) -> Queue:
    """Read the log and the tables of a run in which every alert waits once."""
    columns = ["moment", "event", "province", "origin", "detector", "stage", "tier", "result", "value"]
    events = pq.read_table(run.path / EVENTS.file, columns=columns).to_pandas()
    detector, stage = (events[name].to_numpy(dtype=np.int64) for name in ("detector", "stage"))
    events["alert"] = events["origin"].to_numpy() | detector << DETECTOR_SHIFT | stage
    by_event = {name: rows.set_index("alert") for name, rows in events.groupby("event", observed=True)}
    issued = by_event["issue"]
    starts, ends = by_event["service_start"]["moment"], by_event["service_end"]["value"]
    gone = by_event["end"]
    reneged = gone.loc[gone["result"] == "expired", "moment"]
    alerts = issued.index
    began = starts.reindex(alerts)
    left = began.fillna(reneged.reindex(alerts)).fillna(NEVER).astype("int64").to_numpy()
    joined = issued["moment"].to_numpy()
    state = run.state[run.state["quantity"].isin(["line_call", "line_visit"])]
    lengths = state.pivot_table(index="province", columns="day", values="value", aggfunc="sum", observed=True)
    busy = run.hours.groupby("province", observed=True)["busy_ms"].sum()
    codes = [row.code for row in run.scenario.spec.population.provinces]
    return Queue(
        days=days,
        province=issued["province"].map({code: place for place, code in enumerate(codes)}).astype("int64").to_numpy(),
        tier=issued["tier"].map({tier.label: int(tier) for tier in Tier}).astype("int64").to_numpy(),
        joined=joined,
        left=left,
        served=began.notna().to_numpy(),
        service=ends.reindex(alerts).fillna(0).astype("int64").to_numpy(),
        whole=joined < days * DAY_MS,
        lengths=lengths.reindex(codes).fillna(0.0).to_numpy(),
        busy=busy.reindex(codes).fillna(0.0).to_numpy(),
    )


def contacts(alerts: float) -> dict[str, Any]:
    """Return values with which legitimate calls raise this number of alerts a day in each province."""
    return {
        "population.legitimate.call": f"{alerts * PROVINCES / ABOVE:.10g} per day",
        "measures.warning-central": {
            "kind": "warning", "window": ["2020-10-01", None], "detector": "central", "coverage": 1.0, "ramp": None,
        },
    }  # fmt: skip


def desk(servers: int, mean: int) -> dict[str, Any]:
    """Return values of a call desk with these servers in each province and exponential services of a mean in ms."""
    return {
        "desks.call.staff": servers * PROVINCES,
        "desks.call.short": {"exponential": {"mean": f"{mean // SECOND} s"}},
    }


def thresholds(shares: tuple[float, ...]) -> dict[str, float]:
    """Return the thresholds that give the tiers these shares of the alerts, the most urgent first; others get none."""
    of_tiers = (*shares, *(0.0,) * (len(Tier) - len(shares)))
    above = np.cumsum(of_tiers) / sum(shares) * ABOVE
    return dict(zip(Tier.labels(), np.maximum(stats.norm.isf(above), 2.0).tolist(), strict=True))


def arrivals(queue: Queue, alerts: float) -> Judged:
    """Judge the number of alerts a day in each province."""
    return poisson_count(int(queue.whole.sum()), alerts * PROVINCES * queue.days, PROVINCES * queue.days)


def time_over(queue: Queue, values: NDArray[np.float64], expected: float) -> Judged:
    """Judge sums over all days of a run, (P,), by the sum that theory expects for a day."""
    return balance(values, np.full(PROVINCES, queue.days + 1.0), expected)


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

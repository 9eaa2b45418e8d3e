"""Desks against queueing theory: alerts arrive as a Poisson stream, wait in a queue, and are served or renege.

Closed forms of queueing theory that a desk must match; rates in 1/ms, times in ms.

The queues of a run in which every alert waits once: moments from the log, sums from the tables.

Waits are read from the log of events, alert by alert; queue lengths and busy time from the tables ``state`` and
``hours``. The values that studies of desks put into their scenarios are here, too.

Each province has its own desk, so that one run is as many independent replications.

A desk whose staff changes with the hour is held to the Chapman-Kolmogorov equations, solved numerically. Arrivals are
Poisson and services exponential, so that the numbers waiting and in service are a Markov chain within each half hour. A
server who is busy when the shift ends finishes and counts as one of the next shift meanwhile. So more may be in service
than on duty, and then nobody is taken from the queue.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad

from sim.base.days import DAY_MS, HALF_HOUR_MS, HOUR_MS
from sim.base.words import Tier
from sim.draws.identity import DETECTOR_SHIFT
from sim.reading.run import Run
from sim.store.tables import EVENTS
from sim.verify.statistics import PROVINCES, Checks, Judged, Study, balance, exponential, poisson_count


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

    def mean_length(self, expected: float) -> Judged:
        """Judge the mean number in queue over all days of the run."""
        return balance(self.lengths.sum(axis=1), np.full(PROVINCES, self.days + 1.0), expected)

    def mean_busy(self, expected: float) -> Judged:
        """Judge the mean number of busy servers over all days of the run."""
        return balance(self.busy / DAY_MS, np.full(PROVINCES, self.days + 1.0), expected)


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


# M/M/c

MMC_SERVERS = 3
MMC_ALERTS = MMC_SERVERS * 0.75 * DAY_MS / SERVICE
"""Alerts a day and province: the utilisation of desks is 0.75."""
MMC_RATE = MMC_ALERTS / DAY_MS
MMC_LOAD = MMC_RATE * SERVICE
MMC_WAIT = mean_wait(MMC_SERVERS, MMC_RATE, SERVICE)
MMC_FREE = MMC_SERVERS / SERVICE - MMC_RATE


def mmc_checks(run: Run, days: int) -> Checks:
    """Judge a run by what theory says of M/M/c."""
    queue = read(run, days)
    waiting = erlang_c(MMC_SERVERS, MMC_LOAD)
    long = waiting * math.exp(-MMC_FREE * SERVICE)
    yield "alerts a day and province", "Poisson", arrivals(queue, MMC_ALERTS)
    yield "probability of waiting", "Erlang 1917", balance(*queue.sums(queue.wait > 0), waiting)
    yield "mean wait, s", "Erlang 1917", balance(*queue.sums(queue.wait), MMC_WAIT, SECOND)
    yield "share that waits longer than a service", "Erlang 1917", balance(*queue.sums(queue.wait > SERVICE), long)
    yield "mean number in queue, L = lambda W", "Little 1961", queue.mean_length(MMC_RATE * MMC_WAIT)
    yield "mean number of busy servers", "Little 1961", queue.mean_busy(MMC_LOAD)
    yield "mean service, s", "given", balance(*queue.sums(queue.service), SERVICE, SECOND)
    gaps = exponential(between_departures(queue), 1.0 / MMC_RATE, SECOND)
    yield "gaps between departures, s", "Burke 1956", gaps


MMC = Study(
    name="M/M/c",
    about="One queue of calls in each province, 3 servers, exponential services of mean 4 min, utilisation 0.75.",
    values={**contacts(MMC_ALERTS), **desk(MMC_SERVERS, SERVICE)},
    days={"vector": 12, "reference": 3},
    checks=mmc_checks,
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


def mg1_checks(run: Run, days: int) -> Checks:
    """Judge a run by what theory says of M/G/1 and M/D/1."""
    queue = read(run, days)
    visits = np.equal(queue.tier, Tier.RED)
    waits = "Pollaczek 1930, Khinchine 1932"
    for desk, own, utilisation, wait in (
        ("calls", ~visits, CALLS / DAY_MS * CALL, CALL_WAIT),
        ("visits", visits, VISITS / DAY_MS * SERVICE, VISIT_WAIT),
    ):
        yield f"{desk}: probability of waiting", "utilisation", balance(*queue.sums(queue.wait > 0, own), utilisation)
        yield f"{desk}: mean wait, s", waits, balance(*queue.sums(queue.wait, own), wait, SECOND)
        if desk == "calls":
            yield "calls: mean service, s", "given", balance(*queue.sums(queue.service, own), CALL, SECOND)
    both = queue.mean_length((CALLS * CALL_WAIT + VISITS * VISIT_WAIT) / DAY_MS)
    yield "mean number in both queues, L = lambda W", "Little 1961", both


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
    checks=mg1_checks,
)


# Priorities

SHARES = (0.1, 0.2, 0.3, 0.4)
"""Shares of the tiers, the most urgent first."""
PRIORITY_SERVERS = 2
PRIORITY_ALERTS = PRIORITY_SERVERS * 0.8 * DAY_MS / SERVICE
PRIORITY_RATES = [PRIORITY_ALERTS / DAY_MS * part for part in SHARES]
PRIORITY_WAITS = priority_waits(PRIORITY_SERVERS, PRIORITY_RATES, SERVICE)


def priorities_checks(run: Run, days: int) -> Checks:
    """Judge a run by what theory says of priorities."""
    queue = read(run, days)
    for tier in Tier:
        judged = balance(*queue.sums(queue.wait, queue.tier == tier), PRIORITY_WAITS[tier], SECOND)
        yield f"mean wait of {tier.label} alerts, s", "Cobham 1954", judged
    of_all = mean_wait(PRIORITY_SERVERS, PRIORITY_ALERTS / DAY_MS, SERVICE)
    judged = balance(*queue.sums(queue.wait), of_all, SECOND)
    yield "mean wait of all, the same as without priorities, s", "Kleinrock 1965", judged


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
    checks=priorities_checks,
)


# Reneging

PATIENCE = 3 * MINUTE
RENEGING_SERVERS = 3
RENEGING_ALERTS = RENEGING_SERVERS * 1.1 * DAY_MS / SERVICE


def reneging_checks(run: Run, days: int) -> Checks:
    """Judge a run by what theory says of reneging."""
    queue, source = read(run, days), "Baccelli and Hebuterne 1981"
    rate = RENEGING_ALERTS / DAY_MS
    waits, reneges, wait = reneging(RENEGING_SERVERS, rate, SERVICE, lambda x: float(x < PATIENCE), PATIENCE)
    yield "share that reneges", source, balance(*queue.sums(~queue.served), reneges)
    yield "share that waits or reneges", source, balance(*queue.sums(queue.wait > 0), waits)
    yield "mean wait of the served, s", source, balance(*queue.sums(queue.wait, queue.served), wait, SECOND)
    yield "mean number of busy servers", "Little 1961", queue.mean_busy(rate * SERVICE * (1.0 - reneges))


RENEGING = Study(
    name="Reneging",
    about="M/M/3 with an offered load of 1.1 per server; an alert still waiting 3 min after its issue expires.",
    values={
        **contacts(RENEGING_ALERTS),
        "warning.tiers": {tier: {"deadline": f"{PATIENCE // SECOND} s"} for tier in Tier.labels()},
        **desk(RENEGING_SERVERS, SERVICE),
    },
    days={"vector": 8, "reference": 2},
    checks=reneging_checks,
)


# Staff by the hour

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


def hours_checks(run: Run, days: int) -> Checks:
    """Judge the mean number in queue over parts of the day."""
    queue = read(run, days)
    theory = mean_lengths(HOURLY / HOUR_MS, LONG, ON_DUTY, HALF_HOUR_MS)
    for start, end in ((0, 7), (7, 9), (9, 12), (12, 18), (18, 18.5), (18.5, 20), (20, 24)):
        expected = float(theory[round(2 * start) : round(2 * end)].mean())
        found = areas(queue, start, end) / ((end - start) * HOUR_MS)
        first, last = (f"{int(hours):02d}:{round(hours % 1 * 60):02d}" for hours in (start, end))
        judged = balance(found, np.full(PROVINCES, float(days)), expected)
        yield f"mean number in queue, {first} to {last}", "Chapman-Kolmogorov", judged


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
                "weekdays": [1, 2, 3, 4, 5, 6, 7],
                "start": f"{start:02d}:00",
                "end": f"{end:02d}:00",
                "share": servers / MOST,
            }
            for start, end, servers, _ in SHIFTS
            if servers
        ],
    },
    days={"vector": 12, "reference": 3},
    checks=hours_checks,
)

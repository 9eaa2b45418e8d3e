"""Desks against queueing theory: alerts arrive as a Poisson stream, wait in line, and are served or renege.

Each of the provinces has a desk of its own, so one run is as many independent replications. Waits are read from the log
of events, alert by alert; the line and the time at work from the tables ``state`` and ``hours``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats

from sim.days import DAY_MS, HALF_HOUR_MS, HALF_HOURS, HOUR_MS
from sim.draws.identity import DETECTOR_SHIFT
from sim.results.run import Run
from sim.results.tables import EVENTS
from sim.verify.chain import mean_lines
from sim.verify.queues import erlang_c, mean_wait, pollaczek_khinchine, priority_waits, reneging
from sim.verify.statistics import Judged, balance, exactly, exponential, poisson_count
from sim.verify.study import PROVINCES, Check, Study
from sim.words import Tier

SECOND = 1000
MINUTE = 60_000
ABOVE = float(stats.norm.sf(2.0))
"""The share of contacts that raise an alert: those whose score is above the lowest threshold of ``quiet.yaml``."""
SERVICE = 4 * MINUTE
"""Mean of a service."""
NEVER = -1


@dataclass(frozen=True)
class Line:
    """Alerts in the order of their issue, a row each, and what the tables say of their desks.

    Attributes:
        days: Days measured; the run has one more.
        province: (n,) positions of provinces.
        tier: (n,) codes of tiers.
        joined: (n,) moments of issue, which is when an alert joins its line, in ms.
        left: (n,) moments at which it left the line, to be served or to renege; ``NEVER`` for who still waits.
        served: (n,) whether a service began.
        service: (n,) durations of services in ms, 0 where there was none.
        whole: (n,) whether it was issued on a day measured.
        lines: (P, days + 1) mean number in line by day, both desks together.
        busy: (P,) ms of services on all days, of both desks together.
        staffed: (P,) ms on duty on all days, of both desks together.
    """

    days: int
    province: NDArray[np.int64]
    tier: NDArray[np.int64]
    joined: NDArray[np.int64]
    left: NDArray[np.int64]
    served: NDArray[np.bool_]
    service: NDArray[np.int64]
    whole: NDArray[np.bool_]
    lines: NDArray[np.float64]
    busy: NDArray[np.float64]
    staffed: NDArray[np.int64]

    @property
    def wait(self) -> NDArray[np.int64]:
        """Waits in line, in ms."""
        return self.left - self.joined

    def sums(self, values: NDArray[Any], of: NDArray[np.bool_] | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the sums by province of some values, and the alerts that they are of: those of whole days."""
        kept = self.whole if of is None else self.whole & of
        numbers = np.bincount(self.province[kept], minlength=PROVINCES)
        return np.bincount(self.province[kept], values[kept], minlength=PROVINCES), numbers


def read(run: Run, days: int) -> Line:
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
    lines = state.pivot_table(index="province", columns="day", values="value", aggfunc="sum", observed=True)
    times = run.hours.groupby("province", observed=True)[["busy_ms", "staffed_ms"]].sum()
    codes = [row.code for row in run.scenario.spec.population.provinces]
    return Line(
        days=days,
        province=issued["province"].map({code: place for place, code in enumerate(codes)}).astype("int64").to_numpy(),
        tier=issued["tier"].map({tier.label: int(tier) for tier in Tier}).astype("int64").to_numpy(),
        joined=joined,
        left=left,
        served=began.notna().to_numpy(),
        service=ends.reindex(alerts).fillna(0).astype("int64").to_numpy(),
        whole=joined < days * DAY_MS,
        lines=lines.reindex(codes).fillna(0.0).to_numpy(),
        busy=times["busy_ms"].reindex(codes).fillna(0.0).to_numpy(),
        staffed=times["staffed_ms"].reindex(codes).fillna(0).to_numpy(dtype=np.int64),
    )


def contacts(alerts: float) -> dict[str, Any]:
    """Return the legitimate calls a day that raise so many alerts a day in each province."""
    return {
        "population.legitimate.call": f"{alerts * PROVINCES / ABOVE:.10g} per day",
        "measures.warning-central": {
            "kind": "warning", "window": ["2020-10-01", None], "detector": "central", "coverage": 1.0, "ramp": None,
        },
    }  # fmt: skip


def desk(servers: int, mean: int) -> dict[str, Any]:
    """Return a desk of calls: so many servers a province, exponential services of a mean in ms."""
    return {
        "desks.call.staff": servers * PROVINCES,
        "desks.call.short": {"exponential": {"mean": f"{mean // SECOND} s"}},
    }


def thresholds(shares: tuple[float, ...]) -> dict[str, float]:
    """Return the thresholds by which alerts fall to the tiers in these shares, the most urgent first."""
    above = np.cumsum(shares) / sum(shares) * ABOVE
    return dict(zip(Tier.labels(), np.maximum(stats.norm.isf(above), 2.0).tolist(), strict=True))


def arrivals(line: Line, alerts: float) -> Judged:
    """Judge how many alerts a day each province has."""
    return poisson_count(int(line.whole.sum()), alerts * PROVINCES * line.days, PROVINCES * line.days)


def time_over(line: Line, values: NDArray[np.float64], expected: float) -> Judged:
    """Judge sums over all days of a run, (P,), by what theory expects a day."""
    return balance(values, np.full(PROVINCES, line.days + 1.0), expected)


# M/M/c

MMC_SERVERS = 3
MMC_ALERTS = MMC_SERVERS * 0.75 * DAY_MS / SERVICE
"""Alerts a day and province: desks are at work three quarters of their time."""
MMC_RATE = MMC_ALERTS / DAY_MS
MMC_LOAD = MMC_RATE * SERVICE
MMC_WAIT = mean_wait(MMC_SERVERS, MMC_RATE, SERVICE)
MMC_FREE = MMC_SERVERS / SERVICE - MMC_RATE

MMC = Study(
    name="M/M/c",
    about="One line of calls a province, 3 servers, services exponential of mean 4 min, at work 0.75 of their time.",
    values={
        **contacts(MMC_ALERTS),
        **desk(MMC_SERVERS, SERVICE),
    },
    days={"vector": 12, "reference": 3},
    read=read,
    events=True,
    checks=(
        Check("alerts a day and province", "Poisson", lambda line: arrivals(line, MMC_ALERTS)),
        Check(
            "probability of waiting",
            "Erlang 1917",
            lambda line: balance(*line.sums(line.wait > 0), erlang_c(MMC_SERVERS, MMC_LOAD)),
        ),
        Check("mean wait, s", "Erlang 1917", lambda line: balance(*line.sums(line.wait), MMC_WAIT, SECOND)),
        Check(
            "share that waits longer than a service",
            "Erlang 1917",
            lambda line: balance(
                *line.sums(line.wait > SERVICE),
                erlang_c(MMC_SERVERS, MMC_LOAD) * math.exp(-MMC_FREE * SERVICE),
            ),
        ),
        Check(
            "mean number in line, L = lambda W",
            "Little 1961",
            lambda line: time_over(line, line.lines.sum(axis=1), MMC_RATE * MMC_WAIT),
        ),
        Check(
            "mean number of busy servers",
            "Little 1961",
            lambda line: time_over(line, line.busy / DAY_MS, MMC_LOAD),
        ),
        Check("mean service, s", "given", lambda line: balance(*line.sums(line.service), SERVICE, SECOND)),
        Check(
            "gaps between departures, s",
            "Burke 1956",
            lambda line: exponential(between_departures(line), 1.0 / MMC_RATE, SECOND),
        ),
    ),
)


def between_departures(line: Line) -> NDArray[np.int64]:
    """Return the gaps between ends of services at each desk, from the third hour on, when the log has them all."""
    moments = line.left + line.service
    counted = line.served & (moments >= 2 * HOUR_MS) & (moments < line.days * DAY_MS)
    return np.concatenate([np.diff(np.sort(moments[counted & (line.province == p)])) for p in range(PROVINCES)])


# M/G/1

CALLS, VISITS = 0.15 * DAY_MS / MINUTE, 0.7 * DAY_MS / SERVICE
"""Alerts a day and province by desk, each of one server, so that the visit desk is at work 0.7 of its time."""
IN_VAIN, SIGMA, SHAPE = 80 * SECOND, 0.6, 2.0
SHORT, HARD = 3 * MINUTE, 8 * MINUTE
ANSWERED, IS_HARD = 0.8, 0.25
KINDS = (1.0 - ANSWERED, ANSWERED * (1.0 - IS_HARD), ANSWERED * IS_HARD)
"""Shares of calls in vain, short ones and those that take long."""
FIRST = (IN_VAIN, SHORT * math.exp(SIGMA**2 / 2), HARD * math.gamma(1 + 1 / SHAPE))
SECOND_MOMENTS = (2.0 * IN_VAIN**2, SHORT**2 * math.exp(2 * SIGMA**2), HARD**2 * math.gamma(1 + 2 / SHAPE))
CALL = sum(share * mean for share, mean in zip(KINDS, FIRST, strict=True))
CALL_SQUARE = sum(share * square for share, square in zip(KINDS, SECOND_MOMENTS, strict=True))
CALL_WAIT = pollaczek_khinchine(CALLS / DAY_MS, CALL, CALL_SQUARE)
VISIT_WAIT = pollaczek_khinchine(VISITS / DAY_MS, SERVICE, SERVICE**2)


def visits(line: Line) -> NDArray[np.bool_]:
    """Return which alerts go to the visit desk."""
    return np.equal(line.tier, Tier.RED)


MG1 = Study(
    name="M/G/1",
    about=(
        "Two lines a province, one server each. Calls: in vain 0.2 (exponential, 80 s), short 0.6 (lognormal, median "
        "3 min, sigma 0.6), long 0.2 (Weibull, scale 8 min, shape 2). Visits: 4 min each, so M/D/1."
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
            lambda line: balance(*line.sums(line.wait > 0, ~visits(line)), CALLS / DAY_MS * CALL),
        ),
        Check(
            "calls: mean wait, s",
            "Pollaczek 1930, Khinchine 1932",
            lambda line: balance(*line.sums(line.wait, ~visits(line)), CALL_WAIT, SECOND),
        ),
        Check(
            "calls: mean service, s",
            "given",
            lambda line: balance(*line.sums(line.service, ~visits(line)), CALL, SECOND),
        ),
        Check(
            "visits: probability of waiting",
            "utilisation",
            lambda line: balance(*line.sums(line.wait > 0, visits(line)), VISITS / DAY_MS * SERVICE),
        ),
        Check(
            "visits: mean wait, s",
            "Pollaczek 1930, Khinchine 1932",
            lambda line: balance(*line.sums(line.wait, visits(line)), VISIT_WAIT, SECOND),
        ),
        Check(
            "mean number in both lines, L = lambda W",
            "Little 1961",
            lambda line: time_over(line, line.lines.sum(axis=1), (CALLS * CALL_WAIT + VISITS * VISIT_WAIT) / DAY_MS),
        ),
    ),
)


# Priorities

SHARES = (0.1, 0.2, 0.3, 0.4)
"""Of the tiers, the most urgent first."""
PRIORITY_SERVERS = 2
PRIORITY_ALERTS = PRIORITY_SERVERS * 0.8 * DAY_MS / SERVICE
PRIORITY_RATES = [PRIORITY_ALERTS / DAY_MS * part for part in SHARES]
PRIORITY_WAITS = priority_waits(PRIORITY_SERVERS, PRIORITY_RATES, SERVICE)


def _of_tier(tier: Tier) -> Check[Line]:
    return Check(
        f"mean wait of {tier.label} alerts, s",
        "Cobham 1954",
        lambda line: balance(*line.sums(line.wait, line.tier == tier), PRIORITY_WAITS[tier], SECOND),
    )


PRIORITIES = Study(
    name="Priorities",
    about=(
        "2 servers a province at work 0.8 of their time, services exponential of mean 4 min; red, orange, yellow, blue "
        "are 0.1, 0.2, 0.3, 0.4 of the alerts, and none is interrupted."
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
            "mean wait of all, as without priorities, s",
            "Kleinrock 1965",
            lambda line: balance(
                *line.sums(line.wait), mean_wait(PRIORITY_SERVERS, PRIORITY_ALERTS / DAY_MS, SERVICE), SECOND
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
    about="M/M/3 with 1.1 of the work that the servers can do; an alert still in line 3 min after its issue expires.",
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
            lambda line: balance(*line.sums(~line.served), theory_of_reneging()[1]),
        ),
        Check(
            "share that waits or reneges",
            "Baccelli and Hebuterne 1981",
            lambda line: balance(*line.sums(line.wait > 0), theory_of_reneging()[0]),
        ),
        Check(
            "mean wait of the served, s",
            "Baccelli and Hebuterne 1981",
            lambda line: balance(*line.sums(line.wait, line.served), theory_of_reneging()[2], SECOND),
        ),
        Check(
            "mean number of busy servers",
            "Little 1961",
            lambda line: time_over(
                line,
                line.busy / DAY_MS,
                RENEGING_ALERTS / DAY_MS * SERVICE * (1.0 - theory_of_reneging()[1]),
            ),
        ),
    ),
)


# Staff that changes with the date

SERVERS_BEFORE, SERVERS_SINCE = 3, 5
GROWTH_ALERTS = SERVERS_BEFORE * 0.85 * DAY_MS / SERVICE
GROWTH_LOAD = GROWTH_ALERTS / DAY_MS * SERVICE
FIRST_DAY = date(2022, 3, 7)
"""The first day measured, that of ``quiet.yaml``."""
CHANGED = 2
"""Days measured until the midnight at which there are more servers."""
SETTLED = CHANGED * DAY_MS + 2 * HOUR_MS
"""From when on nothing is left of the line of before: some twenty times as long as the new one needs for it."""


def _with_servers(servers: int, about: str, of: Callable[[Line], NDArray[np.bool_]]) -> tuple[Check[Line], Check[Line]]:
    return (
        Check(
            f"probability of waiting, {about}",
            "Erlang 1917",
            lambda line: balance(*line.sums(line.wait > 0, of(line)), erlang_c(servers, GROWTH_LOAD)),
        ),
        Check(
            f"mean wait, {about}, s",
            "Erlang 1917",
            lambda line: balance(
                *line.sums(line.wait, of(line)), mean_wait(servers, GROWTH_ALERTS / DAY_MS, SERVICE), SECOND
            ),
        ),
    )


def on_duty(line: Line) -> Judged:
    """Judge the hours on duty of all desks, as the table of hours adds them up by weekday."""
    days = SERVERS_BEFORE * CHANGED + SERVERS_SINCE * (line.days + 1 - CHANGED)
    return exactly(float(line.staffed.sum()) / HOUR_MS, float(days * PROVINCES * DAY_MS) / HOUR_MS)


GROWTH = Study(
    name="Staff by the date",
    about=(
        "M/M/3 at work 0.85 of its time for two days, then M/M/5 of the same alerts, services exponential of mean "
        "4 min: staff that grows by a step at a midnight, over which servers are at work."
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
        *_with_servers(SERVERS_BEFORE, "3 servers", lambda line: line.joined < CHANGED * DAY_MS),
        *_with_servers(SERVERS_SINCE, "5 servers", lambda line: line.joined >= SETTLED),
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
    """Return the mean number in line in each half hour of the day, (48,)."""
    return mean_lines(HOURLY / HOUR_MS, LONG, ON_DUTY, HALF_HOUR_MS)


def areas(line: Line, start: float, end: float, first: int, days: int) -> NDArray[np.float64]:
    """Return the area under the line by province, (P,), in alerts x ms: of hours ``start`` to ``end`` of some days."""
    length, opens = round((end - start) * HOUR_MS), round(start * HOUR_MS)

    def within(moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many ms of these hours of these days lie before each moment."""
        day, since = np.divmod(np.clip(moments, first * DAY_MS, (first + days) * DAY_MS), DAY_MS)
        before: NDArray[np.int64] = (day - first) * length + np.clip(since - opens, 0, length)
        return before

    left = np.where(line.left == NEVER, (line.days + 1) * DAY_MS, line.left)
    waited = (within(left) - within(line.joined)).astype(np.float64)
    return np.bincount(line.province, waited, minlength=PROVINCES).astype(np.float64)


def _clock(hours: float) -> str:
    """Return a time of day such as 18:30."""
    return f"{int(hours):02d}:{round(hours % 1 * 60):02d}"


def _in_shift(start: float, end: float) -> Check[Line]:
    def judge(line: Line) -> Judged:
        expected = float(theory_of_hours()[round(2 * start) : round(2 * end)].mean())
        found = areas(line, start, end, 1, line.days) / ((end - start) * HOUR_MS)
        return balance(found, np.full(PROVINCES, float(line.days)), expected)

    return Check(f"mean number in line, {_clock(start)} to {_clock(end)}", "Chapman-Kolmogorov", judge)


HOURS = Study(
    name="Staff by the hour",
    about=(
        "Closed until 7:00, then 6 servers, 14 from 12:00, 3 from 18:00; 4, 40, 75 and 18 alerts an hour, services "
        "exponential of mean 8 min; a service that overruns its shift holds a server of the next one."
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


def same_areas(line: Line) -> Judged:
    """Judge whether every province's line of every day is what the waits in the log add up to, in hours in all."""
    by_log = np.column_stack([areas(line, 0, HALF_HOURS // 2, day, 1) for day in range(line.days + 1)])
    by_table = np.rint(line.lines * DAY_MS)
    total = float(by_table.sum()) / HOUR_MS
    if (by_log != by_table).any():
        return Judged(float(by_log.sum()) / HOUR_MS, total, None, "exact", False)
    return exactly(total, float(by_log.sum()) / HOUR_MS)


LITTLE = Study(
    name="Little's law, exactly",
    about="The desks of the study before, from an empty start; no law of chance, what is in line is what waits.",
    values=HOURS.values,
    days={"vector": 3, "reference": 1},
    read=read,
    events=True,
    warmup=0,
    checks=(
        Check("hours in line: table of days, sum of waits in the log", "Little 1961", same_areas),
        Check(
            "alerts that were served before an earlier one of their line",
            "first come, first served",
            lambda line: exactly(float(overtaken(line)), 0.0),
        ),
    ),
)


def overtaken(line: Line) -> int:
    """Return how many alerts began to be served before one of their province that was issued earlier."""
    count = 0
    for province in range(PROVINCES):
        of_it = (line.province == province) & line.served
        began = line.left[of_it][np.argsort(line.joined[of_it], kind="stable")]
        count += int((began < np.maximum.accumulate(began)).sum())
    return count


STUDIES = (MMC, MG1, PRIORITIES, RENEGING, GROWTH, HOURS, LITTLE)

"""The queues of a run in which every alert waits once: moments from the log, sums from the tables.

Waits are read from the log of events, alert by alert; queue lengths and busy time from the tables ``state`` and
``hours``. The values that studies of desks put into their scenarios are here, too.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy import stats

from sim.base.days import DAY_MS
from sim.base.words import Tier
from sim.draws.identity import DETECTOR_SHIFT
from sim.reading.run import Run
from sim.store.tables import EVENTS
from sim.verify.statistics import Judged, balance, poisson_count
from sim.verify.study import PROVINCES

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

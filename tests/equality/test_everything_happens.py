"""One large run in which everything happens, often, and much of it in the same tick.

Equality says little of what does not occur. So the run must show, from its stored tables, that it has every fate, end
and tier at least thirty times, desks of five and more, lines before them, and ties in most ticks.
"""

from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.base.days import HALF_HOUR_MS
from sim.base.words import ContactChannel, ContactResult, End, Fate, Outcome, Tier, Truth
from tests.engines.small import fewer
from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import ACCOUNTS, GROWING, LAUNDERING, SIGNS, UNEVEN, measure
from tests.slots import TINY

EVENTS = 100_000
OFTEN = 30
STAFF = 5
REFUSED = {"desks.visit.refused": 0.2}
WAITS = measure("payment_delay", 11, 44, intensity=0.5, wait="6 h", second_thoughts="6 h", payee="any")
PERIOD = {"start": "2022-01-25", "end": "2022-02-05", "warmup": "1 d"}


@pytest.mark.slow
def test_both_engines_agree_on_a_run_in_which_everything_happens(tmp_path: Path) -> None:
    features = {**UNEVEN, **GROWING, **LAUNDERING, **ACCOUNTS, **SIGNS, **REFUSED}
    values = {**fewer(1.3), **TINY, **features, "measures.waits": WAITS}
    one, other = run_both(tmp_path, "tiny", period=PERIOD, **values)
    demand_everything(one)
    assert_equal(one, other)


def demand_everything(run: sim.Run) -> None:
    """Fail unless all that the model can do happens in a run, as often as it should."""
    assert len(run.events) >= EVENTS
    for table, column, names in (
        (run.attempts, "fate", Fate.labels()),
        (run.alerts, "end", End.labels()),
        (run.alerts, "tier", Tier.labels()),
        (run.alerts, "truth", Truth.labels()),
        (run.contacts, "result", ContactResult.labels()),
        (run.contacts, "channel", ContactChannel.labels()),
    ):
        often = table.groupby(column)["count"].sum().reindex(names, fill_value=0)
        assert (often >= OFTEN).all(), often
    # Bank holds are the rarest; they happen, though not thirty times before any payment.
    rare = run.outcomes[list(Outcome.labels())].sum()
    assert (rare > 0).all(), rare
    assert most_staff(run) >= STAFF
    hours = run.waits[(run.waits["bin"] > 3_600_000) & run.waits["channel"].isin(["call", "visit"])]
    assert (hours.groupby("channel")["count"].sum() >= OFTEN).all()
    at_once = run.events.groupby("moment").size()
    assert (at_once > 1).mean() > 0.5
    in_one_province = run.events.groupby(["moment", "province"]).size()
    assert (in_one_province > 1).mean() > 0.5


def most_staff(run: sim.Run) -> float:
    """Return the staff of the largest desk in its busiest half hour: staffed time over that of one member of staff."""
    days = pd.DataFrame({"day": pd.date_range(run.scenario.spec.period.start, run.scenario.spec.period.end)})
    days["month"] = days["day"].dt.to_period("M").dt.to_timestamp()
    days["weekday"] = days["day"].dt.day_of_week + 1
    counts = days.groupby(["month", "weekday"], as_index=False).agg(days=("day", "size"))
    hours = run.hours.merge(counts, on=["month", "weekday"], how="left")
    return float((hours["staffed_ms"] / hours["days"] / HALF_HOUR_MS).max())

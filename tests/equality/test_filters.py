"""Filters lose d' by what they stop: in both engines the same bytes, and by the counts that the tables tell."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from tests.engines.small import NO_LEGITIMATE
from tests.equality.both import assert_equal, run_both
from tests.equality.scenarios import measure

PERIOD = {"start": "2022-01-29", "end": "2022-02-09", "warmup": "0 d"}
ADAPTATION, RETRAINING_DAYS = 0.03, 5.5
USUAL = {"call": 400.0, "sms": 260.0}
D_PRIME = {"call": 4.4, "sms": 4.0}
LEARNING: dict[str, Any] = {
    **NO_LEGITIMATE,
    "interception.adaptation": ADAPTATION,
    "interception.retraining": "132 h",
    "measures.filter-call": None,
    "measures.filter-sms": None,
}
BETTER, SINCE = 0.5, "2022-02-04"
HERE = {"measures.filter-here": measure("filter", 44, since=SINCE, channel="sms", intensity=BETTER)}


def d_primes(run: sim.Run, channel: str) -> pd.DataFrame:
    """Return d' of a filter in force, a row a day and a column a province."""
    state = run.state
    return state[state["quantity"] == f"d_prime_{channel}"].pivot(index="day", columns="province", values="value")


def stopped(run: sim.Run, channel: str) -> pd.Series:
    """Return the attempts of a channel that its filter stopped in all provinces, scaled up, by day."""
    attempts = run.attempts
    own = attempts[(attempts["fate"] == "intercepted") & (attempts["channel"] == channel)]
    return own.groupby("day")["count"].sum() / run.scenario.spec.scale


def test_each_day_filters_lose_by_what_the_tables_say_they_stopped_the_day_before(tmp_path: Path) -> None:
    one, other = run_both(tmp_path, "tiny", period=PERIOD, scale=0.25, **LEARNING, **HERE)
    assert_equal(one, other)
    kept = math.exp(-1.0 / RETRAINING_DAYS)
    for channel, usual in USUAL.items():
        found, seen = d_primes(one, channel), stopped(one, channel)
        assert len(found) == len(seen) == 12
        lost = ADAPTATION / (1.0 - kept)
        for day in found.index:
            for province, value in found.loc[day].items():
                better = BETTER if (channel, province) == ("sms", 44) and day >= pd.Timestamp(SINCE) else 0.0
                assert value == pytest.approx(D_PRIME[channel] + better - lost, abs=1e-12)
            lost = lost * kept + ADAPTATION * seen[day] / usual
        assert found[11].nunique() == 12

"""Filters lose d' by what they stop: in both engines the same bytes, and by the counts that the tables tell."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from tests.engines.small import NO_LEGITIMATE, run_tiny
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


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_each_day_filters_lose_by_what_the_tables_say_they_stopped_the_day_before(scale: float, tmp_path: Path) -> None:
    one, other = run_both(tmp_path, "tiny", period=PERIOD, scale=scale, **LEARNING, **HERE)
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


def test_a_better_filter_is_tried_against_harder(tmp_path: Path) -> None:
    better = {"interception.call.d_prime": D_PRIME["call"] + BETTER}
    one, other = (
        run_tiny(tmp_path / name, period=PERIOD, engine="vector", **LEARNING, **values)
        for name, values in (("as it is", {}), ("better", better))
    )
    gain = d_primes(other, "call")[11] - d_primes(one, "call")[11]
    # What it stops on the first day teaches gangs on the second, and so on: it gains less and less of what it has more.
    assert gain.iloc[0] == pytest.approx(BETTER)
    assert (gain.iloc[1:] < BETTER - 0.002).all()
    assert gain.iloc[-1] < gain.iloc[1]
    assert (gain > 0.0).all()


def test_without_adaptation_d_prime_is_as_stated(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", period=PERIOD, engine="vector", **{**LEARNING, "interception.adaptation": 0.0})
    for channel, d_prime in D_PRIME.items():
        assert stopped(run, channel).sum() > 1000
        assert (d_primes(run, channel) == d_prime).all(axis=None)

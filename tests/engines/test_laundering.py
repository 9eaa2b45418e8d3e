"""Campaigns against laundering: what a report gets back follows from its own day and province alone."""

import datetime as dt
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.days import DAY_MS, HOUR_MS
from tests.engines.small import NO_LEGITIMATE, fewer, run_tiny

PERIOD = {"start": "2022-01-30", "end": "2022-02-03", "warmup": "0 d"}
SECOND = dt.date(2022, 2, 1)
"""The day on which the campaign begins, in the provinces of codes 44 and 65 alone."""
BASE: dict[str, Any] = {
    **fewer(1.5),
    **NO_LEGITIMATE,
    "aftermath.report.delay": {"lognormal": {"median": "8 h", "sigma": 1.2}},
    "aftermath.stop_payment": {"share": 0.9, "half_life": "2 h"},
}
CAMPAIGN = {"kind": "cluster_campaign", "window": [str(SECOND), "2022-02-20"], "count": 2, "arrests": 1.0}


def with_factor(folder: Path, factor: float, **more: Any) -> sim.Run:
    """Return a run with a campaign of this factor in two provinces."""
    campaign = {**CAMPAIGN, "provinces": [44, 65], "half_life_factor": factor, **more}
    return run_tiny(folder / f"{factor}", period=PERIOD, **{**BASE, "measures.accounts": campaign})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[float, sim.Run]:
    folder = tmp_path_factory.mktemp("laundering")
    return {factor: with_factor(folder, factor) for factor in (1.0, 3.0, 12.0)}


def test_what_is_got_back_is_what_its_payments_the_day_and_the_province_say(runs: dict[float, sim.Run]) -> None:
    begins = (SECOND - dt.date.fromisoformat(PERIOD["start"])).days * DAY_MS
    for factor, run in runs.items():
        events = run.events
        payments = defaultdict(list)
        rows = events[events["event"] == "payment"]
        for origin, moment, cents in rows[["origin", "moment", "value"]].itertuples(index=False):
            payments[origin].append((moment, cents))
        acted = 0
        reports = events[events["event"] == "report"]
        for origin, moment, place, got in reports[["origin", "moment", "province", "value"]].itertuples(index=False):
            acts = int(place) in (44, 65) and moment >= begins
            half_life = 2 * HOUR_MS * (factor if acts else 1.0)
            expected = [cents * 0.9 * 2 ** (-(moment - paid) / half_life) for paid, cents in payments[origin]]
            # Each payment is rounded down.
            assert sum(expected) - len(expected) - 1e-6 * sum(expected) < got <= sum(expected) * (1 + 1e-9)
            # Those who were drawn in before the campaign and report during it are among them.
            acted += acts and payments[origin][0][0] < begins
        assert acted > 5
        assert len(reports) > 50


def test_a_longer_reach_recovers_more_and_changes_nothing_else(runs: dict[float, sim.Run]) -> None:
    recovered = [run.figure("recovered_money") for run in runs.values()]
    assert 0 < recovered[0] < recovered[1] < recovered[2]
    first = runs[1.0]
    for run in list(runs.values())[1:]:
        ours, theirs = first.events, run.events
        is_report = ours["event"] == "report"
        pd.testing.assert_frame_equal(ours.drop(columns="value"), theirs.drop(columns="value"))
        pd.testing.assert_frame_equal(ours[~is_report], theirs[~is_report])
        assert (theirs[is_report]["value"] >= ours[is_report]["value"]).all()
        for table in ("attempts", "alerts", "contacts", "hours", "flows", "state", "cases"):
            pd.testing.assert_frame_equal(getattr(first, table), getattr(run, table))


def test_holds_of_campaigns_are_holds_of_banks(tmp_path: Path) -> None:
    campaign = run_tiny(
        tmp_path / "campaign",
        period=PERIOD,
        engine="vector",
        **{**BASE, "measures.banks": None, "measures.accounts": {**CAMPAIGN, "hold": 0.6}},
    )
    bank = run_tiny(
        tmp_path / "bank",
        period=PERIOD,
        engine="vector",
        **{
            **BASE,
            "measures.banks": {"kind": "bank_hold", "window": CAMPAIGN["window"], "intensity": 0.6},
            "measures.accounts": CAMPAIGN,
        },
    )
    assert campaign.figure("held") > 10
    for table in ("outcomes", "flows", "cases", "events"):
        pd.testing.assert_frame_equal(getattr(campaign, table), getattr(bank, table))


def test_a_campaign_holds_a_superset_without_feedback(tmp_path: Path) -> None:
    events = []
    for hold in (0.1, 0.4):
        run = run_tiny(
            tmp_path / f"{hold}",
            period=PERIOD,
            engine="vector",
            **{**BASE, "feedback": False, "measures.banks": None, "measures.accounts": {**CAMPAIGN, "hold": hold}},
        )
        events.append(run.events)
    few, many = (set(log[log["result"] == "held"]["origin"]) for log in events)
    victims = [set(log[(log["event"] == "payment") & (log["stage"] == 3)]["origin"]) for log in events]
    assert few < many
    assert victims[1] < victims[0]

"""Signs and quiet: how they move the tier, the moment and the ringing of an alert, to the bit."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.base.words import Tier
from tests.engines.small import run_tiny

MINUTE, HOUR = 60_000, 3_600_000
ALERT = ["origin", "stage", "detector"]
VECTOR: dict[str, Any] = {"engine": "vector", "feedback": False}
APART = {"ignored", "unanswered", "legitimate"}
"""Truths of alerts about no episode: no desk changes how many there are."""


def vector(folder: Path, values: dict[str, Any]) -> sim.Run:
    """Return a run of the vector engine without feedback."""
    return run_tiny(folder, **{**VECTOR, **values})


def sign(share: float, **values: Any) -> dict[str, Any]:
    """Return a sign that is seen with one probability at all contacts."""
    stages = ("contact", "engaged", "opened", "payment")
    return {"episode": dict.fromkeys(stages, share), **dict.fromkeys(sorted(APART), share), **values}


def asked(share: float, *tiers: str, **values: Any) -> dict[str, Any]:
    """Return changes by which tiers ask for such a sign."""
    return {
        "warning.signs": {"seen": sign(share, **values)},
        **{f"warning.tiers.{tier}.sign": "seen" for tier in tiers},
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """Return a run without signs."""
    return vector(tmp_path_factory.mktemp("plain") / "run", {})


def counts(run: sim.Run, *columns: str, apart: bool = True) -> pd.Series:
    """Return the alerts of a run by columns, those about no episode alone unless asked for all."""
    alerts = run.alerts[run.alerts["truth"].isin(APART)] if apart else run.alerts
    return alerts.groupby(list(columns), observed=True)["count"].sum()


def issues(run: sim.Run) -> pd.DataFrame:
    """Return moment and tier of the issue of each alert about no episode, with its end, by origin and detector."""
    log = run.events
    engaged = log[(log["event"] == "attempt") & (log["result"] == "engaged")]["origin"]
    log = log[~log["origin"].isin(engaged) & log["detector"].notna()]
    found = log[log["event"] == "issue"].set_index(ALERT)[["moment", "tier", "province"]]
    return found.assign(end=log[log["event"] == "end"].set_index(ALERT)["result"])


def test_a_sign_that_nobody_shows_moves_a_tier_to_the_next_lower_one(plain: sim.Run, tmp_path: Path) -> None:
    run = vector(tmp_path / "none", asked(0.0, "red", "orange"))
    before, after = counts(plain, "source", "truth", "tier"), counts(run, "source", "truth", "tier")
    assert set(counts(run, "tier", apart=False).index) == {"yellow", "blue"}
    assert len(after) > 10
    for row in after.reset_index().to_dict("records"):
        source, truth, tier, count = (row[key] for key in ("source", "truth", "tier", "count"))
        from_above = sum(before.get((source, truth, higher), 0) for higher in ("red", "orange"))
        assert count == before.get((source, truth, tier), 0) + (from_above if tier == "yellow" else 0)


def test_an_alert_waits_for_the_signs_that_decide_its_tier(plain: sim.Run, tmp_path: Path) -> None:
    delayed = {"quick": sign(1.0, delay="7 min"), "slow": sign(1.0, delay="30 min"), "never": sign(0.0, delay="1 min")}
    delayed["lifting"] = sign(1.0, delay="20 min", lifts=1)
    before = issues(plain)
    tiers = {"warning.tiers.red.sign": ["quick", "slow", "never"], "warning.tiers.blue.sign": "slow"}
    # Red asks for the first of three signs; all but red are lifted; who is lifted to red waits for the longer.
    waits = {"red": 7, "orange": 20, "yellow": 20, "blue": 20}
    lower = {"red": "red", "orange": "red", "yellow": "orange", "blue": "yellow"}
    run = vector(tmp_path / "lifted", {"warning.signs": delayed, **tiers})
    demand_waits(before, issues(run), waits, lower)
    # Without the sign that lifts, orange and yellow wait for nothing, and blue asks for the slow one.
    waits = {"red": 7, "orange": 0, "yellow": 0, "blue": 30}
    del delayed["lifting"]
    run = vector(tmp_path / "asked", {"warning.signs": delayed, **tiers})
    demand_waits(before, issues(run), waits, dict(zip(lower, lower, strict=True)))


def demand_waits(before: pd.DataFrame, after: pd.DataFrame, waits: dict[str, int], tiers: dict[str, str]) -> None:
    """Fail unless alerts are issued so many minutes later, by their tier before, and have these tiers."""
    both = before.join(after.add_suffix(" after"), how="left")
    # Instructions wait for the end of an outage, if not for signs; late ones may come after the run.
    free = both[(both["moment after"].notna()) & (both["moment"] > 24 * HOUR)]
    assert (free.groupby("tier").size() >= 10).all()
    assert ((free["moment after"] - free["moment"]) / MINUTE == free["tier"].map(waits)).all()
    assert (free["tier after"] == free["tier"].map(tiers)).all()
    assert both[both["moment after"].isna()]["moment"].min() > 46 * HOUR


def test_of_two_alerts_about_a_contact_the_later_one_rings_only_if_it_is_more_urgent(
    plain: sim.Run, tmp_path: Path
) -> None:
    quiet = 20 * MINUTE
    run = vector(tmp_path / "quiet", {"warning.quiet": f"{quiet} ms"})
    before, found = issues(plain), issues(run)
    # As many are issued, at the same moments and in the same tiers.
    pd.testing.assert_frame_equal(found[["moment", "tier"]], before[["moment", "tier"]])
    assert "superseded" not in set(before["end"])
    ranks = found.assign(rank=found["tier"].map({tier.label: tier.value for tier in Tier})).reset_index()
    ordered = ranks.sort_values(["moment", "detector"])
    is_second = ordered.duplicated("origin")
    assert "superseded" not in set(ordered[~is_second]["end"])
    pairs = ordered[is_second].merge(ordered[~is_second], on="origin", suffixes=("", " first"))
    soon = pairs["moment"] - pairs["moment first"] < quiet
    silent = soon & (pairs["rank first"] <= pairs["rank"])
    assert ((pairs["end"] == "superseded") == silent).all()
    assert silent.sum() >= 20


def test_who_was_reached_in_an_episode_does_not_hear_again_at_once(tmp_path: Path) -> None:
    quiet = 5 * HOUR
    values = {"warning.dissuasion.stop": dict.fromkeys(("app", "sms", "call", "visit"), 0.1)}
    run = vector(tmp_path / "quiet", {**values, **{"warning.quiet": "5 h"}})
    log = run.events
    heard = (log["event"] == "read") | log["result"].isin(["answered", "met"])
    ranks = {tier.label: tier.value for tier in Tier}
    engaged = set(log[(log["event"] == "attempt") & (log["result"] == "engaged")]["origin"])
    own = log[log["origin"].isin(engaged) & log["detector"].notna()]
    silent = 0
    for _, rows in own.assign(heard=heard).groupby("origin"):
        warned: tuple[int, int] | None = None
        for row in rows.to_dict("records"):
            if row["heard"]:
                warned = row["moment"], ranks[row["tier"]]
            elif row["event"] == "issue" and warned is not None:
                ends = rows[(rows[ALERT] == [row[key] for key in ALERT]).all(axis=1) & (rows["event"] == "end")]
                if warned[1] <= ranks[row["tier"]] and row["moment"] - warned[0] < quiet:
                    assert ends.iloc[0]["result"] in ("superseded", "moot")
                    assert ends.iloc[0]["moment"] == row["moment"]
                    silent += ends.iloc[0]["result"] == "superseded"
    assert silent >= 5

"""What gangs do in a run: arrests leave fewer attempts, ringleaders too, effort moves, and pairs of runs stay pairs."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from tests.engines.small import NO_LEGITIMATE, fewer, run_tiny
from tests.slots import TINY

PERIOD = {"start": "2022-01-20", "end": "2022-02-19", "warmup": "10 d"}
REGIONS = ("east", "south", "elsewhere", "overseas")
NO_RAIDS = {f"dens.hazard.{key}": "0 per year" for key in (*REGIONS, "per_lead")}
GANGS: dict[str, Any] = {
    "pools": None,
    "start": 0.9,
    "recruiting": "12 per year",
    "reopens_with": 0.5,
    "crew_share": 1.0,
    "slower": 1.0,
}
USUAL = {"call": 0.03, "sms": 0.03, "online": 0.1}


def run(folder: Path, gangs: dict[str, Any] | None = None, **values: Any) -> sim.Run:
    """Return a month of the tests' scenario with gangs, of which some keys are others."""
    base = {**fewer(0.3), **NO_LEGITIMATE, "period": PERIOD, **TINY}
    return run_tiny(folder, **{**base, "gangs": {**GANGS, **(gangs or {})}, **values})


def by_channel(run: sim.Run) -> pd.Series:
    """Return the attempts of each channel."""
    return run.attempts.groupby("channel", observed=True)["count"].sum()


def cells(run: sim.Run) -> pd.Series:
    """Return the attempts of each cell."""
    keys = ["day", "province", "channel", "fraud_type"]
    return run.attempts.groupby(keys, observed=True)["count"].sum()


def crews(run: sim.Run) -> pd.Series:
    noted = run.state[run.state["quantity"] == "crews"]
    return noted.set_index("day")["value"]


def test_more_arrests_leave_fewer_attempts(tmp_path: Path) -> None:
    per_case = 4.0
    once, twice = (
        run(tmp_path / str(factor), **{"aftermath.suspects": {"per_case": per_case * factor, "per_card": 0.004}})
        for factor in (1, 2)
    )
    assert (crews(twice) < crews(once)).all()
    assert crews(once).iloc[-1] < 0.85
    assert cells(twice).sum() < 0.97 * cells(once).sum()
    # No cell has more of them: a lower rate takes attempts away and adds none.
    both = pd.DataFrame({"once": cells(once), "twice": cells(twice)}).fillna(0)
    assert (both["twice"] <= both["once"]).all()
    # Suspects who are nobody's members leave all as it is.
    spared = run(tmp_path / "spared", {"crew_share": 0.0}, **{"aftermath.suspects": {"per_case": 8.0, "per_card": 0.0}})
    assert (crews(spared) > crews(once)).all()


def test_more_ringleaders_arrested_leave_fewer_attempts(tmp_path: Path) -> None:
    led = {"share": 1.0, "at_raid": 0.0, "per_lead": "0 per year"}
    thinned = {"aftermath.suspects": {"per_case": 4.0, "per_card": 0.0}, **NO_RAIDS}
    free = run(tmp_path / "free", **{"dens.ringleaders": led}, **thinned)
    caught = run(tmp_path / "caught", **{"dens.ringleaders": {**led, "per_lead": "900 per year"}}, **thinned)
    assert caught.totals["ringleaders_arrested"] > 20 > free.totals["ringleaders_arrested"] == 0
    # Crews without them do not recruit.
    assert (crews(caught) <= crews(free)).all()
    assert cells(caught).sum() < 0.98 * cells(free).sum()


def test_a_tighter_filter_of_sms_moves_attempts_elsewhere(tmp_path: Path) -> None:
    answer = {"shift": 0.8, "supply": 0.0, "lag": "3 d", "usual": USUAL}
    tighter = {"kind": "filter", "window": ["2022-01-15", None], "channel": "sms", "intensity": 1.0}
    # Crews stay as they are, so that what moves has moved by itself.
    still = {"crew_share": 0.0, "answer": answer}
    lax = run(tmp_path / "lax", still, **NO_RAIDS)
    tight = run(tmp_path / "tight", still, **NO_RAIDS, **{"measures.tighter": tighter})
    before, after = by_channel(lax), by_channel(tight)
    assert after["sms"] < 0.8 * before["sms"]
    assert after["online"] > 1.03 * before["online"]
    assert after["call"] > 1.03 * before["call"]


def test_gangs_whose_takings_fall_make_fewer_attempts(tmp_path: Path) -> None:
    answer = {"shift": 0.0, "supply": 0.5, "lag": "3 d", "usual": USUAL}
    still = {"crew_share": 0.0, "answer": answer}
    often = {**NO_RAIDS, **fewer(1.0), **NO_LEGITIMATE}
    free = run(tmp_path / "free", still, **often)
    # Banks hold nearly every payment: nothing of the gates is otherwise.
    held = run(tmp_path / "held", still, **often, **{"measures.banks.intensity": 0.9})
    assert cells(held).sum() < 0.9 * cells(free).sum()


def test_fewer_members_make_a_subset_of_the_same_attempts(tmp_path: Path) -> None:
    few_days = {"start": "2022-01-30", "end": "2022-02-02", "warmup": "0 d"}
    alike = {"period": few_days, "cards.fixed_dead_share": 0.2, **NO_RAIDS}
    still = {"recruiting": "0 per year", "crew_share": 0.0}
    full, fewer_members = (run(tmp_path / str(start), {**still, "start": start}, **alike) for start in (1.0, 0.6))
    ours, theirs = (of[of["event"] == "attempt"] for of in (full.events, fewer_members.events))
    assert set(theirs["origin"]) < set(ours["origin"])
    assert 0.4 * len(ours) < len(theirs) < 0.8 * len(ours)
    assert (crews(fewer_members) == 0.6).all()
    whole, part = cells(full), cells(fewer_members)
    assert (part.reindex(whole.index).fillna(0) <= whole).all()
    assert abs(part.sum() / whole.sum() - 0.6) < 0.04
    # The gate of dens stops the same share.
    gone = [int(of.attempts.loc[of.attempts["fate"] == "den_destroyed", "count"].sum()) for of in (full, fewer_members)]
    assert gone[1] / part.sum() == pytest.approx(gone[0] / whole.sum(), abs=0.02)

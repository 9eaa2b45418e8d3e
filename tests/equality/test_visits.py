"""Ways of visits, second visits and groups of ages, read off the log of events."""

from pathlib import Path
from typing import Any

import pandas as pd

import sim
from sim.base.days import HOUR_MS, MINUTE_MS
from sim.base.words import Tier
from sim.country.people import home
from sim.draws.identity import person_id
from sim.engines.tables import Tables
from tests.engines.small import TWO_DAYS, fewer, run_tiny

TIERS = Tier.labels()
QUIET: dict[str, Any] = {**fewer(0.3), "period": TWO_DAYS, "engine": "vector"}
KEY = ["origin", "detector", "stage", "number"]


def visits(run: sim.Run, event: str = "service_end") -> pd.DataFrame:
    """Return the events of visits, by alert and number of the try."""
    events = run.events
    return events[(events["event"] == event) & (events["channel"] == "visit")].set_index(KEY)


def test_an_officer_is_busy_on_the_way_and_at_the_door(tmp_path: Path) -> None:
    values = {**QUIET, "desks.visit.staff": 400, "warning.tiers.red.first": "visit"}
    here, away = (
        run_tiny(tmp_path / name, **values, **way)
        for name, way in (("here", {}), ("away", {"desks.visit.way": "37 min"}))
    )
    both = visits(here).add_suffix("_here").join(visits(away).add_suffix("_away"), how="inner")
    assert len(both) > 50
    assert (both["value_away"] == both["value_here"] + 37 * MINUTE_MS).all()
    assert (both["result_away"] == both["result_here"]).all()
    own = away.contacts[away.contacts["channel"] == "visit"]
    assert own["staff_ms"].sum() == visits(away)["value"].sum()


def test_the_first_contact_of_a_visit_is_at_the_door(tmp_path: Path) -> None:
    always = [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "24:00", "share": 1.0}]
    run = run_tiny(
        tmp_path / "run",
        **QUIET,
        **{f"warning.tiers.{tier}.first": "visit" for tier in TIERS},
        **{"desks.visit.staff": 3000, "desks.visit.shifts": always, "warning.hop_delay": "3 min"},
        **{"warning.detectors.central.hops": 1, "warning.detectors.local.hops": 1, "desks.visit.way": "50 min"},
    )
    # Nobody waits: 3 minutes for the instruction and 50 for the way, between 32 and 64.
    assert set(run.waits.loc[run.waits["channel"] == "visit", "bin"]) == {MINUTE_MS}
    assert set(run.first_contacts["bin"]) == {64 * MINUTE_MS}
    assert run.first_contacts["count"].sum() > 100


def test_a_tier_follows_the_rules_of_the_age_of_its_person(tmp_path: Path) -> None:
    groups = [{"ages": [60, None], "first": "call", "deadline": "5 h"}, {"ages": [30, 39], "first": "visit"}]
    values = {
        f"warning.tiers.{tier}.{key}": value
        for tier in TIERS
        for key, value in {"first": "sms", "by_age": groups, "deadline": "9 h"}.items()
    }
    run = run_tiny(tmp_path / "run", **QUIET, **values, **{"warning.sms.read": 0.0, "desks.call.staff": 0})
    tables = Tables.of(run.scenario.spec)
    codes = [province.code for province in run.scenario.spec.population.provinces]
    issued = run.events[run.events["event"] == "issue"]
    seen = set()
    for key, life in run.events[run.events["tier"].notna()].groupby(KEY[:3]):
        if "issue" not in set(life["event"]):
            continue
        issue, end = life.iloc[0], life.iloc[-1]
        province = codes.index(issue["province"])
        age = home(tables.seed, person_id(province, int(issue["person"])), province, tables.people)[0]
        channels = set(life["channel"].dropna())
        expected = "call" if age >= 60 else "visit" if 30 <= age <= 39 else "sms"
        assert channels <= {expected}, (key, age)
        if end["event"] != "end":
            continue
        if end["result"] == "expired":
            assert end["moment"] - issue["moment"] == (5 if age >= 60 else 9) * HOUR_MS
        seen.add((expected, end["result"]))
    assert {("call", "expired"), ("visit", "reached")} <= seen
    assert len(issued) > 100


def test_whom_a_call_or_a_visit_reached_is_visited_once_more(tmp_path: Path) -> None:
    after = {"warning.tiers.red.again": {"after": "30 min"}}
    values = {
        **QUIET,
        "warning.tiers.red.first": "call",
        "warning.tiers.red.tries": {"call": 1, "visit": 1},
        "warning.tiers.red.escalate.unanswered": "none",
        "desks.visit.staff": 3000,
        "desks.call.staff": 3000,
    }
    run = run_tiny(tmp_path / "run", **values, **after)
    events = run.events[run.events["tier"] == "red"]
    talks = events[(events["event"] == "service_end") & (events["channel"] == "call")].set_index(KEY[:3])
    seconds = events[(events["event"] == "service_start") & (events["channel"] == "visit")].set_index(KEY[:3])
    assert set(seconds["number"]) == {16}
    both = talks.add_suffix("_talk").join(seconds, how="inner")
    assert set(both["result_talk"]) == {"answered"}
    assert (both["moment"] - both["moment_talk"] >= 30 * MINUTE_MS).all()
    # Desks are open in the evening too, so most of those who answered are visited on the same day.
    assert len(both) > 0.5 * (talks["result"] == "answered").sum() > 20
    # Without it nobody is, and all alerts end as before.
    base = run_tiny(tmp_path / "base", **values)
    assert base.contacts.loc[(base.contacts["tier"] == "red") & (base.contacts["channel"] == "visit")].empty

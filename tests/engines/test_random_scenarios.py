"""Random small scenarios: every run obeys its own conservation laws, ``tocsin check``, and the rules of the log."""

import itertools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import sim
from sim.base.words import Discipline
from sim.reading.manifest import check_run
from tests.engines.log import DAY, TIERS
from tests.engines.rules import Rules
from tests.engines.small import TWO_DAYS, fewer, run_tiny

CHANNELS = ("app", "sms", "call", "visit")
TOGETHER = (
    ["call", "visit"],
    ["visit", "call"],
    ["app", "visit"],
    ["sms", "visit"],
    ["call", "sms"],
    ["app", "call"],
    ["app", "call", "visit"],
    ["visit", "sms", "call"],
)
"""First channels of a tier that are tried at once."""
WEEK = [1, 2, 3, 4, 5, 6, 7]
STEPS = [{"from": "2022-01-31", "factor": 1.5}, {"from": "2022-02-01", "factor": 0.4}]


def minutes(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda n: f"{n} min")


def lasting(least: int, most: int) -> st.SearchStrategy[Any]:
    """Distributions of every kind with a scale between two numbers of minutes."""
    scale = minutes(least, most)
    return st.one_of(
        scale,
        st.builds(lambda m: {"lognormal": {"median": m, "sigma": 0.8}}, scale),
        st.builds(lambda m: {"exponential": {"mean": m}}, scale),
        st.builds(lambda m: {"weibull": {"scale": m, "shape": 1.5}}, scale),
        st.builds(lambda n: {"uniform": {"low": "0 min", "high": f"{n} min"}}, st.integers(least, most)),
    )


@st.composite
def tier(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "first": draw(st.sampled_from([*CHANNELS, *TOGETHER])),
        "also_if_reached": draw(st.booleans()),
        "deadline": draw(st.one_of(minutes(1, 90), minutes(60, 1500))),
        "tries": {"call": draw(st.integers(1, 4)), "visit": draw(st.integers(1, 3))},
        "retry_wait": {"call": draw(lasting(1, 90)), "visit": draw(lasting(1, 200))},
        "escalate": {
            "unread": draw(st.sampled_from(["call", "none"])),
            "unanswered": draw(st.sampled_from(["visit", "none"])),
        },
    }


def shifts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return one shift that leaves the night, or most of the day, without staff; sometimes a second over it."""
    first = draw(st.integers(0, 40))
    last = draw(st.integers(first + 1, 48))
    times = [(first, last, draw(st.sampled_from([0.3, 1.0])))]
    if draw(st.booleans()):
        times.append((20, 36, 0.5))
    return [
        {
            "weekdays": WEEK if draw(st.booleans()) else [draw(st.integers(1, 2))],
            "start": f"{a // 2:02d}:{a % 2 * 30:02d}",
            "end": f"{b // 2:02d}:{b % 2 * 30:02d}",
            "share": share,
        }
        for a, b, share in times
    ]


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Return what a random scenario changes of ``tiny``."""
    cuts = sorted(draw(st.lists(st.integers(0, 30), min_size=4, max_size=4)), reverse=True)
    thresholds = {name: 2.5 + cut / 20 for name, cut in zip(TIERS, cuts, strict=True)}
    values: dict[str, Any] = {
        **fewer(0.12),
        "seed": draw(st.integers(0, 2**40)),
        "clock": draw(st.sampled_from(["1 ms", "1 s", "1 min", "5 min", "15 min", "30 min"])),
        "feedback": draw(st.booleans()),
        "warning.detectors.central.thresholds": thresholds,
        "warning.tiers": {name: draw(tier()) for name in TIERS},
        "warning.unread_wait": draw(minutes(1, 400)),
        "warning.hop_delay": draw(lasting(1, 30)),
        "warning.escalation_delay": draw(lasting(1, 60)),
        "warning.app.read_delay": draw(lasting(1, 120)),
        "warning.sms.read": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "warning.desk_knows_episode_over": draw(st.booleans()),
        "warning.dissuasion.stop.call": draw(st.sampled_from([0.0, 0.6, 1.0])),
        "desks.call.staff": draw(st.sampled_from([0, 2, 6, 40])),
        "desks.call.shifts": shifts(draw),
        "desks.call.discipline": draw(st.sampled_from(Discipline.labels())),
        "desks.call.lends": draw(st.booleans()),
        "desks.call.answered": draw(st.sampled_from([0.0, 0.4, 1.0])),
        "desks.call.short": draw(lasting(1, 40)),
        "desks.visit.staff": draw(st.sampled_from([0, 3, 30])),
        "desks.visit.shifts": shifts(draw),
        "desks.call.growth": draw(st.sampled_from([None, {"steps": STEPS}, {"steps": STEPS[::-1][-1:]}])),
        "desks.visit.growth": draw(
            st.sampled_from([None, {"ramp": {"midpoint": "2022-02-01", "width": "1 d", "floor": 0.1}}])
        ),
        "desks.visit.discipline": draw(st.sampled_from(Discipline.labels())),
        "desks.visit.lends": draw(st.booleans()),
        "desks.visit.met": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "aftermath.report.delay": draw(lasting(1, 300)),
        "aftermath.filing.delay": draw(lasting(1, 300)),
        "measures.banks.intensity": draw(st.sampled_from([0.0, 0.3])),
        "measures.outage-of-the-centre": {
            "kind": "outage",
            "window": ["2022-01-31", "2022-01-31"],
            "detector": draw(st.sampled_from(["central", "local"])),
            "mode": draw(st.sampled_from(["delay", "lose"])),
        },
    }
    for stage in ("engaged", "opened", "first_payment", "later_payment"):
        values[f"fraud.types.brushing.delays.{stage}"] = draw(lasting(1, 120))
    return values


# Without shrinking: it would take minutes, and a failing scenario is printed whole.
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


@pytest.mark.slow
@SETTINGS
@given(changes())
def test_every_run_obeys_the_rules(values: dict[str, Any]) -> None:
    hold(values)


def hold(values: dict[str, Any]) -> None:
    """Fail unless a run with these changes obeys all rules."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_tiny(Path(folder) / "run", period=TWO_DAYS, **values)
        broken = [str(finding) for finding in check_run(run.path) if not finding.passed]
        assert broken == []
        Rules(run).check()


def breaks_a_rule(run: sim.Run, events: pd.DataFrame) -> bool:
    """Return whether the rules refuse other events in place of those of a run."""
    forged = sim.load_run(run.path)
    forged.__dict__["events"] = events
    try:
        Rules(forged).check()
    except (AssertionError, KeyError, IndexError):
        return True
    return False


FORGED_MOMENTS = ("service_start", "service_end", "read", "expiry", "end")
"""Events of an alert's life: one of a minute later or earlier breaks a rule."""
COUNTED = ("attempt", "issue", "service_start", "service_end", "read", "expiry", "end", "stage", "payment", "filing")


@pytest.mark.slow
def test_the_rules_see_a_log_that_breaks_them(tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", **fewer(0.1))
    events = run.events
    assert not breaks_a_rule(run, events)

    def forged(row: int, column: str, value: Any) -> bool:
        other = events.copy()
        other.loc[row, column] = value
        order = other.sort_values(["moment", "phase", "origin"], kind="stable").reset_index(drop=True)
        return breaks_a_rule(run, order)

    def rows(event: str) -> list[int]:
        return events.index[events["event"] == event].tolist()

    for event in COUNTED:
        assert breaks_a_rule(run, events.drop(rows(event)[len(rows(event)) // 2])), event
    for event in FORGED_MOMENTS:
        # The delivery of a message is no event, so nobody can say from the log when it had been unread for long enough.
        row = [row for row in rows(event) if events["result"].fillna("")[row] != "unread"][5]
        for change in (-60_000, 60_000):
            assert forged(row, "moment", events["moment"][row] + change), event
    # A try too many, a message read a day later, somebody else warned, a dearer payment, a longer service.
    assert forged(rows("service_start")[5], "number", 9)
    assert forged(rows("read")[2], "moment", events["moment"][rows("read")[2]] + DAY)
    of_attempt = next(row for row in rows("issue") if events["origin"][row] in set(events["origin"][rows("attempt")]))
    assert forged(of_attempt, "person", events["person"][of_attempt] + 1)
    for event in ("payment", "service_end", "report"):
        assert forged(rows(event)[1], "value", events["value"][rows(event)[1]] + 1)
    # Any end of an alert, or of an episode, under the name of another.
    ended_as = events["result"].fillna("")
    for event, results in (
        ("end", ("reached", "unread", "unanswered", "expired", "superseded", "moot")),
        ("stage", ("dropped_out", "stopped")),
    ):
        for true, false in itertools.permutations(results, 2):
            row = next(row for row in rows(event) if ended_as[row] == true)
            assert forged(row, "result", false), (true, false)


SEVERAL: dict[str, Any] = {
    **fewer(0.25),
    "warning.tiers.red.first": ["call", "visit"],
    "warning.tiers.orange.first": ["app", "call", "visit"],
    "warning.tiers.orange.also_if_reached": True,
    "warning.tiers.yellow.first": ["sms", "visit"],
    "desks.call.staff": 1,
    "desks.visit.staff": 8,
    "desks.call.lends": True,
    "desks.visit.lends": True,
}


def test_a_run_of_several_tracks_obeys_the_rules(tmp_path: Path) -> None:
    Rules(run_tiny(tmp_path / "run", **{**SEVERAL, **fewer(0.08)})).check()


@pytest.mark.slow
def test_the_rules_see_what_is_wrong_with_tracks_and_lines(tmp_path: Path) -> None:
    discipline = "highest_score"
    ordered = {f"desks.{desk}.discipline": discipline for desk in ("call", "visit")}
    run = run_tiny(tmp_path / "run", **SEVERAL, **ordered)
    events = run.events
    Rules(run).check()
    # The same log under the rules of another scenario: of another order, nobody who lends, another peace.
    for key, value in (
        *((f"desks.{desk}.discipline", other) for desk in ("call", "visit") for other in Discipline.labels()),
        ("desks.call.lends", False),
        ("desks.visit.lends", False),
        ("warning.tiers.orange.also_if_reached", False),
        ("warning.tiers.red.also_if_reached", True),
        ("warning.tiers.red.first", "visit"),
        ("warning.tiers.red.first", ["sms", "call", "visit"]),
    ):
        if value == discipline:
            continue
        other = run_tiny(tmp_path / "other", **{**SEVERAL, **ordered, key: value})
        assert breaks_a_rule(other, events), (key, value)
        shutil.rmtree(other.path)
    # One of two tracks that expire together is left out; a track goes on after its person was met.
    together = events[
        (events["event"] == "expiry") & events.duplicated(["moment", "event", "origin", "stage", "detector"])
    ]
    assert len(together)
    assert breaks_a_rule(run, events.drop(together.index[0]))
    reached = events.index[events["result"].isin(["answered", "met"])][3]
    assert breaks_a_rule(run, events.drop(reached))


def test_least_slack_is_first_issued_where_there_is_one_try(tmp_path: Path) -> None:
    # Tries of one number have the same time before them, whatever the tier; so nothing differs, bit for bit.
    once = {f"warning.tiers.{tier}.tries": {"call": 1, "visit": 1} for tier in TIERS}
    runs = [
        run_tiny(
            tmp_path / name, **{**SEVERAL, **once, **{f"desks.{desk}.discipline": name for desk in ("call", "visit")}}
        )
        for name in ("first_issued", "least_slack", "last_issued")
    ]
    assert runs[0].events.equals(runs[1].events)
    assert runs[0].hours.equals(runs[1].hours)
    assert not runs[0].events.equals(runs[2].events)

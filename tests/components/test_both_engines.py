"""Components of users in both engines: equal bytes, and a change that one of them ignores is seen."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sim
from sim.scenario.load import changed
from tests.components.reactions import CHANGES, Everything, Noted
from tests.equality.both import ENGINES, assert_equal, differences

PERIOD = {"start": "2022-01-30", "end": "2022-02-04", "warmup": "1 d"}
THIN = 0.1
"""The scale: the reference engine takes as much less time."""


def run_both(
    folder: Path, components: list[sim.Component], values: dict[str, Any] | None = None
) -> tuple[sim.Run, sim.Run]:
    scenario = sim.load_scenario("tiny", **{"period": PERIOD, "scale": THIN, **(values or {})})
    one, other = (
        sim.run(changed(scenario, {"engine": engine}), folder / engine, "all", components=components)
        for engine in ENGINES
    )
    return one, other


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    scenario = sim.load_scenario("tiny", period=PERIOD, scale=THIN, engine="vector")
    return sim.run(scenario, tmp_path_factory.mktemp("untouched") / "run", "all")


def test_both_engines_follow_all_that_a_component_changes(tmp_path: Path) -> None:
    assert_equal(*run_both(tmp_path, [Everything()]))


@pytest.mark.parametrize("kind", [*CHANGES, Noted])
def test_a_component_changes_what_it_is_for(kind: type[Noted], tmp_path: Path, untouched: sim.Run) -> None:
    scenario = sim.load_scenario("tiny", period=PERIOD, scale=THIN, engine="vector")
    run = sim.run(scenario, tmp_path / "run", "all", components=[kind()])
    assert bool(differences(run, untouched)) == (kind is not Noted)


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(1, 10**6), by=st.floats(0.1, 3.0), feedback=st.booleans(), scale=st.sampled_from([0.5, 0.2]))
def test_engines_agree_whatever_changes_at_once(
    tmp_path_factory: pytest.TempPathFactory, seed: int, by: float, feedback: bool, scale: float
) -> None:
    values = {"seed": seed, "feedback": feedback, "scale": scale}
    assert_equal(*run_both(tmp_path_factory.mktemp("any"), [Everything(by)], values))


class Kept(Noted):
    """Leaves what it has read where the test finds it."""

    told: ClassVar[list[Any]] = []

    def change(self, yesterday: Any, tomorrow: Any) -> None:
        Kept.told.append(self.seen[-1])


def test_both_engines_tell_components_the_same_and_tables_say_so(tmp_path: Path) -> None:
    Kept.told.clear()
    run, _ = run_both(tmp_path, [Kept()], {"desks.call.staff": 3, "desks.visit.staff": 3})
    half = len(Kept.told) // 2
    assert Kept.told[:half] == Kept.told[half:]
    days = {row[1]: dict(zip(("day", "before", *COLUMNS), row, strict=True)) for row in Kept.told[:half]}
    waited = 0
    for date, row in days.items():
        if date < PERIOD["start"]:
            continue
        for table, column, counted in (
            ("attempts", "count", np.sum(row["attempts"])),
            ("contacts", "count", np.sum(row["served"])),
            ("outcomes", "filed", np.sum(row["filed"])),
            ("outcomes", "victims", np.sum(row["victims"])),
        ):
            rows = getattr(run, table)
            rows = rows[rows["day"] == date]
            if table == "contacts":
                rows = rows[rows["channel"].isin(["call", "visit"])]
            assert rows[column].sum() == counted, (date, table, column)
        events = run.events[run.events["moment"] // 86_400_000 == (np.datetime64(date) - START).astype(int)]
        assert (events["event"] == "issue").sum() == np.sum(row["issued"])
        waited += np.sum(row["waiting"])
        assert np.sum(row["expired"]) <= (events["event"] == "expiry").sum()
    assert waited > 0
    last_week = run.hours
    spent = sum(np.sum(row["busy_ms"]) for date, row in days.items() if np.datetime64(date) >= START)
    staffed = sum(np.sum(row["staffed_ms"]) for date, row in days.items() if np.datetime64(date) >= START)
    assert 0 < spent <= last_week["busy_ms"].sum()
    assert 0 < staffed <= last_week["staffed_ms"].sum()


COLUMNS = ("intercepted", "issued", "heard", "victims", "filed", "attempts", "episodes", "first_payments", "busy_ms",
           "staffed_ms", "waiting", "served", "expired")  # fmt: skip
START = np.datetime64(PERIOD["start"])

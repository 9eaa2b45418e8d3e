"""The same scenario gives the same bytes; and of one change, only what it causes changes."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import sim
from tests.engines.small import TWO_DAYS, fewer, files_that_differ, run_tiny

DAY = 86_400_000


def attempts_of(run: sim.Run) -> pd.DataFrame:
    events = run.events
    return events[events["event"] == "attempt"][["origin", "moment", "result"]].reset_index(drop=True)


def beside_lines(state: pd.DataFrame) -> pd.DataFrame:
    return state[~state["quantity"].isin(("line_call", "line_visit"))].reset_index(drop=True)


@pytest.mark.slow
def test_another_process_with_another_hash_seed_gives_the_same_bytes(two_days: sim.Run, tmp_path: Path) -> None:
    code = (
        "import sys, sim; from pathlib import Path; from tests.engines.small import run_tiny;"
        "run_tiny(Path(sys.argv[1]))"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=True, cwd=root, env=environment)
    assert files_that_differ(two_days, sim.load_run(tmp_path / "run")) == set()


def test_staff_changes_no_attempt_and_no_issue_on_the_first_day(two_days: sim.Run, tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", **{"desks.call.staff": 3, "desks.visit.staff": 4})
    one, other = attempts_of(two_days), attempts_of(run)
    pd.testing.assert_frame_equal(one[one["moment"] < DAY], other[other["moment"] < DAY])
    # No gate has changed by the second day: the same attempts are followed, and raise their alerts.
    assert one[["origin", "moment"]].equals(other[["origin", "moment"]])
    assert "waits.parquet" in files_that_differ(two_days, run)
    with_calls = two_days.contacts[two_days.contacts["channel"] == "call"]["count"].sum()
    assert run.contacts[run.contacts["channel"] == "call"]["count"].sum() < with_calls


def test_without_feedback_staff_changes_no_attempt_on_any_day(tmp_path: Path) -> None:
    values = {"feedback": False, **fewer(0.5)}
    one = run_tiny(tmp_path / "one", **values)
    other = run_tiny(tmp_path / "other", **values, **{"desks.call.staff": 0, "desks.visit.staff": 60})
    pd.testing.assert_frame_equal(attempts_of(one), attempts_of(other))
    # The queues of the desks are state too, and of staff's making.
    pd.testing.assert_frame_equal(beside_lines(one.state), beside_lines(other.state))
    assert not one.state.equals(other.state)
    assert {"alerts.parquet", "contacts.parquet", "outcomes.parquet"} <= files_that_differ(one, other)


def test_without_feedback_staff_elsewhere_changes_nothing_here(tmp_path: Path) -> None:
    values = {"feedback": False, **fewer(0.5)}
    one = run_tiny(tmp_path / "one", **values)
    # Other weights share the same staff out otherwise: double for one province, and the total with it.
    people = {row.code: row.population for row in one.scenario.spec.population.provinces}
    doubled = (people[11] * 2 + people[44] + people[65]) / sum(people.values())
    more = {"desks.province_weights": {"11": 2.0}, "desks.call.staff": 10 * doubled, "desks.visit.staff": 26 * doubled}
    other = run_tiny(tmp_path / "other", **values, **more)
    changed = 0
    for table in ("attempts", "alerts", "contacts", "waits", "hours", "outcomes", "cases", "flows", "state", "events"):
        ours, theirs = getattr(one, table), getattr(other, table)
        for province in (44, 65):
            pd.testing.assert_frame_equal(
                ours[ours["province"] == province].reset_index(drop=True),
                theirs[theirs["province"] == province].reset_index(drop=True),
            )
        changed += not ours.equals(theirs)
    assert changed >= 4


def test_a_measure_changes_nothing_before_it_begins(two_days: sim.Run, tmp_path: Path) -> None:
    run = run_tiny(
        tmp_path / "run",
        **{"measures.late": {"kind": "filter", "window": ["2022-02-01", None], "channel": "call", "intensity": 0.5}},
    )
    one, other = two_days.events, run.events
    pd.testing.assert_frame_equal(
        one[one["moment"] < DAY].reset_index(drop=True), other[other["moment"] < DAY].reset_index(drop=True)
    )
    assert files_that_differ(two_days, run) >= {"attempts.parquet", "events.parquet"}


def test_the_end_of_the_period_changes_nothing_before_it(two_days: sim.Run, tmp_path: Path) -> None:
    run = run_tiny(tmp_path / "run", period={"start": "2022-01-31", "end": "2022-01-31", "warmup": "0 d"})
    one, other = two_days.events, run.events
    pd.testing.assert_frame_equal(one[one["moment"] < DAY].reset_index(drop=True), other)


def test_a_warm_up_leaves_potential_attempts_as_they_are(tmp_path: Path) -> None:
    # Gangs stay as they are.
    still = {"gangs.pools.since": "2022-02-02"}
    two_days = run_tiny(tmp_path / "days", period=TWO_DAYS, **still)
    run = run_tiny(tmp_path / "run", period={**TWO_DAYS, "warmup": "2 d"}, **still)
    cell = ["day", "province", "channel", "fraud_type"]
    one, other = (of.attempts.groupby(cell)["count"].sum() for of in (two_days, run))
    # As many come in each cell; how many of them a gate stops is another matter after two days more.
    pd.testing.assert_series_equal(one, other)
    assert not two_days.attempts.equals(run.attempts)

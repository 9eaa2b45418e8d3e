"""Every bundled scenario: both engines write the same bytes, all events included.

This is the project's main test. Two programs that share gates, draws and midnights, but neither calendar, queues nor
counting, agree on every event of every scenario that comes with the project; and what they agree on is what they
wrote before the last change.
"""

import json
from pathlib import Path

import pytest

import sim
from tests.equality.both import assert_equal, run_both
from tests.equality.hashes import STORED, changes, hashes_of
from tests.scenario.bundled import NAMES, resting_on

BUNDLED = [name if name == "tiny" else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


def demand_same_as_before(name: str, run: sim.Run) -> None:
    """Fail unless a run has events enough to tell, and writes what was written before the last change."""
    # Whoever is not warned of has no alerts.
    alone = {"no-local", "singapore", *resting_on("singapore")}
    warns = set() if name == "no-warning" else {"central"} if name in alone else {"central", "local"}
    assert set(run.alerts["source"].unique()) == warns
    assert len(run.events) > (20_000 if warns else 500)
    assert hashes_of(run) == json.loads(STORED.read_text(encoding="utf-8"))[name]


@pytest.mark.parametrize("name", BUNDLED)
def test_both_engines_write_the_same_bytes_as_before(name: str, tmp_path: Path) -> None:
    runs = run_both(tmp_path, name, **changes(name))
    assert_equal(*runs)
    demand_same_as_before(name, runs[0])

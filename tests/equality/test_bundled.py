"""Every bundled scenario: both engines write the same bytes, all events included.

This is the project's main test. Two programs that share gates, draws and midnights, but neither calendar, queues nor
counting, agree on every event of every scenario that comes with the project; and what they agree on is what they
wrote before the last change.
"""

import json
from pathlib import Path

import pytest

from sim.scenario import bundled_scenarios
from tests.equality.both import assert_equal, run_both
from tests.equality.hashes import STORED, changes, hashes_of


@pytest.mark.parametrize("name", [name for name, _ in bundled_scenarios()])
def test_both_engines_write_the_same_bytes_as_before(name: str, tmp_path: Path) -> None:
    one, other = run_both(tmp_path, name, **changes(name))
    # Whoever is not warned of has no alerts.
    warns = {"no-warning": set(), "no-local": {"central"}}.get(name, {"central", "local"})
    assert set(one.alerts["source"].unique()) == warns
    assert len(one.events) > (20_000 if warns else 500)
    assert_equal(one, other)
    assert hashes_of(one) == json.loads(STORED.read_text(encoding="utf-8"))[name]

"""Every bundled scenario: both engines write the same bytes, all events included.

This is the project's main test. Two programs that share gates, draws and midnights, but neither calendar, queues nor
counting, agree on every event of every scenario that comes with the project.
"""

from pathlib import Path
from typing import Any

import pytest

from sim.scenario import bundled_scenarios
from tests.equality.both import assert_equal, run_both

SCALE = 0.0004
DAYS = {"start": "2022-08-29", "end": "2022-09-02", "warmup": "1 d"}
"""A Monday to a Friday, with the first of a month between them."""

PERIODS = {
    "tiny": {"start": "2022-01-29", "end": "2022-02-02", "warmup": "1 d"},
    # The end of the outage, when all that waited is sent at once.
    "outage": {"start": "2022-09-10", "end": "2022-09-13", "warmup": "2 d"},
    # December is what this one adds.
    "china-2022-full": {"start": "2022-11-29", "end": "2022-12-03", "warmup": "1 d"},
}
"""Days in which a scenario differs from the others."""


@pytest.mark.parametrize("name", [name for name, _ in bundled_scenarios()])
def test_both_engines_write_the_same_bytes(name: str, tmp_path: Path) -> None:
    values: dict[str, Any] = {"period": PERIODS.get(name, DAYS)}
    if name != "tiny":
        values["scale"] = SCALE
    one, other = run_both(tmp_path, name, **values)
    assert len(one.events) > 20_000
    assert_equal(one, other)

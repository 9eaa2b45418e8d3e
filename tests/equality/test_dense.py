"""Two days with ties in most ticks, in provinces that are not alike: both engines write the values of before.

Small enough to run uncompiled, as ``tests/mutants.py`` does, and with a month that ends between the days.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import sim
from tests.engines.small import TWO_DAYS
from tests.equality.both import ENGINES
from tests.equality.hashes import STORED, hashes_of
from tests.equality.scenarios import DENSE


@pytest.mark.parametrize("engine", ENGINES)
def test_two_dense_days_are_as_before(engine: str, tmp_path: Path) -> None:
    values: dict[str, Any] = {"engine": engine, "period": TWO_DAYS, **DENSE}
    run = sim.run(sim.load_scenario("tiny", **values), tmp_path / "run", events="all")
    assert hashes_of(run) == json.loads(STORED.read_text(encoding="utf-8"))["dense"]

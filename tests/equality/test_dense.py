"""Two days with ties in most ticks, and six weeks with long deadlines: both engines write the values of before.

Small enough to run uncompiled, in provinces and on days that are not alike.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import sim
from tests.equality.both import ENGINES
from tests.equality.hashes import STORED, hashes_of
from tests.equality.scenarios import AS_BEFORE
from tests.marks import first_quick


@pytest.mark.parametrize("name", first_quick(AS_BEFORE, 1))
@pytest.mark.parametrize("engine", ENGINES)
def test_small_runs_are_as_before(engine: str, name: str, tmp_path: Path) -> None:
    values: dict[str, Any] = {**AS_BEFORE[name], "engine": engine}
    run = sim.run(sim.load_scenario("tiny", **values), tmp_path / "run", events="all")
    assert hashes_of(run) == json.loads(STORED.read_text(encoding="utf-8"))[name]

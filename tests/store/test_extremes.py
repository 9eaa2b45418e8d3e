"""Extreme scenarios that are allowed, such as one den or nobody at the desks, have an answer, findings and a report.

Nothing of a run divides by what may be none.
"""

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.progress import console
from sim.reading.manifest import check_run
from sim.report.page import page
from sim.told.answers import of_runs, run_screen
from sim.told.tables import show

DAY = {"start": "2022-01-24", "end": "2022-01-24", "warmup": "0 d"}
CASES: dict[str, dict[str, Any]] = {
    "no attempts": {f"fraud.volumes.{channel}.level": "0 per day" for channel in ("call", "sms", "online")},
    "one member, nobody on duty": {"gangs.pools.members": 1, "desks.call.staff": 0, "desks.visit.staff": 0},
    "a millionth": {"scale": 1e-6},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_an_extreme_scenario_has_an_answer_findings_and_a_report(name: str, tmp_path: Path) -> None:
    run = sim.run(sim.load_scenario("tiny", period=DAY, **CASES[name]), tmp_path / "run")
    out = console()
    for full in (False, True):
        show(out, run_screen(of_runs([run]), [run], f"{run.path}", full))
    assert all(finding.passed for finding in check_run(run.path))
    assert "<html" in page([[run]])

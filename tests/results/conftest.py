"""Made-up runs in whole folders: all is the program's own but the counts, which are drawn at random."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import sim
from sim.results.recorder import Recorder
from tests.results.synthetic import fill

MadeUp = Callable[..., sim.Run]


@cache
def two_months(**values: object) -> sim.Scenario:
    """Load the flagship, cut to its last two months."""
    period = {"start": "2022-10-01", "end": "2022-11-30", "warmup": "5 d"}
    return sim.load_scenario("china-2022", period=period, **{"scale": 0.00003, **values})


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeUp:
    """Run the flagship's last two months with made-up counts in place of an engine."""

    def simulate(scenario: sim.Scenario, recorder: Recorder, *_: object) -> dict[str, float]:
        fill(recorder, scenario.spec.seed)
        return {"days": 0.5}

    monkeypatch.setattr("sim.engines.simulate", simulate)

    def run(name: str = "run", events: str | float | None = "all", **values: object) -> sim.Run:
        return sim.run(two_months(**values), tmp_path / name, events=events)

    return run

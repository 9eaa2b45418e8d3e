"""Made-up runs in whole folders: all is the program's own but the counts, which are drawn at random."""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import sim
from sim.store.recorder import Recorder
from tests.synthetic import fill

MadeUp = Callable[..., sim.Run]


@cache
def two_months(**values: object) -> sim.Scenario:
    """Load the flagship, cut to its last two months."""
    period = {"start": "2022-10-01", "end": "2022-11-30", "warmup": "5 d"}
    return sim.load_scenario("china-2022", period=period, **{"scale": 0.00003, **values})


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeUp:
    """Run the flagship's last two months with made-up counts in place of an engine."""
    return make_up(tmp_path, monkeypatch)


def make_up(folder: Path, patch: pytest.MonkeyPatch) -> MadeUp:
    """Return what makes runs with made-up counts in a folder, as long as a patch is in place."""

    def simulate(scenario: sim.Scenario, recorder: Recorder, *_: object) -> dict[str, float]:
        fill(recorder, scenario.spec.seed)
        return {"days": 0.5}

    patch.setattr("sim.engines.simulate", simulate)

    def run(name: str = "run", events: str | float | None = "all", **values: object) -> sim.Run:
        return sim.run(two_months(**values), folder / name, events=events)

    return run


@pytest.fixture(scope="session")
def as_made(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    """A run with made-up counts, which nobody changes."""
    with pytest.MonkeyPatch.context() as patch:
        return make_up(tmp_path_factory.mktemp("made"), patch)()


@pytest.fixture
def run(as_made: sim.Run, tmp_path: Path) -> sim.Run:
    """A copy of it, to be changed."""
    return sim.load_run(shutil.copytree(as_made.path, tmp_path / "run"))

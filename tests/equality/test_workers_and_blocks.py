"""Results depend neither on workers, nor on the size of blocks, nor on what is recorded.

Blocks of one attempt are the hardest: every array of the vector engine begins small and must grow in the middle of
things, again and again.
"""

from pathlib import Path

import pytest

import sim
from sim.engines.vector.engine import simulate
from sim.store.recorder import Recorder
from tests.engines.small import TWO_DAYS, files_that_differ, run_tiny
from tests.equality.both import assert_equal
from tests.equality.scenarios import TIED_AND_UNEVEN, TRACKS

WORKERS = (1, 2, 3, 7)
BLOCKS = (1, 64, 1000, 2048)


def run_vector(folder: Path, workers: int | None = None, events: str | float = "all") -> sim.Run:
    scenario = sim.load_scenario("tiny", engine="vector", period=TWO_DAYS, **TIED_AND_UNEVEN)
    return sim.run(scenario, folder, events=events, workers=workers)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    return run_tiny(tmp_path_factory.mktemp("equal") / "reference", engine="reference", **TIED_AND_UNEVEN)


@pytest.mark.parametrize("workers", WORKERS)
def test_workers_change_nothing(workers: int, reference: sim.Run, tmp_path: Path) -> None:
    assert_equal(reference, run_vector(tmp_path / "run", workers))


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks_change_nothing(block: int, reference: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_blocks(scenario: sim.Scenario, recorder: Recorder, workers: int, *_: object) -> dict[str, float]:
        return simulate(scenario.spec, recorder, workers, block)

    monkeypatch.setattr("sim.engines.simulate", in_blocks)
    assert_equal(reference, run_vector(tmp_path / "run", workers=2))


@pytest.fixture(scope="module")
def with_tracks(tmp_path_factory: pytest.TempPathFactory) -> sim.Run:
    scenario = sim.load_scenario("tiny", engine="reference", **TRACKS)
    return sim.run(scenario, tmp_path_factory.mktemp("equal") / "tracks", events="all")


@pytest.mark.parametrize(("workers", "block"), [(1, 1), (3, 64), (2, 2048)])
def test_neither_changes_anything_where_alerts_have_several_tracks(
    workers: int, block: int, with_tracks: sim.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_blocks(scenario: sim.Scenario, recorder: Recorder, workers: int, *_: object) -> dict[str, float]:
        return simulate(scenario.spec, recorder, workers, block)

    monkeypatch.setattr("sim.engines.simulate", in_blocks)
    scenario = sim.load_scenario("tiny", engine="vector", **TRACKS)
    assert_equal(with_tracks, sim.run(scenario, tmp_path / "run", events="all", workers=workers))


@pytest.mark.parametrize("events", ["none", 0.3])
def test_recording_changes_no_table_and_keeps_the_same_share(
    events: str | float, reference: sim.Run, tmp_path: Path
) -> None:
    vector = run_vector(tmp_path / "vector", events=events)
    assert files_that_differ(reference, vector) == {"events.parquet"}
    assert_equal(run_tiny(tmp_path / "reference", events=events, engine="reference", **TIED_AND_UNEVEN), vector)
    if events != "none":
        share = vector.events["origin"].nunique() / reference.events["origin"].nunique()
        assert 0.2 < share < 0.4
